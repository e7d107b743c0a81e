//! Items that nothing reaches. Saves them all. Silent on objects, whose linker drops them.

use super::facts::{Facts, plural};
use crate::garbage::garbage;
use wasm_advice::{Advice, Certainty, Fix, Kind, phrase};
use wasm_binary::ItemId;

pub(super) const KIND: Kind = Kind::new("garbage-shipped");

pub(super) fn find(facts: &Facts<'_, '_>) -> Option<Advice> {
    if !facts.is_final {
        return None;
    }
    let garbage = garbage(facts.analysis);
    let items: Vec<ItemId> = garbage.rows.iter().map(|&(id, _)| id).collect();
    facts.advice(
        KIND,
        (garbage.bytes, Certainty::Exact),
        plural(items.len(), phrase!("1 item is used by nothing"), |n| phrase!("{0} items are used by nothing", n)),
        phrase!(
            "Nothing that the host can use gets to them, so removing them changes no behaviour; `wasm-size garbage` \
             lists them."
        ),
        Fix::command("wasm-opt --all-features --remove-unused-module-elements FILE -o FILE"),
        facts.items(&items),
    )
}
