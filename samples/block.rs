//! How bytes get in and out of the benchmark programs, in each of their languages alike: the host writes into what
//! `alloc` gave, calls `run(start, len)`, and reads a block there: its length (u32, little endian), then the bytes.

/// Room for `len` bytes, the caller's until `free`.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(len: usize) -> *mut u8 {
    std::mem::ManuallyDrop::new(Vec::with_capacity(len)).as_mut_ptr()
}

/// # Safety
/// `start` came from `alloc(len)`, or is a block of `len` bytes with its head.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(start: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    drop(unsafe { Vec::from_raw_parts(start, 0, len) });
}

/// # Safety
/// The `len` bytes at `start` are written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(start: *const u8, len: usize) -> *const u8 {
    // SAFETY: the caller's promise.
    let input = unsafe { std::slice::from_raw_parts(start, len) };
    let mut block = vec![0; 4];
    crate::run(input, &mut block);
    let len = block.len() as u32 - 4;
    if let Some(head) = block.first_chunk_mut() {
        *head = len.to_le_bytes();
    }
    // `free` takes the length for the capacity.
    Box::leak(block.into_boxed_slice()).as_ptr()
}
