//! A module or component that is open, with all that was read of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use self_cell::self_cell;
use serde::{Deserialize, Serialize};
use wasm_advice::Advice;
use wasm_analyzer::source::Sources;
use wasm_analyzer::{Analysis, Trust};
use wasm_binary::{ItemId, ItemKind, Map, ModuleId};

use super::debug_file::DebugFile;
use super::size_tree::{Grouping, SizeTree};
use crate::jobs::Progress;
use crate::strings::Wording;

/// What an item's size is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Bytes of the file.
    #[default]
    Raw,
    /// Bytes that go if the item goes.
    Retained,
    /// Bytes after compression: by brotli, in a page by gzip.
    Transfer,
}

impl Metric {
    /// All, in the order of menus.
    pub const ALL: [Metric; 3] = [Metric::Raw, Metric::Retained, Metric::Transfer];
}

/// What was read of the bytes, and borrows from them.
struct Read<'a> {
    analysis: Analysis<'a>,
    sources: Sources<'a>,
}

/// What is read.
struct Files {
    module: Bytes,
    /// What describes it from outside: split files behind what they complete.
    debug: Vec<DebugFile>,
}

self_cell!(
    struct Cell {
        owner: Files,
        #[not_covariant]
        dependent: Read,
    }
);

/// A module or component.
pub struct Binary {
    name: String,
    path: Option<PathBuf>,
    cell: Cell,
    build_id: String,
    problems: Vec<Wording>,
    insights: OnceLock<Vec<Advice>>,
}

impl Binary {
    /// Reads a file: one pass over its bytes, its reference graph and its dominators. Debug information is only opened.
    /// Tells how far it is.
    ///
    /// # Errors
    /// If there is nothing to map in it.
    pub fn read(name: &str, bytes: Bytes, progress: &Progress) -> Result<Binary, wasm_binary::Error> {
        Binary::read_files(name, Files { module: bytes, debug: Vec::new() }, progress)
    }

    /// Reads it again, with files that describe it. What they do not fit is among the problems.
    ///
    /// # Errors
    /// As [`read`](Self::read); never if that worked.
    pub fn described_by(&self, files: Vec<DebugFile>, progress: &Progress) -> Result<Binary, wasm_binary::Error> {
        let known = self.cell.borrow_owner();
        let debug = known.debug.iter().cloned().chain(files).collect();
        let read = Binary::read_files(&self.name, Files { module: known.module.clone(), debug }, progress)?;
        Ok(read.at(self.path.clone()))
    }

    fn read_files(name: &str, files: Files, progress: &Progress) -> Result<Binary, wasm_binary::Error> {
        let mut problems: Vec<Wording> = Vec::new();
        let cell = Cell::try_new(files, |files| {
            let mut map = Map::parse(&files.module)?;
            progress.tell(0.3);
            let (mut sources, unread) = Sources::open(&map);
            problems = unread.into_iter().map(Wording::from).collect();
            problems.extend(files.debug.iter().filter_map(|file| file.add_to(&mut sources, &mut map).err()));
            sources.name_functions(&mut map);
            progress.tell(0.5);
            Ok(Read { analysis: Analysis::of(map, Trust::Sound), sources })
        })?;
        progress.tell(0.9);
        let (build_id, damage) = cell.with_dependent(|_, read| {
            let id = wasm_binary::identity::build_id(&read.analysis.map);
            let damage: Vec<String> = read.analysis.damage().map(|damage| damage.to_string()).collect();
            (id.bytes.iter().map(|byte| format!("{byte:02x}")).collect(), damage)
        });
        problems.extend(damage.into_iter().map(Wording::from));
        Ok(Binary { name: name.to_string(), path: None, cell, build_id, problems, insights: OnceLock::new() })
    }

    /// The same, with where its file is.
    #[must_use]
    pub fn at(mut self, path: Option<PathBuf>) -> Binary {
        self.path = path;
        self
    }

    /// Where its file is, if it is one of this machine.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    pub fn bytes(&self) -> &Bytes {
        &self.cell.borrow_owner().module
    }

    /// Where it says that its debug information is, if none was given yet.
    pub fn missing_debug_file(&self) -> Option<String> {
        let named = self.with(|analysis, sources| {
            let section = analysis.map.custom_section(ModuleId(0), "external_debug_info")?;
            let contents = analysis.map.bytes().get(section.payload.start as usize..section.payload.end as usize)?;
            wasm_source::section_url(contents).filter(|_| sources.dwarf_of(ModuleId(0)).is_none()).map(str::to_string)
        });
        named.filter(|_| self.cell.borrow_owner().debug.is_empty())
    }

    /// The key by which profiles and snapshots find it.
    pub fn build_id(&self) -> &str {
        &self.build_id
    }

    /// What could not be read.
    pub fn problems(&self) -> &[Wording] {
        &self.problems
    }

    /// Asks the analysis.
    pub fn with<R>(&self, ask: impl for<'a> FnOnce(&Analysis<'a>, &Sources<'a>) -> R) -> R {
        self.cell.with_dependent(|_, read| ask(&read.analysis, &read.sources))
    }

    /// What to call an item.
    pub fn label(&self, item: ItemId) -> String {
        self.with(|analysis, _| analysis.map.label(item))
    }

    /// An item by its id, if there is one.
    pub fn has(&self, item: ItemId) -> bool {
        self.with(|analysis, _| (item.0 as usize) < analysis.map.items().len())
    }

    /// The tree of its sizes.
    pub fn tree(&self, grouping: Grouping) -> SizeTree {
        self.with(|analysis, sources| SizeTree::of(analysis, sources, grouping))
    }

    /// Which item of another build each of its own is, by index.
    pub fn old_items(&self, old: &Binary) -> Vec<Option<ItemId>> {
        self.with(|analysis, _| old.with(|old, _| wasm_analyzer::diff::old_items(old, analysis)))
    }

    /// The function that a person would call main, if there is one: in a Rust program that of the crate, not the one
    /// that calls it.
    pub fn main_function(&self) -> Option<String> {
        const MAINS: [&str; 4] = ["main", "__original_main", "__main_argc_argv", "__main_void"];
        self.with(|analysis, _| {
            let map = &analysis.map;
            let mut found: Option<(usize, String)> = None;
            for (id, _) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
                let Some(name) = map.name(id) else { continue };
                let rank = match MAINS.iter().position(|main| *main == name) {
                    Some(at) => at + 1,
                    None if name.ends_with("::main") && !name.contains(['<', '{']) => 0,
                    None => continue,
                };
                if found.as_ref().is_none_or(|(known, _)| rank < *known) {
                    found = Some((rank, name.into_owned()));
                }
            }
            found.map(|(_, name)| name)
        })
    }

    /// All advice on its size; found once.
    pub fn insights(&self) -> Vec<Advice> {
        let find = || {
            self.with(|analysis, sources| {
                wasm_analyzer::insights::insights(analysis, (!sources.is_empty()).then_some(sources))
            })
        };
        self.insights.get_or_init(find).clone()
    }
}

impl std::fmt::Debug for Binary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binary").field("name", &self.name).field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}

/// Binaries are shared with the threads that compute something of them.
const _: fn() = || {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Arc<Binary>>();
};
