//! The benchmark programs and calls through wasm-bindgen, one by feature.

use wasm_bindgen::prelude::*;

#[cfg(feature = "hello")]
mod hello {
    use super::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = console)]
        fn log(text: &str);
    }

    #[wasm_bindgen]
    pub fn hello() {
        log("Hello, world!");
    }
}

#[cfg(feature = "filter")]
#[path = "../../filter/src/lib.rs"]
mod filter;
#[cfg(feature = "json")]
#[path = "../../json/src/lib.rs"]
mod json;
#[cfg(feature = "sha256")]
#[path = "../../sha256/src/lib.rs"]
mod sha256;

#[cfg(any(feature = "json", feature = "filter", feature = "sha256"))]
#[wasm_bindgen]
pub fn run(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    #[cfg(feature = "json")]
    json::run(input, &mut out);
    #[cfg(feature = "filter")]
    filter::run(input, &mut out);
    #[cfg(feature = "sha256")]
    sha256::run(input, &mut out);
    out
}

/// As ../calls/src/lib.rs.
#[cfg(feature = "calls")]
mod calls {
    use super::*;

    #[wasm_bindgen]
    extern "C" {
        pub type Thing;

        fn plus(a: i32, b: i32) -> i32;
        fn value(thing: &Thing) -> i32;
        fn length(text: &str) -> i32;
        fn make(value: i32) -> Thing;
        fn consume(thing: Thing) -> i32;
        #[wasm_bindgen(catch)]
        fn checked(a: i32) -> Result<i32, JsValue>;
    }

    #[wasm_bindgen]
    pub fn add(a: i32, b: i32) -> i32 {
        a + b
    }

    #[wasm_bindgen]
    pub fn halve(a: i32) -> Result<i32, String> {
        if a % 2 == 0 { Ok(a / 2) } else { Err("odd".into()) }
    }

    #[wasm_bindgen]
    pub fn scalars(n: i32) -> i32 {
        (0..n).fold(0, plus)
    }

    #[wasm_bindgen]
    pub fn references(n: i32, thing: &Thing) -> i32 {
        (0..n).fold(0, |sum, _| sum + value(thing))
    }

    #[wasm_bindgen]
    pub fn measure(text: &str) -> u32 {
        text.len() as u32
    }

    #[wasm_bindgen]
    pub fn owned(n: i32) -> i32 {
        (0..n).fold(0, |sum, i| sum + consume(make(i & 1)))
    }

    #[wasm_bindgen]
    pub fn strings(n: i32) -> i32 {
        (0..n).fold(0, |sum, _| sum + length("thirty-two bytes of plain text.."))
    }

    #[wasm_bindgen]
    pub fn results(n: i32) -> Result<i32, JsValue> {
        let mut sum = 0;
        for i in 0..n {
            sum += checked(i & 1)?;
        }
        Ok(sum)
    }
}
