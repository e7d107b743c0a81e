mod desk {
    #[wasm::linear]
    pub struct Ticket {
        number: u32,
    }

    impl Ticket {
        pub fn take(number: u32) -> Ticket {
            Ticket { number }
        }

        pub fn hand_in(self) -> u32 {
            self.consume().0
        }
    }
}

use desk::Ticket;

#[wasm::export]
fn in_order(number: u32) -> u32 {
    Ticket::take(number).hand_in()
}

#[wasm::export]
fn leaves_early(number: u32) -> u32 {
    let ticket = Ticket::take(number);
    if number > 7 {
        return 0;
    }
    ticket.hand_in()
}

#[wasm::export]
fn throws_away(number: u32) {
    drop(Some(Ticket::take(number)));
}
