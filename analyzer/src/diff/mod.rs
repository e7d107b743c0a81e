//! What changed between two builds.
//!
//! Items of the two files are matched first (by `matching`), then compared. Only definitions are compared one by one:
//! name-section entries and relocations come and go with a strip, so they are one row each. A function whose
//! instructions are the same but for constants and indices did not change either: what its re-encoding costs is one row
//! for all. The rows add up to the difference of the files.

mod matching;

use crate::analysis::Analysis;
use crate::text::{Align, Style, Table, bytes, count, more, percent, signed};
use matching::Matching;
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_binary::{ItemId, ItemKind, Role};

pub use matching::MatchedBy;

/// Name and version of the schema of [`Diff`] as JSON.
pub const SCHEMA: &str = "wasm-size-diff/1";

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// It is larger.
    Grown,
    /// It is smaller.
    Shrunk,
    /// It is only in the new file.
    New,
    /// It is only in the old file.
    Gone,
    /// The same code is now in another crate or module.
    Moved,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What happened.
    pub cause: Cause,
    /// Kind of item.
    pub kind: &'static str,
    /// Its label, of the new file if it is there.
    pub name: String,
    /// Its crate.
    #[serde(rename = "crate", skip_serializing_if = "Option::is_none")]
    pub crate_name: Option<String>,
    /// Bytes of its definition before.
    pub old_size: Option<u64>,
    /// Bytes of its definition after.
    pub new_size: Option<u64>,
    /// The difference.
    pub delta: i64,
    /// How the two were found to be the same item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_by: Option<MatchedBy>,
    /// The item in the old file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_item: Option<ItemId>,
    /// The item in the new file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_item: Option<ItemId>,
}

/// A sum over crates or sections.
#[derive(Clone, Debug, Serialize)]
pub struct Sum {
    /// Name of the crate or section.
    pub name: String,
    /// Bytes before.
    pub old_size: u64,
    /// Bytes after.
    pub new_size: u64,
    /// The difference.
    pub delta: i64,
}

/// What did not change.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Unchanged {
    /// Items with the same definition.
    pub items: u64,
    /// Their bytes in the new file.
    pub bytes: u64,
    /// Of these, items that have another name.
    pub renamed: u64,
}

/// The difference of two files.
#[derive(Clone, Debug, Serialize)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The old file.
    pub old: FileSize,
    /// The new file.
    pub new: FileSize,
    /// Changes by falling size; the deltas add up to the difference of the files.
    pub rows: Vec<Row>,
    /// The rest.
    pub unchanged: Unchanged,
    /// By crate, what changed only: all bytes charged to its functions, as [`crate::crates`] counts them.
    pub crates: Vec<Sum>,
    /// By section, what changed only.
    pub sections: Vec<Sum>,
}

/// A file of a diff.
#[derive(Clone, Debug, Serialize)]
pub struct FileSize {
    /// As the user named it.
    pub file: String,
    /// Bytes.
    pub bytes: u64,
    /// After gzip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gzip: Option<u64>,
    /// After brotli.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brotli: Option<u64>,
}

impl FileSize {
    /// A file without its compressed sizes.
    pub fn new(file: &str, analysis: &Analysis<'_>) -> FileSize {
        FileSize { file: file.to_string(), bytes: analysis.bytes(), gzip: None, brotli: None }
    }
}

/// Which item of the old file each item of the new one is, by the new item's index.
pub fn old_items(old: &Analysis<'_>, new: &Analysis<'_>) -> Vec<Option<ItemId>> {
    let matching = Matching::new(old, new);
    new.map.iter().map(|(id, _)| matching.old_of(id)).collect()
}

