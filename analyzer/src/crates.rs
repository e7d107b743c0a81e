//! Size by crate, the standard library apart.
//!
//! A crate has all bytes that are charged to its functions: their code, their names, and their relocations or debug
//! information where these are charged. Diffs, comments, budgets and the history count the same.

use crate::analysis::Analysis;
use crate::source::Sources;
use crate::symbol::is_std;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasm_binary::{ItemId, ItemKind};

/// What a crate has in the file.
#[derive(Clone, Debug, Serialize)]
pub struct CrateSize {
    /// Name of the crate; of what is of no crate, what it is: `data segments`, `functions without a name`.
    pub name: String,
    /// Its version, where debug information names cargo's folder of it. See [`crates_by_version`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What tells it from another crate of the name, where the version does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Whether it is of the standard library.
    pub std: bool,
    /// Whether it is a crate at all.
    pub is_crate: bool,
    /// Bytes of its items.
    pub size: u64,
    /// How many items.
    pub items: u64,
}

impl CrateSize {
    /// `serde 1.0.219`, `app [1k9dR]`; the name alone where there is one crate of that name.
    pub fn label(&self) -> String {
        let version = self.version.iter().map(|version| format!(" {version}"));
        let hash = self.hash.iter().map(|hash| format!(" [{hash}]"));
        std::iter::once(self.name.clone()).chain(version).chain(hash).collect()
    }
}

/// Which of several crates of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Copy {
    version: Option<String>,
    hash: Option<String>,
}

/// All crates, by falling size, then all that is of no crate. The sum is the file. Crates of one name are one row.
pub fn crates(analysis: &Analysis<'_>) -> Vec<CrateSize> {
    rows(analysis, |_, _| Copy::default())
}

/// As [`crates`], with a row for each of several crates of one name: two versions, one version with two sets of
/// features, a library and a binary of one package. What tells them apart are the hashes in v0 names, and the folders
/// `name-1.2.3` of the source files in debug information; where there is neither, they stay one row.
pub fn crates_by_version(analysis: &Analysis<'_>, sources: &Sources<'_>) -> Vec<CrateSize> {
    let versions = versions(analysis, sources);
    let mut by_hash: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for (id, (name, version)) in &versions {
        if let Some(hash) = hash(analysis, *id, name) {
            *by_hash.entry((name, hash)).or_default().entry(version).or_default() += 1;
        }
    }
    // Most functions of a crate are in its own files; a few stem from the macros of another.
    let version_of_hash: HashMap<(&str, &str), &str> = by_hash
        .iter()
        .filter_map(|(key, counts)| Some((*key, *counts.iter().max_by_key(|(_, count)| **count)?.0)))
        .collect();
    let copy = |id: ItemId, name: &str| {
        let hash = hash(analysis, id, name);
        let by_hash = hash.and_then(|hash| version_of_hash.get(&(name, hash))).map(|version| version.to_string());
        let version = by_hash.or_else(|| versions.get(&id).map(|(_, version)| version.clone()));
        Copy { version, hash: hash.map(str::to_string) }
    };
    let mut copies: HashMap<String, Copies> = HashMap::new();
    for (id, _) in analysis.map.iter() {
        if let (true, name) = heading(analysis, id) {
            let copy = copy(id, &name);
            copies.entry(name).or_default().add(copy);
        }
    }
    rows(analysis, |id, name| copies.get(name).map_or(Copy::default(), |copies| copies.tell_apart(copy(id, name))))
}

/// All that is known of the crates of one name.
#[derive(Default)]
struct Copies {
    hashes_by_version: BTreeMap<Option<String>, BTreeSet<Option<String>>>,
}

impl Copies {
    fn add(&mut self, copy: Copy) {
        self.hashes_by_version.entry(copy.version).or_default().insert(copy.hash);
    }

    /// As much of what is known as tells this crate from the others. Functions of which nothing is known are no crate
    /// of their own.
    fn tell_apart(&self, copy: Copy) -> Copy {
        let hashes: BTreeSet<&String> = self.hashes_by_version.values().flatten().flatten().collect();
        let versions = self.hashes_by_version.keys().flatten().count();
        if versions <= 1 && hashes.len() <= 1 {
            return Copy::default();
        }
        let of_version = self.hashes_by_version.get(&copy.version).map_or(0, |hashes| hashes.iter().flatten().count());
        let is_enough = copy.version.is_some() && of_version <= 1;
        Copy { hash: copy.hash.filter(|_| !is_enough), ..copy }
    }
}

