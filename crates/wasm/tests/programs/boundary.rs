//! Every kind of value, in both directions.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasm::{ExternRef, FuncRef, Handle, Table, View};

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[derive(wasm::Pod, Clone, Copy, PartialEq, Debug)]
#[repr(C)]
pub struct Point {
    x: f32,
    y: f32,
}

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Shape {
    id: u64,
    corners: [Point2; 2],
    colour: [u8; 4],
    kind: i32,
}

#[derive(wasm::Pod, Clone, Copy)]
#[repr(C)]
pub struct Point2(i16, u16);

pub struct Canvas;

#[wasm::import("env")]
extern "wasm" {
    /// Scalars as they are.
    fn scalars(a: i8, b: u16, c: u32, d: i64, e: u64, f: f32, g: f64, h: bool, i: char) -> u64;
    fn small() -> u8;
    fn yes() -> bool;
    fn letter() -> char;
    fn join(a: &str, b: &str) -> String;
    fn sum(values: &[f32]) -> f64;
    fn double(values: &mut [i16]);
    fn move_by(point: &mut Point, by: Point);
    fn mirror(points: &mut [Point]);
    fn center(points: &[Point]) -> Point;
    fn shape(shape: &Shape) -> Shape;
    fn range(n: u32) -> Vec<u16>;
    fn find(name: &str) -> Option<u32>;
    fn parse(text: &str) -> Result<i32, String>;
    fn check(ok: bool) -> Result<(), u32>;
    fn long(n: u32) -> Option<i64>;
    fn ratio(n: f64) -> Result<f32, u64>;
    fn count(name: &str, n: u64) -> Result<u64, String>;
    fn flag(n: u32) -> Option<bool>;
    fn initial(text: &str, skip: u32, by: u32) -> Option<char>;
    fn fill(values: &mut [u32], with: u32) -> Result<u8, String>;
    fn open(name: &str) -> Result<ExternRef<Canvas>, ExternRef<Canvas>>;
    fn make(n: u32) -> ExternRef<Canvas>;
    fn use_it(canvas: &ExternRef<Canvas>) -> u32;
    fn keep(canvas: ExternRef<Canvas>);
    fn call(function: FuncRef, with: i32) -> i32;
    fn pass(handle: Handle<String>) -> Handle<String>;
    fn r#type(text: &str) -> String;
    #[name = "toFixed"]
    fn to_fixed(number: f64, digits: u32) -> String;
}

// The same name from another module.
mod other {
    #[wasm::import("other")]
    extern "wasm" {
        pub fn sum(values: &[f32]) -> f64;
        pub fn plain(a: i32) -> i32;
    }
}

extern "C" fn triple(n: i32) -> i32 {
    n * 3
}

/// Calls all imports; the answer is what failed, or nothing.
#[wasm::export]
fn imports() -> Result<(), String> {
    macro_rules! check {
        ($left:expr, $right:expr) => {
            if $left != $right {
                return Err(format!("line {}: {:?}", line!(), $left));
            }
        };
    }
    check!(scalars(-3, 60_000, u32::MAX, i64::MIN, u64::MAX, 1.5, -2.5, true, 'ß'), u64::MAX - 1);
    check!(small(), 44);
    check!(yes(), true);
    check!(letter(), '😀');
    check!(join("Zürich ", "日本"), "Zürich 日本");
    check!(join("", ""), "");
    check!(sum(&[1.0, 2.0, 3.5]), 6.5);
    check!(sum(&[]), 0.0);
    check!(other::sum(&[1.0, 2.0, 3.5]), -6.5);
    check!(other::plain(41), 42);
    let mut values = [1, -2, 3];
    double(&mut values);
    check!(values, [2, -4, 6]);
    let mut point = Point { x: 1.0, y: 2.0 };
    move_by(&mut point, Point { x: 10.0, y: 20.0 });
    check!(point, Point { x: 11.0, y: 22.0 });
    let mut points = [point, Point { x: 1.0, y: 0.0 }];
    mirror(&mut points);
    check!(points, [Point { x: 22.0, y: 11.0 }, Point { x: 0.0, y: 1.0 }]);
    check!(center(&points), Point { x: 11.0, y: 6.0 });
    let back = shape(&Shape { id: 1 << 40, corners: [Point2(-1, 2), Point2(3, 65535)], colour: [1, 2, 3, 4], kind: -9 });
    check!((back.id, back.corners[1].0, back.corners[0].1, back.colour, back.kind), ((1 << 40) + 1, -1, 65535, [4, 3, 2, 1], 9));
    check!(range(5), [0, 1, 2, 3, 4]);
    check!(range(0), []);
    check!(find("a"), Some(7));
    check!(find("z"), None);
    check!(parse("12"), Ok(12));
    check!(parse("x"), Err(String::from("no number: x")));
    check!(check(true), Ok(()));
    check!(check(false), Err(77));
    check!(long(3), Some(i64::MIN + 3));
    check!(long(0), None);
    check!(ratio(1.5), Ok(0.75));
    check!(ratio(-1.0), Err(u64::MAX));
    check!(count("four", 1 << 40), Ok((1 << 40) + 4));
    check!(count("ﬀ", 1), Err(String::from("not ASCII: ﬀ")));
    check!((flag(0), flag(1), flag(2)), (Some(false), Some(true), None));
    check!((initial("😀a", 0, 2), initial("😀a", 1, 2), initial("😀a", 2, 2)), (Some('😀'), Some('a'), None));
    let mut filled = [1, 2];
    check!(fill(&mut filled, 300), Ok(44));
    check!(filled, [300, 300]);
    check!(fill(&mut filled, 7), Err(String::from("7")));
    check!(filled, [7, 300]);
    check!(ExternRef::live(), 0);
    let canvas = open("a").map_err(|_| "refused")?;
    let error = open("").err().ok_or("opened")?;
    check!(use_it(&error), 5);
    check!(ExternRef::live(), 2);
    let second = canvas.clone();
    let made = make(3);
    check!(use_it(&made), 3);
    check!(ExternRef::live(), 4);
    keep(second);
    check!(ExternRef::live(), 3);
    check!(canvas.is_null(), false);
    drop((canvas, error, made));
    check!(ExternRef::live(), 0);
    check!(call(FuncRef::from(triple as extern "C" fn(i32) -> i32), 14), 42);
    let mut table = Table::new();
    let handle = table.insert(String::from("kept"));
    check!(table.get(pass(handle)).map(String::as_str), Some("kept"));
    check!(r#type("a"), "type a");
    check!(to_fixed(1.5, 3), "1.500");
    Ok(())
}

#[wasm::export]
fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[wasm::export]
fn max() -> u32 {
    u32::MAX
}

#[wasm::export]
fn narrow(a: u8, b: i8, c: bool, d: char, e: u64) -> u64 {
    e.wrapping_add_signed(a as i64 + b as i64 + c as i64 + d as i64)
}

#[wasm::export]
fn upper(c: char) -> char {
    c.to_ascii_uppercase()
}

#[wasm::export]
fn is_even(n: u32) -> bool {
    n % 2 == 0
}

#[wasm::export]
fn greet(name: &str, times: u32, suffix: String) -> String {
    let mut out = String::new();
    for _ in 0..times {
        out += name;
    }
    out + &suffix
}

#[wasm::export]
fn reversed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.reverse();
    bytes
}