impl Diff {
    /// Compares two files.
    pub fn new(old_file: FileSize, old: &Analysis<'_>, new_file: FileSize, new: &Analysis<'_>) -> Diff {
        let matching = Matching::new(old, new);
        let mut comparison = Comparison::new(old, new);
        for (id, _) in old.map.iter() {
            match matching.new_of(id) {
                Some((found, by)) => comparison.pair(&matching, id, found, by),
                None => comparison.gone(id),
            }
        }
        for (id, _) in new.map.iter().filter(|(id, _)| !matching.is_matched_new(*id)) {
            comparison.new_item(id);
        }
        comparison.finish();
        let Comparison { mut rows, unchanged, .. } = comparison;
        rows.sort_by(|a, b| {
            let size = |row: &Row| std::cmp::Reverse(row.delta.unsigned_abs());
            size(a).cmp(&size(b)).then_with(|| a.name.cmp(&b.name)).then(a.old_item.cmp(&b.old_item))
        });
        Diff {
            schema: SCHEMA,
            old: old_file,
            new: new_file,
            rows,
            unchanged,
            crates: crate_sums(old, new, &matching),
            sections: section_sums(old, new),
        }
    }

    /// Difference of the files in bytes.
    pub fn delta(&self) -> i64 {
        self.new.bytes as i64 - self.old.bytes as i64
    }

    /// The diff for people.
    pub fn to_text(&self, limit: usize, style: Style) -> String {
        let mut text = format!(
            "{} → {} bytes, {} ({})\n",
            bytes(self.old.bytes),
            bytes(self.new.bytes),
            coloured(self.delta(), style),
            relative(self.delta(), self.old.bytes)
        );
        for (name, old, new) in [("gzip", self.old.gzip, self.new.gzip), ("brotli", self.old.brotli, self.new.brotli)] {
            if let (Some(old), Some(new)) = (old, new) {
                let delta = new as i64 - old as i64;
                text += &format!("{name} {} → {}, {}\n", bytes(old), bytes(new), coloured(delta, style));
            }
        }
        if self.rows.is_empty() {
            text += "No item changed\n";
        } else {
            text += &rows_table(&self.rows[..limit.min(self.rows.len())]).render(style);
            if self.rows.len() > limit {
                let rest = self.rows[limit..].iter().map(|r| r.delta).sum();
                text += &format!("… and {}, {} bytes\n", count(self.rows.len() - limit, "more change"), signed(rest));
            }
            for (heading, sums) in [("Crates", &self.crates), ("Sections", &self.sections)] {
                if !sums.is_empty() {
                    text += &format!("\n{}\n{}", style.bold(heading), sums_table(sums, limit).render(style));
                }
            }
            text += "\n";
        }
        text += &format!(
            "{} unchanged ({} bytes)",
            count(self.unchanged.items as usize, "item"),
            bytes(self.unchanged.bytes)
        );
        if self.unchanged.renamed > 0 {
            text += &format!(", {} of them renamed", bytes(self.unchanged.renamed));
        }
        text + "\n"
    }
}

fn coloured(delta: i64, style: Style) -> String {
    match delta {
        0 => "0".to_string(),
        1.. => style.red(&signed(delta)),
        _ => style.green(&signed(delta)),
    }
}

/// `+1.2 %`.
fn relative(delta: i64, old: u64) -> String {
    let sign = if delta > 0 {
        "+"
    } else if delta < 0 {
        "-"
    } else {
        ""
    };
    format!("{sign}{}", percent(delta.unsigned_abs(), old))
}

fn rows_table(rows: &[Row]) -> Table {
    let columns = [
        ("Delta", Align::Right),
        ("Old", Align::Right),
        ("New", Align::Right),
        ("Cause", Align::Left),
        ("Kind", Align::Left),
        ("Item", Align::Left),
    ];
    let mut table = Table::new(&columns);
    let size = |size: Option<u64>| size.map_or(String::new(), bytes);
    for row in rows {
        let cause = format!("{:?}", row.cause).to_lowercase();
        table.row([
            signed(row.delta),
            size(row.old_size),
            size(row.new_size),
            cause,
            row.kind.to_string(),
            row.name.clone(),
        ]);
    }
    table
}

