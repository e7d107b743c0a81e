//! Snapshots, core dumps and messages: what is written is read again, and what is broken is refused with its place.
#![allow(clippy::unwrap_used, missing_docs)]

use memviz::coredump::{CoreFrame, CoreInstance, CoreThread, Coredump};
use memviz::protocol::{Event, Frame, LiveMemory, ProtocolError, Request, page_bits};
use memviz::snapshot::{Growth, ModuleIdentity, Snapshot, SnapshotErrorKind, SnapshotLimits};
use memviz::{Image, MemoryRead, MemoryType, SavedValue};
use proptest::prelude::*;
use wasm_source::WasmValue;

const LIMITS: SnapshotLimits = SnapshotLimits { page_bytes: 1 << 24, header_bytes: 1 << 16 };

fn globals() -> Vec<Option<WasmValue>> {
    vec![
        Some(WasmValue::I32(0xffff_fff0)),
        None,
        Some(WasmValue::I64(u64::MAX)),
        Some(WasmValue::F64(f64::NAN.to_bits())),
        Some(WasmValue::V128(u128::MAX - 5)),
    ]
}

fn snapshot(memories: &[Vec<u8>]) -> Snapshot {
    let module = ModuleIdentity { build_id: "00ff".into(), name: Some("app.wasm".into()) };
    let memories = memories.iter().map(|memory| {
        let ty = MemoryType { minimum_bytes: memory.len() as u64, ..MemoryType::default() };
        (ty, memory as &dyn MemoryRead)
    });
    let mut snapshot = Snapshot::take(module, memories, &globals());
    snapshot.header.taken_at_ms = Some(1_800_000_000_000);
    snapshot.header.growth.push(Growth { at_ms: 5, memory: 0, bytes: 65536, stack: vec!["main".into()] });
    snapshot
}

/// A memory of some pages with bytes here and there.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    let writes = prop::collection::vec((0usize..1 << 20, prop::collection::vec(any::<u8>(), 1..300)), 0..20);
    (0usize..1 << 20, writes).prop_map(|(size, writes)| {
        let mut memory = vec![0; size];
        for (at, bytes) in writes {
            let at = at.min(size);
            let end = (at + bytes.len()).min(size);
            memory[at..end].copy_from_slice(&bytes[..end - at]);
        }
        memory
    })
}

