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
fn overwritten(n: u32) -> u32 {
    let mut ticket = Ticket(n);
    ticket = Ticket(ticket.0 + 1);
    ticket.consume().0
}
