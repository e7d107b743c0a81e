// accepted
enum Shape { Square, Circle, Line }

export function sides(shape: Shape): i32 {
  let sides = 0;
  switch (shape) {
    case Shape.Square: sides = 4; break;
    case Shape.Circle: break;
  }
  return sides;
}
