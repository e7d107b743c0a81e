/** src/lib.rs in JavaScript. */
export function mandelbrot(width, height, maxSteps) {
  const out = new Uint32Array(width * height);
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      out[py * width + px] = steps((3 * px) / width - 2, (2 * py) / height - 1, maxSteps);
    }
  }
  return out;
}

function steps(re, im, maxSteps) {
  let x = 0, y = 0;
  for (let step = 0; step < maxSteps; step++) {
    const x2 = x * x, y2 = y * y;
    if (x2 + y2 > 4) return step;
    y = 2 * x * y + im;
    x = x2 - y2 + re;
  }
  return 0;
}
