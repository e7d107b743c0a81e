//! Generic, inlined and asynchronous functions.
use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

#[inline(never)]
fn largest<T: PartialOrd + Copy>(all: &[T]) -> T {
    let mut best = all[0];
    for one in all {
        if *one > best {
            best = *one; // better
        }
    }
    best
}

#[inline(always)]
fn squared(side: u32) -> u32 {
    let area = side * side;
    std::hint::black_box(area) // area
}

struct Later(Cell<bool>);

impl Future for Later {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        if self.0.replace(true) {
            return Poll::Ready(5);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn work(rounds: u32) -> u32 {
    let mut total = rounds;
    let name = "work".to_string();
    for round in 0..rounds {
        let got = Later(Cell::new(false)).await;
        total += got + round; // awaited
    }
    total + name.len() as u32
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

#[inline(never)]
fn mixed(seed: u32, by: u32) -> u32 {
    let turned = seed.rotate_left(7);
    let both = turned ^ by;
    both.wrapping_mul(31)
}

fn main() {
    let mixture = mixed(1, 2) + mixed(3, 4);
    let numbers = largest(&[3, 9, 4]);
    let fraction = largest(&[0.5, 0.25]);
    let squares = squared(3) + squared(numbers);
    println!("{numbers} {fraction} {squares} {mixture} {}", block_on(work(2)));
}
