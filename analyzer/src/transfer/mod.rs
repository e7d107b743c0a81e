//! Transfer size: what each part of a file costs once the file is compressed.
//!
//! A web server sends a wasm file as gzip or brotli, so the bytes that a user waits for are
//! not the bytes of the file: a table of zeros is nearly free, a random key is not. Here the
//! compressed stream is read back and every bit of it is charged to the input bytes that it
//! produces:
//!
//! - a literal to its byte, a match to the bytes that it copies, in equal parts;
//! - what a block needs besides (its code tables, its end) to the block's symbols, in equal parts;
//! - what the file needs besides (header, checksum, padding) to all ranges, by their cost.
//!
//! [`gzip_by_range`] does this exactly: the costs add up to the compressed file, to the last
//! bit. [`brotli_by_range`] does it to the byte and measures how far that is from what the file
//! really loses without a range.
//!
//! ```
//! use wasm_analyzer::transfer::{Cost, GzipLevel, gzip_by_range};
//!
//! let file = [vec![0; 5000], (0..5000u32).map(|i| (i * i >> 3) as u8).collect()].concat();
//! let gzip = gzip_by_range(&file, GzipLevel::default(), [0..5000, 5000..10_000])?;
//! assert!(gzip.costs[0].bytes() < gzip.costs[1].bytes() / 10.0);
//! assert_eq!(gzip.costs.iter().sum::<Cost>().bytes(), gzip.compressed as f64);
//! # Ok::<(), wasm_analyzer::transfer::TransferError>(())
//! ```

mod brotli;
mod deflate;
mod gzip;
mod ledger;

use std::iter::Sum;
use std::ops::{Add, AddAssign};

pub use brotli::{Brotli, BrotliQuality, RemovalError, brotli, brotli_by_range};
pub use deflate::DeflateError;
pub use gzip::{Gzip, GzipLevel, gzip, gzip_by_range};

/// Part of a compressed file, in units of 2⁻¹⁶ bit, so that bits can be shared without loss.
///
/// A cost is exact as an `f64` of bytes ([`Cost::bytes`]), and so is a sum of costs, up to
/// compressed files of 16 GB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u64);

impl Cost {
    const UNITS_PER_BIT: u64 = 1 << 16;

    fn from_bits(bits: u64) -> Self {
        Self(bits * Self::UNITS_PER_BIT)
    }

    /// The cost in bits of the compressed file.
    pub fn bits(self) -> f64 {
        self.0 as f64 / Self::UNITS_PER_BIT as f64
    }

    /// The cost in bytes of the compressed file.
    pub fn bytes(self) -> f64 {
        self.bits() / 8.0
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Cost> for Cost {
    fn sum<I: Iterator<Item = &'a Cost>>(costs: I) -> Self {
        costs.copied().sum()
    }
}

/// Why a transfer size could not be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The ranges do not partition the input.
    #[error(
        "range {index} is {start}..{end}, but the ranges must follow each other from 0 to {length} without gap or overlap (expected start {expected})"
    )]
    Ranges {
        /// Position of the offending range in the list.
        index: usize,
        /// Where the range starts.
        start: usize,
        /// Where the range ends.
        end: usize,
        /// Where it should start: the end of the range before.
        expected: usize,
        /// Length of the input in bytes.
        length: usize,
    },
    /// The ranges end before the input does.
    #[error("the ranges end at {end}, the input at {length}")]
    Uncovered {
        /// End of the last range.
        end: usize,
        /// Length of the input in bytes.
        length: usize,
    },
    /// The compressor reported an error.
    #[error("{format} compression failed: {message}")]
    Compressor {
        /// `gzip` or `brotli`.
        format: &'static str,
        /// What the compressor said.
        message: String,
    },
    /// The compressed stream could not be read back.
    #[error("the compressed stream can not be read back")]
    Deflate(#[from] DeflateError),
    /// The compressed stream gives another number of bytes than went in.
    #[error("the compressed stream gives {produced} bytes for an input of {length}")]
    Length {
        /// Bytes that the stream gives.
        produced: usize,
        /// Length of the input in bytes.
        length: usize,
    },
}
