//! The analyzer's answer about a file as one text, the same code for this machine and for wasm32: `compare.mjs` holds
//! the two against each other.

use std::fmt::Write;
use wasm_analyzer::report::{Compressed, Document, Report};
use wasm_analyzer::source::{Sources, tree};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};
use wasm_analyzer::{Analysis, Trust};

/// The report as JSON, then the tree of the source lines; or why there is none.
pub fn report(bytes: &[u8]) -> String {
    let analysis = match Analysis::new(bytes, Trust::Sound) {
        Ok(analysis) => analysis,
        Err(error) => return error.to_string(),
    };
    let compressed = match Compressed::new(&analysis, GzipLevel::default(), BrotliQuality::default()) {
        Ok(compressed) => compressed,
        Err(error) => return error.to_string(),
    };
    let (sources, problems) = Sources::open(&analysis.map);
    let insights = wasm_analyzer::insights::insights(&analysis, Some(&sources));
    let report = Report::new("the file", &analysis, Some(compressed)).with_insights(&insights);
    let document = Document { analysis: &analysis, report: &report, diff: None, chart_svg: None };
    let mut text = document.json().unwrap_or_else(|error| error.to_string());
    for problem in problems.into_iter().chain(sources.problems()) {
        text.push_str(&problem);
    }
    match serde_json::to_string(&tree(&analysis, &sources)) {
        Ok(tree) => text.push_str(&tree),
        Err(error) => _ = write!(text, "{error}"),
    }
    text
}

/// What the page or script that loads this module calls.
#[cfg(target_arch = "wasm32")]
mod exports {
    /// Makes room for a file of `length` bytes; gives its address.
    // SAFETY: no other item of this module is named so.
    #[unsafe(no_mangle)]
    #[allow(unsafe_code)]
    extern "C" fn allocate(length: usize) -> *mut u8 {
        Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
    }

    /// The report on the file at `address`, as an address in the low and a length in the high half.
    // SAFETY: no other item of this module is named so.
    #[unsafe(no_mangle)]
    #[allow(unsafe_code)]
    extern "C" fn report(address: *mut u8, length: usize) -> u64 {
        // SAFETY: the caller gives what `allocate` gave it, with the length that it asked for, and has written.
        let bytes = unsafe { std::slice::from_raw_parts(address, length) };
        let text = super::report(bytes).leak();
        text.as_ptr() as u64 | (text.len() as u64) << 32
    }
}
