//! Long texts in data segments (documents, scripts, dictionaries), stored as they are. Saves what DEFLATE takes off
//! them. Silent below 8 KiB of running text, on messages and identifiers that lie side by side (they have no lines and
//! are used one by one), and where all savings are below 16 KiB, about what a decoder costs.

use super::facts::Facts;
use flate2::{Compress, Compression, FlushCompress};
use std::ops::Range;
use wasm_advice::{Advice, Certainty, Evidence, Fix, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("text-in-data");

const MIN_TEXT: usize = 8 * 1024;
const MIN_TOTAL: u64 = 16 * 1024;
/// Characters of a line, on average, beyond which it is no text with lines.
const MAX_LINE: usize = 200;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let mut texts: Vec<(u64, Evidence)> = Vec::new();
    for data in &facts.data {
        for text in texts_of(data.bytes) {
            let bytes = &data.bytes[text.clone()];
            let saving = (bytes.len() as u64).saturating_sub(deflated(bytes)?);
            let start = String::from_utf8_lossy(&bytes[..40]);
            let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
            let range = data.start + text.start as u32..data.start + text.end as u32;
            let (at, start) = (format!("{:#x}", range.start), format!("\"{}…\"", wasm_binary::escape(&start)));
            let label = phrase!("{0} bytes at {1}: {2}", bytes.len(), at, start);
            texts.push((saving, facts.range(label, range, saving)));
        }
    }
    texts.sort_by_key(|(saving, e)| (std::cmp::Reverse(*saving), e.range.as_ref().map(|r| r.start)));
    let saving: u64 = texts.iter().map(|(saving, _)| saving).sum();
    if saving < MIN_TOTAL {
        return None;
    }
    facts.advice(
        KIND,
        (saving, Certainty::Estimate),
        phrase!("text is stored uncompressed"),
        phrase!(
            "Counted is what DEFLATE takes off; a decoder in the module costs some 10,000 bytes, the host's own \
             (DecompressionStream) nothing. The transfer is not smaller where the server compresses."
        ),
        Fix::edit(phrase!(
            "embed the text deflated and inflate it when it is first used, or fetch it as a file of its own"
        )),
        texts.into_iter().map(|(_, evidence)| evidence).collect(),
    )
}

/// Runs of printable text with lines.
fn texts_of(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    let runs = std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|&b| is_text(b))?;
        let end = bytes[start..].iter().position(|&b| !is_text(b)).map_or(bytes.len(), |length| start + length);
        at = end;
        Some(start..end)
    });
    runs.filter(|run| {
        let lines = || bytes[run.clone()].iter().filter(|&&b| b == b'\n').count();
        run.len() >= MIN_TEXT && lines() * MAX_LINE >= run.len()
    })
}

fn is_text(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t')
}

/// Length after DEFLATE at the highest level.
fn deflated(bytes: &[u8]) -> Option<u64> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = compress.total_in() as usize;
        let status = compress.compress(&bytes[read..], &mut buffer, FlushCompress::Finish).ok()?;
        if status == flate2::Status::StreamEnd {
            return Some(compress.total_out());
        }
    }
}
