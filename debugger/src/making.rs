//! What a module says of its making: the sections by which compilers and tools
//! leave their names.

use wasmparser::{KnownCustom, Parser, Payload};

/// What a module says of its making.
#[derive(Default)]
pub struct Making<'m> {
    /// Whether it has a name section.
    pub has_names: bool,
    /// Tools and languages, with their versions.
    pub producers: Vec<(&'m str, &'m str)>,
    /// The section of `cargo wasm`.
    pub cargo_wasm: Option<&'m [u8]>,
}

impl<'m> Making<'m> {
    /// Reads a module's custom sections; what cannot be read is left out.
    pub fn read(module: &'m [u8]) -> Making<'m> {
        let mut making = Making::default();
        for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else { continue };
            match section.as_known() {
                KnownCustom::Name(_) => making.has_names = true,
                KnownCustom::Producers(fields) => {
                    let fields = fields.into_iter().flatten();
                    let values = fields.flat_map(|field| field.values.into_iter().flatten());
                    making.producers = values.map(|value| (value.name, value.version)).collect();
                }
                _ if section.name() == "wasmrust" => making.cargo_wasm = Some(section.data()),
                _ => {}
            }
        }
        making
    }

    /// A tool with its version, if it had a part in the file.
    pub fn tool(&self, name: &str) -> Option<String> {
        let (name, version) = self.producers.iter().find(|(tool, _)| *tool == name)?;
        let version = version.split(' ').next().unwrap_or_default();
        Some(format!("{name} {version}").trim_end().to_string())
    }

    /// Whether rustc had a part in it.
    pub fn is_rust(&self) -> bool {
        self.tool("rustc").is_some()
    }

    /// Whether C++ is among its languages (as `C_plus_plus_14`).
    pub fn is_cpp(&self) -> bool {
        self.producers.iter().any(|(language, _)| language.starts_with("C_plus_plus"))
    }
}
