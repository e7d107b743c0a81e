//! Profiles as contracts: each line of `docs/profiles.md` is a rule here, proved on the finished file.

use crate::metadata::Metadata;
use crate::post_link::{LINKER_EXPORTS, is_debug};
use crate::request::Profile;
use serde::Serialize;
use wasm_binary::identity::{self, BuildIdSource};
use wasm_binary::{FunctionId, ItemKind, Map, Module, ModuleId, Space};
use wasmparser::{Operator, Validator, WasmFeatures};

/// One line of a profile's contract, and whether a file keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name, as `docs/profiles.md` lists it.
    pub rule: &'static str,
    /// Whether the file keeps it. What cannot be told is not kept.
    pub holds: bool,
    /// What was found.
    pub what: String,
    /// File offset of what breaks it.
    pub offset: Option<u32>,
}

/// The size that a freestanding module stays below, in bytes.
pub const FREESTANDING_BYTES: usize = 15_000;

type Rule = (&'static str, fn(&Facts<'_>) -> Result<String, Broken>);

const DEV: &[Rule] = &[("debug-info", debug_info), ("names", names), ("metadata", metadata), ("build-id", build_id)];

const RELEASE: &[Rule] = &[
    ("no-debug-info", no_debug_info),
    ("no-names", no_names),
    ("metadata", metadata),
    ("build-id", build_id),
    ("optimised", optimised),
    ("no-paths", no_paths),
];

const FREESTANDING: &[Rule] = &[
    ("no-std", no_std),
    ("no-panic-machinery", no_panic_machinery),
    ("no-allocator", no_allocator),
    ("own-entry-points", own_entry_points),
    ("small", small),
    ("nothing-else", nothing_else),
    ("optimised", optimised),
    ("no-paths", no_paths),
];

/// The names of a profile's rules, in order.
pub fn rules(profile: Profile) -> impl Iterator<Item = &'static str> {
    [VALID].into_iter().chain(of_profile(profile).iter().map(|(name, _)| *name))
}

const VALID: &str = "valid";

fn of_profile(profile: Profile) -> &'static [Rule] {
    match profile {
        Profile::Dev => DEV,
        Profile::Release => RELEASE,
        Profile::Freestanding => FREESTANDING,
    }
}

/// Checks a finished file against each line of a profile's contract.
///
/// `symbols` is the same code with its names ([`Output::symbols`](crate::Output::symbols)): what a stripped file is
/// made of can only be told with it.
pub fn check(bytes: &[u8], symbols: Option<&[u8]>, profile: Profile) -> Vec<Line> {
    let valid = match Validator::new_with_features(WasmFeatures::all()).validate_all(bytes) {
        Ok(_) => Ok(format!("{} bytes", bytes.len())),
        Err(error) => Err(Broken::at(error.message().to_string(), error.offset() as u32)),
    };
    let mut lines = vec![line(VALID, valid)];
    if let (true, Ok(map)) = (lines[0].holds, Map::parse(bytes)) {
        let symbols = symbols.and_then(|symbols| Map::parse(symbols).ok());
        let facts = Facts { own: &map, symbols: symbols.as_ref(), metadata: Metadata::read(&map) };
        lines.extend(of_profile(profile).iter().map(|(rule, check)| line(rule, check(&facts))));
    }
    lines
}

fn line(rule: &'static str, found: Result<String, Broken>) -> Line {
    match found {
        Ok(what) => Line { rule, holds: true, what, offset: None },
        Err(broken) => Line { rule, holds: false, what: broken.what, offset: broken.offset },
    }
}

/// Why a rule does not hold.
struct Broken {
    what: String,
    offset: Option<u32>,
}

impl Broken {
    fn new(what: impl Into<String>) -> Broken {
        Broken { what: what.into(), offset: None }
    }

    fn at(what: impl Into<String>, offset: u32) -> Broken {
        Broken { what: what.into(), offset: Some(offset) }
    }
}

struct Facts<'a> {
    own: &'a Map<'a>,
    symbols: Option<&'a Map<'a>>,
    metadata: Option<Metadata>,
}

impl<'a> Facts<'a> {
    /// The module that the crate became: in a component the one with the most code.
    fn main_module(&self) -> Option<(ModuleId, &'a Module<'a>)> {
        main_module(self.own)
    }

    fn custom_sections(&self) -> impl Iterator<Item = (&'a str, u32)> {
        self.own.sections().iter().filter_map(|section| Some((section.name?, section.range.start)))
    }

