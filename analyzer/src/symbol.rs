//! Function names taken apart: the crate that a function is of, and the generic family that it is an instance of.

use std::borrow::Cow;
use wasm_binary::{Map, Space, demangle, producers};

/// What a name without mangling is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Paths are Rust paths: their first segment is a crate.
    Rust,
    /// Nothing is known.
    Unknown,
}

impl Language {
    /// Rust if the file says so, or if names carry rustc's hashes.
    pub fn of(map: &Map<'_>) -> Language {
        let says_rust = producers(map).iter().any(|p| p.name == "Rust" || p.name == "rustc");
        let mut names = map.modules().iter().flat_map(|m| {
            let functions = m.space(Space::Function).len() as u32;
            (0..functions).filter_map(|f| m.names.get(Space::Function, f)).take(1000)
        });
        if says_rust || names.any(is_rust) { Language::Rust } else { Language::Unknown }
    }
}

/// Whether a raw name can only come from rustc: mangled, or demangled with its hash kept.
fn is_rust(raw: &str) -> bool {
    raw.starts_with("_R") || has_hash(raw)
}

/// `17h` and sixteen hex digits before an `E`, or `::h` and sixteen at the end.
fn has_hash(raw: &str) -> bool {
    let legacy = raw.find("17h").and_then(|at| raw.get(at + 3..at + 20)).map(|rest| rest.strip_suffix('E'));
    let digits = match legacy {
        Some(Some(digits)) => digits,
        _ => match raw.rsplit_once("::h") {
            Some((_, digits)) => digits,
            None => return false,
        },
    };
    digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The crate in which a function is written, as its v0 name says it: of two versions of one crate, which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrateRoot<'a> {
    /// What tells crates of one name apart; of no meaning outside one file.
    pub hash: &'a str,
    /// The crate's name.
    pub name: &'a str,
}

impl<'a> CrateRoot<'a> {
    /// The first crate root of a v0 name's path: that of the implementation, else of the type.
    pub fn of(raw: &'a str) -> Option<CrateRoot<'a>> {
        match raw.strip_prefix("_R") {
            Some(path) => CrateRoot::of_mangled(path),
            None => CrateRoot::of_demangled(raw),
        }
    }

    /// RFC 2603.
    fn of_mangled(path: &'a str) -> Option<CrateRoot<'a>> {
        let root = path.find("Cs")?;
        // Before the root there are only tags, namespaces and impl disambiguators.
        let (hash, rest) = path[root + 2..].split_once('_')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let length: usize = rest[..digits].parse().ok()?;
        // An underscore separates names that begin with a digit or an underscore.
        let name = rest[digits..].strip_prefix('_').unwrap_or(&rest[digits..]).get(..length)?;
        let is_hash = !hash.is_empty() && hash.bytes().all(|b| b.is_ascii_alphanumeric());
        is_hash.then_some(CrateRoot { hash, name })
    }

    /// As wasm-bindgen writes it: `<name[94d68221477a5ee3]::Type>::function`.
    fn of_demangled(name: &'a str) -> Option<CrateRoot<'a>> {
        let (before, after) = name.split_once('[')?;
        let (hash, rest) = after.split_once(']')?;
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let is_hash = hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        (is_hash && rest.starts_with("::")).then_some(CrateRoot { hash, name: before.get(start..)? })
    }
}

/// A function's name.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    /// Demangled, without hash.
    pub name: Cow<'a, str>,
    raw: &'a str,
    /// Whether its segments are Rust's.
    is_rust: bool,
}

impl<'a> Symbol<'a> {
    /// Reads a raw name of a file in which unmangled names are of `language`.
    pub fn parse(raw: &'a str, language: Language) -> Symbol<'a> {
        let is_cpp = raw.starts_with("_Z") && !has_hash(raw);
        Symbol { name: demangle(raw), raw, is_rust: is_rust(raw) || (language == Language::Rust && !is_cpp) }
    }

    /// The crate whose code this is: of the type in `<Type as Trait>::f` and `<Type>::f`, of the trait where the type
    /// is of no crate (`<u8 as core::fmt::Display>::fmt`), of the implementation where it is one of a primitive type
    /// (`<str>::trim`; `core` if the name does not say it). `None` for other languages and for names that are no paths.
    pub fn crate_name(&self) -> Option<&str> {
        if !self.is_rust {
            return None;
        }
        let of_primitive = || is_of_primitive(&self.name).then_some("core");
        first_segment(&self.name, MAX_QUALIFIERS)
            .or_else(|| self.crate_root().map(|root| root.name))
            .or_else(of_primitive)
    }

    /// The crate that a v0 name says it is written in.
    pub fn crate_root(&self) -> Option<CrateRoot<'a>> {
        if self.is_rust { CrateRoot::of(self.raw) } else { None }
    }

    /// The name with generic arguments as `_`; equal for all instances of one generic function.
    pub fn family(&self) -> String {
        without_arguments(&self.name)
    }
}

/// Crates of the standard library.
pub fn is_std(name: &str) -> bool {
    matches!(
        name,
        "core"
            | "alloc"
            | "std"
            | "compiler_builtins"
            | "panic_abort"
            | "panic_unwind"
            | "proc_macro"
            | "std_detect"
            | "test"
            | "unwind"
            | "rustc_std_workspace_core"
            | "rustc_std_workspace_alloc"
            | "__rustc"
    )
}

/// Qualified paths inside each other that are looked into: `<<T as A>::B as C>::f` has two.
const MAX_QUALIFIERS: usize = 16;

fn first_segment(name: &str, levels: usize) -> Option<&str> {
    let name = name.trim_start_matches(['&', '*', ' ', '[', '(']);
    let name = name.strip_prefix("mut ").or_else(|| name.strip_prefix("const ")).unwrap_or(name);
    let name = name.strip_prefix("dyn ").unwrap_or(name);
    if name.starts_with('<') {
        let levels = levels.checked_sub(1)?;
        let close = matching(name)?;
        let inner = &name[1..close];
        let (ty, of_trait) = match split_as(inner) {
            Some((ty, of_trait)) => (ty, Some(of_trait)),
            None => (inner, None),
        };
        // `<impl Trait for Type>`, as legacy names write trait implementations.
        if let Some((of_trait, ty)) = ty.strip_prefix("impl ").and_then(|rest| rest.split_once(" for ")) {
            return first_segment(ty, levels).or_else(|| first_segment(of_trait, levels));
        }
        let ty = ty.strip_prefix("impl ").unwrap_or(ty);
        return first_segment(ty, levels).or_else(|| first_segment(of_trait?, levels));
    }
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let (segment, rest) = name.split_at(end);
    // v0 names may show a disambiguator: `core[8f3a]::fmt`.
    let rest = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(_, rest)| rest),
        None => rest,
    };
    let is_path = rest.starts_with("::") && !segment.is_empty() && !segment.starts_with(|c: char| c.is_numeric());
    is_path.then_some(segment)
}

