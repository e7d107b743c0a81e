//! A DEFLATE reader (RFC 1951) that tells what each symbol costs, and nothing else: it does not
//! build the output. Decoder crates give the bytes but keep the bits for themselves.

/// Why a DEFLATE stream can not be read; offsets are bytes of the compressed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeflateError {
    /// The stream ends inside a block.
    #[error("the stream ends inside a block, at offset {offset}")]
    Truncated {
        /// Where more bytes were needed.
        offset: usize,
    },
    /// Block type 3, which does not exist.
    #[error("unknown block type at offset {offset}")]
    BlockType {
        /// Where the block header is.
        offset: usize,
    },
    /// A stored block whose length and its complement disagree.
    #[error("stored block with a damaged length at offset {offset}")]
    StoredLength {
        /// Where the length is.
        offset: usize,
    },
    /// Code lengths that make no prefix code.
    #[error("code lengths that make no prefix code, before offset {offset}")]
    CodeLengths {
        /// Where the lengths end.
        offset: usize,
    },
    /// Bits that are no code, or a symbol that does not exist.
    #[error("bits that stand for no symbol at offset {offset}")]
    Symbol {
        /// Where the bits are.
        offset: usize,
    },
    /// A match that starts before the output does.
    #[error("match over {distance} bytes where there are only {produced}, at offset {offset}")]
    Distance {
        /// How far the match goes back.
        distance: u64,
        /// How many bytes there are.
        produced: u64,
        /// Where the match is.
        offset: usize,
    },
}

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Literal(u8),
    Match { length: u16, distance: u16 },
}

impl Symbol {
    /// How many bytes the symbol gives.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Literal(_) => 1,
            Self::Match { length, .. } => usize::from(length),
        }
    }
}

/// A part of the stream and the bits that it takes. All bits of a stream are reported once,
/// save the padding after its last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Symbol {
        symbol: Symbol,
        bits: u64,
    },
    /// The end of a block, with all of its bits that are no symbol.
    BlockEnd {
        bits: u64,
    },
}

/// Reads the stream at the start of `stream` to its end and returns the bytes that it takes.
pub(super) fn read(stream: &[u8], mut visit: impl FnMut(Event)) -> Result<usize, DeflateError> {
    let mut bits = Bits { stream, next: 0, buffer: 0, count: 0 };
    let mut produced = 0u64;
    loop {
        let start = bits.position();
        let last = bits.take(1)? == 1;
        let offset = bits.offset();
        let symbol_bits = match bits.take(2)? {
            0 => stored_block(&mut bits, &mut produced, &mut visit)?,
            1 => {
                let codes = Codes::fixed(bits.offset())?;
                compressed_block(&mut bits, &codes, &mut produced, &mut visit)?
            }
            2 => {
                let codes = Codes::dynamic(&mut bits)?;
                compressed_block(&mut bits, &codes, &mut produced, &mut visit)?
            }
            _ => return Err(DeflateError::BlockType { offset }),
        };
        visit(Event::BlockEnd { bits: bits.position() - start - symbol_bits });
        if last {
            return Ok(bits.position().div_ceil(8) as usize);
        }
    }
}

/// Section 3.2.4. Returns the bits of the block's symbols.
fn stored_block(bits: &mut Bits, produced: &mut u64, visit: &mut impl FnMut(Event)) -> Result<u64, DeflateError> {
    bits.align();
    let offset = bits.offset();
    let length = bits.take(16)?;
    if bits.take(16)? != !length & 0xFFFF {
        return Err(DeflateError::StoredLength { offset });
    }
    for _ in 0..length {
        let symbol = Symbol::Literal(bits.take(8)? as u8);
        visit(Event::Symbol { symbol, bits: 8 });
    }
    *produced += u64::from(length);
    Ok(8 * u64::from(length))
}

/// Section 3.2.3. Returns the bits of the block's symbols.
fn compressed_block(
    bits: &mut Bits,
    codes: &Codes,
    produced: &mut u64,
    visit: &mut impl FnMut(Event),
) -> Result<u64, DeflateError> {
    const END_OF_BLOCK: u16 = 256;
    let mut symbol_bits = 0;
    loop {
        let start = bits.position();
        let symbol = match bits.symbol(&codes.literals)? {
            literal @ 0..END_OF_BLOCK => Symbol::Literal(literal as u8),
            END_OF_BLOCK => return Ok(symbol_bits),
            code => {
                let length = bits.value(&LENGTHS, code - END_OF_BLOCK - 1)?;
                let code = bits.symbol(&codes.distances)?;
                let distance = bits.value(&DISTANCES, code)?;
                if u64::from(distance) > *produced {
                    let (distance, offset) = (distance.into(), bits.offset());
                    return Err(DeflateError::Distance { distance, produced: *produced, offset });
                }
                Symbol::Match { length, distance }
            }
        };
        *produced += symbol.length() as u64;
        let cost = bits.position() - start;
        symbol_bits += cost;
        visit(Event::Symbol { symbol, bits: cost });
    }
}

