//! What the macros' code calls. Not for users: it changes with the macros.

#[cfg(feature = "alloc")]
pub use alloc::{string::String, vec::Vec};

use crate::{ExternRef, Linear, Pod};

/// A piece of a record in the custom section `wasmrust.contract`.
pub enum Part {
    Text(&'static str),
    Number(usize),
}

const fn decimal(mut value: usize) -> ([u8; 20], usize) {
    let mut digits = [0; 20];
    let mut at = 20;
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return (digits, at);
        }
    }
}

/// Bytes of a record: four for its length, then the text.
pub const fn record_len(parts: &[Part]) -> usize {
    let mut len = 4;
    let mut i = 0;
    while i < parts.len() {
        len += match parts[i] {
            Part::Text(text) => text.len(),
            Part::Number(value) => 20 - decimal(value).1,
        };
        i += 1;
    }
    len
}

/// The record itself.
pub const fn record<const N: usize>(parts: &[Part]) -> [u8; N] {
    let mut out = [0; N];
    let len = ((N - 4) as u32).to_le_bytes();
    let mut at = 0;
    while at < 4 {
        out[at] = len[at];
        at += 1;
    }
    let mut i = 0;
    while i < parts.len() {
        match parts[i] {
            Part::Text(text) => {
                let mut j = 0;
                while j < text.len() {
                    out[at] = text.as_bytes()[j];
                    at += 1;
                    j += 1;
                }
            }
            Part::Number(value) => {
                let (digits, mut j) = decimal(value);
                while j < 20 {
                    out[at] = digits[j];
                    at += 1;
                    j += 1;
                }
            }
        }
        i += 1;
    }
    out
}

/// A type of plain old data in WIT: `name` as it is written where the type is
/// used, `text` its definition (none for numbers), which names `nested` types.
pub struct Record {
    pub name: &'static str,
    pub text: &'static [Part],
    pub nested: &'static [&'static Record],
}

const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// The record, which an interface writes as `name`.
pub const fn named(name: &str, record: &'static Record) -> &'static Record {
    assert!(
        equal(name, record.name),
        "an interface names structs with `#[derive(wasm::Pod)]` by their own names: no alias, no hand-written `Pod`"
    );
    record
}

/// Text that is only measured where `out` is empty.
struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
    /// The records that are written: each once.
    written: [&'static str; 64],
    records: usize,
}

impl Writer<'_> {
    const fn byte(&mut self, byte: u8) {
        if self.len < self.out.len() {
            self.out[self.len] = byte;
        }
        self.len += 1;
    }

    const fn text(&mut self, text: &str) {
        let mut i = 0;
        while i < text.len() {
            self.byte(text.as_bytes()[i]);
            i += 1;
        }
    }

    const fn record(&mut self, record: &'static Record) {
        assert!(!record.name.is_empty(), "a struct of an interface holds a hand-written `Pod`: WIT does not know it");
        let mut i = 0;
        while i < self.records {
            if equal(self.written[i], record.name) {
                return;
            }
            i += 1;
        }
        assert!(self.records < self.written.len(), "more than 64 types in one interface");
        self.written[self.records] = record.name;
        self.records += 1;
        let mut i = 0;
        while i < record.nested.len() {
            self.record(record.nested[i]);
            i += 1;
        }
        let mut i = 0;
        while i < record.text.len() {
            match record.text[i] {
                Part::Text(text) => self.text(text),
                Part::Number(value) => {
                    let (digits, mut at) = decimal(value);
                    while at < digits.len() {
                        self.byte(digits[at]);
                        at += 1;
                    }
                }
            }
            i += 1;
        }
    }
}

