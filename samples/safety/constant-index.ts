// accepted: checked at run time
export function last(): i32 {
  const list: StaticArray<i32> = [1, 2, 3];
  return list[3];
}