/// Least value and number of extra bits by code (section 3.2.5).
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// The two codes of a block.
struct Codes {
    literals: Code,
    distances: Code,
}

impl Codes {
    /// Section 3.2.6.
    fn fixed(offset: usize) -> Result<Self, DeflateError> {
        let mut lengths = [8u8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        Ok(Self { literals: Code::new(&lengths, offset)?, distances: Code::new(&[5; 32], offset)? })
    }

    /// Section 3.2.7.
    fn dynamic(bits: &mut Bits) -> Result<Self, DeflateError> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literal_count = bits.take(5)? as usize + 257;
        let distance_count = bits.take(5)? as usize + 1;
        let order_count = bits.take(4)? as usize + 4;
        let mut order_lengths = [0; 19];
        for &symbol in &ORDER[..order_count] {
            order_lengths[symbol] = bits.take(3)? as u8;
        }
        let lengths_code = Code::new(&order_lengths, bits.offset())?;

        let total = literal_count + distance_count;
        let mut lengths = Vec::with_capacity(total);
        while lengths.len() < total {
            let (length, repeat) = match bits.symbol(&lengths_code)? {
                length @ 0..16 => (length as u8, 1),
                16 => match lengths.last() {
                    Some(&length) => (length, 3 + bits.take(2)?),
                    None => {
                        return Err(DeflateError::CodeLengths { offset: bits.offset() });
                    }
                },
                17 => (0, 3 + bits.take(3)?),
                _ => (0, 11 + bits.take(7)?),
            };
            lengths.extend((0..repeat).map(|_| length));
        }
        if lengths.len() > total {
            return Err(DeflateError::CodeLengths { offset: bits.offset() });
        }
        let (literals, distances) = lengths.split_at(literal_count);
        let offset = bits.offset();
        Ok(Self { literals: Code::new(literals, offset)?, distances: Code::new(distances, offset)? })
    }
}

/// A prefix code as one table over its longest code: the code that starts with these bits, as
/// (symbol << 4 | length), or 0.
struct Code {
    table: Vec<u16>,
}

impl Code {
    /// The canonical code of these lengths (section 3.2.2). A code that leaves bits without a
    /// meaning is taken (a block with one distance has one), using such bits is an error.
    fn new(lengths: &[u8], offset: usize) -> Result<Self, DeflateError> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut table = vec![0u16; 1 << longest];
        let mut code = 0u32;
        for length in 1..=longest {
            for (symbol, _) in (0u16..).zip(lengths).filter(|&(_, l)| *l == length) {
                if code >> length != 0 {
                    return Err(DeflateError::CodeLengths { offset });
                }
                // Codes are packed from their top bit, and the stream is read from the lowest.
                let first = (code.reverse_bits() >> (32 - u32::from(length))) as usize;
                for entry in table.iter_mut().skip(first).step_by(1 << length) {
                    *entry = symbol << 4 | u16::from(length);
                }
                code += 1;
            }
            code <<= 1;
        }
        Ok(Self { table })
    }
}

/// Bits of a stream, lowest first.
struct Bits<'a> {
    stream: &'a [u8],
    /// The next byte for the buffer.
    next: usize,
    buffer: u64,
    /// Bits in the buffer.
    count: u32,
}

