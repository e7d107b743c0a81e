// accepted: indices are checked at run time
export function double(list: Array<i32>): void {
  for (let i = 0, n = list.length; i < n; i++) list.push(list[i]);
}
