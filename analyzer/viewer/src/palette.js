// Colours. The qualitative set is Paul Tol's "light" scheme, made for labelled cells and safe for the colour-blind.

const HUES = ['#77aadd', '#ee8866', '#44bb99', '#eedd88', '#99ddff', '#ffaabb', '#bbcc33', '#aaaa00'];
const OTHER = '#c4c9d0';
const GROWTH = '#ee8866';
const SHRINKAGE = '#77aadd';

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mix = (a, b, t) => 'rgb(' + rgb(a).map((c, i) => Math.round(c + (rgb(b)[i] - c) * t)).join(' ') + ')';

/** What the canvases need of the theme. */
export const themes = {
  light: { dark: false, text: '#12161b', quiet: 'rgb(18 22 27 / .66)', ground: '#ffffff', groups: ['#eceff3', '#dfe4ea'], edge: '#c5ccd5', mark: '#12161b' },
  dark: { dark: true, text: '#f3f5f8', quiet: 'rgb(243 245 248 / .72)', ground: '#171b21', groups: ['#222831', '#2d343f'], edge: '#3a4350', mark: '#ffffff' },
};

// Three near shades per hue let neighbours of one colour be told apart.
const shades = (hex, theme) => [0, 0.07, 0.14].map((step) =>
  (theme.dark ? mix(hex, '#12161b', 0.46 + step) : mix(hex, '#ffffff', step * 1.6)));

/** Gives the eight heaviest keys a hue each, grey to all others. `weights`: Map of key to bytes. */
export function assignColors(weights, theme) {
  const ranked = [...weights].filter(([, w]) => w > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const colors = new Map(ranked.slice(0, HUES.length).map(([key], i) => [key, shades(HUES[i], theme)]));
  const other = shades(OTHER, theme);
  return {
    ranked: ranked.slice(0, HUES.length),
    of: (key, variant) => (colors.get(key) ?? other)[variant % 3],
    swatch: (key) => (colors.get(key) ?? other)[0],
    other: other[0],
  };
}

/** Orange for growth, blue for shrinkage, by the share of the larger of both sizes that came or went. */
export function growthColor(row, theme) {
  const share = row.delta / Math.max(row.oldSize ?? 0, row.newSize ?? 0, 1);
  const strength = share === 0 ? 0 : 0.3 + 0.7 * Math.min(1, Math.abs(share));
  const neutral = theme.dark ? '#3d4653' : '#dde2e8';
  const full = share > 0 ? GROWTH : SHRINKAGE;
  const end = theme.dark ? '#' + rgb(full).map((c, i) => Math.round(c * 0.62 + rgb('#12161b')[i] * 0.38).toString(16).padStart(2, '0')).join('') : full;
  return mix(neutral, end, strength);
}
