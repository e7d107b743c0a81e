//! What gdb, LLDB or an editor may send to the port of a program that stands still: any bytes, then the end.

#![no_main]

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use wasm_gdb::engine::{Interpreted, LoadedModule};
use wasm_gdb::remote::Server;
use wasm_gdb::session::Session;
use wasm_host::{Input, Limits, Options, Output};

/// A program that ends at once.
const PROGRAM: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x0a\x01\x06_start\0\0\
    \x0a\x04\x01\x02\0\x0b";

thread_local! {
    static SERVER: RefCell<Server> = RefCell::new(Server::listen(None, 0).expect("a port is free"));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let options = Options { stdin: Input::Empty, stdout: Output::Discard, ..Options::default() };
    let engine = Interpreted::launch("fuzz", PROGRAM.into(), &options, &Limits::default()).expect("it is one");
    let modules = [LoadedModule { name: "fuzz".into(), bytes: PROGRAM.into() }];
    let mut session = Session::new(Box::new(engine), &modules);
    SERVER.with_borrow(|server| {
        let mut client = TcpStream::connect(server.address().expect("it listens")).expect("it accepts");
        let bytes = bytes.to_vec();
        let client = std::thread::spawn(move || {
            // The other side may hang up in the middle.
            let _ = client.write_all(&bytes).and_then(|()| client.shutdown(Shutdown::Write));
            let _ = client.read_to_end(&mut Vec::new());
        });
        // A client that is not understood is an error, and no more.
        let _ = server.serve(&mut session);
        client.join().expect("the client ends");
    });
});