/// Methods of a primitive type: `<str>::trim`, `<[T]>::sort`, `<*const T>::add`, `<impl u32>::pow`.
fn is_of_primitive(name: &str) -> bool {
    let Some(close) = matching(name).filter(|_| name.starts_with('<')) else { return false };
    let ty = name[1..close].trim_start_matches("impl ");
    let is_pointer = ty.starts_with(['*', '&', '[', '(']) || ty.starts_with("fn(");
    let primitives = [
        "bool", "char", "f16", "f32", "f64", "f128", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
        "u32", "u64", "u128", "usize", "!",
    ];
    name[close + 1..].starts_with("::") && (is_pointer || primitives.contains(&ty))
}

/// Where the `<` at the start is closed.
fn matching(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = '\0';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// `Type as Trait` at the outer level.
fn split_as(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0i32;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if !text[..at].ends_with('-') => depth -= 1,
            ')' | ']' => depth -= 1,
            ' ' if depth == 0 && text[at..].starts_with(" as ") => return Some((&text[..at], &text[at + 4..])),
            _ => {}
        }
    }
    None
}

/// Replaces what stands between `<` and `>` after a name by `_`; qualified paths keep their form. Linear in the name.
fn without_arguments(name: &str) -> String {
    let closed_at = closing_brackets(name);
    let mut family = String::with_capacity(name.len());
    let mut at = 0;
    for (open, _) in name.match_indices('<') {
        // `operator<` and the like are not closed: nothing to replace.
        let Some(close) = closed_at[open].filter(|_| open >= at) else { continue };
        if is_arguments(name, open) {
            family.push_str(&name[at..open]);
            family.push_str("<_>");
            at = close + 1;
        }
    }
    family.push_str(&name[at..]);
    family
}

/// For the offset of each `<`, where it is closed.
fn closing_brackets(name: &str) -> Vec<Option<usize>> {
    let mut closed_at = vec![None; name.len()];
    let (mut open, mut before) = (Vec::new(), b'\0');
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' => open.push(at),
            b'>' if before != b'-' => {
                if let Some(open) = open.pop() {
                    closed_at[open] = Some(at);
                }
            }
            _ => {}
        }
        before = byte;
    }
    closed_at
}

