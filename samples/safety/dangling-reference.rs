// refused: error[E0597]: `local` does not live long enough
pub fn get() -> i32 {
    let reference;
    {
        let local = 7;
        reference = &local;
    }
    *reference
}