/// An interface in WIT: writes what has room in `out`, returns the length.
pub const fn wit(head: &str, records: &[&'static Record], tail: &str, out: &mut [u8]) -> usize {
    let mut writer = Writer { out, len: 0, written: [""; 64], records: 0 };
    writer.text(head);
    let mut i = 0;
    while i < records.len() {
        writer.record(records[i]);
        i += 1;
    }
    writer.text(tail);
    writer.len
}

#[cfg(target_family = "wasm")]
mod host {
    #[link(wasm_import_module = "wasmrust:host")]
    unsafe extern "C" {
        pub(super) fn take(to: *mut u8);
        pub(super) fn give(from: *const u8, len: usize);
        pub(super) fn fail(from: *const u8, len: usize);
    }
}

#[cfg(not(target_family = "wasm"))]
mod host {
    //! Exports are called directly here: nothing crosses.
    pub(super) unsafe fn take(_: *mut u8) {}
    pub(super) unsafe fn give(_: *const u8, _: usize) {}
    pub(super) unsafe fn fail(_: *const u8, _: usize) {}
}

/// Address and length in bytes.
#[inline]
pub fn bytes<T: Pod>(slice: &[T]) -> (*const u8, usize) {
    (slice.as_ptr().cast(), size_of_val(slice))
}

/// Address and length in bytes of what the host may change.
#[inline]
pub fn bytes_mut<T: Pod>(slice: &mut [T]) -> (*const u8, usize) {
    (slice.as_mut_ptr().cast_const().cast(), size_of_val(slice))
}

/// Takes the next value of the host.
#[inline]
pub fn take_pod<T: Pod>(len: usize) -> T {
    assert!(len == size_of::<T>());
    let mut value = core::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the host writes the `len` bytes that it announced, which is the
    // size of `T`; zeros are a `T`, and so is whatever the host writes.
    unsafe {
        host::take(value.as_mut_ptr().cast());
        value.assume_init()
    }
}

/// Takes the next value of the host: `len` bytes.
#[cfg(feature = "alloc")]
#[inline(never)]
pub fn take_vec<T: Pod>(len: usize) -> Vec<T> {
    let count = len / size_of::<T>().max(1);
    assert!(count * size_of::<T>() == len);
    let mut values = Vec::<T>::with_capacity(count);
    // SAFETY: the capacity is `len` bytes, the host writes all of them, and
    // any bytes are values of `T`.
    unsafe {
        host::take(values.as_mut_ptr().cast());
        values.set_len(count);
    }
    values
}

/// Takes the next value of the host: `len` bytes of UTF-8.
#[cfg(feature = "alloc")]
#[inline]
pub fn take_string(len: usize) -> String {
    // SAFETY: the contract has the host pass UTF-8.
    unsafe { String::from_utf8_unchecked(take_vec(len)) }
}

/// Gives the host a copy of these values.
#[inline]
pub fn give<T: Pod>(values: &[T]) {
    // SAFETY: the host reads the bytes of `values` and keeps no pointer.
    unsafe { host::give(values.as_ptr().cast(), size_of_val(values)) }
}

/// Tells the host that the export returns no value, but this error.
#[inline]
pub fn fail<T: Pod>(values: &[T]) {
    // SAFETY: as `give`.
    unsafe { host::fail(values.as_ptr().cast(), size_of_val(values)) }
}

/// A view as one number: address below, length in bytes above.
#[inline]
pub fn view<T: Pod>(view: crate::View<'static, T>) -> u64 {
    let slice = view.as_slice();
    (size_of_val(slice) as u64) << 32 | slice.as_ptr() as usize as u64
}

/// The scalar value, or U+FFFD for a number that is none.
#[inline]
pub fn char(bits: u32) -> char {
    char::from_u32(bits).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The reference that the host put in this slot for us.
#[inline]
pub fn reference<T: ?Sized>(index: u32) -> ExternRef<T> {
    ExternRef::from_index(index)
}

/// The slot, which the host now owns.
#[inline]
pub fn into_index<T: ?Sized>(reference: ExternRef<T>) -> u32 {
    core::mem::ManuallyDrop::new(reference).index()
}

/// An import was called where there is no host.
#[cold]
pub fn no_host(module: &str, name: &str) -> ! {
    panic!("`{module}` `{name}` is a function of the wasm host: there is none on this target")
}

/// A linear value is dropped: a build error where nothing unwinds.
#[cfg(all(target_family = "wasm", panic = "abort"))]
#[inline(never)]
pub fn dropped<T: Linear>() {
    const { panic!("{}", T::MESSAGE) }
}

/// A linear value is dropped.
#[cfg(not(all(target_family = "wasm", panic = "abort")))]
#[cold]
pub fn dropped<T: Linear>() {
    // A second panic would abort and hide the first.
    #[cfg(not(target_family = "wasm"))]
    if std::thread::panicking() {
        return;
    }
    panic!("{}", T::MESSAGE)
}

#[cfg(not(target_family = "wasm"))]
extern crate std;

/// Prints formatted text.
#[inline(never)]
pub fn print(stream: crate::Stream, text: core::fmt::Arguments<'_>) {
    // Writing to an `Output` never fails.
    let _ = core::fmt::Write::write_fmt(&mut crate::Output(stream), text);
}

/// Reports a panic and traps.
#[cfg(target_family = "wasm")]
#[cold]
pub fn panicked(info: &core::panic::PanicInfo<'_>) -> ! {
    print(crate::Stream::Error, format_args!("{info}\n"));
    trap()
}

/// Ends the program.
#[cfg(target_family = "wasm")]
#[cold]
pub fn trap() -> ! {
    core::arch::wasm32::unreachable()
}
