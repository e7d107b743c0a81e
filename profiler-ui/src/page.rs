//! The page that a panel of the browser's developer tools inspects: what was found in it, and what can be asked of the
//! bridge to it. `devtools-extension/src/contract.ts` is the same in TypeScript.
//!
//! All of it is what the page says, and a page may be hostile: lists are bounded, and texts are cut and their control
//! characters written out before anything is shown.

use serde::{Deserialize, Deserializer, Serialize};

use crate::strings::{Text, Wording};

/// The version of the contract, in [`Page::version`].
pub const CONTRACT_VERSION: u32 = 1;

/// A longer inventory is not read, in bytes.
const MAX_JSON_BYTES: usize = 64 << 20;
/// More entries of one list are not read.
const MAX_ENTRIES: usize = 5000;
/// Letters of a text that are shown.
const MAX_LETTERS: usize = 2000;

/// A frame, module, instance, memory or table in one load of the page.
pub type Id = u64;

/// What was found in a page.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Page {
    /// [`CONTRACT_VERSION`].
    pub version: u32,
    /// Address of the top frame.
    #[serde(deserialize_with = "text")]
    pub url: String,
    /// Counts loads of the page: with another number all ids mean something else.
    pub load: u64,
    /// How the page's wasm was found.
    pub hook: Hook,
    /// Whether calls across the boundary are counted.
    pub counts_calls: bool,
    /// The permission by which each page is hooked from its start.
    pub always_on: AlwaysOn,
    /// What the link shows.
    pub attached: Option<Attached>,
    /// The frames.
    #[serde(deserialize_with = "list")]
    pub frames: Vec<PageFrame>,
    /// The modules.
    #[serde(deserialize_with = "list")]
    pub modules: Vec<Module>,
    /// The instances.
    #[serde(deserialize_with = "list")]
    pub instances: Vec<Instance>,
    /// The memories.
    #[serde(deserialize_with = "list")]
    pub memories: Vec<Memory>,
    /// The tables.
    #[serde(deserialize_with = "list")]
    pub tables: Vec<Table>,
    /// Calls between JavaScript and wasm.
    #[serde(deserialize_with = "list")]
    pub calls: Vec<Calls>,
    /// What there is, or may be, and can't be seen.
    #[serde(deserialize_with = "list")]
    pub unseen: Vec<Unseen>,
    /// Places that are looked at each time.
    #[serde(deserialize_with = "list")]
    pub watches: Vec<Watch>,
    /// What the last search found.
    pub search: Option<Search>,
    /// What the open panel cost the page's main thread in the last second, in milliseconds.
    pub cost_ms: f64,
}

/// How a page's wasm was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// Nothing was: no hook runs in it.
    #[default]
    None,
    /// The hook came when the page already ran.
    Late,
    /// The hook was there before the page's first script.
    Start,
    /// The page can't be asked.
    #[serde(other)]
    Unreachable,
}

/// Whether each page is hooked from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlwaysOn {
    /// Yes.
    Granted,
    /// No, but it can be asked for.
    NotGranted,
    /// This browser can't.
    #[default]
    #[serde(other)]
    NotThere,
}

