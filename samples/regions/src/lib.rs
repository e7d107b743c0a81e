//! Two memories beside the program's own: people's data, which the host must keep where it belongs, and a scratch.
//! Only sums leave.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();
wasm::panic_handler!();

#[wasm::memory(region = "eu-west", encryption = "at-rest")]
static EU_DATA: wasm::Memory<8_000_000>;

#[wasm::memory(region = "local")]
static SCRATCH: wasm::Memory<65_536>;

/// Of one person: the age and the amount, 8 bytes.
const RECORD: usize = 8;

#[wasm::export]
fn store(person: u32, age: u32, amount: u32) {
    let at = person as usize * RECORD;
    EU_DATA.store(at, age);
    EU_DATA.store(at + 4, amount);
}

/// The amounts by decade of age, of the first `people`; a decade with one person says nothing.
#[wasm::export]
fn amounts_by_decade(people: u32) -> alloc::vec::Vec<u32> {
    const DECADES: usize = 12;
    SCRATCH.fill(0, 0, DECADES * 8);
    for person in 0..people as usize {
        let age: u32 = EU_DATA.load(person * RECORD);
        let amount: u32 = EU_DATA.load(person * RECORD + 4);
        let at = (age as usize / 10).min(DECADES - 1) * 8;
        SCRATCH.store(at, SCRATCH.load::<u32>(at) + amount);
        SCRATCH.store(at + 4, SCRATCH.load::<u32>(at + 4) + 1);
    }
    (0..DECADES)
        .map(|decade| if SCRATCH.load::<u32>(decade * 8 + 4) > 1 { SCRATCH.load(decade * 8) } else { 0 })
        .collect()
}
