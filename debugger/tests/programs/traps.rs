//! Ends in a way that its argument names.
fn deep(n: u64) -> u64 {
    if n == 0 { 0 } else { std::hint::black_box(deep(n - 1)) + 1 }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("panic") => panic!("no {} left", "luck"),
        Some("bounds") => {
            // SAFETY: none; that is what it is for.
            let far = unsafe { std::ptr::read_volatile(0x7fff_0000 as *const u32) };
            println!("{far}");
        }
        Some("deep") => println!("{}", deep(u64::MAX)),
        Some("loop") => loop {
            std::hint::black_box(1);
        },
        Some("frames") => println!("{}", frames(u64::MAX)),
        Some("abort") => std::process::abort(),
        Some("allocation") => std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>()),
        _ => std::process::exit(4),
    }
}

fn frames(n: u64) -> u64 {
    let room = std::hint::black_box([n; 200]);
    if n == 0 { 0 } else { frames(n - 1) + room[3] }
}