    /// The demangled names of all functions, with their offsets in the file that names them.
    fn function_names(&self) -> Result<Vec<(String, u32)>, Broken> {
        let map = match self.symbols {
            None => self.own,
            Some(symbols) if code(symbols) == code(self.own) => symbols,
            Some(_) => return Err(Broken::new("the file with the names is of another build")),
        };
        let (_, module) = main_module(map).ok_or_else(|| Broken::new("there is no core module"))?;
        let imported = module.imported_functions();
        let functions =
            (imported..module.space(Space::Function).len() as u32).filter_map(|f| module.item(FunctionId(f)));
        let named = functions.map(|id| Some((map.name(id)?.into_owned(), map.item(id).start)));
        named.collect::<Option<Vec<_>>>().ok_or_else(|| {
            Broken::new("it cannot be told: the functions have no names, and no file with the names was given")
        })
    }

    /// Fails on the first function whose name says that it is of some kind.
    fn no_function(&self, noun: &str, is_one: impl Fn(&str) -> bool) -> Result<String, Broken> {
        let names = self.function_names()?;
        match names.iter().find(|(name, _)| is_one(name)) {
            Some((name, offset)) => Err(Broken::at(format!("`{name}` is {noun}"), *offset)),
            None => Ok(format!("none of {} functions is {noun}", names.len())),
        }
    }
}

fn main_module<'a>(map: &'a Map<'a>) -> Option<(ModuleId, &'a Module<'a>)> {
    let modules = (0u32..).map(ModuleId).zip(map.modules());
    let core = modules.filter(|(_, module)| module.kind != wasm_binary::BinaryKind::Component);
    core.max_by_key(|(id, module)| (module.range.len(), std::cmp::Reverse(id.0)))
}

/// All code of a file, to tell whether two files are of one build.
fn code<'a>(map: &Map<'a>) -> Vec<&'a [u8]> {
    map.sections().iter().filter(|section| section.kind == "code").map(|section| map.section_bytes(section)).collect()
}

fn debug_info(facts: &Facts<'_>) -> Result<String, Broken> {
    for wanted in [".debug_info", ".debug_line"] {
        if !facts.custom_sections().any(|(name, _)| name == wanted) {
            return Err(Broken::new(format!("there is no section {wanted}: set debug in [profile.dev]")));
        }
    }
    Ok("DWARF is there".into())
}

fn names(facts: &Facts<'_>) -> Result<String, Broken> {
    let (_, module) = facts.main_module().ok_or_else(|| Broken::new("there is no core module"))?;
    let functions = module.space(Space::Function).len() as u32;
    let defined = module.imported_functions()..functions;
    match defined.clone().find(|&function| module.names.function(FunctionId(function)).is_none()) {
        Some(function) => {
            let offset = module.item(FunctionId(function)).map(|id| facts.own.item(id).start);
            Err(Broken { what: format!("function {function} has no name"), offset })
        }
        None => Ok(format!("{} functions are named", defined.len())),
    }
}

fn metadata(facts: &Facts<'_>) -> Result<String, Broken> {
    let found = facts.metadata.as_ref().ok_or_else(|| {
        Broken::new(format!("the section {} is not there or cannot be read", crate::metadata::SECTION))
    })?;
    if found.manifest.is_empty() || found.toolchain.is_empty() {
        return Err(Broken::new("it does not say the manifest or the toolchain"));
    }
    Ok(format!("{}, manifest {:.12}", found.toolchain, found.manifest))
}

fn build_id(facts: &Facts<'_>) -> Result<String, Broken> {
    let id = identity::build_id(facts.own);
    match id.from {
        BuildIdSource::Section => Ok(id.to_string()),
        BuildIdSource::Content => Err(Broken::new("there is no section build_id")),
    }
}

fn no_debug_info(facts: &Facts<'_>) -> Result<String, Broken> {
    if facts.metadata.as_ref().is_some_and(|metadata| metadata.debug) {
        return Ok("kept, as it was asked for".into());
    }
    match facts.custom_sections().find(|(name, _)| is_debug(name)) {
        Some((name, offset)) => Err(Broken::at(format!("there is a section {name}"), offset)),
        None => Ok("there is none".into()),
    }
}

fn no_names(facts: &Facts<'_>) -> Result<String, Broken> {
    if facts.metadata.as_ref().is_some_and(|metadata| metadata.names) {
        return Ok("kept, as it was asked for".into());
    }
    match facts.custom_sections().find(|(name, _)| matches!(*name, "name" | "component-name")) {
        Some((_, offset)) => Err(Broken::at("there is a name section", offset)),
        None => Ok("there are none".into()),
    }
}

