//! A small program that several fixtures are builds of: an integer formatter, a sorter, a matcher and a checksum.
#![no_std]

use core::cell::UnsafeCell;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

pub struct Buffer {
    bytes: UnsafeCell<[u8; 4096]>,
}

unsafe impl Sync for Buffer {}

pub static BUFFER: Buffer = Buffer { bytes: UnsafeCell::new([0; 4096]) };

fn buffer() -> &'static mut [u8; 4096] {
    unsafe { &mut *BUFFER.bytes.get() }
}

#[unsafe(no_mangle)]
pub extern "C" fn buffer_start() -> *mut u8 {
    buffer().as_mut_ptr()
}

struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.out.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.byte(byte);
        }
    }

    fn number(&mut self, mut value: u64, base: u64) {
        let mut digits = [0u8; 64];
        let mut count = 0;
        loop {
            let digit = (value % base) as u8;
            digits[count] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            count += 1;
            value /= base;
            if value == 0 {
                break;
            }
        }
        for at in (0..count).rev() {
            self.byte(digits[at]);
        }
    }
}

#[derive(Clone, Copy)]
struct Record {
    key: u32,
    weight: u16,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Small,
    Large,
    Marked(u8),
}

impl Record {
    fn read(bytes: &[u8]) -> Option<Record> {
        let key = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
        let weight = u16::from_le_bytes(bytes.get(4..6)?.try_into().ok()?);
        let kind = match bytes.get(6)? {
            0 => Kind::Small,
            1 => Kind::Large,
            mark => Kind::Marked(*mark),
        };
        Some(Record { key, weight, kind })
    }

    fn rank(&self) -> u64 {
        let bonus = match self.kind {
            Kind::Small => 1,
            Kind::Large => 100,
            Kind::Marked(mark) => u64::from(mark) * 3,
        };
        u64::from(self.key) * u64::from(self.weight) + bonus
    }
}

/// Sorts the records in the buffer by rank and writes a line for each behind them.
#[unsafe(no_mangle)]
pub extern "C" fn list(count: usize) -> usize {
    let mut records = [Record { key: 0, weight: 0, kind: Kind::Small }; 64];
    let mut filled = 0;
    for chunk in buffer().chunks_exact(7).take(count) {
        if let (Some(record), Some(slot)) = (Record::read(chunk), records.get_mut(filled)) {
            *slot = record;
            filled += 1;
        }
    }
    let records = &mut records[..filled];
    for end in 1..records.len() {
        let mut at = end;
        while at > 0 && records[at - 1].rank() > records[at].rank() {
            records.swap(at - 1, at);
            at -= 1;
        }
    }
    let mut writer = Writer { out: &mut buffer()[512..], length: 0 };
    for record in records.iter().filter(|r| r.weight > 0) {
        writer.text("record ");
        writer.number(u64::from(record.key), 16);
        writer.text(match record.kind {
            Kind::Small => " small",
            Kind::Large => " large",
            Kind::Marked(mark) if mark > 9 => " marked twice",
            Kind::Marked(_) => " marked",
        });
        writer.text(" weighs ");
        writer.number(u64::from(record.weight), 10);
        writer.byte(b'\n');
    }
    writer.length
}

/// Whether the text in the buffer matches a pattern of `*` and `?`.
#[unsafe(no_mangle)]
pub extern "C" fn matches(text: usize, pattern: usize) -> bool {
    let (text, pattern) = (&buffer()[..text.min(1024)], &buffer()[1024..1024 + pattern.min(256)]);
    let (mut at, mut want, mut star) = (0, 0, None);
    while at < text.len() {
        match pattern.get(want) {
            Some(b'*') => {
                star = Some((at, want));
                want += 1;
            }
            Some(&p) if p == b'?' || p == text[at] => {
                at += 1;
                want += 1;
            }
            _ => match star {
                Some((from, behind)) => {
                    at = from + 1;
                    want = behind + 1;
                    star = Some((at, behind));
                }
                None => return false,
            },
        }
    }
    pattern[want..].iter().all(|&p| p == b'*')
}

/// Fletcher's checksum and FNV-1a of a part of the buffer, mixed.
#[unsafe(no_mangle)]
pub extern "C" fn checksum(start: usize, length: usize) -> u64 {
    let bytes = buffer().iter().skip(start).take(length);
    let (mut a, mut b, mut hash) = (1u32, 0u32, 0xcbf2_9ce4_8422_2325u64);
    for &byte in bytes {
        a = (a + u32::from(byte)) % 65521;
        b = (b + a) % 65521;
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ (u64::from(b) << 16 | u64::from(a)).rotate_left(17)
}

/// Reads a decimal number with sign, fraction dropped, from the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn parse(length: usize) -> i64 {
    let mut bytes = buffer().iter().take(length).skip_while(|b| b.is_ascii_whitespace()).peekable();
    let negative = bytes.next_if(|b| **b == b'-').is_some();
    let mut value = 0i64;
    while let Some(digit) = bytes.next_if(|b| b.is_ascii_digit()) {
        value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    }
    if negative { -value } else { value }
}