fn contents(memory: &dyn MemoryRead) -> Vec<u8> {
    let mut bytes = vec![0; memory.len() as usize];
    assert!(memory.read(0, &mut bytes));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_is_read_as_it_was_written(memories in prop::collection::vec(memory(), 0..3)) {
        let snapshot = snapshot(&memories);
        let file = snapshot.write();
        let read = Snapshot::open(&file, LIMITS).unwrap();
        prop_assert_eq!(&read, &snapshot);
        prop_assert_eq!(read.globals(), globals());
        for (image, memory) in read.memories.iter().zip(&memories) {
            prop_assert_eq!(&contents(image), memory);
        }
        prop_assert_eq!(read.write(), file);
    }

    #[test]
    fn a_snapshot_on_another_holds_what_differs(before in memory(), after in memory(), shared in 0usize..1 << 20) {
        let mut after = after;
        let shared = shared.min(before.len()).min(after.len());
        after[..shared].copy_from_slice(&before[..shared]);
        let (base, next) = (snapshot(&[before]), snapshot(&[after]));
        let file = next.write_on(&base);
        prop_assert_eq!(Snapshot::open_on(&file, &base, LIMITS).unwrap(), next.clone());
        let alone = Snapshot::open(&file, LIMITS).unwrap_err();
        prop_assert_eq!(alone.kind, SnapshotErrorKind::NeedsBase(base.digest()));
        prop_assert!(base.write_on(&base).len() < 2000);
    }

    #[test]
    fn a_broken_snapshot_does_no_harm(memory in memory(), cut in 0usize..5000, at in 0usize..5000, byte in any::<u8>()) {
        let file = snapshot(&[memory]).write();
        let cut = &file[..cut.min(file.len() - 1)];
        prop_assert!(Snapshot::open(cut, LIMITS).is_err());
        let mut changed = file.clone();
        let at = at % file.len();
        changed[at] = byte;
        if let Ok(read) = Snapshot::open(&changed, LIMITS) {
            prop_assert!(read.memories.len() <= 1 + usize::from(at < 4096));
        }
    }

    #[test]
    fn a_core_dump_is_read_as_it_was_written(memory in memory()) {
        let mut pages = memory;
        pages.resize(pages.len().next_multiple_of(65536), 0);
        let minimum_bytes = pages.len() as u64;
        let ty = MemoryType { minimum_bytes, maximum_bytes: Some(1 << 30), ..MemoryType::default() };
        let value = |value| Some(value);
        let dump = Coredump {
            executable: "app.wasm".into(),
            modules: vec!["app".into(), "lib".into()],
            instances: vec![CoreInstance { module: 1, memories: vec![0], globals: vec![0, 1] }],
            threads: vec![CoreThread {
                name: "main".into(),
                frames: vec![CoreFrame {
                    instance: 0,
                    function: 42,
                    offset: 0x1234,
                    locals: vec![value(WasmValue::I32(7)), None, value(WasmValue::F32(1.5f32.to_bits()))],
                    stack: vec![value(WasmValue::I64(1 << 40))],
                }],
            }],
            memories: vec![(ty, Image::capture(&pages))],
            globals: vec![(Some(WasmValue::I32(0xffff_0000)), true), (Some(WasmValue::V128(9)), false)],
        };
        let file = dump.write();
        prop_assert!(Coredump::is_one(&file));
        // V128 constants are not read as a value of a global.
        let read = Coredump::read(&file, 1 << 24).unwrap();
        prop_assert_eq!(&read.memories, &dump.memories);
        prop_assert_eq!(&read.threads, &dump.threads);
        prop_assert_eq!(&read.instances, &dump.instances);
        prop_assert_eq!(read.globals[0], dump.globals[0]);
        let less = Coredump::read(&file, 10);
        prop_assert!(less.is_err() || read.memories[0].1.pages().count() == 0);
    }

    #[test]
    fn a_broken_core_dump_does_no_harm(at in 0usize..400, byte in any::<u8>()) {
        let ty = MemoryType { minimum_bytes: 65536, ..MemoryType::default() };
        let dump = Coredump {
            executable: "x".into(),
            threads: vec![CoreThread { name: "t".into(), frames: vec![CoreFrame::default(); 3] }],
            memories: vec![(ty, Image::capture(&vec![3; 65536]))],
            ..Coredump::default()
        };
        let mut file = dump.write();
        let at = at % file.len();
        file[at] = byte;
        let _ = Coredump::read(&file, 1 << 20);
    }
}

