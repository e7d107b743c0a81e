//! Demangling of names that are out to do harm.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Instant;
use wasm_binary::demangle;

/// `_Z1fSt4pairIiiES_IS0_S0_E…`: each pair holds the one before twice, so the name doubles with each.
fn doubling_cpp(times: usize) -> String {
    let substitution = |at: usize| match at {
        0 => "S_".to_string(),
        1..=36 => format!("S{}_", &"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at - 1..at]),
        _ => {
            let digit = |d: usize| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[d]);
            format!("S{}{}_", digit((at - 1) / 36), digit((at - 1) % 36))
        }
    };
    let pairs = (1..times).map(|at| format!("S_I{0}{0}E", substitution(at)));
    format!("_Z1fSt4pairIiiE{}", pairs.collect::<String>())
}

/// `_RINvC1a1fT…TBa_Ba_E…E`: each tuple holds the one before twice, by reference back to its place.
fn doubling_rust(times: usize) -> String {
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let base_62 = |number: usize| match number {
        0 => "_".to_string(),
        n if n <= 62 => format!("{}_", char::from(digits[n - 1])),
        n => format!("{}{}_", char::from(digits[(n - 1) / 62]), char::from(digits[(n - 1) % 62])),
    };
    let mut name = "_RINvC1a1fTmmE".to_string();
    let mut before = name.len() - 4 - 2;
    for _ in 0..times {
        let at = name.len() - 2;
        let back = base_62(before);
        name += &format!("TB{back}B{back}E");
        before = at;
    }
    name + "E"
}

#[test]
fn a_name_that_doubles_is_demangled_as_far_as_it_is_readable() {
    assert_eq!(
        demangle(&doubling_cpp(2)),
        "f(std::pair<int, int>, std::pair<std::pair<int, int>, std::pair<int, int> >)"
    );
    assert_eq!(demangle(&doubling_rust(1)), "a::f::<(u32, u32), ((u32, u32), (u32, u32))>");
}

#[test]
fn a_name_that_doubles_without_end_is_left_mangled() {
    for name in [doubling_cpp(200), doubling_rust(60)] {
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(demangle(&name), name);
        }
        assert!(start.elapsed().as_secs() < 5, "{name}");
    }
}
