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
fn early() -> Result<u32, u32> {
    let ticket = Ticket(1);
    let n = may_fail()?;
    let (m,) = ticket.consume();
    Ok(n + m)
}
