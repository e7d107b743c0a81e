//! Two files out of any bytes: the rows add up to the difference of their sizes, both ways; a file is like itself.

#![no_main]

use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::{Analysis, Trust};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The first two bytes say where the second file begins; it gets a header, so that a mutant is not lost.
    let Some((at, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (old, new) = rest.split_at(usize::from(u16::from_le_bytes(*at)).min(rest.len()));
    let new = [b"\0asm\x01\0\0\0", new].concat();
    let (Ok(old), Ok(new)) = (Analysis::new(old, Trust::Sound), Analysis::new(&new, Trust::Sound)) else { return };
    let delta = new.bytes() as i64 - old.bytes() as i64;
    let diff = |a: &Analysis<'_>, b: &Analysis<'_>| Diff::new(FileSize::new("a", a), a, FileSize::new("b", b), b);
    for (a, b, delta) in [(&old, &new, delta), (&new, &old, -delta), (&old, &old, 0), (&new, &new, 0)] {
        let diff = diff(a, b);
        assert_eq!(diff.delta(), delta);
        assert_eq!(diff.rows.iter().map(|row| row.delta).sum::<i64>(), delta, "the rows add up");
        assert!(!std::ptr::eq(a, b) || diff.rows.is_empty(), "differs from itself: {:?}", diff.rows.first());
    }
});