#[wasm::export]
fn scale(values: &mut [f64], by: f64) -> u32 {
    values.iter_mut().for_each(|v| *v *= by);
    values.len() as u32
}

#[wasm::export]
fn longest(points: &[Point]) -> Option<Point> {
    points.iter().copied().max_by(|a, b| (a.x + a.y).total_cmp(&(b.x + b.y)))
}

#[wasm::export]
fn shift(point: &mut Point, by: &Point) {
    point.x += by.x;
    point.y += by.y;
}

#[wasm::export(name = "parse-number")]
fn number(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("not a number: {text:?}"))
}

#[wasm::export]
fn divide(a: u32, b: u32) -> Result<u32, Point> {
    a.checked_div(b).ok_or(Point { x: a as f32, y: b as f32 })
}

#[wasm::export]
fn nothing(fail: bool) -> Result<(), ()> {
    if fail { Err(()) } else { Ok(()) }
}

#[wasm::export]
fn halved(n: i64) -> Option<i64> {
    (n % 2 == 0).then_some(n / 2)
}

#[wasm::export]
fn root(n: f64) -> Result<f64, i64> {
    if n < 0.0 { Err(i64::MIN) } else { Ok(n * 0.5) }
}

#[wasm::export]
fn is_letter(c: char) -> Result<bool, char> {
    if c.is_ascii() { Ok(c.is_alphabetic()) } else { Err(c) }
}

#[wasm::export]
fn unsigned(n: u32) -> Option<u32> {
    (n != 0).then_some(n)
}

/// Changes, and fails.
#[wasm::export]
fn negate(values: &mut [i32], point: &mut Point, by: u32) -> Result<u32, String> {
    values.iter_mut().for_each(|value| *value = -*value);
    point.x += by as f32;
    if by == 0 { Err("by 0".into()) } else { Ok(by) }
}

/// The text to the host and back.
#[wasm::export]
fn echo(text: &str) -> String {
    join(text, "")
}

#[wasm::export]
fn echo_after(bytes: u32, text: &str) -> String {
    let room = core::hint::black_box(Vec::<u8>::with_capacity(bytes as usize));
    let echoed = echo(text);
    drop(room);
    echoed
}

/// What the host throws, nested.
#[wasm::export]
fn counted(name: &str) -> Result<u64, String> {
    count(name, 0)
}

#[wasm::export]
fn borrow(canvas: &ExternRef<Canvas>) -> u32 {
    use_it(canvas)
}

#[wasm::export]
fn swap(a: ExternRef<Canvas>, b: ExternRef<Canvas>, first: bool) -> ExternRef<Canvas> {
    if first { b } else { a }
}

#[wasm::export]
fn refuse(canvas: ExternRef<Canvas>) -> Result<u32, ExternRef<Canvas>> {
    Err(canvas)
}

#[wasm::export]
fn table() -> View<'static, u32> {
    static TABLE: [u32; 4] = [1, 2, 3, u32::MAX];
    View::new(&TABLE)
}

#[wasm::export]
fn name() -> &'static str {
    "boundary"
}

#[wasm::export]
fn nested(text: &str) -> String {
    // The host calls `greet` before it answers.
    r#type(text)
}

#[wasm::export]
fn abilities() -> u32 {
    let host = wasm::host();
    host.javascript() as u32 | (host.node() as u32) << 1 | (host.simd() as u32) << 2 | (host.threads() as u32) << 3
}