#[test]
fn what_is_no_snapshot_is_refused_by_name() {
    let open = |bytes: &[u8]| Snapshot::open(bytes, LIMITS).unwrap_err().to_string();
    let file = snapshot(&[vec![1; 10_000]]).write();
    let mut newer = file.clone();
    newer[8] = 9;
    let mut damaged = file.clone();
    *damaged.last_mut().unwrap() ^= 0xff;
    let mut longer = file.clone();
    longer.push(0);
    insta::assert_snapshot!([
        open(b""),
        open(b"\0asm\x01\0\0\0"),
        open(&newer),
        open(&file[..40]),
        open(&damaged),
        open(&longer),
        Snapshot::open(&file, SnapshotLimits { page_bytes: 4096, ..LIMITS }).unwrap_err().to_string(),
        Snapshot::open(&file, SnapshotLimits { header_bytes: 10, ..LIMITS }).unwrap_err().to_string(),
    ].join("\n"), @r"
    offset 0x0: not a memviz snapshot
    offset 0x0: not a memviz snapshot
    offset 0x8: version 9 of the snapshot format is not known; this reads version 1
    offset 0x10: the file ends inside of the header
    offset 0x216: block of memory 0: its bytes are damaged
    offset 0x24b: bytes after the last block
    offset 0x226: pages beyond the limit
    offset 0x10: header beyond the limit
    ");
}

#[test]
fn a_block_that_unpacks_to_more_than_it_says_is_refused() {
    // A header with one memory of one page, and a block of one page that unpacks to megabytes of zeros.
    use std::io::Write;
    let header = br#"{"memories":[{"bytes":4096}]}"#;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![0; 64 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    let mut file = b"\x89MEMVIZ\n".to_vec();
    file.extend(1u32.to_le_bytes());
    file.extend((header.len() as u32).to_le_bytes());
    file.extend(header);
    file.extend(1u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    file.extend((packed.len() as u32).to_le_bytes());
    file.extend(packed);
    let error = Snapshot::open(&file, LIMITS).unwrap_err();
    assert_eq!(error.to_string(), "offset 0x31: block of memory 0: its bytes are damaged");
}

#[test]
fn messages_cross_the_wire() {
    let hello = Event::Hello {
        version: 1,
        module: ModuleIdentity { build_id: "ab".into(), name: None },
        engine: "wasmtime 48".into(),
        memories: vec![LiveMemory { ty: MemoryType::default(), bytes: 65536 }],
    };
    let events = [
        Frame::new(None, hello),
        Frame { id: Some(7), message: Event::Bytes { memory: 0, address: 1024 }, bytes: b"hello".to_vec() },
        Frame::new(None, Event::Grew(Growth { at_ms: 1, memory: 0, bytes: 131072, stack: vec![] })),
        Frame::new(Some(8), Event::Globals { values: vec![Some(SavedValue(WasmValue::I64(1 << 63))), None] }),
        Frame::new(Some(9), Event::Error { message: "no memory 3".into() }),
        Frame::new(None, Event::Exited { code: -1 }),
        Frame::new(Some(10), Event::Done),
    ];
    let mut wire = Vec::new();
    for event in &events {
        wire.extend(event.encode().unwrap());
    }
    // As it comes: byte by byte.
    let mut received = Vec::new();
    let mut read = Vec::new();
    for byte in wire {
        received.push(byte);
        if let Some((frame, used)) = Frame::<Event>::decode(&received).unwrap() {
            received.drain(..used);
            read.push(frame);
        }
    }
    assert_eq!(read, events);
    let requests = [
        Request::Pages { memory: 0, start: 0, end: 1 << 40, page_bytes: 4096 },
        Request::Read { memory: 0, address: 1 << 33, length: 16 },
        Request::Write { memory: 0, address: 4 },
        Request::Subscribe { memory: 0, page_bytes: 4096, every_ms: 100 },
        Request::Unsubscribe { memory: 0 },
        Request::Globals,
        Request::Module,
        Request::Snapshot { label: None },
    ];
    for (id, request) in requests.into_iter().enumerate() {
        let frame = Frame::new(Some(id as u64), request);
        let bytes = frame.encode().unwrap();
        assert_eq!(Frame::decode(&bytes).unwrap(), Some((frame, bytes.len())));
    }
    let wire = Frame::new(Some(3), Request::Read { memory: 0, address: 1024, length: 16 }).encode().unwrap();
    assert_eq!(&wire[8..], br#"{"id":3,"request":"read","memory":0,"address":1024,"length":16}"#);
}

#[test]
fn a_frame_that_can_never_be_read_is_refused() {
    let decode = |bytes: &[u8]| Frame::<Request>::decode(bytes);
    assert_eq!(decode(&u32::MAX.to_le_bytes()), Err(ProtocolError::TooLong(u32::MAX)));
    assert_eq!(decode(&[3, 0, 0, 0]), Err(ProtocolError::Lengths { message: 0, frame: 3 }));
    assert_eq!(decode(&[6, 0, 0, 0, 9, 0, 0, 0]), Err(ProtocolError::Lengths { message: 9, frame: 6 }));
    assert!(matches!(decode(&[6, 0, 0, 0, 2, 0, 0, 0, b'{', b'}']), Err(ProtocolError::Message(_))));
}

#[test]
fn pages_with_something_in_them_are_bits() {
    let mut memory = vec![0u8; 65536 + 10];
    memory[4096 * 3] = 1;
    memory[65540] = 1;
    assert_eq!(page_bits(&memory, 0..u64::MAX, 4096), [8, 0, 1]);
    assert_eq!(page_bits(&memory, 4096..4096 * 5, 4096), [4]);
}
