//! What a viewer of a program's memory may send: requests come out of any bytes, cut anywhere, and each is answered by
//! a frame that can be read.

#![no_main]

use memviz::MemoryType;
use memviz::protocol::{Event, Frame, Inbox, LiveMemory, ProtocolError, Server, Target};
use wasm_source::WasmValue;

/// A memory that repeats its address.
struct Noise;

const BYTES: u64 = 1 << 16;

impl Target for Noise {
    fn memories(&self) -> Vec<LiveMemory> {
        vec![LiveMemory { ty: MemoryType::default(), bytes: BYTES }]
    }

    fn read(&self, _: u32, address: u64, into: &mut [u8]) -> bool {
        for (at, byte) in into.iter_mut().enumerate() {
            *byte = address.wrapping_add(at as u64) as u8;
        }
        address.checked_add(into.len() as u64).is_some_and(|end| end <= BYTES)
    }

    fn write(&self, _: u32, _: u64, _: &[u8]) -> Result<(), String> {
        Err("it runs".to_string())
    }

    fn globals(&self) -> Vec<Option<WasmValue>> {
        vec![Some(WasmValue::I64(u64::MAX)), None]
    }

    fn module(&self) -> Vec<u8> {
        b"\0asm\x01\0\0\0".to_vec()
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((at, rest)) = bytes.split_first() else { return };
    let (first, second) = rest.split_at(usize::from(*at).min(rest.len()));
    let mut inbox = Inbox::default();
    let (mut server, _) = Server::greet(Default::default(), "fuzz", &Noise);
    for part in [first, second] {
        inbox.receive(part);
        loop {
            match inbox.take() {
                Ok(Some(request)) => {
                    let answer = server.answer(request, &Noise, 1).encode();
                    let (_, used) = Frame::<Event>::decode(&answer).expect("it can be read").expect("it is all there");
                    assert_eq!(used, answer.len());
                    server.look(&Noise, 2, true);
                }
                Ok(None) => break,
                Err(ProtocolError::Message(_)) => {}
                Err(_) => return,
            }
        }
    }
});
