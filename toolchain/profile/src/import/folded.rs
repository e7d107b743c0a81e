//! Folded stacks, what stackcollapse and inferno write and `perf script` is turned into: a line is the frames from the
//! outermost inward, between semicolons, then a space and a number. A line of two numbers (as `difffolded` writes)
//! gives two measures.

use std::collections::HashMap;

use crate::builder::{Builder, Samples};
use crate::model::{Axis, Column, Format, Frame, Measure, Profile, Unit};
use crate::{Error, StackId};

pub(super) fn read(bytes: &[u8]) -> Result<Profile, Error> {
    let lines = || {
        let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
        lines.filter(|(_, line)| !line.is_empty()).map(|(index, line)| (index + 1, line))
    };
    if lines().next().is_none() {
        return Err(Error::Unknown);
    }
    let two = lines().all(|(line, text)| split(line, text).and_then(|(rest, _)| split(line, rest)).is_ok());
    let measure = |name: &str| Measure { name: name.into(), unit: Unit::Samples };
    let measures = if two { vec![measure("after"), measure("before")] } else { vec![measure("samples")] };
    let mut profile = Builder::new(Format::Folded, Axis::Weight, measures);
    let mut stacks = Vec::new();
    let mut values = Vec::new();
    let mut before_values = Vec::new();
    // Tools that do not count write the same line again and again.
    let mut known: HashMap<&[u8], Option<StackId>> = HashMap::new();
    // The last new stack, and where in it each frame ends: the next line often begins with the same frames.
    let mut last: &[u8] = b"";
    let mut open: Vec<(usize, StackId)> = Vec::new();
    for (line, text) in lines() {
        let (mut stack, value) = split(line, text)?;
        if two {
            let (rest, before) = split(line, stack)?;
            stack = rest;
            before_values.push(before);
        }
        values.push(value);
        if let Some(&same) = known.get(stack) {
            stacks.push(same);
            continue;
        }
        let same = last.iter().zip(stack).take_while(|(a, b)| a == b).count();
        let ends_there = |end: usize| end <= same && stack.get(end).is_none_or(|&byte| byte == b';');
        open.truncate(open.iter().take_while(|&&(end, _)| ends_there(end)).count());
        let mut at = open.last().map_or(0, |&(end, _)| end + 1);
        while at < stack.len() {
            let end = stack[at..].iter().position(|&byte| byte == b';').map_or(stack.len(), |length| at + length);
            let function = profile.named(&String::from_utf8_lossy(&stack[at..end]));
            let frame = profile.frame(Frame::of(function));
            open.push((end, profile.stack(open.last().map(|&(_, stack)| stack), frame)));
            at = end + 1;
        }
        last = stack;
        let id = open.last().map(|&(_, stack)| stack);
        known.insert(stack, id);
        stacks.push(id);
    }
    let mut columns = vec![Column::Each(values)];
    if two {
        columns.push(Column::Each(before_values));
    }
    profile.thread(Samples { stacks, values: columns, ..Samples::default() })?;
    profile.finish()
}

/// What comes before the last space, and the number after it.
fn split(line: usize, text: &[u8]) -> Result<(&[u8], u64), Error> {
    let problem = |problem| Error::Folded { line, problem };
    let space = text.iter().rposition(|&byte| byte == b' ').ok_or(problem("no number after the stack"))?;
    let value = number(&text[space + 1..]).ok_or(problem("the last word is not a number below 2^64"))?;
    Ok((text[..space].trim_ascii_end(), value))
}

/// A whole number, or the whole part of a fraction: some tools write milliseconds with decimals.
fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(whole) && digits(fraction) { whole.parse().ok() } else { None }
}
