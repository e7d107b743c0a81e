//! Sources: where they were compiled, and where they are here.

use std::collections::BTreeMap;
use std::path::Path;

use dap_types::{Source, SourceArguments, SourcePresentationHint, SourceResponse};

use super::Refusal;

/// Paths as they were compiled and as they are here, and the numbers by which a
/// client knows the sources that are not here.
#[derive(Default)]
pub(super) struct Paths {
    map: BTreeMap<String, String>,
    missing: Vec<String>,
}

impl Paths {
    pub(super) fn set_map(&mut self, map: &BTreeMap<String, String>) {
        self.map = map.clone();
    }

    /// A compiled path as it is here.
    fn here(&self, compiled: &str) -> String {
        // The longest beginning is the one that is meant.
        let found = self.map.iter().rev().find_map(|(from, to)| Some((to, rest_of(compiled, from)?)));
        found.map_or_else(|| compiled.to_string(), |(to, rest)| joined(to, rest))
    }

    /// A path that the client names, as it was compiled.
    pub(super) fn compiled(&self, here: &str) -> String {
        let found = self.map.iter().find_map(|(from, to)| Some((from, rest_of(here, to)?)));
        found.map_or_else(|| here.to_string(), |(from, rest)| joined(from, rest))
    }

    /// A source for the client. One that is not on this machine has a number:
    /// what the client shows for it is [`text`](Self::text).
    pub(super) fn source(&mut self, compiled: &str) -> Source {
        let here = self.here(compiled);
        let name = Path::new(&here).file_name().map(|name| name.to_string_lossy().into_owned());
        let is_here = Path::new(&here).is_file();
        let reference = (!is_here).then(|| {
            let known = self.missing.iter().position(|path| *path == here);
            let index = known.unwrap_or_else(|| {
                self.missing.push(here.clone());
                self.missing.len() - 1
            });
            index as u64 + 1
        });
        Source {
            name,
            path: Some(here),
            source_reference: reference,
            presentation_hint: reference.map(|_| SourcePresentationHint::Deemphasize),
            origin: reference.map(|_| "not on this machine".to_string()),
            sources: None,
            adapter_data: None,
            checksums: None,
        }
    }

    /// The text of a source.
    pub(super) fn text(&self, wanted: &SourceArguments) -> Result<SourceResponse, Refusal> {
        let reference = wanted.source.as_ref().and_then(|source| source.source_reference);
        let reference = reference.unwrap_or(wanted.source_reference);
        let path = match reference.checked_sub(1) {
            Some(index) => usize::try_from(index).ok().and_then(|index| self.missing.get(index)).cloned(),
            None => wanted.source.as_ref().and_then(|source| source.path.clone()),
        };
        let path = path.ok_or("there is no such source")?;
        match std::fs::read(&path) {
            Ok(bytes) => Ok(SourceResponse { content: String::from_utf8_lossy(&bytes).into_owned(), mime_type: None }),
            Err(error) => Err(Refusal(format!(
                "{path} is not on this machine ({error}). If it is elsewhere, say so in the launch configuration: \
                 \"sourceMap\": {{\"beginning as compiled\": \"beginning here\"}}"
            ))),
        }
    }
}

/// What follows a beginning of a path that ends where a part does.
fn rest_of<'p>(path: &'p str, beginning: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(beginning.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn joined(beginning: &str, rest: &str) -> String {
    format!("{}{rest}", beginning.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::Paths;

    #[test]
    fn paths_are_mapped_by_whole_parts() {
        let map = [("/build/a", "/home/a"), ("/build", "/else")];
        let mut paths = Paths::default();
        paths.set_map(&map.map(|(from, to)| (from.to_string(), to.to_string())).into());
        assert_eq!(paths.here("/build/a/main.rs"), "/home/a/main.rs");
        assert_eq!(paths.here("/build/ab/main.rs"), "/else/ab/main.rs");
        assert_eq!(paths.here("/builder/main.rs"), "/builder/main.rs");
        assert_eq!(paths.compiled("/home/a/main.rs"), "/build/a/main.rs");
    }
}
