// refused: this operation will panic at runtime
pub fn last() -> u32 {
    let list = [1, 2, 3];
    list[3]
}
