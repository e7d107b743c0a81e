//! Which of a profile's functions are which functions of a wasm file.
//!
//! A profile seldom says which build it is of, so each function has to prove itself: by the offset of its code, if the
//! function that begins there has its name, or none since the file was stripped; by its index (`wasm-function[12]`); by
//! its name, if one function of the file has it. A profile of another build is matched as far as its names go, and
//! [`Match::report`] says so.

use std::collections::HashMap;
use std::sync::Arc;

use wasm_binary::{BinaryKind, ItemId, ItemKind, Map, Space, demangle};

use crate::difference::stable_name;
use crate::model::{Address, Format, Frame, Function, Profile};
use crate::{CallId, FunctionId, ModuleId, Weights};

/// How a function was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// Its code is where the profile says, and its name is the same if both have one.
    Offset,
    /// By its index; nothing speaks against it.
    Index,
    /// By its name; its code is elsewhere than the profile says, or the profile does not say.
    Name,
}

/// A profile's functions in a wasm file.
#[derive(Debug, Clone)]
pub struct Match {
    functions: Vec<Found>,
    moved: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Item(ItemId, MatchKind),
    /// Wasm, as far as one can tell, but not in the file.
    Missing,
    /// The host's, a script's, or another module's.
    Foreign,
}

/// How much of a profile belongs to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchReport {
    /// Functions found in the file.
    pub found: Share,
    /// Wasm functions that the file does not have.
    pub missing: Share,
    /// Functions of the host, of scripts and of other modules, and those that nothing shows to be wasm.
    pub foreign: Share,
    /// Functions found by name that the file has at another place than the profile says.
    pub moved: usize,
    /// The names of the missing functions, the heaviest first.
    pub missing_names: Vec<Arc<str>>,
}

/// A part of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many functions.
    pub functions: usize,
    /// Their own weight.
    pub weight: u64,
}

impl MatchReport {
    /// Whether the file is not the one that was profiled: functions are missing, or are elsewhere.
    #[must_use]
    pub fn is_other_build(&self) -> bool {
        self.missing.functions > 0 || self.moved > 0
    }
}

impl Match {
    /// Looks up all functions. O(functions of both).
    #[must_use]
    pub fn new(profile: &Profile, map: &Map<'_>) -> Self {
        let file = File::new(map);
        let mut moved = 0;
        let mut functions: Vec<Found> = profile
            .functions()
            .iter()
            .map(|function| {
                if is_foreign(profile, function) {
                    return Found::Foreign;
                }
                let found = file.find(function);
                if let (Some((_, MatchKind::Name)), Some(Address::Wasm(_))) = (found, function.address) {
                    moved += 1;
                }
                match found {
                    Some((item, kind)) => Found::Item(item, kind),
                    // Nothing says that it is wasm at all.
                    None if function.module.is_none() && !is_surely_wasm(function) => Found::Foreign,
                    None => Found::Missing,
                }
            })
            .collect();
        drop_other_modules(profile, &mut functions, &mut moved);
        Self { functions, moved }
    }

    /// The file's function, and how it was recognised.
    #[must_use]
    pub fn item(&self, function: FunctionId) -> Option<(ItemId, MatchKind)> {
        match self.functions.get(function.index())? {
            Found::Item(item, kind) => Some((*item, *kind)),
            _ => None,
        }
    }

    /// Whether a function is the host's, a script's or another module's, or nothing shows it to be wasm.
    #[must_use]
    pub fn is_foreign(&self, function: FunctionId) -> bool {
        matches!(self.functions.get(function.index()), Some(Found::Foreign))
    }

    /// The place of a frame in the file, if the function is where the profile says.
    #[must_use]
    pub fn offset(&self, map: &Map<'_>, frame: &Frame) -> Option<u32> {
        let (item, kind) = self.item(frame.function)?;
        match frame.address? {
            Address::Wasm(offset) if kind == MatchKind::Offset => {
                u32::try_from(offset).ok().filter(|offset| map.item(item).range().contains(offset))
            }
            _ => None,
        }
    }

    /// What matched and what did not, by own weight. O(calls).
    #[must_use]
    pub fn report(&self, profile: &Profile, weights: &Weights) -> MatchReport {
        let mut own = vec![0; self.functions.len()];
        for (index, call) in profile.calls().iter().enumerate() {
            own[call.function.index()] += weights.own(CallId::new(index));
        }
        let share = |wanted: fn(&Found) -> bool| {
            let part = self.functions.iter().zip(&own).filter(|(found, _)| wanted(found));
            part.fold(Share::default(), |sum, (_, own)| Share {
                functions: sum.functions + 1,
                weight: sum.weight + own,
            })
        };
        let mut missing: Vec<usize> =
            (0..own.len()).filter(|&function| self.functions[function] == Found::Missing).collect();
        let name = |function: usize| &profile.functions()[function].name;
        missing.sort_by(|&a, &b| own[b].cmp(&own[a]).then_with(|| name(a).cmp(name(b))));
        MatchReport {
            found: share(|found| matches!(found, Found::Item(..))),
            missing: share(|found| *found == Found::Missing),
            foreign: share(|found| *found == Found::Foreign),
            moved: self.moved,
            missing_names: missing.into_iter().map(|function| name(function).clone()).collect(),
        }
    }
}

