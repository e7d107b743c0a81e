// error: `option` and `result` are possible as results, not as parameters
#![crate_type = "rlib"]
wasm::wit! {
    interface verbs {
        say: func(word: option<u32>) -> string; //~
    }
}
