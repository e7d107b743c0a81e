// error: takes no `async fn`: the host cannot await
#![crate_type = "rlib"]
#[wasm::export]
pub async fn later() {} //~
