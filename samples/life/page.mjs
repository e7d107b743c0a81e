/** Draws the cells, one pixel each; they lie in the program's memory. */
export function show(context, cells, width) {
  const image = context.createImageData(width, cells.length / width);
  const pixels = new Uint32Array(image.data.buffer);
  cells.forEach((cell, i) => { pixels[i] = cell ? 0xff2b8a3e : 0xffffffff; });
  context.putImageData(image, 0, 0);
}
