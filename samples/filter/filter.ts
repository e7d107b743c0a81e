// The filter of src/lib.rs.
export { alloc, free } from "../block";

const WIDTH: i32 = 512;
const ROW: i32 = WIDTH * 4;
const SHIFT: i32 = 3;
const kernel: StaticArray<i32> = [-1, -2, -1, -2, 20, -2, -1, -2, -1];

export function run(input: usize, len: usize): usize {
  const height = <i32>len / ROW;
  const block = heap.alloc(4 + height * ROW);
  store<u32>(block, height * ROW);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = y * ROW + x * 4;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let j = 0; j < 3; j++) {
          const row = min(max(y + j - 1, 0), height - 1) * ROW;
          for (let i = 0; i < 3; i++) {
            const column = min(max(x + i - 1, 0), WIDTH - 1) * 4;
            sum += kernel[j * 3 + i] * <i32>load<u8>(input + row + column + channel);
          }
        }
        store<u8>(block + 4 + at + channel, <u8>min(max(sum >> SHIFT, 0), 255));
      }
      store<u8>(block + 4 + at + 3, load<u8>(input + at + 3));
    }
  }
  return block;
}
