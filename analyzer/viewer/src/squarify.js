// The squarified treemap layout (Bruls, Huizing, van Wijk: "Squarified Treemaps", 2000), ended at what can be seen.

/**
 * Lays `children` (values descending, their sum `total`) into a rectangle: `place(child, x, y, w, h)` for each.
 * From the first child whose area is below `minArea` on, one `rest(from, x, y, w, h)` stands for all.
 */
export function squarify(children, total, x, y, w, h, minArea, place, rest) {
  let left = total;
  let i = 0;
  while (i < children.length && children[i].value > 0 && w > 0 && h > 0) {
    const scale = (w * h) / left;
    const largest = children[i].value * scale;
    if (largest < minArea) {
      rest(i, x, y, w, h);
      return;
    }
    const side = Math.min(w, h);
    const side2 = side * side;
    let row = 0;
    let worst = Infinity;
    let end = i;
    for (; end < children.length; end++) {
      const area = children[end].value * scale;
      if (area <= 0) break;
      const sum = row + area;
      const ratio = Math.max((side2 * largest) / (sum * sum), (sum * sum) / (side2 * area));
      if (ratio > worst) break;
      worst = ratio;
      row = sum;
    }
    const thickness = Math.min(row / side, Math.max(w, h));
    let along = 0;
    for (; i < end; i++) {
      const length = (children[i].value * scale) / thickness;
      if (w >= h) place(children[i], x, y + along, thickness, length);
      else place(children[i], x + along, y, length, thickness);
      along += length;
      left -= children[i].value;
    }
    if (w >= h) {
      x += thickness;
      w -= thickness;
    } else {
      y += thickness;
      h -= thickness;
    }
  }
}
