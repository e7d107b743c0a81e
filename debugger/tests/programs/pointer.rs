#[inline(never)]
fn double(number: i32) -> i32 {
    number * 2
}

#[inline(never)]
fn triple(number: i32) -> i32 {
    number * 3
}

fn main() {
    let many = std::env::args().count() > 5;
    let chosen: fn(i32) -> i32 = if many { double } else { triple };
    println!("{} {}", chosen(4), double(4)); // here
}
