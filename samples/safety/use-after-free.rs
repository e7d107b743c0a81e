// refused: error[E0382]: borrow of moved value: `bytes`
pub fn read() -> u8 {
    let bytes = vec![1, 2, 3];
    drop(bytes);
    bytes[0]
}
