// accepted
@external("canvas", "begin")
declare function begin(): i32;
@external("canvas", "finish")
declare function finish(canvas: i32): void;

export function draw(fast: bool): void {
  const canvas = begin();
  if (fast) return;
  finish(canvas);
}