/// A linker pads what it may have to patch; an optimiser writes it anew.
fn optimised(facts: &Facts<'_>) -> Result<String, Broken> {
    let (id, _) = facts.main_module().ok_or_else(|| Broken::new("there is no core module"))?;
    let functions = facts.own.iter().filter(|(_, item)| item.kind == ItemKind::Function && item.module == id);
    let mut padded = Vec::new();
    for (function, _) in functions {
        let reader = facts.own.function_body(function).and_then(|body| body.get_operators_reader().ok());
        let Some(mut reader) = reader else { continue };
        while !reader.eof() {
            let start = reader.original_position();
            let Ok(operator) = reader.read() else { break };
            if is_padded(&operator, (reader.original_position() - start) as usize) {
                padded.push(start as u32);
            }
        }
    }
    match padded.first() {
        Some(&first) => {
            let what = format!("{} instructions have the linker's padding: cargo wasm setup binaryen", padded.len());
            Err(Broken::at(what, first))
        }
        None => Ok("no instruction has the linker's padding".into()),
    }
}

fn is_padded(operator: &Operator<'_>, len: usize) -> bool {
    let needed = match operator {
        Operator::Call { function_index: index }
        | Operator::GlobalGet { global_index: index }
        | Operator::GlobalSet { global_index: index } => unsigned_len(*index),
        Operator::I32Const { value } => signed_len(*value),
        _ => return false,
    };
    len > 1 + needed
}

/// Bytes of a number as LEB128.
fn unsigned_len(value: u32) -> usize {
    (32 - value.leading_zeros()).max(1).div_ceil(7) as usize
}

fn signed_len(value: i32) -> usize {
    // Its digits and a sign.
    (33 - (value ^ (value >> 31)).leading_zeros()).div_ceil(7) as usize
}

/// Where names of folders stem from that are the same for everybody.
const COMMON_ROOTS: [&str; 5] = ["/rustc/", "/rust/", "/crates/", "/git/", "/deps/"];
/// Where folders of users and builders are.
const PRIVATE_ROOTS: [&str; 8] =
    ["/home/", "/root/", "/Users/", "/tmp/", "/var/", "/builds/", "/workspace/", ":\\Users\\"];

/// Paths of source files: the only ones that rustc writes. Strings in data have no end, so a path is what stands before
/// its extension.
fn no_paths(facts: &Facts<'_>) -> Result<String, Broken> {
    let bytes = facts.own.bytes();
    let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/\\._-+@:~ ".contains(byte);
    let mut from = 0;
    for at in 0..bytes.len().saturating_sub(2) {
        if &bytes[at..at + 3] != b".rs" {
            continue;
        }
        let start = bytes[from..at].iter().rposition(|byte| !is_path(byte)).map_or(from, |before| from + before + 1);
        let path = String::from_utf8_lossy(&bytes[start..at + 3]).into_owned();
        from = at + 3;
        let is_common = COMMON_ROOTS.iter().any(|root| path.starts_with(root));
        let is_private = PRIVATE_ROOTS.iter().any(|root| path.contains(root));
        if is_private || path.starts_with('/') && !is_common {
            return Err(Broken::at(format!("it names a folder of the machine that built it: {path}"), start as u32));
        }
    }
    Ok("it names no folder of the machine that built it".into())
}

fn no_std(facts: &Facts<'_>) -> Result<String, Broken> {
    facts.no_function("of std", |name| starts_path(name, &["std::"]))
}

fn no_panic_machinery(facts: &Facts<'_>) -> Result<String, Broken> {
    facts.no_function("panic machinery", |name| {
        let last = name.rsplit("::").next().unwrap_or(name);
        starts_path(name, &["core::panicking::", "std::panicking::", "core::fmt::"])
            || last == "rust_begin_unwind"
            || starts_path(name, &["core::", "alloc::"]) && (last.ends_with("_failed") || last.ends_with("_fail"))
    })
}

fn no_allocator(facts: &Facts<'_>) -> Result<String, Broken> {
    facts.no_function("an allocator's", |name| {
        let last = name.rsplit("::").next().unwrap_or(name);
        starts_path(name, &["alloc::", "dlmalloc::", "wee_alloc::", "lol_alloc::", "talc::", "core::alloc::"])
            || name.contains("GlobalAlloc")
            || ["__rust_alloc", "__rust_realloc", "__rust_dealloc", "__rdl_", "__rg_"]
                .iter()
                .any(|p| last.starts_with(p))
            || matches!(name, "malloc" | "free" | "calloc" | "realloc" | "dlmalloc" | "dlfree")
    })
}

