use std::collections::BTreeMap;
#[derive(Debug, Clone)]
enum Shape { Circle(f64), Rect { w: f64, h: f64 }, Unit }
#[derive(Debug)]
struct Point { x: i32, y: i32, name: String }
fn area(s: &Shape) -> f64 {
    match s {
        Shape::Circle(r) => 3.0 * r * r,
        Shape::Rect { w, h } => w * h,
        Shape::Unit => 1.0,
    }
}
fn fib(n: u32) -> u32 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
fn total(list: &[i32]) -> i32 {
    let mut sum = 0;
    for value in list {
        sum += value;
    }
    sum
}
fn main() {
    let p = Point { x: 3, y: -4, name: "origin".to_string() };
    let shapes = vec![Shape::Circle(1.5), Shape::Rect { w: 2.0, h: 3.0 }, Shape::Unit];
    let mut areas = BTreeMap::new();
    for (i, shape) in shapes.iter().enumerate() {
        areas.insert(i, area(shape));
    }
    let list = [1, 2, 3, 4];
    let sum = total(&list);
    println!("{:?} {:?} {sum} {}", p, areas, fib(10));
    std::process::exit(p.x + p.y + 8);
}