/// Generic arguments follow a name or a turbofish; `<Type as Trait>` and `<impl Trait for Type>` do not.
fn is_arguments(name: &str, open: usize) -> bool {
    let before = &name[..open];
    let follows_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let is_turbofish = before.ends_with("::") && !name[open + 1..].starts_with("impl ");
    (follows_name && !before.ends_with("operator")) || is_turbofish
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn crate_of(name: &str) -> Option<String> {
        Symbol::parse(name, Language::Rust).crate_name().map(str::to_string)
    }

    #[test]
    fn the_crate_is_that_of_the_type_else_of_the_trait() {
        let cases = [
            ("core::fmt::write", Some("core")),
            ("<alloc::vec::Vec<my::T> as core::clone::Clone>::clone", Some("alloc")),
            ("<u8 as core::fmt::Display>::fmt", Some("core")),
            ("<&T as my::Shape>::area", Some("my")),
            ("<&mut serde_json::Value>::take", Some("serde_json")),
            ("core::fmt::num::<impl core::fmt::Display for u8>::fmt", Some("core")),
            ("<impl app::Draw for gfx::Circle>::draw", Some("gfx")),
            ("<fn() -> u8 as my::Call>::call", Some("my")),
            ("<str>::trim", Some("core")),
            ("<[T]>::sort", Some("core")),
            ("<*const u8>::add", Some("core")),
            ("<impl u32>::pow", Some("core")),
            ("<impl alloc::string::String>::push", Some("alloc")),
            ("_RNvMNtCs1_5alloc5slicehSaNtB2_6to_vec", Some("alloc")),
            ("<T>::of_no_known_type", None),
            ("core[8f3a]::fmt::write", Some("core")),
            ("_ZN3app4main17h0123456789abcdefE", Some("app")),
            ("app::run::{{closure}}::h0123456789abcdef", Some("app")),
            ("memcpy", None),
            ("__wasm_call_ctors", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(crate_of(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_v0_name_begins_with_the_crate_that_it_is_written_in() {
        let root = |raw| CrateRoot::of(raw).map(|root| (root.hash, root.name));
        assert_eq!(root("_RNvCs1234_7mycrate3foo"), Some(("1234", "mycrate")));
        assert_eq!(root("_RNvMNtCsabcDEF_5other1aNtB2_1T3new"), Some(("abcDEF", "other")));
        assert_eq!(root("_RINvNtCs1_4core3ptr13drop_in_placeNtCs2_3app1TE"), Some(("1", "core")));
        assert_eq!(root("_ZN4core3fmt5write17h0123456789abcdefE"), None);
        assert_eq!(root("_RNvCs1234_99mycrate"), None);
        assert_eq!(
            root("<ruma_events[94d68221477a5ee3]::Relation<_> as core[ed718c3d60ebd546]::clone::Clone>::clone"),
            Some(("94d68221477a5ee3", "ruma_events"))
        );
        assert_eq!(root("app::at::<[u8]>"), None);
    }

    #[test]
    fn cpp_names_have_no_crate() {
        assert_eq!(crate_of("_ZNSt6vectorIiE9push_backEi"), None);
    }

    #[test]
    fn instances_share_a_family() {
        let family = |name: &str| Symbol::parse(name, Language::Rust).family();
        assert_eq!(family("<alloc::vec::Vec<u8>>::push"), "<alloc::vec::Vec<_>>::push");
        assert_eq!(family("alloc::vec::Vec<T,A>::push"), "alloc::vec::Vec<_>::push");
        assert_eq!(family("app::max::<u32, fn() -> u8>"), "app::max::<_>");
        assert_eq!(family("<app::A<u8> as core::fmt::Debug>::fmt"), "<app::A<_> as core::fmt::Debug>::fmt");
        assert_eq!(family("core::ptr::drop_in_place<alloc::string::String>"), "core::ptr::drop_in_place<_>");
        assert_eq!(family("std::vector<int>::push_back(int const&)"), "std::vector<_>::push_back(int const&)");
        assert_eq!(family("operator<(int, int)"), "operator<(int, int)");
        assert_eq!(family("core::fmt::num::<impl X for u8>::fmt"), "core::fmt::num::<impl X for u8>::fmt");
        assert_eq!(family("a<b<c"), "a<b<c");
        assert_eq!(family("<<app::A<u8> as app::B>::C<u8>>::f"), "<<app::A<_> as app::B>::C<_>>::f");
    }

    /// A name section is hostile input: no recursion as deep as a name is long, no work but linear.
    #[test]
    fn hostile_names_are_read_in_time() {
        let deep = format!("{}{}", "<".repeat(45_000), ">".repeat(45_000));
        let names =
            [deep.as_str(), &"<".repeat(90_000), &"a<".repeat(45_000), &"a::".repeat(30_000), &"<a as ".repeat(9000)];
        for name in names {
            let start = std::time::Instant::now();
            for _ in 0..100 {
                let symbol = Symbol::parse(name, Language::Rust);
                symbol.crate_name();
                symbol.family();
            }
            assert!(start.elapsed().as_secs() < 5, "{}…", &name[..20]);
        }
    }
}
