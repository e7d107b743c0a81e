//! What a build says while it runs.

use crate::output::seconds;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// A step of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Cargo and rustc: source to wasm.
    Rustc,
    /// What the linker left to do: wasm-bindgen's rewrite, debug information that nobody asked for.
    PostLink,
    /// A smaller or faster module of the same meaning.
    Optimise,
    /// What the user gets: names and metadata as the profile says.
    Wrap,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Stage; 4] = [Stage::Rustc, Stage::PostLink, Stage::Optimise, Stage::Wrap];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Rustc => "rustc",
            Stage::PostLink => "post-link",
            Stage::Optimise => "optimise",
            Stage::Wrap => "wrap",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Event {
    /// A stage began.
    StageStarted {
        /// The stage.
        stage: Stage,
        /// The output that it works on; `None` for rustc, which makes them all.
        output: Option<String>,
    },
    /// A stage ended well.
    StageFinished {
        /// The stage.
        stage: Stage,
        /// The output that it worked on; `None` for rustc.
        output: Option<String>,
        /// Wall time.
        #[serde(serialize_with = "seconds", rename = "seconds")]
        duration: Duration,
        /// Bytes of the stage's input; 0 for rustc.
        bytes_before: u64,
        /// Bytes of its result.
        bytes_after: u64,
    },
    /// A message of rustc.
    Diagnostic {
        /// As rustc writes it to a terminal, untouched.
        rendered: String,
        /// Cargo's `compiler-message`, untouched: what editors read.
        json: serde_json::Value,
    },
    /// Cargo's or another tool's own words about how far it is: one line.
    Progress {
        /// The line.
        line: String,
    },
    /// Something that works and is probably not meant.
    Warning(Warning),
}

/// Something that works and is probably not meant. [`fmt::Display`] says what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Warning {
    /// A function is imported from `env`: mostly one that was declared and never linked.
    StrayImport {
        /// The output.
        output: String,
        /// The function.
        function: String,
        /// Who calls it first: a function of the crate.
        caller: Option<String>,
        /// Where, as `file:line`.
        place: Option<String>,
    },
    /// The module was built with atomics and its memory is not shared: threads cannot run it.
    AtomicsWithoutSharedMemory {
        /// The output.
        output: String,
    },
    /// A freestanding build that can panic carries what prints panics.
    PanicMachinery {
        /// The output.
        output: String,
        /// Bytes that would go.
        bytes: u64,
        /// The first function of the user's own code that can panic, with its place if that is known.
        caller: Option<String>,
    },
    /// A tool that makes the output better is not there; the stage was passed over.
    MissingTool {
        /// The tool.
        tool: String,
        /// The stage that needs it.
        stage: Stage,
        /// The command that gets it.
        cure: String,
    },
    /// A stage could not do its work on this file and handed it on as it was.
    StageSkipped {
        /// The output.
        output: String,
        /// The stage.
        stage: Stage,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::StrayImport { output, function, caller, place } => {
                write!(f, "{output} imports the function `{function}` from `env`, which no host has")?;
                if let Some(caller) = caller {
                    write!(f, "; `{caller}` calls it")?;
                }
                if let Some(place) = place {
                    write!(f, " at {place}")?;
                }
                f.write_str(
                    ". Define it, remove the crate that declares it, or say where it comes from: \
                     #[link(wasm_import_module = \"…\")]",
                )
            }
            Warning::AtomicsWithoutSharedMemory { output } => write!(
                f,
                "{output} is built with `+atomics`, but its memory is not shared: no second thread can run it. \
                 Build with --threads, or take `+atomics` out of the flags"
            ),
            Warning::PanicMachinery { output, bytes, caller } => {
                write!(f, "{output} carries {bytes} bytes that only panics need")?;
                if let Some(caller) = caller {
                    write!(f, "; the first to panic is {caller}")?;
                }
                f.write_str(
                    ". Use `get`, `checked_…` or `unwrap_unchecked` there, or link a std without it: std = \"silent\" in \
                     [package.metadata.wasm.profile.freestanding]",
                )
            }
            Warning::MissingTool { tool, stage, cure } => {
                write!(f, "{tool} is not there, so the stage `{stage}` was passed over: {cure}")
            }
            Warning::StageSkipped { output, stage, why } => {
                write!(f, "{output}: the stage `{stage}` was passed over: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What editors read.
    #[test]
    fn events_are_json_with_a_reason() {
        let output = Some("app".to_string());
        let finished = Event::StageFinished {
            stage: Stage::PostLink,
            output: output.clone(),
            duration: Duration::from_millis(1500),
            bytes_before: 10,
            bytes_after: 9,
        };
        let warning = Warning::AtomicsWithoutSharedMemory { output: "app".into() };
        let json = [
            (
                Event::StageStarted { stage: Stage::Rustc, output: None },
                r#"{"reason":"stage-started","stage":"rustc","output":null}"#,
            ),
            (
                finished,
                r#"{"reason":"stage-finished","stage":"post-link","output":"app","seconds":1.5,"bytes_before":10,"bytes_after":9}"#,
            ),
            (Event::Progress { line: "Compiling".into() }, r#"{"reason":"progress","line":"Compiling"}"#),
            (Event::Warning(warning), r#"{"reason":"warning","kind":"atomics-without-shared-memory","output":"app"}"#),
        ];
        for (event, expected) in json {
            assert_eq!(serde_json::to_string(&event).expect("it has no keys that are no strings"), expected);
        }
    }

    #[test]
    fn warnings_say_what_to_do() {
        let output = || "app".to_string();
        for (warning, cure) in [
            (
                Warning::StrayImport {
                    output: output(),
                    function: "lost".into(),
                    caller: Some("app::run".into()),
                    place: Some("src/lib.rs:7".into()),
                },
                "#[link(wasm_import_module = \"…\")]",
            ),
            (Warning::AtomicsWithoutSharedMemory { output: output() }, "--threads"),
            (Warning::PanicMachinery { output: output(), bytes: 9, caller: None }, "`get`"),
            (
                Warning::MissingTool {
                    tool: "wasm-opt".into(),
                    stage: Stage::Optimise,
                    cure: "cargo wasm setup binaryen".into(),
                },
                "cargo wasm setup binaryen",
            ),
        ] {
            assert!(warning.to_string().contains(cure), "{warning}");
        }
    }
}
