//! What the code of `#[wasm::component]` calls: memory that crosses by the
//! canonical ABI. Whoever receives a value owns its memory.

use alloc::alloc::{Layout, dealloc, handle_alloc_error, realloc};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Pod;

/// `cabi_realloc`: how the host gets memory for what it passes.
///
/// # Safety
/// `old` and `old_len` are what an earlier call gave for this alignment, or 0.
pub unsafe fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    let Ok(layout) = Layout::from_size_align(len, align) else { handle_alloc_error(Layout::new::<u64>()) };
    if len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    let new = if old_len == 0 {
        // SAFETY: the size is not 0.
        unsafe { alloc::alloc::alloc(layout) }
    } else {
        // SAFETY: the caller's promise; the layout was right when it was made.
        unsafe { realloc(old, Layout::from_size_align_unchecked(old_len, align), len) }
    };
    if new.is_null() {
        handle_alloc_error(layout)
    }
    new
}

/// The list that the host passed.
///
/// # Safety
/// Address and length are those of memory from `cabi_realloc`, filled with
/// values, that nobody else owns.
pub unsafe fn list<T: Pod>(at: usize, count: usize) -> Vec<T> {
    if count == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's promise: exactly this much was allocated, with the
    // alignment of `T`, and any bytes are values.
    unsafe { Vec::from_raw_parts(at as *mut T, count, count) }
}

/// The text that the host passed.
///
/// # Safety
/// As for `list`, and the bytes are UTF-8: the canonical ABI says so.
pub unsafe fn string(at: usize, len: usize) -> String {
    // SAFETY: the caller's promise.
    unsafe { String::from_utf8_unchecked(list(at, len)) }
}

/// Address and count of a list that the host reads until `free`.
pub fn lend<T: Pod>(values: Vec<T>) -> (usize, usize) {
    let count = values.len();
    (Box::into_raw(values.into_boxed_slice()) as *mut T as usize, count)
}

/// Ends what `lend` began.
///
/// # Safety
/// Address and count come from `lend::<T>`, once.
pub unsafe fn free<T: Pod>(at: usize, count: usize) {
    let size = count * size_of::<T>();
    if size > 0 {
        // SAFETY: the boxed slice had this layout.
        unsafe { dealloc(at as *mut u8, Layout::from_size_align_unchecked(size, align_of::<T>())) }
    }
}
