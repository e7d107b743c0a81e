//! A crate that uses the generic functions of `base`.
#![no_std]

#[inline(never)]
pub fn two(values: &mut [u64], other: &[u64], out: &mut [u64]) -> usize {
    let moves = base::sort(values);
    moves * 3 + base::unique(values) + base::merge(values, other, out) + base::longest_rise(out)
}
