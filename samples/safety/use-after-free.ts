// accepted: only with heap.free; objects are the garbage collector's
export function use(): u8 {
  const bytes = heap.alloc(3);
  store<u8>(bytes, 1);
  heap.free(bytes);
  return load<u8>(bytes);
}