/// What the link shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Attached {
    /// The memory.
    pub memory: Id,
    /// The instance that it is looked at as a part of.
    pub instance: Option<Id>,
    /// Its index there.
    pub memory_index: u32,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PageFrame {
    /// Its id.
    pub id: Id,
    /// The frame around it.
    pub parent: Option<Id>,
    /// Its address.
    #[serde(deserialize_with = "text")]
    pub url: String,
    /// How its wasm was found.
    pub hook: Hook,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Module {
    /// Its id.
    pub id: Id,
    /// Its frame.
    pub frame: Id,
    /// Where its bytes came from.
    #[serde(default, deserialize_with = "optional_text")]
    pub url: Option<String>,
    /// Its own name.
    #[serde(default, deserialize_with = "optional_text")]
    pub name: Option<String>,
    /// Its size, if its bytes are known.
    pub bytes: Option<u64>,
    /// The function of JavaScript that made it.
    #[serde(deserialize_with = "text")]
    pub how: String,
    /// How long that took, in milliseconds.
    pub took_ms: Option<f64>,
    /// Why it could not be compiled or instantiated.
    pub error: Option<ModuleError>,
    /// What it imports.
    #[serde(default, deserialize_with = "list")]
    pub imports: Vec<Extern>,
    /// What it exports.
    #[serde(default, deserialize_with = "list")]
    pub exports: Vec<Extern>,
    /// Its custom sections.
    #[serde(default, deserialize_with = "list")]
    pub custom_sections: Vec<CustomSection>,
    /// Whether its bytes can be loaded.
    pub has_bytes: bool,
}

/// Why a module could not be compiled or instantiated.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ModuleError {
    /// The kind of error, such as `LinkError`.
    #[serde(deserialize_with = "text")]
    pub kind: String,
    /// What the browser says.
    #[serde(deserialize_with = "text")]
    pub message: String,
}

/// An import or export.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Extern {
    /// The module that it is imported from.
    #[serde(default, deserialize_with = "optional_text")]
    pub module: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Function, table, memory, global or tag.
    #[serde(deserialize_with = "text")]
    pub kind: String,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CustomSection {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Instance {
    /// Its id.
    pub id: Id,
    /// Its frame.
    pub frame: Id,
    /// Its module.
    pub module: Id,
    /// Its memories by index, where JavaScript has an object of them.
    #[serde(deserialize_with = "list")]
    pub memories: Vec<Option<Id>>,
    /// Its tables.
    #[serde(deserialize_with = "list")]
    pub tables: Vec<Id>,
    /// Live references of a program that uses the crate `wasm`.
    pub extern_refs: Option<u64>,
}

/// A memory.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Memory {
    /// Its id.
    pub id: Id,
    /// Its frame.
    pub frame: Id,
    /// The export or import that it is.
    #[serde(default, deserialize_with = "optional_text")]
    pub name: Option<String>,
    /// Whether it was exported, imported, created or found.
    #[serde(deserialize_with = "text")]
    pub how: String,
    /// Its size.
    pub bytes: u64,
    /// The size that it may have, if that is known and limited.
    #[serde(deserialize_with = "optional_whole")]
    pub maximum_bytes: Option<u64>,
    /// Shared between threads.
    pub shared: bool,
    /// Addressed by 64 bits.
    pub is_64: bool,
    /// Nothing can be read of it any more.
    pub is_gone: bool,
    /// Its size over time.
    #[serde(deserialize_with = "list")]
    pub growth: Vec<Growth>,
}

/// A size at a time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Growth {
    /// When, in milliseconds since 1970.
    pub at_ms: f64,
    /// The size from then on.
    pub bytes: u64,
    /// Where JavaScript grew it, innermost first.
    #[serde(default, deserialize_with = "texts")]
    pub stack: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Table {
    /// Its id.
    pub id: Id,
    /// The export or import that it is.
    #[serde(default, deserialize_with = "optional_text")]
    pub name: Option<String>,
    /// The type of its entries.
    #[serde(deserialize_with = "text")]
    pub element: String,
    /// Its entries.
    #[serde(deserialize_with = "whole")]
    pub length: u64,
    /// Those that are not null, if they were counted.
    pub used: Option<u64>,
}

/// Calls through one import or export of an instance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Calls {
    /// The instance.
    pub instance: Id,
    /// Who calls whom.
    pub direction: Direction,
    /// The export, or the import with its module.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// How many.
    pub count: u64,
    /// How many ended by an exception.
    pub threw: u64,
    /// Milliseconds with what it called.
    pub total_ms: f64,
    /// Milliseconds without what it called across the boundary.
    pub own_ms: f64,
    /// Milliseconds of the longest.
    pub longest_ms: f64,
    /// Bytes of arguments and results.
    #[serde(deserialize_with = "whole")]
    pub value_bytes: u64,
}

