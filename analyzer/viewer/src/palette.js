// Colours. The qualitative set is Paul Tol's "light" scheme, made for labelled cells and safe for the colour-blind.

// The dark set holds the same hues under light text.
const LIGHT = {
  hues: ['#77aadd', '#ee8866', '#44bb99', '#eedd88', '#99ddff', '#ffaabb', '#bbcc33', '#aaaa00'],
  other: '#c4c9d0', growth: '#ee8866', shrinkage: '#77aadd', unchanged: '#dde2e8', towards: '#ffffff',
};
const DARK = {
  hues: ['#3f6d9e', '#a55638', '#24795f', '#7a6c28', '#2f7591', '#a15266', '#5f6f16', '#66640a'],
  other: '#5a626d', growth: '#a55638', shrinkage: '#3f6d9e', unchanged: '#3a434f', towards: '#12161b',
};

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mix = (a, b, t) => 'rgb(' + rgb(a).map((c, i) => Math.round(c + (rgb(b)[i] - c) * t)).join(' ') + ')';

/** What the canvases need of the theme. */
export const themes = {
  light: { set: LIGHT, text: '#12161b', quiet: 'rgb(18 22 27 / .66)', ground: '#ffffff', groups: ['#eceff3', '#dfe4ea'], edge: '#c5ccd5', mark: '#12161b' },
  dark: { set: DARK, text: '#f3f5f8', quiet: 'rgb(243 245 248 / .72)', ground: '#171b21', groups: ['#222831', '#2d343f'], edge: '#3a4350', mark: '#ffffff' },
};

// Three near shades per hue let neighbours of one colour be told apart.
const shades = (hex, { set }) => [0, 0.11, 0.22].map((step) => mix(hex, set.towards, step));

/** Gives the eight heaviest keys a hue each, grey to all others. `weights`: Map of key to bytes. */
export function assignColors(weights, theme) {
  const { hues } = theme.set;
  const ranked = [...weights].filter(([, w]) => w > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const colors = new Map(ranked.slice(0, hues.length).map(([key], i) => [key, shades(hues[i], theme)]));
  const other = shades(theme.set.other, theme);
  return {
    ranked: ranked.slice(0, hues.length),
    of: (key, variant) => (colors.get(key) ?? other)[variant % 3],
    swatch: (key) => (colors.get(key) ?? other)[0],
    other: other[0],
  };
}

/** Orange for growth, blue for shrinkage, by the share of the larger of both sizes that came or went. */
export function growthColor(row, { set }) {
  const share = row.delta / Math.max(row.oldSize ?? 0, row.newSize ?? 0, 1);
  const strength = share === 0 ? 0 : 0.3 + 0.7 * Math.min(1, Math.abs(share));
  return mix(set.unchanged, share > 0 ? set.growth : set.shrinkage, strength);
}
