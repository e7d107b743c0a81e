// error: `variant` is beyond what the boundary carries
#![crate_type = "rlib"]
wasm::wit! {
    interface shapes {
        variant shape { circle(f32), none } //~
    }
}
