// How bytes get in and out of the benchmark programs, in each of their languages alike: the host writes into what
// `alloc` gave, calls `run(start, len)`, and reads a block there: its length (u32, little endian), then the bytes.

export function alloc(len: usize): usize {
  return heap.alloc(len);
}

export function free(start: usize, len: usize): void {
  heap.free(start);
}
