#[unsafe(no_mangle)]
pub extern "C" fn area(side: u32) -> u32 {
    shared::square(side)
}
