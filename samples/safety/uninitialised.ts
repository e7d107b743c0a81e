// refused: ERROR TS2454
export function size(large: bool): i32 {
  let size: i32;
  if (large) size = 10;
  return size;
}
