// error: the host keeps the view after the call: return `View<'static, T>`
#![crate_type = "rlib"]
#[wasm::export]
pub fn part(bytes: &[u8]) -> wasm::View<'_, u8> { //~
    wasm::View::new(bytes)
}
