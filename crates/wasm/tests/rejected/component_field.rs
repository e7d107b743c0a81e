// error: a field of a component's record is a number, `bool` or `char`
#![crate_type = "rlib"]
#[wasm::component("acme:filter")]
pub mod filter {
    pub struct Person {
        pub name: String, //~
    }
    pub fn run(person: Person) {}
}
