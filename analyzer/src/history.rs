//! The history file: the size of a binary, build by build.
//!
//! One JSON object a line, the newest last, so that a build is added by appending and two
//! branches merge by keeping both sides' lines:
//!
//! ```json
//! {"schema":"wasm-size-history/1","commit":"5f2c…","date":"2026-04-14","file":"app.wasm","bytes":49454737,"gzip":11615392,"brotli":8298661}
//! ```
//!
//! Commit, label and date are what the caller says: nothing here reads a clock. A file may hold
//! the history of several binaries, told apart by `file`. Lines that can not be read are
//! reported and left where they are.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The format that is written, and the only one that is read.
const SCHEMA: &str = "wasm-size-history/1";

/// One build of one binary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The commit that was built, as its full hash. A newer record of the same commit and file
    /// replaces the older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What the build is called in charts, if not by its commit: a tag, a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// When it was built or committed, in the caller's words; ISO 8601 sorts and reads best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The binary's name, without the path to it.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Size in bytes after gzip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gzip: Option<u64>,
    /// Size in bytes after brotli.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brotli: Option<u64>,
    /// The build identity, by which debug files and profiles find the binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// Bytes by crate, the biggest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crates: Vec<Part>,
    /// The biggest items, the biggest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Part>,
}

/// A named part of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Name of the crate or item.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A line as it is in the file.
#[derive(Serialize, Deserialize)]
struct Line<B> {
    schema: String,
    #[serde(flatten)]
    build: B,
}

impl Build {
    /// The build's line in the file, without the line feed.
    fn line(&self) -> String {
        let line = Line { schema: SCHEMA.to_owned(), build: self };
        // Strings and integers always have a JSON form.
        serde_json::to_string(&line).unwrap_or_default()
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.file == other.file && self.commit.is_some() && self.commit == other.commit
    }
}

/// What a history file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The builds that can be read, the oldest first.
    pub builds: Vec<Build>,
    /// The lines that can not.
    pub damaged: Vec<DamagedLine>,
}

/// A line of a history file that is not a build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the history is {problem}")]
pub struct DamagedLine {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it and what to do.
    pub problem: LineProblem,
}

/// What is wrong with a line of a history file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// A later format.
    #[error("in the format \"{0}\", this wasm-size reads \"{SCHEMA}\": use a newer wasm-size")]
    Schema(String),
    /// What git leaves when two branches both added builds.
    #[error("a git conflict marker: delete it and keep the builds of both sides")]
    Conflict,
    /// Anything else.
    #[error("not a build ({0}): delete it, or take it from an earlier version of the file")]
    Syntax(String),
}

impl History {
    /// Reads a history file. Empty lines are skipped.
    pub fn read(file: &[u8]) -> Self {
        let mut history = Self::default();
        for (index, line) in lines(file).enumerate() {
            match parse(line) {
                None => {}
                Some(Ok(build)) => history.builds.push(build),
                Some(Err(problem)) => history.damaged.push(DamagedLine { line: index + 1, problem }),
            }
        }
        history
    }

    /// The last `count` builds of one binary, the oldest first.
    pub fn last(&self, file: &str, count: usize) -> Vec<&Build> {
        let newest_first = self.builds.iter().rev().filter(|build| build.file == file);
        let mut builds: Vec<_> = newest_first.take(count).collect();
        builds.reverse();
        builds
    }
}

/// The history file `file` with `build` at its end.
///
/// An older record of the same commit and binary goes, so that a repeated CI job counts once.
/// Of each binary the last `keep` builds are kept. Damaged lines stay.
pub fn append(file: &[u8], build: &Build, keep: Option<usize>) -> Vec<u8> {
    let keep = keep.unwrap_or(usize::MAX).max(1);
    let mut counts = HashMap::from([(build.file.clone(), 1)]);
    let mut kept = Vec::new();
    for line in lines(file).collect::<Vec<_>>().into_iter().rev() {
        match parse(line) {
            None => {}
            Some(Err(_)) => kept.push(line),
            Some(Ok(old)) if old.is_same_as(build) => {}
            Some(Ok(old)) => {
                let count = counts.entry(old.file).or_insert(0);
                if *count < keep {
                    *count += 1;
                    kept.push(line);
                }
            }
        }
    }
    let line = build.line();
    let lines = kept.into_iter().rev().chain([line.as_bytes()]);
    lines.flat_map(|line| [line, b"\n"]).flatten().copied().collect()
}

/// The lines of `file`, without line ends and a byte order mark.
fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    file.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii)
}

