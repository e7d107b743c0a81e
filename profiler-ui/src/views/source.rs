//! The text of a source file: given by the user, or read from where the compiler found it.

use std::sync::Arc;

use crate::jobs::{Job, Poll};

/// Larger files are no source.
#[cfg(not(target_arch = "wasm32"))]
const MAX_SOURCE_BYTES: u64 = 16 << 20;

/// A path's last part.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A text in lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    text: Arc<str>,
    /// Where each line begins.
    starts: Vec<u32>,
}

impl Lines {
    pub(crate) fn new(text: Arc<str>) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        let mut starts: Vec<u32> = std::iter::once(0).chain(ends).collect();
        if starts.len() > 1 && starts.last() == Some(&(text.len() as u32)) {
            starts.pop();
        }
        Lines { text, starts }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// A line, from 1.
    pub(crate) fn line(&self, line: u32) -> Option<&str> {
        let at = line.checked_sub(1)? as usize;
        let start = *self.starts.get(at)? as usize;
        let end = self.starts.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

/// A source file on its way.
#[derive(Default)]
pub(crate) enum Source {
    /// Nobody has it.
    #[default]
    Missing,
    #[cfg_attr(target_arch = "wasm32", allow(dead_code))]
    Reading(Job<Option<Lines>>),
    Read(Arc<Lines>),
}

impl Source {
    /// Looks for a file: on the desktop where the compiler found it, or where a mapping of folders says.
    pub(crate) fn find(ctx: &egui::Context, label: &str, path: &str, mappings: &[(String, String)]) -> Source {
        #[cfg(not(target_arch = "wasm32"))]
        {
            let path = mapped(path, mappings);
            Source::Reading(Job::start(ctx, label, move |_| read(std::path::Path::new(&path))))
        }
        #[cfg(target_arch = "wasm32")]
        {
            // A page has no files but those that it is given.
            let _ = (ctx, label, path, mappings);
            Source::Missing
        }
    }

    /// One step on.
    pub(crate) fn poll(&mut self) {
        if let Source::Reading(job) = self {
            match job.poll() {
                Poll::Running => {}
                Poll::Done(Some(lines)) => *self = Source::Read(Arc::new(lines)),
                Poll::Done(None) | Poll::Gone => *self = Source::Missing,
            }
        }
    }
}

/// Reads a text; a module may name any path, so that only files of a usual size count.
#[cfg(not(target_arch = "wasm32"))]
fn read(path: &std::path::Path) -> Option<Lines> {
    let known = std::fs::metadata(path).ok()?;
    if !known.is_file() || known.len() > MAX_SOURCE_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    Some(Lines::new(text.into()))
}

/// Where a file lies here: the mapping with the longest folder counts.
#[cfg_attr(target_arch = "wasm32", allow(dead_code))]
fn mapped(path: &str, mappings: &[(String, String)]) -> String {
    let rest_of = |from: &str| {
        let rest = path.strip_prefix(from)?;
        (rest.is_empty() || rest.starts_with(['/', '\\']) || from.ends_with(['/', '\\'])).then_some(rest)
    };
    let fitting = mappings.iter().filter_map(|(from, to)| Some((from.len(), rest_of(from)?, to)));
    match fitting.max_by_key(|(length, ..)| *length) {
        Some((_, rest, to)) => {
            format!("{}/{}", to.trim_end_matches('/'), rest.trim_start_matches(['/', '\\']).replace('\\', "/"))
        }
        None => path.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_whatever_ends_them() {
        let lines = Lines::new("a\r\nb\n\nd".into());
        let all: Vec<_> = (0..6).map(|line| lines.line(line)).collect();
        assert_eq!(all, [None, Some("a"), Some("b"), Some(""), Some("d"), None]);
        assert_eq!(Lines::new("a\n".into()).len(), 1);
        assert_eq!(Lines::new("".into()).line(1), Some(""));
    }

    #[test]
    fn the_longest_folder_counts() {
        let pair = |from: &str, to: &str| (from.to_string(), to.to_string());
        let mappings = [pair("/rustc/5980", "/usr/src"), pair("/rustc/5980/library", "/lib/")];
        assert_eq!(mapped("/rustc/5980/library/core/src/a.rs", &mappings), "/lib/core/src/a.rs");
        assert_eq!(mapped("/rustc/5980/compiler/a.rs", &mappings), "/usr/src/compiler/a.rs");
        assert_eq!(mapped("/rustc/5980x/a.rs", &mappings), "/rustc/5980x/a.rs");
    }
}
