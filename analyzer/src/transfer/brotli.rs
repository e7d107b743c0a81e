//! Brotli (RFC 7932): costs to the byte, from the progress of a decoder.
//!
//! The compressed file is fed to the decoder one byte at a time; the bytes that come out after
//! a byte went in are those that it produced. So no second brotli decoder is needed, and the
//! sum is still the size of the file. What stays uncertain: a compressed byte belongs to more
//! than one symbol, so that a boundary between ranges may be wrong by a byte. [`RemovalError`]
//! says how far the costs are from what the file loses without a range.

use std::io::{self, Write};
use std::ops::Range;

use ::brotli::enc::BrotliEncoderParams;
use ::brotli::{BrotliCompress, DecompressorWriter};

use super::ledger::Ledger;
use super::{Cost, TransferError};

/// How hard brotli tries, 0 to 11. The default is 5, what servers use that compress on the fly;
/// 11 is what files compressed ahead of time have, and takes some fifty times as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrotliQuality(u8);

impl BrotliQuality {
    /// The best quality.
    pub const BEST: Self = Self(11);

    /// The quality, unless it is over 11.
    pub fn new(quality: u8) -> Option<Self> {
        (quality <= 11).then_some(Self(quality))
    }

    /// The quality as a number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for BrotliQuality {
    fn default() -> Self {
        Self(5)
    }
}

/// A file after brotli, and who pays for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Brotli {
    /// Size of the compressed file in bytes.
    pub compressed: usize,
    /// What each range costs, estimated. The sum is `compressed`, unless the input is empty.
    pub costs: Vec<Cost>,
    /// How far the costs are from what really goes; none if no range could be tried.
    pub error: Option<RemovalError>,
}

/// The costs held against the truth of some ranges: how much smaller the file is without them.
/// Only the 64 KB on both sides of a range are compressed again: over more, the whims of the
/// encoder elsewhere are larger than what a range costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemovalError {
    /// How many ranges were taken out, one at a time. They are spread over the compressed
    /// file evenly, so that a range is tried the likelier the more it costs.
    pub sampled: usize,
    /// Median of |estimate − bytes saved| ÷ bytes saved.
    pub median_relative: f64,
}

/// Compresses with brotli, with a window of 4 MB as servers do.
pub fn brotli(bytes: &[u8], quality: BrotliQuality) -> Result<Vec<u8>, TransferError> {
    compress(bytes, quality, bytes.len())
}

/// Compresses `bytes` in the way that suits a file of `size_hint` bytes.
fn compress(mut input: &[u8], quality: BrotliQuality, size_hint: usize) -> Result<Vec<u8>, TransferError> {
    let params = BrotliEncoderParams { quality: quality.0.into(), lgwin: 22, size_hint, ..Default::default() };
    let mut file = Vec::new();
    BrotliCompress(&mut input, &mut file, &params).map_err(failed)?;
    Ok(file)
}

/// Compresses with brotli and charges the bytes to the ranges of `bytes` that they produce.
///
/// `ranges` must follow each other from the first byte to the last.
pub fn brotli_by_range(
    bytes: &[u8],
    quality: BrotliQuality,
    ranges: impl IntoIterator<Item = Range<usize>>,
) -> Result<Brotli, TransferError> {
    let ranges: Vec<_> = ranges.into_iter().collect();
    let mut ledger = Ledger::new(ranges.iter().cloned(), bytes.len())?;
    let file = brotli(bytes, quality)?;
    charge(&file, &mut ledger)?;
    if ledger.position() != bytes.len() {
        return Err(TransferError::Length { produced: ledger.position(), length: bytes.len() });
    }
    let costs = ledger.finish();
    let error = removal_error(bytes, quality, &ranges, &costs)?;
    Ok(Brotli { compressed: file.len(), costs, error })
}

/// Bytes that go in while nothing comes out are the start of a symbol, or, from this number on,
/// the header of a meta-block: no command and literal take that many.
const HEADER: u64 = 16;

fn charge(file: &[u8], ledger: &mut Ledger) -> Result<(), TransferError> {
    let mut decoder = DecompressorWriter::new(Count(0), 1 << 16);
    let (mut header, mut silent) = (0, 0);
    for byte in file.chunks(1) {
        let before = decoder.get_ref().0;
        decoder.write_all(byte).map_err(failed)?;
        let produced = decoder.get_ref().0 - before;
        if produced == 0 {
            silent += 1;
            continue;
        }
        if silent >= HEADER {
            ledger.close_block(Cost::from_bits(8 * header));
            header = silent;
            silent = 0;
        }
        ledger.charge(Cost::from_bits(8 * (silent + 1)), produced);
        silent = 0;
    }
    let before = decoder.get_ref().0;
    decoder.close().map_err(failed)?;
    let produced = decoder.get_ref().0 - before;
    if produced > 0 {
        ledger.charge(Cost::from_bits(8 * silent), produced);
        silent = 0;
    }
    ledger.close_block(Cost::from_bits(8 * header));
    ledger.share(Cost::from_bits(8 * silent));
    Ok(())
}

/// Counts the bytes that are written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(error: io::Error) -> TransferError {
    TransferError::Compressor { format: "brotli", message: error.to_string() }
}

