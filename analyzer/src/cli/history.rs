//! `wasm-size history`.

use super::input::{Bytes, Input};
use super::output::{Output, write_file};
use super::report::size_of;
use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use std::path::{Path, PathBuf};
use wasm_analyzer::chart::Chart;
use wasm_analyzer::crates::crates;
use wasm_analyzer::history::{Build, History, Part, append};
use wasm_analyzer::report::{Compressed, Report};
use wasm_analyzer::top::{Metric, Top};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};

/// Builds that a chart shows.
pub(crate) const SHOWN: usize = 50;
/// Items that a record keeps.
const ITEMS: usize = 20;

/// The sizes of earlier builds
#[derive(clap::Args)]
#[command(after_help = "The file is JSON lines, one build each: keep it in a branch or an artefact of your CI.

Examples:
  wasm-size history add app.wasm --history sizes.jsonl --commit \"$GITHUB_SHA\"
  wasm-size history show app.wasm --history sizes.jsonl
  wasm-size history show app.wasm --history sizes.jsonl --png sizes.png")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Append a build; one of the same commit is replaced
    #[command(after_help = "Examples:
  wasm-size history add app.wasm --history sizes.jsonl --commit \"$GITHUB_SHA\"
  wasm-size history add app.wasm --label v1.2 --keep 200")]
    Add(AddArgs),
    /// Show the size over time
    #[command(after_help = "Examples:
  wasm-size history show app.wasm --history sizes.jsonl
  wasm-size history show app.wasm --svg sizes.svg --png sizes.png")]
    Show(ShowArgs),
}

#[derive(clap::Args)]
struct AddArgs {
    #[command(flatten)]
    input: Input,
    /// History file; made if it is not there
    #[arg(long, value_name = "PATH", default_value = "wasm-size-history.jsonl")]
    history: PathBuf,
    /// Commit of the build [default: GITHUB_SHA or CI_COMMIT_SHA]
    #[arg(long)]
    commit: Option<String>,
    /// What charts call the build: a tag, a version
    #[arg(long)]
    label: Option<String>,
    /// When it was built, best as ISO 8601
    #[arg(long)]
    date: Option<String>,
    /// Keep the last N builds of this file
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
}

#[derive(clap::Args)]
struct ShowArgs {
    /// The binary, or its name
    #[arg(value_name = "FILE")]
    file: String,
    /// History file
    #[arg(long, value_name = "PATH", default_value = "wasm-size-history.jsonl")]
    history: PathBuf,
    /// Write the chart as SVG
    #[arg(long, value_name = "PATH")]
    svg: Option<PathBuf>,
    /// Write the chart as PNG
    #[arg(long, value_name = "PATH")]
    png: Option<PathBuf>,
}

#[derive(Serialize)]
struct Shown<'h> {
    schema: &'static str,
    file: &'h str,
    builds: Vec<&'h Build>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    match &args.command {
        Command::Add(args) => add(args, output),
        Command::Show(args) => show(args, output),
    }
}

fn add(args: &AddArgs, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let analysis = file.analyze(args.input.reading)?;
    let progress = output.progress("compressing");
    let compressed = Compressed::new(&analysis, GzipLevel::default(), BrotliQuality::default())?;
    drop(progress);
    let report = Report::new(&file.name, &analysis, Some(compressed));
    let size = size_of(&report);
    let top = Top::new(&analysis, Metric::Size, &[], |_| true);
    let build = Build {
        commit: args.commit.clone().or_else(|| environment(&["GITHUB_SHA", "CI_COMMIT_SHA"])),
        label: args.label.clone(),
        date: args.date.clone(),
        file: key(&file.name).to_string(),
        bytes: size.bytes,
        gzip: size.gzip,
        brotli: size.brotli,
        build_id: Some(report.build_id),
        crates: crates(&analysis)
            .into_iter()
            .filter(|c| c.is_crate)
            .map(|c| Part { name: c.name, size: c.size })
            .collect(),
        items: top
            .rows
            .iter()
            .take(ITEMS)
            .map(|&(id, size)| Part { name: analysis.map.label(id), size: size as u64 })
            .collect(),
    };
    let before = match std::fs::read(&args.history) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.with_context(|| args.history.display().to_string())?,
    };
    write_file(&args.history, &append(&before, &build, args.keep))?;
    let commit = build.commit.as_deref().map_or(String::new(), |commit| format!(" of commit {commit}"));
    output.note(&format!("{}: added {}{commit}", args.history.display(), build.file));
    Ok(file.finish(&analysis, output))
}

fn show(args: &ShowArgs, output: &Output) -> anyhow::Result<u8> {
    let history = read(&args.history, output)?;
    let builds = history.last(key(&args.file), SHOWN);
    if builds.is_empty() {
        anyhow::bail!(
            "{}: has no build of \"{}\"; `wasm-size history add` makes one",
            args.history.display(),
            key(&args.file)
        );
    }
    let chart = Chart::new(&builds);
    if let Some(path) = &args.svg {
        write_file(path, chart.svg()?.as_bytes())?;
    }
    if let Some(path) = &args.png {
        write_file(path, &chart.png()?)?;
    }
    if output.json {
        output.value(&Shown { schema: "wasm-size-history-show/1", file: key(&args.file), builds })?;
    } else {
        output.text(&chart.text())?;
    }
    Ok(super::OK)
}

/// Reads a history file and warns of lines that cannot be read.
pub(crate) fn read(path: &Path, output: &Output) -> anyhow::Result<History> {
    let history = History::read(&std::fs::read(path).with_context(|| path.display().to_string())?);
    for line in &history.damaged {
        output.warning(&format!("{}: line {}: {}", path.display(), line.line, line.problem));
    }
    Ok(history)
}

/// What a binary is called in a history: its name without the folders.
pub(crate) fn key(file: &str) -> &str {
    Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file)
}

fn environment(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty())
}