/// Whether a name, or the type or trait of a method, starts with one of these paths.
fn starts_path(name: &str, paths: &[&str]) -> bool {
    let after_as = name.split_once(" as ").map(|(_, rest)| rest);
    let starts = |text: &str| paths.iter().any(|path| text.trim_start_matches('<').starts_with(path));
    starts(name) || name.starts_with('<') && after_as.is_some_and(starts)
}

/// What a runtime exports for its own sake.
const RUNTIME_EXPORTS: [&str; 5] = ["__wbindgen", "__externref", "__wasm_call_ctors", "__main_void", "_initialize"];

fn own_entry_points(facts: &Facts<'_>) -> Result<String, Broken> {
    let (_, module) = facts.main_module().ok_or_else(|| Broken::new("there is no core module"))?;
    let is_runtime =
        |name: &str| LINKER_EXPORTS.contains(&name) || RUNTIME_EXPORTS.iter().any(|prefix| name.starts_with(prefix));
    if let Some(export) = module.exports.iter().find(|export| is_runtime(export.name)) {
        let offset = facts.own.item(export.item).start;
        return Err(Broken::at(format!("the export `{}` is not the crate's own", export.name), offset));
    }
    let own: Vec<&str> =
        module.exports.iter().filter(|export| export.space == Space::Function).map(|export| export.name).collect();
    if own.is_empty() {
        return Err(Broken::new("it exports no function, so nobody can call it"));
    }
    Ok(own.join(", "))
}

fn small(facts: &Facts<'_>) -> Result<String, Broken> {
    let bytes = facts.own.bytes().len();
    if bytes < FREESTANDING_BYTES {
        return Ok(format!("{bytes} bytes"));
    }
    Err(Broken::new(format!("{bytes} bytes; a freestanding module has less than {FREESTANDING_BYTES}")))
}

