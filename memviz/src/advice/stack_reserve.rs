//! A stack that is much larger than what was ever used of it.
//!
//! The stack grows down, and its memory is zero until it is written: the zeros at its low end were never used, or only
//! by frames that wrote nothing but zeros. What is kept is four times what was used, in whole pages, and no less than a
//! page: another run may go deeper.

use super::facts::{Facts, PAGE, advice, linker_flag, size};
use crate::layout::Certainty;
use wasm_advice::{Advice, Kind, phrase};

pub(super) const KIND: Kind = Kind::new("stack-reserve");

/// Four pages: what is less is not worth a setting.
const MIN_BYTES: u64 = 4 * PAGE;
const ROOM: u64 = 4;

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    let stack = facts.layout.stack.as_ref().filter(|stack| stack.certainty == Certainty::Stated)?;
    let reserve = stack.range.end - stack.range.start;
    let lowest = facts.first_touched(stack.range.clone())?;
    let used = stack.range.end - lowest;
    // Of a program that used none there is nothing to learn.
    let wanted = used.checked_mul(ROOM).filter(|wanted| *wanted > 0)?.next_multiple_of(PAGE);
    let saved = reserve.checked_sub(wanted).filter(|saved| *saved >= MIN_BYTES)?;
    // The data moves down by as much, so the memory starts with as many pages less.
    let saved = saved / PAGE * PAGE;
    Some(advice(
        KIND,
        saved,
        phrase!("the stack has {0}, of which {1} were ever used", size(reserve), size(used)),
        phrase!(
            "Below {0} the stack is zero: nothing was written there up to this moment. With {1} bytes, at least four \
             times what was used, the memory starts {2} smaller. It counts where memory is counted by its size, such \
             as limits of hosts and of instances; a system that gives pages when they are written has not given \
             these. A run that goes deeper than that would trap or overwrite data.",
            format!("{lowest:#x}"),
            wanted,
            size(saved),
        ),
        vec![
            facts.addresses(phrase!("never used"), stack.range.start..lowest, lowest - stack.range.start),
            facts.addresses(phrase!("used"), lowest..stack.range.end, used),
        ],
        linker_flag(&format!("-zstack-size={wanted}")),
    ))
}
