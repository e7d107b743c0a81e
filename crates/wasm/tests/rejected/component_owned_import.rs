// error: the host copies it: pass `&str` or `&[T]`
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    #[import("acme:log/logger")]
    extern "wasm" {
        fn log(text: String); //~
    }
}
