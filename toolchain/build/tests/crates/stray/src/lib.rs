unsafe extern "C" {
    fn lost_in_the_link(number: u32) -> u32;
}

#[unsafe(no_mangle)]
pub extern "C" fn run(number: u32) -> u32 {
    unsafe { lost_in_the_link(number) }
}
