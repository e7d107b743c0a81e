// error: the interface has a record `report` too
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub struct Report {
        pub mean: f32,
    }
    pub fn report() -> Report { //~
        Report { mean: 1.0 }
    }
}
