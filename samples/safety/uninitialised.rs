// refused: error[E0381]: used binding `size` is possibly-uninitialized
pub fn size(large: bool) -> u32 {
    let size;
    if large {
        size = 10;
    }
    size
}
