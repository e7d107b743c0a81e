// error: `resource` is beyond what the boundary carries
#![crate_type = "rlib"]
wasm::wit! {
    interface files {
        resource file { //~
            read: func() -> list<u8>;
        }
    }
}
