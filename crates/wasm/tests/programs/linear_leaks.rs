//! Forgets a ticket on one path; the other linear type is used rightly.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

mod tickets {
    #[wasm::linear]
    pub struct Ticket(u32);

    #[wasm::linear]
    pub struct Receipt(u32);

    impl Ticket {
        pub fn new(number: u32) -> Ticket {
            Ticket(number)
        }

        pub fn pay(self) -> Receipt {
            Receipt(self.consume().0)
        }
    }

    impl Receipt {
        pub fn file(self) -> u32 {
            self.consume().0
        }
    }
}

#[wasm::export]
fn visit(number: u32) -> u32 {
    let ticket = tickets::Ticket::new(number);
    if number > 3 { ticket.pay().file() } else { 0 }
}