/// What is to find in a file.
struct File<'m, 'a> {
    map: &'m Map<'a>,
    /// The only core module, if there is only one: an index means something then.
    module: Option<&'m wasm_binary::Module<'a>>,
    /// By name without hash; none where several functions have the name.
    names: HashMap<String, Option<ItemId>>,
}

impl<'m, 'a> File<'m, 'a> {
    fn new(map: &'m Map<'a>) -> Self {
        let mut core = map.modules().iter().filter(|module| module.kind != BinaryKind::Component);
        let module = core.next().filter(|_| core.next().is_none());
        let mut names: HashMap<String, Option<ItemId>> = HashMap::new();
        for (id, _) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function && item.start < item.end) {
            if let Some(name) = map.raw_name(id) {
                names.entry(plain(name)).and_modify(|known| *known = None).or_insert(Some(id));
            }
        }
        Self { map, module, names }
    }

    fn find(&self, function: &Function) -> Option<(ItemId, MatchKind)> {
        let index = function.wasm_index().or_else(|| self.defined_index(&function.name));
        let by_index =
            index.and_then(|index| self.module?.item_at(Space::Function, index)).filter(|&id| self.is_code(id));
        let name = plain(&function.name);
        if let Some(Address::Wasm(offset)) = function.address {
            let offset = u32::try_from(offset).ok();
            let begins = |&id: &ItemId| {
                let body = self.map.function_body(id).map(|body| body.range().start as u32);
                self.is_code(id) && (offset == body || offset == Some(self.map.item(id).start))
            };
            let at = offset.and_then(|offset| self.map.item_at(offset)).filter(begins);
            let agrees = |&id: &ItemId| match index {
                Some(_) => by_index == Some(id),
                None => self.map.raw_name(id).is_none_or(|known| plain(known) == name),
            };
            if let Some(id) = at.filter(agrees) {
                return Some((id, MatchKind::Offset));
            }
        } else if let Some(id) = by_index {
            return Some((id, MatchKind::Index));
        }
        let by_name = self.names.get(&name).copied().flatten();
        by_name.map(|id| (id, MatchKind::Name))
    }

    fn is_code(&self, id: ItemId) -> bool {
        let item = self.map.item(id);
        item.kind == ItemKind::Function && item.start < item.end
    }

    /// wasmtime counts a function without a name from the first that is not imported: `<wasm function 3>`.
    fn defined_index(&self, name: &str) -> Option<u32> {
        let number = name.strip_prefix("<wasm function ")?.strip_suffix('>')?;
        number.parse::<u32>().ok()?.checked_add(self.module?.imported_functions())
    }
}

fn plain(name: &str) -> String {
    stable_name(&demangle(name)).to_owned()
}

fn is_surely_wasm(function: &Function) -> bool {
    matches!(function.address, Some(Address::Wasm(_))) || function.wasm_index().is_some()
}

/// V8 gives each wasm function its place, so all else in its profiles is its own or a script's. Elsewhere a script is
/// what has its own file for a module, and V8's own has parentheses or a wrapper's name.
fn is_foreign(profile: &Profile, function: &Function) -> bool {
    // V8 gives its wrappers a place in the module.
    let is_engine = ["(", "js-to-wasm", "wasm-to-js"].iter().any(|start| function.name.starts_with(start));
    if is_surely_wasm(function) && !is_engine {
        return false;
    }
    let is_v8 = matches!(profile.format(), Format::CpuProfile | Format::ChromeTrace);
    let module = function.module.map(|module| &*profile.modules()[module.index()].name);
    let is_script =
        module.is_some_and(|module| function.file.as_deref() == Some(module) && !crate::import::is_wasm(module));
    is_v8 || is_engine || is_script
}

/// A profile may have several wasm modules. One of which less than half is in the file is another module.
fn drop_other_modules(profile: &Profile, functions: &mut [Found], moved: &mut usize) {
    let mut counts: HashMap<ModuleId, (usize, usize)> = HashMap::new();
    let module_of = |at: usize| profile.functions()[at].module;
    for (at, found) in functions.iter().enumerate() {
        if let (Some(module), true) = (module_of(at), *found != Found::Foreign) {
            let (found_count, count) = counts.entry(module).or_default();
            *found_count += usize::from(matches!(found, Found::Item(..)));
            *count += 1;
        }
    }
    // If no module is in the file, the user wants to hear that nothing was found.
    let is_here = |module: ModuleId| counts.get(&module).is_some_and(|(found, count)| 2 * found >= *count);
    if !counts.keys().any(|&module| is_here(module)) {
        return;
    }
    for (at, found) in functions.iter_mut().enumerate() {
        if let Some(module) = module_of(at)
            && *found != Found::Foreign
            && !is_here(module)
        {
            if matches!(found, Found::Item(_, MatchKind::Name)) && profile.functions()[at].address.is_some() {
                *moved = moved.saturating_sub(1);
            }
            *found = Found::Foreign;
        }
    }
}
