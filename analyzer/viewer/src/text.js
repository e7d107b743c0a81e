// Text for people: names made safe to look at, and numbers.

// Characters that have no glyph or that reorder what is beside them: controls, format and bidi marks,
// line separators, lone surrogates, private use, unassigned, default-ignorable, spaces that are not U+0020.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{DI}\u2800]|(?! )\p{Zs}/gu;

/** The text with every unseen character written as `\u{…}`. */
export function visible(text) {
  if (typeof text !== 'string') return '';
  return text.replace(UNSEEN, (c) => '\\u{' + c.codePointAt(0).toString(16) + '}');
}

/** At most `max` characters, cut in the middle: the ends of a symbol name tell the most. */
export function shorten(text, max) {
  if (text.length <= max) return text;
  const tail = Math.floor(max / 3);
  return text.slice(0, max - tail - 1) + '…' + text.slice(text.length - tail);
}

/** Three significant digits in B, kB, MB, GB (powers of 1000). */
export function bytes(n) {
  if (n == null) return '–';
  const sign = n < 0 ? '−' : '';
  let value = Math.abs(n);
  if (value < 999.5) return sign + (Number.isInteger(value) ? value : value < 10 ? value.toFixed(1) : Math.round(value)) + ' B';
  let unit = '';
  for (unit of ['kB', 'MB', 'GB']) {
    value /= 1000;
    if (value < 999.5) break;
  }
  return sign + value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + ' ' + unit;
}

export const signedBytes = (n) => (n > 0 ? '+' : '') + (n === 0 ? '±0 B' : bytes(n));

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** All digits, grouped. */
export const exact = (n) => (n == null ? '–' : GROUPED.format(n).replace('-', '−'));

export function percent(part, whole) {
  if (!(whole > 0)) return '–';
  const p = (100 * part) / whole;
  if (p !== 0 && Math.abs(p) < 0.1) return p < 0 ? '>−0.1 %' : '<0.1 %';
  return p.toFixed(Math.abs(p) < 10 ? 1 : 0).replace('-', '−') + ' %';
}

export const plural = (n, one, many = one + 's') => exact(n) + ' ' + (n === 1 ? one : many);
