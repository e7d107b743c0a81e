/** src/lib.rs in JavaScript: the filtered image. */
export function filter(input) {
  const rowBytes = 512 * 4, height = input.length / rowBytes;
  const out = new Uint8Array(input.length);
  for (let y = 0; y < height; y++) {
    const above = Math.max(y - 1, 0) * rowBytes, here = y * rowBytes, below = Math.min(y + 1, height - 1) * rowBytes;
    for (let x = 0; x < 512; x++) {
      const left = Math.max(x - 1, 0) * 4, at = x * 4, right = Math.min(x + 1, 511) * 4;
      for (let c = 0; c < 3; c++) {
        const sum = 20 * input[here + at + c]
          - 2 * (input[above + at + c] + input[here + left + c] + input[here + right + c] + input[below + at + c])
          - input[above + left + c] - input[above + right + c] - input[below + left + c] - input[below + right + c];
        out[here + at + c] = Math.min(Math.max(sum >> 3, 0), 255);
      }
      out[here + at + 3] = input[here + at + 3];
    }
  }
  return out;
}
