// error: takes no generic function: the host calls one signature; name the types
#![crate_type = "rlib"]
#[wasm::export]
pub fn id<T>(value: T) -> T { //~
    value
}
