use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Small,
    Large,
}

enum Shape {
    Circle { radius: f64 },
    Square(u32),
}

struct Point {
    x: i32,
    y: i32,
}

struct Scene {
    name: String,
    points: Vec<Point>,
    by_name: HashMap<String, u32>,
    ordered: BTreeMap<u32, &'static str>,
    shape: Shape,
    other: Shape,
    kind: Kind,
    maybe: Option<u8>,
    boxed: Box<Point>,
    pair: (u8, char),
}

static mut TOTAL: u64 = 7;

#[inline(never)]
fn double(value: i32) -> i32 {
    value * 2
}

#[inline(never)]
fn mean(a: f64, b: f64) -> f64 {
    (a + b) / 2.0
}

#[inline(never)]
fn length(text: &str) -> u32 {
    text.len() as u32
}

#[inline(never)]
fn turned(point: Point) -> Point {
    Point { x: -point.y, y: point.x }
}

#[inline(never)]
fn inspect(scene: &Scene, depth: u32) -> u32 {
    let numbers = [10, 20, 30, 40];
    let mut sum = 0;
    for (index, number) in numbers.iter().enumerate() {
        sum += number * index as u32;
        sum += depth; // here
    }
    let sum = sum as u64;
    let slice = &numbers[1..3];
    unsafe { TOTAL += sum };
    let wide = 1_u128 << 100;
    std::hint::black_box((slice, wide)); // end
    scene.points.len() as u32 + sum as u32
}

fn main() {
    let scene = Scene {
        name: "a scene".to_string(),
        points: vec![Point { x: 1, y: -2 }, Point { x: 3, y: 4 }],
        by_name: HashMap::from([("two".to_string(), 2)]),
        ordered: BTreeMap::from([(1, "i"), (2, "ii")]),
        shape: Shape::Circle { radius: 1.5 },
        other: Shape::Square(9),
        kind: Kind::Large,
        maybe: Some(200),
        boxed: Box::new(Point { x: 5, y: 6 }),
        pair: (3, 'é'),
    };
    let mut total = inspect(&scene, 1);
    total += length("ab") + turned(Point { x: 1, y: 0 }).x.unsigned_abs();
    total += double(4) as u32 + mean(1.0, 2.0) as u32;
    println!("total {total} {}", scene.kind == Kind::Small);
}