fn sums_table(sums: &[Sum], limit: usize) -> Table {
    let columns = [("Delta", Align::Right), ("Old", Align::Right), ("New", Align::Right), ("Name", Align::Left)];
    let mut table = Table::new(&columns);
    let (shown, rest) = sums.split_at(limit.min(sums.len()));
    for sum in shown {
        table.row([signed(sum.delta), bytes(sum.old_size), bytes(sum.new_size), sum.name.clone()]);
    }
    if !rest.is_empty() {
        let total = |of: fn(&Sum) -> u64| rest.iter().map(of).sum();
        let delta = rest.iter().map(|sum| sum.delta).sum();
        table.row([signed(delta), bytes(total(|s| s.old_size)), bytes(total(|s| s.new_size)), more(rest.len())]);
    }
    table
}

/// Bytes of an item by what they are to it.
#[derive(Clone, Copy, Default)]
struct Sizes {
    definition: u64,
    names: u64,
    metadata: u64,
}

fn sizes(analysis: &Analysis<'_>) -> Vec<Sizes> {
    let map = &analysis.map;
    let mut sizes = vec![Sizes::default(); map.items().len()];
    for (at, part) in map.parts().iter().enumerate() {
        let range = map.part_range(at);
        let size = u64::from(range.end - range.start);
        let sizes = &mut sizes[part.item.as_usize()];
        match part.role {
            Role::Name => sizes.names += size,
            Role::Metadata => sizes.metadata += size,
            Role::Definition | Role::TypeIndex | Role::Overhead => sizes.definition += size,
        }
    }
    sizes
}

/// Rows in the making.
struct Comparison<'c, 'a> {
    old: &'c Analysis<'a>,
    new: &'c Analysis<'a>,
    old_sizes: Vec<Sizes>,
    new_sizes: Vec<Sizes>,
    rows: Vec<Row>,
    unchanged: Unchanged,
    /// Old and new bytes of functions that differ in encoding only.
    reencoded: (u64, u64),
}

impl<'c, 'a> Comparison<'c, 'a> {
    fn new(old: &'c Analysis<'a>, new: &'c Analysis<'a>) -> Self {
        let (old_sizes, new_sizes) = (sizes(old), sizes(new));
        Comparison {
            old,
            new,
            old_sizes,
            new_sizes,
            rows: Vec::new(),
            unchanged: Unchanged::default(),
            reencoded: (0, 0),
        }
    }

    fn pair(&mut self, matching: &Matching, old: ItemId, new: ItemId, by: MatchedBy) {
        let before = self.old_sizes[old.as_usize()].definition;
        let after = self.new_sizes[new.as_usize()].definition;
        let same_code = matching.same_code(old, new);
        let cause = match after.cmp(&before) {
            _ if same_code && self.is_moved(old, new) => Cause::Moved,
            std::cmp::Ordering::Greater if !same_code => Cause::Grown,
            std::cmp::Ordering::Less if !same_code => Cause::Shrunk,
            _ => {
                self.unchanged.items += 1;
                self.unchanged.bytes += after;
                self.unchanged.renamed += u64::from(self.is_renamed(old, new));
                self.reencoded.0 += before;
                self.reencoded.1 += after;
                return;
            }
        };
        self.push(cause, Some((old, before)), Some((new, after)), Some(by));
    }

    fn gone(&mut self, old: ItemId) {
        let size = self.old_sizes[old.as_usize()].definition;
        if size > 0 {
            self.push(Cause::Gone, Some((old, size)), None, None);
        }
    }

    fn new_item(&mut self, new: ItemId) {
        let size = self.new_sizes[new.as_usize()].definition;
        if size > 0 {
            self.push(Cause::New, None, Some((new, size)), None);
        }
    }

    fn push(&mut self, cause: Cause, old: Option<(ItemId, u64)>, new: Option<(ItemId, u64)>, by: Option<MatchedBy>) {
        let (analysis, id) = match (old, new) {
            (_, Some((id, _))) => (self.new, id),
            (Some((id, _)), None) => (self.old, id),
            (None, None) => return,
        };
        let (old_size, new_size) = (old.map(|o| o.1), new.map(|n| n.1));
        self.rows.push(Row {
            cause,
            kind: analysis.map.item(id).kind.noun(),
            name: analysis.map.label(id),
            crate_name: analysis.crate_of(id),
            old_size,
            new_size,
            delta: new_size.unwrap_or(0) as i64 - old_size.unwrap_or(0) as i64,
            matched_by: by,
            old_item: old.map(|o| o.0),
            new_item: new.map(|n| n.0),
        });
    }

