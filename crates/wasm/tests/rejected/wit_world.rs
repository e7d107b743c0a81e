// error: expected `interface name { .. }`
#![crate_type = "rlib"]
wasm::wit! {
    world app { //~
        import x;
    }
}
