// accepted
fn save(bytes: &[u8]) -> Result<(), u32> {
    if bytes.is_empty() { Err(1) } else { Ok(()) }
}

pub fn close(bytes: &[u8]) {
    save(bytes);
}