    /// Both have names, and these differ.
    fn is_renamed(&self, old: ItemId, new: ItemId) -> bool {
        match (self.old.map.name(old), self.new.map.name(new)) {
            (Some(old), Some(new)) => old != new,
            _ => false,
        }
    }

    fn is_moved(&self, old: ItemId, new: ItemId) -> bool {
        match (self.old.crate_of(old), self.new.crate_of(new)) {
            (Some(old), Some(new)) => old != new,
            _ => false,
        }
    }

    /// The rows for what is not compared item by item.
    fn finish(&mut self) {
        let sum = |sizes: &[Sizes], of: fn(&Sizes) -> u64| sizes.iter().map(of).sum::<u64>();
        let names = (sum(&self.old_sizes, |s| s.names), sum(&self.new_sizes, |s| s.names));
        let metadata = (sum(&self.old_sizes, |s| s.metadata), sum(&self.new_sizes, |s| s.metadata));
        self.summary("names", "entries of name sections and symbol tables", names);
        self.summary("metadata", "relocations and hints", metadata);
        self.summary("encoding", "indices and constants of unchanged code", self.reencoded);
    }

    fn summary(&mut self, kind: &'static str, name: &str, (old, new): (u64, u64)) {
        if old == new {
            return;
        }
        self.rows.push(Row {
            cause: if new > old { Cause::Grown } else { Cause::Shrunk },
            kind,
            name: name.to_string(),
            crate_name: None,
            old_size: Some(old),
            new_size: Some(new),
            delta: new as i64 - old as i64,
            matched_by: None,
            old_item: None,
            new_item: None,
        });
    }
}

/// Sums by crate. A function that has no name on one side is of the crate that it has on the other: a strip moves
/// nothing.
fn crate_sums(old: &Analysis<'_>, new: &Analysis<'_>, matching: &Matching) -> Vec<Sum> {
    let of_old = |id: ItemId| old.crate_of(id).or_else(|| new.crate_of(matching.new_of(id)?.0));
    let of_new = |id: ItemId| new.crate_of(id).or_else(|| old.crate_of(matching.old_of(id)?));
    sums(by_crate(old, of_old), by_crate(new, of_new))
}

/// Bytes of all that is charged to functions, by crate.
fn by_crate(analysis: &Analysis<'_>, crate_of: impl Fn(ItemId) -> Option<String>) -> BTreeMap<String, u64> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (id, item) in analysis.map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
        if let Some(name) = crate_of(id) {
            *sums.entry(name).or_default() += u64::from(item.size);
        }
    }
    sums
}

fn section_sums(old: &Analysis<'_>, new: &Analysis<'_>) -> Vec<Sum> {
    let by_section = |analysis: &Analysis<'_>| {
        let map = &analysis.map;
        let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
        for section in map.sections().iter().filter(|s| !matches!(s.kind, "core module" | "component")) {
            *sizes.entry(section.label()).or_default() += u64::from(section.range.end - section.range.start);
        }
        let headers =
            map.iter().filter(|(_, item)| item.kind == ItemKind::Header).map(|(_, item)| u64::from(item.size));
        sizes.insert("headers".to_string(), headers.sum());
        sizes
    };
    sums(by_section(old), by_section(new))
}

fn sums(old: BTreeMap<String, u64>, new: BTreeMap<String, u64>) -> Vec<Sum> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let sum = |name: &&String| {
        let (old_size, new_size) = (old.get(*name).copied().unwrap_or(0), new.get(*name).copied().unwrap_or(0));
        Sum { name: (*name).clone(), old_size, new_size, delta: new_size as i64 - old_size as i64 }
    };
    let mut sums: Vec<Sum> = names.iter().map(sum).filter(|sum| sum.delta != 0).collect();
    sums.sort_by(|a, b| b.delta.unsigned_abs().cmp(&a.delta.unsigned_abs()).then_with(|| a.name.cmp(&b.name)));
    sums
}
