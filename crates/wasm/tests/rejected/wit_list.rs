// error: a list that crosses the boundary holds numbers or records of numbers
#![crate_type = "rlib"]
wasm::wit! {
    interface words {
        split: func(text: string) -> list<string>; //~
    }
}
