// refused: error[E0277]: `*const Image` cannot be sent between threads safely
pub struct Image;

pub fn show(image: wasm::ExternRef<Image>) {
    let _ = wasm::thread::scope(|scope| scope.spawn(move || drop(image)));
}