fn rows(analysis: &Analysis<'_>, copy: impl Fn(ItemId, &str) -> Copy) -> Vec<CrateSize> {
    let mut sizes: BTreeMap<(bool, String, Copy), (u64, u64)> = BTreeMap::new();
    for (id, item) in analysis.map.iter() {
        let (is_crate, name) = heading(analysis, id);
        let copy = if is_crate && !is_std(&name) { copy(id, &name) } else { Copy::default() };
        let (size, count) = sizes.entry((is_crate, name, copy)).or_default();
        *size += u64::from(item.size);
        *count += 1;
    }
    let mut rows: Vec<CrateSize> = sizes
        .into_iter()
        .map(|((is_crate, name, copy), (size, items))| CrateSize {
            std: is_crate && is_std(&name),
            is_crate,
            name,
            version: copy.version,
            hash: copy.hash,
            size,
            items,
        })
        .collect();
    rows.sort_by(|a, b| b.is_crate.cmp(&a.is_crate).then(b.size.cmp(&a.size)).then_with(|| a.label().cmp(&b.label())));
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

/// The hash that a function's v0 name has of this crate.
fn hash<'m>(analysis: &'m Analysis<'_>, id: ItemId, name: &str) -> Option<&'m str> {
    let root = analysis.map.raw_name(id).and_then(crate::symbol::CrateRoot::of)?;
    (root.name == name).then_some(root.hash)
}

/// Crate and version of the functions whose source file lies in cargo's folder of that crate.
fn versions(analysis: &Analysis<'_>, sources: &Sources<'_>) -> HashMap<ItemId, (String, String)> {
    let mut versions = HashMap::new();
    for source in sources.dwarf() {
        let mut of_file: HashMap<_, Option<(String, String)>> = HashMap::new();
        for subprogram in source.subprograms() {
            let (Some(range), Some(file)) = (subprogram.ranges.first(), subprogram.file) else { continue };
            let folder = of_file.entry(file).or_insert_with(|| versioned_folder(&source.path(file)?));
            let Some((name, version)) = folder else { continue };
            let function = analysis.map.item_at(range.start).filter(|&id| {
                // A function of one crate may be declared in a file of another, by a macro.
                analysis.symbol(id).is_some_and(|symbol| symbol.crate_name() == Some(name.as_str()))
            });
            versions.extend(function.map(|id| (id, (name.clone(), version.clone()))));
        }
    }
    versions
}

/// `serde` and `1.0.219` of `…/serde-1.0.219/src/lib.rs`.
fn versioned_folder(path: &str) -> Option<(String, String)> {
    path.split(['/', '\\']).rev().find_map(|folder| {
        let is_version = |version: &str| {
            let rest = version.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            version.starts_with(|c: char| c.is_ascii_digit()) && (rest.is_empty() || rest.starts_with(['-', '+']))
        };
        let (dash, _) = folder.match_indices('-').find(|(at, _)| is_version(&folder[at + 1..]))?;
        Some((folder[..dash].replace('-', "_"), folder[dash + 1..].to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(version: Option<&str>, hash: Option<&str>) -> Copy {
        Copy { version: version.map(str::to_string), hash: hash.map(str::to_string) }
    }

    fn told_apart(of: &[Copy]) -> Vec<Copy> {
        let mut copies = Copies::default();
        of.iter().for_each(|copy| copies.add(copy.clone()));
        of.iter().map(|copy| copies.tell_apart(copy.clone())).collect()
    }

    #[test]
    fn one_crate_has_no_version_in_its_name() {
        let none = Copy::default();
        assert_eq!(
            told_apart(&[copy(Some("1.0.0"), Some("a")), copy(None, Some("a")), copy(None, None)]),
            vec![none; 3]
        );
    }

    #[test]
    fn two_crates_have_a_version_or_a_hash() {
        let (old, new) = (copy(Some("1.0.0"), None), copy(Some("2.0.0"), None));
        // Legacy names have no hash of the crate.
        assert_eq!(told_apart(&[old.clone(), new.clone()]), [old.clone(), new.clone()]);
        // The version is enough.
        assert_eq!(told_apart(&[copy(Some("1.0.0"), Some("a")), copy(Some("2.0.0"), Some("b"))]), [old, new]);
        // One version with two sets of features; no debug information.
        let same = [copy(Some("1.0.0"), Some("a")), copy(Some("1.0.0"), Some("b"))];
        assert_eq!(told_apart(&same), same);
        let unknown = [copy(None, Some("a")), copy(None, Some("b"))];
        assert_eq!(told_apart(&unknown), unknown);
    }

    #[test]
    fn a_folder_of_cargo_names_the_version() {
        let of = |path| versioned_folder(path);
        let found = |name: &str, version: &str| Some((name.to_string(), version.to_string()));
        assert_eq!(of("/registry/src/serde-json-1.0.3/src/de.rs"), found("serde_json", "1.0.3"));
        assert_eq!(of("C:\\reg\\wasm-bindgen-0.2.0-rc.1\\src\\lib.rs"), found("wasm_bindgen", "0.2.0-rc.1"));
        assert_eq!(of("/home/app/src/lib.rs"), None);
        assert_eq!(of("/vendor/text-escape-2/src/lib.rs"), found("text_escape", "2"));
        assert_eq!(of("/vendor/canvas-2d-1.0.0/src/lib.rs"), found("canvas_2d", "1.0.0"));
    }
}
