// error: cannot move out of type `Ticket`, which implements the `Drop` trait
#![crate_type = "rlib"]
#[wasm::linear]
pub struct Ticket {
    inner: String,
}
pub fn f(ticket: Ticket) -> String {
    let Ticket { inner } = ticket; //~
    inner
}
