// refused: is not assignable to type
class Number {
  value: f32 = 0;
}
class Bits {
  value: u32 = 0;
}

export function first(number: Number): u32 {
  const bits: Bits = number;
  return bits.value;
}