/// The build in a line, or nothing if the line is empty.
fn parse(line: &[u8]) -> Option<Result<Build, LineProblem>> {
    if line.is_empty() {
        return None;
    }
    let markers: [&[u8]; 4] = [b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||"];
    if markers.iter().any(|marker| line.starts_with(marker)) {
        return Some(Err(LineProblem::Conflict));
    }
    /// The schema alone, so that a later format is told from a damaged line.
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let syntax = |error: serde_json::Error| LineProblem::Syntax(error.to_string());
    let build = || {
        let Schema { schema } = serde_json::from_slice(line).map_err(syntax)?;
        if schema != SCHEMA {
            return Err(LineProblem::Schema(schema.chars().take(40).collect()));
        }
        serde_json::from_slice::<Line<Build>>(line).map(|line| line.build).map_err(syntax)
    };
    Some(build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn build(commit: &str, file: &str, bytes: u64) -> Build {
        Build { commit: Some(commit.into()), file: file.into(), bytes, ..Build::default() }
    }

    #[test]
    fn a_line_is_what_the_documentation_says() {
        let full = Build {
            commit: Some("5f2c".into()),
            label: Some("v1.2".into()),
            date: Some("2026-04-14".into()),
            file: "app.wasm".into(),
            bytes: 100,
            gzip: Some(50),
            brotli: Some(40),
            build_id: Some("ab12".into()),
            crates: vec![Part { name: "core".into(), size: 30 }],
            items: vec![Part { name: "core::fmt::write\n".into(), size: 20 }],
        };
        let text = append(b"", &full, None);
        assert_eq!(
            String::from_utf8(text.clone()).unwrap(),
            concat!(
                r#"{"schema":"wasm-size-history/1","commit":"5f2c","label":"v1.2","date":"2026-04-14","#,
                r#""file":"app.wasm","bytes":100,"gzip":50,"brotli":40,"build_id":"ab12","#,
                r#""crates":[{"name":"core","size":30}],"items":[{"name":"core::fmt::write\n","size":20}]}"#,
                "\n"
            )
        );
        assert_eq!(History::read(&text), History { builds: vec![full], damaged: vec![] });
    }

    #[test]
    fn a_repeated_commit_counts_once_and_old_builds_go() {
        let mut text = Vec::new();
        for (commit, file, bytes) in [("1", "a", 1), ("1", "b", 2), ("2", "a", 3), ("2", "a", 4), ("3", "a", 5)] {
            text = append(&text, &build(commit, file, bytes), Some(2));
        }
        let history = History::read(&text);
        let sizes: Vec<_> = history.builds.iter().map(|build| build.bytes).collect();
        assert_eq!(sizes, [2, 4, 5]);
        assert_eq!(history.last("a", 1), [&build("3", "a", 5)]);
        assert_eq!(history.last("a", 9).len(), 2);
    }

    #[test]
    fn damaged_lines_are_named_and_kept() {
        let mut text = append(b"", &build("1", "a", 1), None);
        text.extend(b"<<<<<<< HEAD\n\r\n{\"schema\":\"wasm-size-history/9\"}\n{\"schema\":\"wasm-size-history/1\",\"fi\n\xFF\xFE");
        let text = append(&text, &build("2", "a", 2), Some(1));
        let history = History::read(&text);
        assert_eq!(history.builds, [build("2", "a", 2)]);
        let messages: Vec<_> = history.damaged.iter().map(DamagedLine::to_string).collect();
        assert_eq!(messages.len(), 4, "{messages:?}");
        assert_eq!(
            messages[0],
            "line 1 of the history is a git conflict marker: delete it and keep the builds of both sides"
        );
        assert!(messages[1].contains("line 2") && messages[1].contains("newer wasm-size"));
        assert!(messages[2].starts_with("line 3 of the history is not a build (EOF while parsing"));
        assert!(messages[3].contains("line 4") && messages[3].contains("delete it"));
    }

    #[test]
    fn the_last_line_may_lack_its_end() {
        let first = append(b"", &build("1", "a", 1), None);
        let text = append(first.trim_ascii_end(), &build("2", "a", 2), None);
        assert_eq!(History::read(&text).builds.len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_appended_is_read(file in ".*", commit in ".*", bytes: u64, noise in prop::collection::vec(any::<u8>(), 0..200)) {
            let build = build(&commit, &file, bytes);
            let text = append(&noise, &build, None);
            let history = History::read(&text);
            prop_assert_eq!(history.builds.last(), Some(&build));
            prop_assert_eq!(append(&text, &build, None), text);
        }
    }
}
