//! What everybody writes first.

fn main() {
    println!("Hello, world!");
}
