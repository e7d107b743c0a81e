fn main() {
    let side = std::env::args().count() as u32;
    std::process::exit(shared::square(side) as i32);
}
