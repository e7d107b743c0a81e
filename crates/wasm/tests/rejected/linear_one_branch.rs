// error: `Ticket` is linear: a value of it is dropped here or forgotten on some path
// build: link
#![crate_type = "cdylib"]
#[wasm::linear]
pub struct Ticket(u32);
#[inline(never)]
fn may_fail() -> Result<u32, u32> {
    std::hint::black_box(Err(1))
}
#[wasm::export]
fn branch(n: u32) -> u32 {
    let ticket = Ticket(n);
    if n > 3 { ticket.consume().0 } else { 0 }
}
