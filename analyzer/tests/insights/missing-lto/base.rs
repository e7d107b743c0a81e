//! Generic functions that each crate which uses them compiles for itself.
#![no_std]

/// Sorts by insertion; gives how many values were moved.
#[inline(never)]
pub fn sort<T: Copy + Ord>(values: &mut [T]) -> usize {
    let mut moves = 0;
    let mut rest = values;
    while let Some((first, behind)) = rest.split_first_mut() {
        for value in behind.iter_mut() {
            if *value < *first {
                core::mem::swap(first, value);
                moves += 1;
            }
        }
        rest = behind;
    }
    moves
}

/// How many values are the first of their kind.
#[inline(never)]
pub fn unique<T: Copy + Eq>(values: &[T]) -> usize {
    let mut kept = 0;
    let mut rest = values;
    while let Some((last, before)) = rest.split_last() {
        let is_first = before.iter().all(|value| value != last);
        kept += usize::from(is_first);
        rest = before;
    }
    kept
}

/// Merges two sorted runs; gives how many values were written.
#[inline(never)]
pub fn merge<'a, T: Copy + Ord>(mut a: &'a [T], mut b: &'a [T], out: &mut [T]) -> usize {
    let mut written = 0;
    for slot in out.iter_mut() {
        let from_a = match (a.first(), b.first()) {
            (Some(one), Some(other)) => one <= other,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return written,
        };
        let from = if from_a { &mut a } else { &mut b };
        if let Some((first, behind)) = from.split_first() {
            *slot = *first;
            *from = behind;
            written += 1;
        }
    }
    written
}

/// Length of the longest run that rises.
#[inline(never)]
pub fn longest_rise<T: Copy + Ord>(values: &[T]) -> usize {
    let (mut longest, mut current, mut before) = (0, 0, None);
    for &value in values {
        current = if before.is_some_and(|before| before < value) { current + 1 } else { 1 };
        longest = if current > longest { current } else { longest };
        before = Some(value);
    }
    longest
}
