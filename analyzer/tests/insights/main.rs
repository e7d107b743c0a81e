//! Each kind of advice on a file that needs it, on that file with the advice followed, and on one where there is nothing
//! to say. The fixtures are real builds: see `build` beside this file.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use wasm_advice::{Advice, Certainty, Unit};
use wasm_analyzer::insights::{insights, kinds};
use wasm_analyzer::source::Sources;
use wasm_analyzer::{Analysis, Trust};

struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl File {
    fn read(kind: &str, name: &str) -> File {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/insights").join(kind).join(name);
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        File { path, bytes }
    }

    fn advice(&self) -> Vec<Advice> {
        let analysis = Analysis::new(&self.bytes, Trust::Sound).unwrap();
        let sources = Sources::open(&analysis.map).0;
        insights(&analysis, Some(&sources))
    }

    fn find(&self, kind: &str) -> Option<Advice> {
        self.advice().into_iter().find(|advice| advice.kind.as_str() == kind)
    }

    /// Bytes without DWARF, which describes the code and is not counted in what a change of the code saves.
    fn bytes_without_dwarf(&self) -> u64 {
        let map = wasm_binary::Map::parse(&self.bytes).unwrap();
        let dwarf = map.sections().iter().filter(|s| s.name.is_some_and(|name| name.starts_with(".debug_")));
        self.bytes.len() as u64 - dwarf.map(|s| u64::from(s.range.end - s.range.start)).sum::<u64>()
    }
}

#[test]
fn each_saving_is_within_a_tenth_of_what_came() {
    let mut wrong = Vec::new();
    for kind in kinds().map(|kind| kind.as_str()) {
        let (before, after) = (File::read(kind, "before.wasm"), File::read(kind, "after.wasm"));
        let came = match kind {
            "inlined-copies" => before.bytes_without_dwarf() - after.bytes_without_dwarf(),
            _ => (before.bytes.len() - after.bytes.len()) as u64,
        };
        match before.find(kind) {
            Some(advice) => {
                assert_eq!(advice.gain.unit, Unit::FileBytes);
                let error = advice.gain.amount.abs_diff(came);
                println!("{kind}: said {}, came {came}", advice.gain);
                if error * 10 > came {
                    wrong.push(format!("{kind}: said {}, came {came}", advice.gain));
                }
            }
            None => wrong.push(format!("{kind}: nothing said, {came} came")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_kind_is_silent_where_it_was_followed_and_where_it_does_not_apply() {
    for kind in kinds().map(|kind| kind.as_str()) {
        for name in ["after.wasm", "silent.wasm"] {
            let file = File::read(kind, name);
            assert_eq!(file.find(kind), None, "{}", file.path.display());
        }
    }
}

#[test]
fn every_advice_says_what_to_do_and_points_into_the_file() {
    for kind in kinds().map(|kind| kind.as_str()) {
        let file = File::read(kind, "before.wasm");
        let advice = file.advice();
        assert!(advice.windows(2).all(|pair| pair[0].gain.amount >= pair[1].gain.amount), "{kind}: not ranked");
        for advice in advice {
            assert!(!advice.title.to_string().is_empty() && !advice.detail.to_string().is_empty(), "{kind}");
            assert!(!advice.fix.to_string().is_empty(), "{kind}");
            assert!(advice.gain.amount <= file.bytes.len() as u64, "{kind}: {}", advice.gain);
            let ranges = advice.evidence.iter().filter_map(|evidence| evidence.range.clone());
            assert!(ranges.clone().all(|range| range.end as usize <= file.bytes.len()), "{kind}");
            if advice.gain.certainty == Certainty::Exact {
                let listed: u64 = advice.evidence.iter().filter_map(|evidence| evidence.amount).sum();
                assert!(listed <= advice.gain.amount, "{kind}: {}: the evidence is more than the gain", advice.kind);
            }
        }
    }
}

#[test]
fn the_first_caller_in_the_users_own_code_is_named() {
    let panic = File::read("panic-machinery", "before.wasm").find("panic-machinery").unwrap();
    assert!(panic.evidence[0].label.to_string().starts_with("can panic: "), "{:?}", panic.evidence[0]);
    let fmt = File::read("fmt-machinery", "before.wasm").find("fmt-machinery").unwrap();
    assert!(fmt.evidence[0].label.to_string().starts_with("formats: "), "{:?}", fmt.evidence[0]);
}

#[test]
fn damaged_files_are_advised_without_a_panic_and_never_beyond_their_size() {
    for kind in kinds().map(|kind| kind.as_str()) {
        let File { path, bytes } = File::read(kind, "before.wasm");
        let cuts = (1..8).map(|eighth| bytes[..bytes.len() * eighth / 8].to_vec());
        let flips = (0..8).map(|first| {
            let mut bytes = bytes.clone();
            bytes.iter_mut().skip(8 + first).step_by(397).for_each(|byte| *byte ^= 0x55 << (first % 3));
            bytes
        });
        for bytes in cuts.chain(flips) {
            let file = File { path: path.clone(), bytes };
            for advice in file.advice() {
                assert!(advice.gain.amount <= file.bytes.len() as u64, "{kind}: {}", advice.line());
            }
        }
    }
}