/// Takes up to this many ranges out,
const SAMPLES: u64 = 15;
/// of at least this many bytes (of fewer, the noise of the compressor is larger than they are)
const SAMPLE_LEAST: usize = 64;
/// and compresses them with this many bytes on both sides.
const SURROUNDINGS: usize = 1 << 16;

fn removal_error(
    bytes: &[u8],
    quality: BrotliQuality,
    ranges: &[Range<usize>],
    costs: &[Cost],
) -> Result<Option<RemovalError>, TransferError> {
    let mut errors = Vec::new();
    for index in sample(ranges, costs) {
        let (Some(range), Some(cost)) = (ranges.get(index), costs.get(index)) else {
            continue;
        };
        let start = range.start.saturating_sub(SURROUNDINGS);
        let end = range.end.saturating_add(SURROUNDINGS).min(bytes.len());
        let (Some(with), Some(before), Some(after)) =
            (bytes.get(start..end), bytes.get(start..range.start), bytes.get(range.end..end))
        else {
            continue;
        };
        let without = compress(&[before, after].concat(), quality, bytes.len())?.len();
        let saved = compress(with, quality, bytes.len())?.len().saturating_sub(without).max(1) as f64;
        errors.push((cost.bytes() - saved).abs() / saved);
    }
    errors.sort_unstable_by(f64::total_cmp);
    let median = errors.get(errors.len() / 2).copied();
    Ok(median.map(|median_relative| RemovalError { sampled: errors.len(), median_relative }))
}

/// The ranges that hold the middles of [`SAMPLES`] equal parts of the compressed file, save
/// those that are too small or the whole input.
fn sample(ranges: &[Range<usize>], costs: &[Cost]) -> Vec<usize> {
    let fits = |range: &Range<usize>| range.len() >= SAMPLE_LEAST && ranges.len() > 1;
    let candidates = || ranges.iter().zip(costs).enumerate().filter(|(_, (range, _))| fits(range));
    let total: u64 = candidates().map(|(_, (_, cost))| cost.0).sum();
    let step = (total / SAMPLES).max(1);
    let (mut sum, mut next) = (0, step / 2);
    let mut chosen = Vec::new();
    for (index, (_, cost)) in candidates() {
        sum += cost.0;
        if sum > next {
            chosen.push(index);
            next += step * ((sum - next) / step + 1);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Text with some variety: numbers with words between.
    fn prose(seed: u32, length: usize) -> Vec<u8> {
        let words = ["local.get", "i32.const", "call", "br_if", "end", "select", "memory.grow"];
        let mut state = seed;
        let mut text = String::new();
        while text.len() < length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text += words[(state >> 20) as usize % words.len()];
            text += &format!(" {}\n", state >> 8 & 0xFFF);
        }
        text.truncate(length);
        text.into_bytes()
    }

    #[test]
    fn costs_add_up_and_follow_the_content() {
        let noise: Vec<u8> =
            (0..30_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_pow(3) >> 40) as u8).collect();
        let bytes = [noise, vec![0; 30_000], prose(1, 30_000)].concat();
        for quality in [1, 5, 11] {
            let quality = BrotliQuality::new(quality).unwrap();
            let ranges = [0..30_000, 30_000..60_000, 60_000..90_000];
            let brotli = brotli_by_range(&bytes, quality, ranges).unwrap();
            let sum: Cost = brotli.costs.iter().sum();
            assert_eq!(sum, Cost::from_bits(8 * brotli.compressed as u64));
            let costs: Vec<f64> = brotli.costs.iter().map(|cost| cost.bytes()).collect();
            assert!((29_500.0..30_500.0).contains(&costs[0]), "{quality:?} {costs:?}");
            assert!(costs[1] < 200.0, "{quality:?} {costs:?}");
            assert!((5_000.0..15_000.0).contains(&costs[2]), "{quality:?} {costs:?}");
        }
    }

    #[test]
    fn the_error_is_measured_and_small_on_independent_parts() {
        let parts: Vec<Vec<u8>> = (0..20).map(|seed| prose(seed * 977 + 5, 4000)).collect();
        let ranges = (0..20).map(|i| 4000 * i..4000 * (i + 1));
        let brotli = brotli_by_range(&parts.concat(), BrotliQuality::default(), ranges).unwrap();
        let error = brotli.error.unwrap();
        assert!(error.sampled >= 10, "{error:?}");
        assert!(error.median_relative < 0.1, "{error:?}");
    }

    #[test]
    fn small_inputs() {
        for bytes in [&b""[..], b"a", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let whole = std::iter::once(0..bytes.len());
            let brotli = brotli_by_range(bytes, BrotliQuality::default(), whole).unwrap();
            let sum: Cost = brotli.costs.iter().sum();
            let expected = if bytes.is_empty() { 0 } else { brotli.compressed };
            assert_eq!(sum, Cost::from_bits(8 * expected as u64));
            assert_eq!(brotli.error, None);
        }
    }

    #[test]
    fn the_quality_has_a_limit() {
        assert_eq!(BrotliQuality::new(12), None);
        assert_eq!(BrotliQuality::new(11), Some(BrotliQuality::BEST));
    }
}
