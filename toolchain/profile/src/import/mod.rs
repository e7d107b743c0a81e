//! Reads the field's formats, told apart by content.
//!
//! Input is hostile: a broken file gives an [`Error`], memory grows with the (unpacked) file only, and nothing recurses
//! with it.

mod chrome;
mod cpuprofile;
mod firefox;
mod folded;
mod pprof;

use std::io::Read;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::Error;
use crate::model::{Format, Profile};

/// The most that a compressed file may unpack to: 1 GiB.
pub const UNPACKED_MAX: u64 = 1 << 30;

/// Reads a profile in any of the formats, plain or packed with gzip.
///
/// # Errors
/// If the format is not known, or the file is broken.
pub fn open(bytes: &[u8]) -> Result<Profile, Error> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return open_plain(&unpack(bytes)?);
    }
    open_plain(bytes)
}

fn open_plain(bytes: &[u8]) -> Result<Profile, Error> {
    match detect(bytes).ok_or(Error::Unknown)? {
        Format::Folded => folded::read(bytes),
        Format::CpuProfile => cpuprofile::read(bytes),
        Format::Firefox => firefox::read(bytes),
        Format::Pprof => pprof::read(bytes),
        Format::ChromeTrace => chrome::read(bytes),
        Format::Built => Err(Error::Unknown),
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).take(UNPACKED_MAX + 1).read_to_end(&mut unpacked).map_err(Error::Gzip)?;
    if unpacked.len() as u64 > UNPACKED_MAX {
        return Err(Error::TooLarge { limit: UNPACKED_MAX });
    }
    Ok(unpacked)
}

/// The format of a file that is not compressed, by its first bytes and, in JSON, by the first key that tells.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<Format> {
    let head = &bytes[..bytes.len().min(1024)];
    if head.iter().any(|&byte| byte < b'\t') {
        return Some(Format::Pprof);
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'[' => Some(Format::ChromeTrace),
        b'{' => {
            let mut found = None;
            // Stops with an error at the key that tells.
            let _ = serde_json::Deserializer::from_slice(bytes).deserialize_map(Telling(&mut found));
            found
        }
        _ => Some(Format::Folded),
    }
}

struct Telling<'a>(&'a mut Option<Format>);

impl<'de> Visitor<'de> for Telling<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error as _;
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            *self.0 = match &*key {
                "meta" | "libs" | "threads" | "shared" => Some(Format::Firefox),
                "nodes" | "head" | "samples" | "timeDeltas" | "startTime" | "endTime" => Some(Format::CpuProfile),
                "traceEvents" => Some(Format::ChromeTrace),
                _ => None,
            };
            if self.0.is_some() {
                return Err(A::Error::custom("known"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Whether browsers mean a wasm module by the file's name. V8 calls a module that came as bytes `wasm://wasm/NAME-HASH`,
/// SpiderMonkey calls it `SCRIPT line N > WebAssembly.Module`; one that was streamed has its URL.
pub(crate) fn is_wasm(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.starts_with("wasm://") || path.ends_with(".wasm") || path.ends_with("> WebAssembly.Module")
}
