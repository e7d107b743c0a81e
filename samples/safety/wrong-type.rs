// refused: error[E0308]: mismatched types
pub fn first(numbers: &f32) -> u32 {
    let bits: &u32 = numbers;
    *bits
}
