//! Gzip (RFC 1952): exact costs, from the DEFLATE stream that zlib's algorithm writes.

use std::io::Write;
use std::ops::Range;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::deflate::{self, Event};
use super::ledger::Ledger;
use super::{Cost, TransferError};

/// How hard gzip tries, 0 (stored) to 9. The default is 9, `gzip --best`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GzipLevel(u32);

impl GzipLevel {
    /// The level, unless it is over 9.
    pub fn new(level: u32) -> Option<Self> {
        (level <= 9).then_some(Self(level))
    }

    /// The level as a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for GzipLevel {
    fn default() -> Self {
        Self(9)
    }
}

/// A file after gzip, and who pays for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gzip {
    /// Size of the compressed file in bytes.
    pub compressed: usize,
    /// What each range costs. The sum is `compressed`, exactly, unless the input is empty:
    /// then no range pays for the frame.
    pub costs: Vec<Cost>,
}

/// Bytes before the DEFLATE stream of a file without name, comment and extra field.
const HEADER: usize = 10;

/// Compresses with gzip. The result depends on the bytes and the level only, on every target.
pub fn gzip(bytes: &[u8], level: GzipLevel) -> Result<Vec<u8>, TransferError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level.0));
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| TransferError::Compressor { format: "gzip", message: error.to_string() })
}

/// Compresses with gzip and charges each bit to the range of `bytes` that it produces.
///
/// `ranges` must follow each other from the first byte to the last; empty ones cost nothing.
/// The time is linear in the input, the memory in the compressed size and the ranges.
pub fn gzip_by_range(
    bytes: &[u8],
    level: GzipLevel,
    ranges: impl IntoIterator<Item = Range<usize>>,
) -> Result<Gzip, TransferError> {
    let mut ledger = Ledger::new(ranges, bytes.len())?;
    let file = gzip(bytes, level)?;
    let stream = file.get(HEADER..).unwrap_or_default();
    let mut told = 0;
    deflate::read(stream, |event| match event {
        Event::Symbol { symbol, bits } => {
            told += bits;
            ledger.charge(Cost::from_bits(bits), symbol.length());
        }
        Event::BlockEnd { bits } => {
            told += bits;
            ledger.close_block(Cost::from_bits(bits));
        }
    })?;
    if ledger.position() != bytes.len() {
        return Err(TransferError::Length { produced: ledger.position(), length: bytes.len() });
    }
    // Header, padding and trailer.
    ledger.share(Cost::from_bits(8 * file.len() as u64 - told));
    Ok(Gzip { compressed: file.len(), costs: ledger.finish() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// Bytes without a pattern (xorshift).
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..length).map(next).collect()
    }

    fn costs(bytes: &[u8], level: u32, ends: &[usize]) -> (Gzip, Vec<f64>) {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ranges = starts.zip(ends.iter().copied()).map(|(start, end)| start..end);
        let gzip = gzip_by_range(bytes, GzipLevel::new(level).unwrap(), ranges).unwrap();
        let costs = gzip.costs.iter().map(|cost| cost.bytes()).collect();
        (gzip, costs)
    }

    fn assert_sum(gzip: &Gzip) {
        let sum: Cost = gzip.costs.iter().sum();
        assert_eq!(sum, Cost::from_bits(8 * gzip.compressed as u64));
    }

    #[test]
    fn noise_is_dear_and_zeros_are_free() {
        let bytes = [noise(20_000), vec![0; 20_000], noise(20_000)].concat();
        let (gzip, costs) = costs(&bytes, 9, &[20_000, 40_000, 60_000]);
        assert_sum(&gzip);
        assert!((20_000.0..20_200.0).contains(&costs[0]), "{costs:?}");
        assert!(costs[1] < 100.0, "{costs:?}");
        // The same noise again, out of the window's reach.
        assert!((20_000.0..20_200.0).contains(&costs[2]) || costs[2] < 500.0, "{costs:?}");
    }

    #[test]
    fn a_copy_is_charged_to_the_copy() {
        let noise = noise(10_000);
        let (gzip, costs) = costs(&[&noise[..], &noise[..]].concat(), 9, &[10_000, 20_000]);
        assert_sum(&gzip);
        assert!(costs[0] > 10_000.0 && costs[1] < 200.0, "{costs:?}");
    }

    #[test]
    fn stored_bytes_cost_a_byte_and_their_part_of_the_frame() {
        let bytes = noise(100_000);
        let (gzip, costs) = costs(&bytes, 0, &[25_000, 100_000]);
        assert_sum(&gzip);
        let overhead = gzip.compressed as f64 / 100_000.0;
        assert!((costs[0] - 25_000.0 * overhead).abs() < 2.0, "{costs:?}");
    }

    #[test]
    fn the_empty_input_has_a_frame_only() {
        let (gzip, costs) = costs(&[], 9, &[]);
        assert!(costs.is_empty() && gzip.compressed == 20, "{gzip:?}");
        assert_eq!(self::costs(&[], 9, &[0, 0]).1, [0.0, 0.0]);
    }

    #[test]
    fn ranges_must_partition_the_input() {
        let error = |ranges: &[Range<usize>]| {
            gzip_by_range(b"abcdef", GzipLevel::default(), ranges.iter().cloned()).unwrap_err()
        };
        assert!(matches!(error(&[0..2, 3..6]), TransferError::Ranges { index: 1, expected: 2, .. }));
        assert!(matches!(error(&[0..4, 3..6]), TransferError::Ranges { index: 1, expected: 4, .. }));
        assert!(matches!(error(&[0..2, 2..9]), TransferError::Ranges { index: 1, end: 9, .. }));
        assert!(matches!(error(&[0..1, 1..2]), TransferError::Uncovered { end: 2, length: 6 }));
        let message = error(&[0..2, 3..6]).to_string();
        assert!(message.contains("range 1 is 3..6") && message.contains("start 2"), "{message}");
    }

    proptest! {
        #[test]
        fn the_sum_is_the_file(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..400), 1..60usize), 0..60),
            mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..100),
            level in 0..=9u32,
        ) {
            let bytes: Vec<u8> = pieces.iter().flat_map(|(piece, times)| piece.repeat(*times)).collect();
            prop_assume!(!bytes.is_empty());
            let mut ends: Vec<usize> = cuts.drain(..).map(|cut| cut.index(bytes.len())).collect();
            ends.push(bytes.len());
            ends.sort_unstable();
            let (gzip, _) = costs(&bytes, level, &ends);
            let sum: Cost = gzip.costs.iter().sum();
            prop_assert_eq!(sum, Cost::from_bits(8 * gzip.compressed as u64));
        }

        /// Cutting a range in two does not change what others pay by more than rounding.
        #[test]
        fn finer_ranges_add_up(bytes in prop::collection::vec(0..9u8, 3..5000), cut in any::<prop::sample::Index>()) {
            let cut = cut.index(bytes.len() - 1) + 1;
            let (_, coarse) = costs(&bytes, 9, &[cut, bytes.len()]);
            let ends: Vec<usize> = (1..=bytes.len()).collect();
            let (_, fine) = costs(&bytes, 9, &ends);
            let sum: f64 = fine[..cut].iter().sum();
            prop_assert!((sum - coarse[0]).abs() < 0.01, "{sum} {}", coarse[0]);
        }
    }
}
