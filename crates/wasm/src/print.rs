//! Text for people: through WASI where the target has it, else through the
//! import `wasmrust:host` `print;jS`.

use core::fmt;

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Standard output; in a browser the console.
    Out = 1,
    /// Standard error; in a browser the console's errors.
    Error = 2,
}

/// Writes formatted text to a stream, each piece at once and without a buffer.
pub struct Output(pub Stream);

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(self.0, text);
        Ok(())
    }
}

#[cfg(all(target_family = "wasm", not(target_os = "wasi")))]
fn write(stream: Stream, text: &str) {
    #[link(wasm_import_module = "wasmrust:host")]
    unsafe extern "C" {
        #[link_name = "print;jS"]
        fn print(stream: u32, text: *const u8, len: usize);
    }
    // SAFETY: the host reads the `len` bytes of `text`.
    unsafe { print(stream as u32, text.as_ptr(), text.len()) }
}

#[cfg(target_os = "wasi")]
fn write(stream: Stream, text: &str) {
    #[repr(C)]
    struct Ciovec {
        start: *const u8,
        len: usize,
    }
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn fd_write(fd: u32, parts: *const Ciovec, count: usize, written: *mut usize) -> u32;
    }
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let part = Ciovec { start: rest.as_ptr(), len: rest.len() };
        let mut written = 0;
        // SAFETY: one part, which lives through the call, and a place for the count.
        let errno = unsafe { fd_write(stream as u32, &part, 1, &mut written) };
        match rest.get(written..) {
            Some(unwritten) if errno == 0 && written > 0 => rest = unwritten,
            // A closed stream loses the text, as there is nobody to tell.
            _ => return,
        }
    }
}

#[cfg(not(target_family = "wasm"))]
fn write(stream: Stream, text: &str) {
    extern crate std;
    match stream {
        Stream::Out => std::print!("{text}"),
        Stream::Error => std::eprint!("{text}"),
    }
}

/// Prints to standard output, as `std`'s does.
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => {
        $crate::__rt::print($crate::Stream::Out, ::core::format_args!($($arguments)*))
    };
}

/// Prints to standard output and ends the line.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($arguments:tt)*) => {
        $crate::__rt::print($crate::Stream::Out, ::core::format_args!("{}\n", ::core::format_args!($($arguments)*)))
    };
}

/// Prints to standard error and ends the line.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::__rt::print($crate::Stream::Error, ::core::format_args!("\n")) };
    ($($arguments:tt)*) => {
        $crate::__rt::print($crate::Stream::Error, ::core::format_args!("{}\n", ::core::format_args!($($arguments)*)))
    };
}

/// The panic handler of a program without `std`: prints the message and its
/// place to standard error, then traps. `panic_handler!(silent)` only traps,
/// for modules that import nothing from the host of this crate: components.
#[macro_export]
macro_rules! panic_handler {
    () => {
        #[cfg(target_family = "wasm")]
        #[panic_handler]
        fn __wasm_panic(info: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::__rt::panicked(info)
        }
    };
    (silent) => {
        #[cfg(target_family = "wasm")]
        #[panic_handler]
        fn __wasm_panic(_: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::__rt::trap()
        }
    };
}

/// For programs with `std`: from now on a panic is printed through the host
/// (`std` itself prints nothing on wasm32-unknown-unknown).
#[macro_export]
macro_rules! set_panic_hook {
    () => {
        ::std::panic::set_hook(::std::boxed::Box::new(|info| {
            $crate::__rt::print($crate::Stream::Error, ::core::format_args!("{info}\n"))
        }))
    };
}
