//! A program with std, its own allocator, vectors and conditional exports.
#![crate_type = "cdylib"]

#[wasm::export]
fn init() {
    wasm::set_panic_hook!();
}

#[wasm::export]
fn lookup(key: &str) -> Option<String> {
    let map: std::collections::HashMap<_, _> = [("a", "first"), ("b", "second")].into();
    map.get(key).map(|value| value.to_string())
}

#[wasm::export]
fn fail(text: &str) {
    panic!("refused: {text}");
}

#[wasm::export]
#[cfg(any())]
fn absent() -> Missing {}

macro_rules! exported {
    ($($name:ident $ty:ty;)*) => {
        $(
            #[wasm::export]
            fn $name(value: $ty) -> $ty {
                value
            }
        )*
    };
}

exported! {
    same_number u32;
    same_text String;
    same_list Vec<i64>;
}

/// Adds four numbers to four others: the aliases are there in any build.
#[wasm::export]
fn lanes(values: &[f32]) -> u32 {
    let _vector: Option<wasm::simd::F32x4> = None;
    size_of::<wasm::simd::F32x4>() as u32 + values.len() as u32 + wasm::simd::ENABLED as u32
}
