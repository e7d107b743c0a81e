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
        _ => std::process::exit(4),
    }
}
