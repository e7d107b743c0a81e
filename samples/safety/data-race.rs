// refused: error[E0499]: cannot borrow `sum` as mutable more than once at a time
pub fn count() -> u32 {
    let mut sum = 0;
    let _ = wasm::thread::scope(|scope| {
        scope.spawn(|| sum += 1);
        scope.spawn(|| sum += 1);
    });
    sum
}
