//! What goes to the terminal: text or JSON to standard output, warnings and errors to standard error.

use super::When;
use anyhow::Context;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::Path;
use wasm_analyzer::text::Style;

/// Where and how to write.
pub(crate) struct Output {
    /// How text is drawn.
    pub(crate) style: Style,
    /// Whether the user asked for JSON.
    pub(crate) json: bool,
    color_errors: bool,
}

/// Columns of text that goes to a file or a pipe.
const WIDTH: usize = 160;

impl Output {
    /// `width` is what the user asks for, 0 for no limit.
    pub(crate) fn new(color: When, width: Option<usize>, json: bool) -> Output {
        let wants = |is_terminal: bool| match color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        let is_terminal = std::io::stdout().is_terminal();
        let terminal = is_terminal.then(terminal_size::terminal_size).flatten();
        let width = width.unwrap_or_else(|| terminal.map_or(WIDTH, |(width, _)| usize::from(width.0)));
        Output {
            style: Style { width: (width > 0).then_some(width), color: wants(is_terminal) },
            json,
            color_errors: wants(std::io::stderr().is_terminal()),
        }
    }

    /// Writes text as it is.
    pub(crate) fn text(&self, text: &str) -> anyhow::Result<()> {
        write_all(text.as_bytes())
    }

    /// Writes a value as JSON.
    pub(crate) fn value(&self, value: &impl Serialize) -> anyhow::Result<()> {
        let mut json = serde_json::to_vec_pretty(value)?;
        json.push(b'\n');
        write_all(&json)
    }

    /// Shows on a terminal that something takes its time, until the result is dropped.
    pub(crate) fn progress(&self, message: &str) -> Progress {
        let bar = indicatif::ProgressBar::new_spinner();
        bar.set_message(message.to_string());
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Progress(bar)
    }

    pub(crate) fn note(&self, message: &str) {
        self.say("36", "note", message);
    }

    pub(crate) fn warning(&self, message: &str) {
        self.say("33", "warning", message);
    }

    pub(crate) fn error(&self, error: &anyhow::Error) {
        // The whole chain on one line: `app.wasm: offset 0: not a WebAssembly binary`.
        self.say("31", "error", &format!("{error:#}"));
    }

    fn say(&self, color: &str, word: &str, message: &str) {
        if self.color_errors {
            eprintln!("\x1b[{color}m{word}\x1b[0m: {message}");
        } else {
            eprintln!("{word}: {message}");
        }
    }
}

/// See [`Output::progress`].
pub(crate) struct Progress(indicatif::ProgressBar);

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no error.
fn write_all(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Writes a file in whole or not at all: a reader never sees half of it. What is there and no plain file (a device, a
/// pipe, a link) is written to, not replaced.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, bytes).with_context(|| path.display().to_string());
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Nothing of a failed write stays behind; if this fails too, the first error says more.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| path.display().to_string())
}
