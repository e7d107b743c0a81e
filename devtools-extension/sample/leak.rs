//! Orders come and go; of each hundredth the receipt is forgotten. Find it with the panel.

use std::cell::RefCell;

/// What a customer ordered.
pub struct Order {
    /// Its number.
    pub number: u32,
    /// Article and count.
    pub lines: Vec<(u32, u32)>,
}

/// What the customer gets.
#[repr(C)]
pub struct Receipt {
    /// The order's number.
    pub number: u32,
    /// The text.
    pub text: [u8; 240],
}

thread_local! {
    static OPEN: RefCell<Vec<Box<Order>>> = const { RefCell::new(Vec::new()) };
}

/// Takes so many orders, and serves those before them.
#[unsafe(no_mangle)]
pub extern "C" fn serve(first: u32, count: u32) -> u32 {
    OPEN.with_borrow_mut(|open| {
        let served = open.drain(..).map(|order| receipt(&order)).sum();
        open.extend((first..first + count).map(|number| Box::new(Order { number, lines: vec![(number, 1); 8] })));
        served
    })
}

/// Writes the receipt of an order; how many articles are on it.
fn receipt(order: &Order) -> u32 {
    let mut receipt = Box::new(Receipt { number: order.number, text: [b'.'; 240] });
    let text = format!("receipt {}", receipt.number);
    receipt.text[..text.len()].copy_from_slice(text.as_bytes());
    let articles = order.lines.iter().map(|(_, count)| count).sum();
    if order.number % 100 == 0 {
        // The planted leak: nothing points to this receipt any more, and nobody frees it.
        std::mem::forget(receipt);
    }
    articles
}