/// Who calls whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// JavaScript calls an export.
    In,
    /// Wasm calls an import.
    Out,
}

/// Something that can't be seen.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Unseen {
    /// The kind of it.
    #[serde(deserialize_with = "text")]
    pub what: String,
    /// What it is about.
    #[serde(deserialize_with = "text")]
    pub subject: String,
    /// Why.
    #[serde(deserialize_with = "text")]
    pub reason: String,
}

/// A place that is looked at each time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Watch {
    /// The memory.
    pub memory: Id,
    /// The first address.
    pub address: u64,
    /// How many bytes.
    pub length: u64,
    /// The bytes now, in hexadecimal.
    #[serde(deserialize_with = "text")]
    pub hex: String,
    /// How often they were seen to change.
    pub changes: u64,
}

/// What a search found so far.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Search {
    /// The memory.
    pub memory: Id,
    /// What is searched for, in hexadecimal.
    pub hex: String,
    /// Where it is.
    #[serde(deserialize_with = "list")]
    pub hits: Vec<u64>,
    /// How far it got.
    pub searched_to: u64,
    /// Whether there is no more to come.
    pub is_done: bool,
}

/// What is asked of the bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum PageCommand {
    /// Show a memory with its program; none: no more.
    Attach {
        /// Which.
        memory: Option<Id>,
    },
    /// Open a module's bytes.
    LoadModule {
        /// Which.
        module: Id,
    },
    /// Reload the page with the hook in it.
    Reload {
        /// Whether to count the calls across the boundary.
        count_calls: bool,
    },
    /// Ask for, or give back, the permission for all pages.
    AlwaysOn {
        /// Ask.
        enabled: bool,
    },
    /// Forget the counts of the calls.
    ClearCalls,
    /// Save a snapshot of what is attached, with its module.
    SaveSnapshot {
        /// What it is to show.
        label: Option<String>,
    },
    /// Open snapshot and module of what is attached in a tab of its own.
    OpenInTab,
    /// Look at bytes each time.
    Watch {
        /// In which memory.
        memory: Id,
        /// The first address.
        address: u64,
        /// How many: at most [`MAX_WATCHED_BYTES`].
        length: u64,
    },
    /// No longer.
    Unwatch {
        /// In which memory.
        memory: Id,
        /// The first address.
        address: u64,
    },
    /// Search all of a memory.
    Search {
        /// Which.
        memory: Id,
        /// 1 to 256 bytes, in hexadecimal.
        hex: String,
        /// The first address.
        from: u64,
    },
    /// No more of that.
    EndSearch,
}

/// More bytes are not watched at one place.
pub const MAX_WATCHED_BYTES: u64 = 64;

impl Page {
    /// Reads an inventory.
    ///
    /// # Errors
    /// If it is not what the contract says; it may be anything.
    pub fn parse(json: &str) -> Result<Page, Wording> {
        if json.len() > MAX_JSON_BYTES {
            let [bytes, most] = [json.len(), MAX_JSON_BYTES].map(|bytes| bytes.to_string());
            return Err(Text::PageTooLong.with("bytes", bytes).with("most", most));
        }
        let unreadable = |error: serde_json::Error| Text::PageUnreadable.with("reason", error.to_string());
        let page: Page = serde_json::from_str(json).map_err(unreadable)?;
        match page.version {
            CONTRACT_VERSION => Ok(page),
            other => Err(Text::PageVersion.with("other", other.to_string()).with("own", CONTRACT_VERSION.to_string())),
        }
    }

