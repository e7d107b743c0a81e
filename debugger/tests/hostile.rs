//! Clients that send nonsense or go away, and programs that are none.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{Stub, assert_contains, program};

/// A packet with its checksum.
fn packet(body: &str) -> Vec<u8> {
    let sum = body.bytes().fold(0_u8, u8::wrapping_add);
    format!("${body}#{sum:02x}").into_bytes()
}

/// Sends bytes, and gives what comes back until the answer to the last packet
/// is there or the connection ends.
fn talk(stub: &Stub, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(&stub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    // The other side may hang up in the middle.
    let _ = stream.write_all(bytes);
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = stream.read(&mut buffer) {
        if length == 0 {
            break;
        }
        said.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// A client that knows the protocol is served.
#[track_caller]
fn still_serves(stub: &Stub) {
    let hello = [packet("qSupported:xmlRegisters=i386"), packet("?")].concat();
    // A program that runs at full speed takes its time to stop when its client is gone.
    let mut said = talk(stub, &hello);
    for _ in 0..20 {
        if said.contains("T05thread:") {
            return;
        }
        said = talk(stub, &hello);
    }
    assert_contains(&said, "T05thread:");
}

#[test]
fn clients_that_send_nonsense() {
    let stub = Stub::start(&program("traps.rs", &[]).unwrap(), &["--", "loop"]);
    still_serves(&stub);
    let long = format!("${}#00", "A".repeat(1 << 20)).into_bytes();
    let nonsense: [&[u8]; 8] = [
        b"",
        b"$qSupp",
        b"$qSupported#00",
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 100_000],
        &long,
        &[packet("qSupported"), b"$m".to_vec(), vec![b'f'; 300_000]].concat(),
        &[packet("qSupported"), packet("mffffffffffffffff,ffffffffffffffff"), packet("Z9,,"), packet("vCont;z")]
            .concat(),
    ];
    for bytes in nonsense {
        talk(&stub, bytes);
        still_serves(&stub);
    }
}

#[test]
fn a_malformed_packet_is_answered_with_an_error() {
    let stub = Stub::start(&program("traps.rs", &[]).unwrap(), &["--", "loop"]);
    let hello = [packet("qSupported:xmlRegisters=i386"), packet("QStartNoAckMode")].concat();
    for malformed in ["mzz", "Hg", "vCont;x", "vFile:open:zz", "M100000,4:zz", "qRcmd,zz", "Z0,"] {
        let said = talk(&stub, &[hello.clone(), packet(malformed), packet("?")].concat());
        let (_, after) = said.split_once("$OK#9a").unwrap();
        assert_eq!(after.matches('$').count(), 2, "{malformed}: {said}");
        assert!(after.contains("$E01#a6$T05thread:"), "{malformed}: {said}");
    }
}

#[test]
fn a_client_that_vanishes_while_the_program_runs() {
    let stub = Stub::start(&program("traps.rs", &[]).unwrap(), &["--", "loop"]);
    let run = [packet("qSupported:xmlRegisters=i386"), packet("vCont;c")].concat();
    let mut stream = TcpStream::connect(&stub.address).unwrap();
    stream.write_all(&run).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(stream);
    still_serves(&stub);
}

#[test]
fn control_c() {
    let stub = Stub::start(&program("traps.rs", &[]).unwrap(), &["--", "loop"]);
    let mut stream = TcpStream::connect(&stub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&[packet("qSupported:xmlRegisters=i386"), packet("vCont;c")].concat()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(&[3]).unwrap();
    let mut said = String::new();
    let mut buffer = [0; 4096];
    while !said.contains("$S02") && !said.contains("$T02") {
        let length = stream.read(&mut buffer).expect("it stops");
        said += &String::from_utf8_lossy(&buffer[..length]);
    }
}

/// What `wasm-gdb` says of a file that it does not take.
fn refusal(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wasm-gdb")).arg(file).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn programs_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let wat = |text: &str| wat::parse_str(text).unwrap();
    assert_contains(&refusal(&folder.path().join("none.wasm"), &["--port", "0"]), "cannot read");
    assert_contains(&refusal(&file("text.wasm", b"hello"), &["--port", "0"]), "text.wasm");
    let invalid = wat("(module (func (export \"_start\") i32.add drop))");
    assert_contains(&refusal(&file("empty.wasm", b"\0asm\x01\0\0\0"), &["--port", "0"]), "nothing to run");
    let missing = wat("(module (import \"env\" \"f\" (func)) (func (export \"_start\")))");
    assert_contains(&refusal(&file("missing.wasm", &missing), &["--port", "0"]), "`env` `f`");
    assert_contains(&refusal(&file("invalid.wasm", &invalid), &["--port", "0"]), "does not validate");
}

#[test]
fn a_port_in_use() {
    let traps = program("traps.rs", &[]).unwrap();
    let stub = Stub::start(&traps, &[]);
    let port = stub.address.rsplit(':').next().unwrap();
    assert_contains(&refusal(&traps, &["--port", port]), "choose one with --port");
}

#[test]
fn a_second_client_is_told() {
    let stub = Stub::start(&program("traps.rs", &[]).unwrap(), &["--", "loop"]);
    let hello = packet("qSupported:xmlRegisters=i386");
    let mut first = TcpStream::connect(&stub.address).unwrap();
    first.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    first.write_all(&hello).unwrap();
    let mut buffer = [0; 4096];
    assert!(first.read(&mut buffer).unwrap() > 0, "the first is served");
    for hello in [&hello[..], b"Content-Length: 2\r\n\r\n{}"] {
        let mut second = TcpStream::connect(&stub.address).unwrap();
        second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        second.write_all(hello).unwrap();
        let mut said = String::new();
        second.read_to_string(&mut said).unwrap();
        assert_contains(&said, "another debugger is attached");
    }
    // The first is served as before, and another after it.
    first.write_all(&packet("?")).unwrap();
    let length = first.read(&mut buffer).unwrap();
    assert_contains(&String::from_utf8_lossy(&buffer[..length]), "T05");
    drop(first);
    still_serves(&stub);
}
