#[unsafe(no_mangle)]
pub extern "C" fn half(number: u32) -> u32 {
    number / "two"
}
