//! Three crates, each with its own instances of the same generic functions.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

unsafe fn slice(start: *mut u64, length: usize) -> &'static mut [u64] {
    unsafe { core::slice::from_raw_parts_mut(start, length) }
}

#[unsafe(no_mangle)]
pub extern "C" fn run(start: *mut u64, length: usize, other: *mut u64, room: usize, which: u32) -> usize {
    let (values, other) = unsafe { (slice(start, length), slice(other, room)) };
    let Some((out, other)) = other.split_at_mut_checked(room / 2) else { return 0 };
    match which {
        0 => one::one(values, other, out),
        1 => two::two(values, other, out),
        _ => three::three(values, other, out),
    }
}
