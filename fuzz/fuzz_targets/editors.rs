//! What an editor may send by the Debug Adapter Protocol before it launches a program: any bytes, then the end.

#![no_main]

use std::io::Cursor;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Who names a program would have it read and run.
    if bytes.windows(7).any(|word| word == b"program") {
        return;
    }
    wasm_gdb::dap::serve(Cursor::new(bytes.to_vec()), std::io::sink()).expect("threads can be started");
});
