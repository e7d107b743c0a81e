//! Size by crate, the standard library apart.

use crate::analysis::Analysis;
use crate::symbol::is_std;
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_binary::{ItemId, ItemKind};

/// What a crate has in the file.
#[derive(Clone, Debug, Serialize)]
pub struct CrateSize {
    /// Name of the crate; of what is of no crate, what it is: `data segments`, `functions without a name`.
    pub name: String,
    /// Whether it is of the standard library.
    pub std: bool,
    /// Whether it is a crate at all.
    pub is_crate: bool,
    /// Bytes of its items.
    pub size: u64,
    /// How many items.
    pub items: u64,
}

/// All crates, by falling size, then all that is of no crate. The sum is the file.
pub fn crates(analysis: &Analysis<'_>) -> Vec<CrateSize> {
    let mut sizes: BTreeMap<(bool, String), (u64, u64)> = BTreeMap::new();
    for (id, item) in analysis.map.iter() {
        let (size, count) = sizes.entry(heading(analysis, id)).or_default();
        *size += u64::from(item.size);
        *count += 1;
    }
    let mut rows: Vec<CrateSize> = sizes
        .into_iter()
        .map(|((is_crate, name), (size, items))| CrateSize {
            std: is_crate && is_std(&name),
            is_crate,
            name,
            size,
            items,
        })
        .collect();
    rows.sort_by(|a, b| b.is_crate.cmp(&a.is_crate).then(b.size.cmp(&a.size)).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Whether it is a crate, and its name.
fn heading(analysis: &Analysis<'_>, id: ItemId) -> (bool, String) {
    let kind = analysis.map.item(id).kind;
    let heading = match kind {
        ItemKind::Function => match analysis.symbol(id) {
            Some(symbol) => match symbol.crate_name() {
                Some(name) => return (true, name.to_string()),
                None => "functions of no crate",
            },
            None => "functions without a name",
        },
        ItemKind::Data => "data segments",
        ItemKind::CustomSection => "custom sections",
        _ => "structure (types, imports, exports, tables, …)",
    };
    (false, heading.to_string())
}
