//! A wasm-bindgen crate as everybody writes them.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn log(text: &str);
}

#[wasm_bindgen]
pub fn greet(name: &str) -> String {
    log(name);
    format!("Hello, {name}!")
}
