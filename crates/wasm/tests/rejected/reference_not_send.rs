// error: `*const str` cannot be shared between threads safely
#![crate_type = "rlib"]
use wasm::ExternRef;
pub fn send(reference: ExternRef<str>) {
    let borrowed = &reference;
    let _ = wasm::thread::scope(|scope| {
        scope.spawn(move || { //~
            let _ = borrowed.index();
        });
    });
}
