//! Two memories beside the program's own.
#![no_std]
#![crate_type = "cdylib"]
#![forbid(unsafe_code)]

wasm::panic_handler!();

/// Stays in the EU.
#[wasm::memory(region = "eu", encryption = "at-rest")]
pub static EU_DATA: wasm::Memory<100_000>;

#[wasm::memory(region = "scratch")]
static SCRATCH: wasm::Memory<{ 65536 }>;

#[wasm::export]
fn fill(n: u32) {
    for i in 0..n {
        EU_DATA.store(i as usize * 4, i);
        SCRATCH.store(i as usize * 4, 1u32);
    }
}

#[wasm::export]
fn sums(n: u32) -> u64 {
    let eu: u32 = (0..n).map(|i| EU_DATA.load::<u32>(i as usize * 4)).sum();
    let scratch: u32 = (0..n).map(|i| SCRATCH.load::<u32>(i as usize * 4)).sum();
    (eu as u64) << 32 | scratch as u64
}

#[wasm::export]
fn numbers() -> bool {
    SCRATCH.fill(0, 0xff, 64);
    SCRATCH.store(8, -2.5f64);
    SCRATCH.store(16, i64::MIN + 1);
    SCRATCH.store(24, 1.5f32);
    SCRATCH.store(28, -7i16);
    SCRATCH.store(30, 200u8);
    let mut copied = [0; 8];
    SCRATCH.write(40, b"region");
    SCRATCH.read(40, &mut copied);
    SCRATCH.load::<u32>(0) == u32::MAX
        && SCRATCH.load::<f64>(8) == -2.5
        && SCRATCH.load::<i64>(16) == i64::MIN + 1
        && SCRATCH.load::<f32>(24) == 1.5
        && SCRATCH.load::<i16>(28) == -7
        && SCRATCH.load::<u8>(30) == 200
        && SCRATCH.load::<i8>(31) == -1
        && copied == *b"region\xff\xff"
        && EU_DATA.len() == 100_000
}

#[wasm::export]
fn outside() -> u32 {
    EU_DATA.load(200_000)
}
