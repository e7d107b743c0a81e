// error: a list of a component holds structs as `repr(C)` lays them out
// build: link
#![crate_type = "cdylib"]
#[wasm::component("acme:filter")]
pub mod filter {
    #[derive(wasm::Pod, Clone, Copy)]
    #[repr(C, packed)]
    pub struct Size {
        pub kind: u8,
        pub width: u32,
    }
    pub fn run(sizes: Vec<Size>) {}
}
