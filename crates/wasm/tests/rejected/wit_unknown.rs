// error: no type `key` in this interface
#![crate_type = "rlib"]
wasm::wit! {
    interface crypto {
        sign: func(with: key) -> string; //~
    }
}