fn nothing_else(facts: &Facts<'_>) -> Result<String, Broken> {
    match facts.custom_sections().find(|(name, _)| !name.starts_with("component-type")) {
        Some((name, offset)) => Err(Broken::at(format!("there is a custom section {name}"), offset)),
        None => Ok("there is no custom section".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Std, Target};
    use crate::wrap::wrap;
    use proptest::prelude::*;

    fn parse(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("well formed")
    }

    /// A module of some profile, wrapped, and with its names.
    fn built(profile: Profile, inside: &str) -> (Vec<u8>, Vec<u8>) {
        let named = parse(&format!("(module {inside})"));
        let is_dev = profile == Profile::Dev;
        let metadata = Metadata {
            debug: is_dev,
            manifest: "0123456789abcdef".into(),
            names: is_dev,
            profile,
            std: Std::Shipped,
            target: Target::Unknown,
            toolchain: "rustc 1.95.0".into(),
        };
        (wrap(&named, &metadata, &[]).expect("a sound module").bytes, named)
    }

    fn broken(bytes: &[u8], symbols: Option<&[u8]>, profile: Profile) -> Vec<&'static str> {
        check(bytes, symbols, profile).into_iter().filter(|line| !line.holds).map(|line| line.rule).collect()
    }

    const DWARF: &str = r#"(@custom ".debug_info" "") (@custom ".debug_line" "")"#;
    const CODE: &str = r#"(func $app::run (export "run") (result i32) i32.const 7)"#;

    #[test]
    fn a_file_that_keeps_all_lines_keeps_each() {
        for (profile, inside) in [
            (Profile::Dev, format!("{CODE} {DWARF}")),
            (Profile::Release, format!("{CODE} {DWARF}")),
            (Profile::Freestanding, CODE.to_string()),
        ] {
            let (bytes, named) = built(profile, &inside);
            let lines = check(&bytes, Some(&named), profile);
            assert!(lines.iter().all(|line| line.holds), "{profile}: {lines:#?}");
            assert!(lines.iter().map(|line| line.rule).eq(rules(profile)), "{profile}");
        }
    }

    /// Each rule with a module that breaks it, and nothing else.
    #[test]
    fn each_line_fails_on_what_breaks_it() {
        use Profile::{Dev, Freestanding, Release};
        let function = |name: &str| format!(r#"{CODE} (func ${name} (export "other"))"#);
        let call = r#"(memory 1) (data (i32.const 0) "src/lib.rs/home/me/app/src/main.rs")"#;
        let many = format!("{CODE} (memory 1) (data (i32.const 0) \"{}\")", "x".repeat(FREESTANDING_BYTES));
        for (profile, rule, inside) in [
            (Dev, "debug-info", CODE.to_string()),
            (Dev, "names", format!("{CODE} {DWARF} (func (export \"nameless\"))")),
            (Release, "no-paths", format!("{CODE} {call}")),
            (Freestanding, "no-paths", format!("{CODE} {call}")),
            (Freestanding, "no-std", function("std::rt::lang_start")),
            (Freestanding, "no-std", function("\"<std::io::Stdout as app::Write>::write\"")),
            (Freestanding, "no-panic-machinery", function("core::panicking::panic_fmt")),
            (Freestanding, "no-panic-machinery", function("core::option::unwrap_failed")),
            (Freestanding, "no-panic-machinery", function("\"<app::Error as core::fmt::Display>::fmt\"")),
            (Freestanding, "no-allocator", function("__rust_alloc")),
            (Freestanding, "no-allocator", function("\"<app::Heap as core::alloc::global::GlobalAlloc>::alloc\"")),
            (Freestanding, "own-entry-points", format!(r#"{CODE} (func $f (export "__wbindgen_start"))"#)),
            (Freestanding, "own-entry-points", "(func $app::run)".to_string()),
            (Freestanding, "small", many),
        ] {
            let (bytes, named) = built(profile, &inside);
            assert_eq!(broken(&bytes, Some(&named), profile), [rule], "{profile}: {inside}");
        }
    }

    /// What wrapping itself would mend.
    #[test]
    fn a_file_that_was_not_wrapped_breaks_the_lines_of_wrapping() {
        let named = parse(&format!("(module {CODE} {DWARF})"));
        assert_eq!(broken(&named, None, Profile::Dev), ["metadata", "build-id"]);
        assert_eq!(broken(&named, None, Profile::Release), ["no-debug-info", "no-names", "metadata", "build-id"]);
        assert_eq!(broken(&named, None, Profile::Freestanding), ["nothing-else"]);
    }

    #[test]
    fn the_linkers_padding_is_found() {
        // A call of function 0 in five bytes, as a linker leaves it.
        let padded = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x0a\x01\x08\0\x10\x80\x80\x80\x80\0\x0b";
        let lines = check(padded, None, Profile::Release);
        let line = lines.iter().find(|line| line.rule == "optimised").expect("a line");
        assert_eq!((line.holds, line.offset), (false, Some(23)));
    }

    #[test]
    fn the_page_lists_each_line() {
        let page = include_str!("../../../docs/profiles.md");
        let rows = page.lines().filter_map(|row| row.strip_prefix("| `")?.split_once("` | "));
        let listed = |column: usize| {
            let has = move |cells: &str| cells.split('|').nth(column).is_some_and(|cell| cell.contains('✓'));
            rows.clone().filter(move |(_, cells)| has(cells)).map(|(rule, _)| rule)
        };
        for (column, profile) in [Profile::Dev, Profile::Release, Profile::Freestanding].into_iter().enumerate() {
            let (mut page, mut code): (Vec<_>, Vec<_>) = (listed(column).collect(), rules(profile).collect());
            page.sort_unstable();
            code.sort_unstable();
            assert_eq!(page, code, "{profile}");
        }
    }

    #[test]
    fn what_is_no_module_is_not_valid() {
        for bytes in [&b""[..], b"<html>", b"\0asm\x01\0\0\0\x0a\x01\x05"] {
            let lines = check(bytes, None, Profile::Release);
            assert_eq!(lines.iter().map(|line| (line.rule, line.holds)).collect::<Vec<_>>(), [("valid", false)]);
        }
    }

    #[test]
    fn a_stripped_file_needs_the_names_of_its_own_build() {
        let (bytes, named) = built(Profile::Freestanding, CODE);
        let (_, other) = built(Profile::Freestanding, &CODE.replace('7', "8"));
        let unknown = ["no-std", "no-panic-machinery", "no-allocator"];
        assert_eq!(broken(&bytes, None, Profile::Freestanding), unknown);
        assert_eq!(broken(&bytes, Some(&other), Profile::Freestanding), unknown);
        assert!(broken(&bytes, Some(&named), Profile::Freestanding).is_empty());
    }

    proptest! {
        #[test]
        fn lengths_are_those_of_leb128(value in any::<i32>()) {
            let mut bytes = Vec::new();
            wasm_encoder::Encode::encode(&value, &mut bytes);
            prop_assert_eq!(signed_len(value), bytes.len());
            bytes.clear();
            wasm_encoder::Encode::encode(&(value as u32), &mut bytes);
            prop_assert_eq!(unsigned_len(value as u32), bytes.len());
        }

        #[test]
        fn any_bytes_are_checked(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut module = b"\0asm\x01\0\0\0".to_vec();
            module.extend(bytes);
            for profile in Profile::ALL {
                check(&module, Some(&module), profile);
            }
        }
    }
}