    /// A module.
    pub fn module(&self, id: Id) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// The instances of a module.
    pub fn instances_of(&self, module: Id) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| instance.module == module)
    }

    /// The module of the first instance that has a memory.
    pub fn module_of_memory(&self, memory: Id) -> Option<&Module> {
        let has_it = |instance: &&Instance| instance.memories.contains(&Some(memory));
        self.module(self.instances.iter().find(has_it)?.module)
    }

    /// The memory of this index in the program that is attached.
    pub fn attached_memory(&self, index: u32) -> Option<Id> {
        let attached = self.attached?;
        if attached.memory_index == index {
            return Some(attached.memory);
        }
        let instance = self.instances.iter().find(|instance| Some(instance.id) == attached.instance)?;
        instance.memories.get(index as usize).copied()?
    }

    /// What to call a module: the end of its address, its own name, or its number.
    pub fn module_label(&self, module: &Module) -> String {
        let file = module.url.as_deref().and_then(|url| {
            let path = url.split(['?', '#']).next().unwrap_or_default();
            path.rsplit('/').next().filter(|file| !file.is_empty())
        });
        match file.or(module.name.as_deref()) {
            Some(name) => name.to_string(),
            None => format!("module {}", module.id),
        }
    }
}

impl PageCommand {
    /// For the bridge.
    pub fn to_json(&self) -> String {
        // Numbers and texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A text of the page as it may be shown.
fn shown(said: &str) -> String {
    let cut: String = said.chars().take(MAX_LETTERS).collect();
    wasm_binary::escape(&cut).into_owned()
}

/// A whole number that may be larger than JavaScript counts exactly.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(f64::deserialize(from)? as u64)
}

fn optional_whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.map(|number| number as u64))
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(shown(&String::deserialize(from)?))
}

fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|said| shown(&said)))
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let said: Vec<String> = list(from)?;
    Ok(said.iter().map(|said| shown(said)).collect())
}

/// The first entries of a list.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct First<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for First<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
            let mut first = Vec::new();
            while first.len() < MAX_ENTRIES {
                match entries.next_element()? {
                    Some(entry) => first.push(entry),
                    None => return Ok(first),
                }
            }
            while entries.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }
    from.deserialize_seq(First(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn hostile_texts_are_written_out_and_cut() {
        let json = serde_json::json!({
            "version": 1, "url": "https://a.test/\u{202e}gnp.exe", "hook": "start", "always_on": "sometimes",
            "unseen": [{ "what": "worker", "subject": "x".repeat(100_000), "reason": "a\u{0}b", "later": 7 }],
        });
        let page = Page::parse(&json.to_string()).unwrap();
        assert!(!page.url.contains('\u{202e}') && page.url.contains("202e"), "{}", page.url);
        assert_eq!(page.unseen[0].subject.len(), MAX_LETTERS);
        assert!(!page.unseen[0].reason.contains('\0'));
        assert_eq!((page.hook, page.always_on), (Hook::Start, AlwaysOn::NotThere));
    }

    #[test]
    fn long_lists_are_cut_and_wrong_ones_refused() {
        let table = serde_json::json!({ "id": 1, "element": "funcref", "length": 3 });
        let json = serde_json::json!({ "version": 1, "tables": vec![table; MAX_ENTRIES + 7] });
        assert_eq!(Page::parse(&json.to_string()).unwrap().tables.len(), MAX_ENTRIES);
        for wrong in ["", "{}", "[]", r#"{"version":2}"#, r#"{"version":1,"tables":7}"#, r#"{"version":1,"load":-1}"#] {
            assert!(Page::parse(wrong).is_err(), "{wrong}");
        }
        let deep = format!("{{\"version\":1,\"later\":{}", "[".repeat(100_000));
        assert!(Page::parse(&deep).is_err());
    }

    #[test]
    fn commands_are_as_the_contract_says() {
        let said = |command: PageCommand| command.to_json();
        assert_eq!(said(PageCommand::Attach { memory: None }), r#"{"command":"attach","memory":null}"#);
        assert_eq!(said(PageCommand::LoadModule { module: 3 }), r#"{"command":"load-module","module":3}"#);
        assert_eq!(said(PageCommand::Reload { count_calls: true }), r#"{"command":"reload","count_calls":true}"#);
        assert_eq!(said(PageCommand::OpenInTab), r#"{"command":"open-in-tab"}"#);
    }
}
