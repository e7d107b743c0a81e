// error: expected `for` and the value whose functions are exported
#![crate_type = "rlib"]
wasm::wit! {
    export interface verbs { //~
        say: func() -> string;
    }
}