impl Bits<'_> {
    /// Bits that are read.
    fn position(&self) -> u64 {
        8 * self.next as u64 - u64::from(self.count)
    }

    /// The byte that holds the next bit.
    fn offset(&self) -> usize {
        (self.position() / 8) as usize
    }

    fn fill(&mut self) {
        while self.count <= 56
            && let Some(&byte) = self.stream.get(self.next)
        {
            self.buffer |= u64::from(byte) << self.count;
            self.count += 8;
            self.next += 1;
        }
    }

    fn skip(&mut self, bits: u32) -> Result<(), DeflateError> {
        if bits > self.count {
            return Err(DeflateError::Truncated { offset: self.stream.len() });
        }
        self.buffer >>= bits;
        self.count -= bits;
        Ok(())
    }

    /// The next `bits` bits, at most 16.
    fn take(&mut self, bits: u32) -> Result<u32, DeflateError> {
        self.fill();
        let value = self.buffer & ((1 << bits) - 1);
        self.skip(bits)?;
        Ok(value as u32)
    }

    /// Goes on to the next whole byte.
    fn align(&mut self) {
        let rest = self.count % 8;
        self.buffer >>= rest;
        self.count -= rest;
    }

    fn symbol(&mut self, code: &Code) -> Result<u16, DeflateError> {
        self.fill();
        let index = self.buffer as usize & (code.table.len() - 1);
        let entry = code.table.get(index).copied().unwrap_or(0);
        if entry == 0 {
            return Err(match self.count {
                0 => DeflateError::Truncated { offset: self.stream.len() },
                _ => DeflateError::Symbol { offset: self.offset() },
            });
        }
        self.skip(u32::from(entry & 15))?;
        Ok(entry >> 4)
    }

    /// The value of `code` in one of the tables of section 3.2.5, with its extra bits.
    fn value(&mut self, table: &[(u16, u8)], code: u16) -> Result<u16, DeflateError> {
        match table.get(usize::from(code)) {
            Some(&(least, extra)) => Ok(least + self.take(extra.into())? as u16),
            None => Err(DeflateError::Symbol { offset: self.offset() }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};

    use flate2::Compression;
    use flate2::read::DeflateDecoder;
    use flate2::write::DeflateEncoder;
    use proptest::prelude::*;

    use super::*;

    /// What a stream gives, built from its symbols, and the bits of all events.
    fn inflate(stream: &[u8]) -> Result<(Vec<u8>, u64, usize), DeflateError> {
        let (mut output, mut total) = (Vec::new(), 0);
        let consumed = read(stream, |event| match event {
            Event::Symbol { symbol: Symbol::Literal(byte), bits } => {
                output.push(byte);
                total += bits;
            }
            Event::Symbol { symbol: Symbol::Match { length, distance }, bits } => {
                for _ in 0..length {
                    output.push(output[output.len() - usize::from(distance)]);
                }
                total += bits;
            }
            Event::BlockEnd { bits } => total += bits,
        })?;
        Ok((output, total, consumed))
    }

    fn deflate(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn reference(stream: &[u8]) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        DeflateDecoder::new(stream).read_to_end(&mut output).ok().map(|_| output)
    }

    #[test]
    fn fixed_block_of_one_literal() {
        // 1 (last), 01 (fixed), 'a' = 0x91 in 8 bits, end of block in 7, 6 bits of padding.
        let mut events = Vec::new();
        assert_eq!(read(&[0x4B, 0x04, 0x00], |event| events.push(event)), Ok(3));
        assert_eq!(events, [Event::Symbol { symbol: Symbol::Literal(b'a'), bits: 8 }, Event::BlockEnd { bits: 3 + 7 }]);
    }

    #[test]
    fn stored_block_pays_for_its_length() {
        let stream = deflate(&[7, 1, 9], 0);
        let mut blocks = Vec::new();
        let consumed = read(&stream, |event| match event {
            Event::BlockEnd { bits } => blocks.push(bits),
            Event::Symbol { bits, .. } => assert_eq!(bits, 8),
        });
        assert_eq!(consumed, Ok(stream.len()));
        assert_eq!(blocks[0], 3 + 5 + 32);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let error = |stream: &[u8]| read(stream, |_| {}).unwrap_err();
        assert_eq!(error(&[]), DeflateError::Truncated { offset: 0 });
        assert_eq!(error(&[0b111]), DeflateError::BlockType { offset: 0 });
        assert_eq!(error(&[1, 1, 0, 0, 0, 9]), DeflateError::StoredLength { offset: 1 });
        assert_eq!(error(&[1, 1, 0, 0xFE, 0xFF]), DeflateError::Truncated { offset: 5 });
        // A fixed block that starts with a match of length 3 over 1 byte.
        assert!(matches!(error(&[0x03, 0x02, 0, 0]), DeflateError::Distance { produced: 0, .. }));
        // A dynamic block with three code lengths of 1.
        let lengths = [0b0000_0101, 0b0010_0000, 0b0100_1001, 0, 0, 0, 0, 0, 0, 0];
        assert!(matches!(error(&lengths), DeflateError::CodeLengths { .. }));
    }

    proptest! {
        /// Same bytes as flate2 on what flate2 writes, at every level, with each bit reported.
        #[test]
        fn reads_what_flate2_writes(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..300), 1..40usize), 0..40),
            level in 0..=9u32,
        ) {
            let bytes: Vec<u8> = pieces.iter().flat_map(|(piece, times)| piece.repeat(*times)).collect();
            let stream = deflate(&bytes, level);
            let (output, bits, consumed) = inflate(&stream).unwrap();
            prop_assert_eq!(output, bytes);
            prop_assert_eq!(consumed, stream.len());
            prop_assert_eq!(bits.div_ceil(8), stream.len() as u64);
        }

        /// On a damaged stream: no panic, and never bytes that differ from flate2's.
        #[test]
        fn damaged_streams_agree_with_flate2(
            bytes in prop::collection::vec(0..20u8, 0..2000),
            level in 0..=9u32,
            flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u32), 1..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut stream = deflate(&bytes, level);
            for (index, bit) in flips {
                let index = index.index(stream.len());
                stream[index] ^= 1 << bit;
            }
            stream.truncate(cut.index(stream.len()) + 1);
            if let Some(expected) = reference(&stream) {
                let (output, ..) = inflate(&stream).unwrap();
                prop_assert_eq!(output, expected);
            } else if let Ok((_, bits, consumed)) = inflate(&stream) {
                prop_assert!(bits.div_ceil(8) == consumed as u64 && consumed <= stream.len());
            }
        }

        #[test]
        fn noise_never_panics(stream in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&stream, |_| {});
        }
    }
}
