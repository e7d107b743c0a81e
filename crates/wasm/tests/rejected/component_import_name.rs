// error: a component imports interfaces, like "acme:image/pixels@1.0.0"
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    #[import("env")] //~
    extern "wasm" {
        fn log(text: &str);
    }
}
