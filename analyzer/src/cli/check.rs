//! `wasm-size check`.

use super::input::{Bytes, Input};
use super::output::Output;
use super::report::compressed_size;
use anyhow::{Context, bail};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use wasm_analyzer::Analysis;
use wasm_analyzer::budget::{Checked, Config, CulpritBytes, Measured};
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::text::{bytes, shorten, signed};
use wasm_analyzer::transfer::BrotliQuality;

/// What is read where --config does not name a file.
const CONFIG: &str = "wasm-size.toml";

/// Hold a build against its budgets
#[derive(clap::Args)]
#[command(after_help = "wasm-size.toml:
  [budget]
  total = \"2 MB\"
  gzip = \"600 KB\"
  growth = \"1 %\"           # against --base
  [budget.crates]
  serde_json = \"100 KB\"
  std = \"300 KB\"
  [budget.items]           # with all that goes with it
  \"app::render\" = 20000

Exit code 1 if a budget is exceeded. What is not in the file has 0 bytes, and a line says so.

Examples:
  wasm-size check app.wasm
  wasm-size check app.wasm --base main.wasm --config budgets/app.toml")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// The budgets
    #[arg(long, value_name = "PATH", default_value = CONFIG)]
    config: PathBuf,
    /// Compare with this build
    #[arg(long, value_name = "OLD")]
    base: Option<PathBuf>,
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    file: FileSize,
    #[serde(flatten)]
    checked: Checked,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let mut config = read_config(&args.config)?;
    if args.base.is_none() && config.budget.growth.take().is_some() {
        output.note("`growth` is not checked: there is no build to compare with (--base OLD)");
    }
    let file = Bytes::open(&args.input)?;
    let base = args.base.as_ref().map(|path| Bytes::read(path)).transpose()?;
    let analysis = file.analyze(args.input.reading)?;
    let size = match config.budget.needs_compression() {
        true => compressed_size(&file.name, &analysis, BrotliQuality::default())?,
        false => FileSize::new(&file.name, &analysis),
    };
    let old = base.as_ref().map(|base| base.analyze(args.input.reading)).transpose()?;
    let diff = match (&base, &old) {
        (Some(base), Some(old)) => Some(Diff::new(FileSize::new(&base.name, old), old, size.clone(), &analysis)),
        _ => None,
    };
    let checked = check(&config, &args.config, &analysis, &size, diff.as_ref())?;
    let code = if checked.violations.is_empty() { super::OK } else { super::FAILED_CHECK };
    if output.json {
        output.value(&Json { schema: "wasm-size-check/1", file: size, checked })?;
    } else {
        output.text(&text(&file.name, &checked, output)?)?;
    }
    Ok(file.finish(&analysis, output).max(code))
}

/// Reads a configuration, with errors that name the file.
pub(crate) fn read_config(path: &Path) -> anyhow::Result<Config> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{name}: the budgets; `wasm-size check --help` shows what it may say"))?;
    let config = Config::parse(&text).with_context(|| name.clone())?;
    if config.budget.is_empty() {
        bail!("{name}: no budget is set; `wasm-size check --help` shows how");
    }
    Ok(config)
}

/// Holds a file against budgets, with errors that name the configuration.
pub(crate) fn check(
    config: &Config,
    path: &Path,
    analysis: &Analysis<'_>,
    size: &FileSize,
    diff: Option<&Diff>,
) -> anyhow::Result<Checked> {
    let measured = Measured { analysis, gzip: size.gzip, brotli: size.brotli, diff };
    config.budget.check(&measured).with_context(|| path.display().to_string())
}

fn text(file: &str, checked: &Checked, output: &Output) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    if checked.violations.is_empty() {
        writeln!(text, "{file}: {}", output.style.green("within its budgets"))?;
    }
    for violation in &checked.violations {
        let over = bytes(violation.size - violation.limit);
        let what = output.style.red(&format!("{} is over budget by {over} bytes", violation.budget));
        writeln!(text, "{file}: {what}: {} of {}", bytes(violation.size), bytes(violation.limit))?;
        let is_compressed = matches!(violation.budget.as_str(), "gzip" | "brotli");
        let unit = if is_compressed { ", before compression" } else { "" };
        match violation.culprits.first().map(|culprit| culprit.bytes) {
            Some(CulpritBytes::Delta(_)) => writeln!(text, "  grown most{unit}:")?,
            Some(CulpritBytes::Size(_)) => writeln!(text, "  biggest{unit}:")?,
            None => {}
        }
        for culprit in &violation.culprits {
            let size = match culprit.bytes {
                CulpritBytes::Delta(delta) => signed(delta),
                CulpritBytes::Size(size) => bytes(size),
            };
            let room = output.style.width.map_or(usize::MAX, |width| width.saturating_sub(15).max(20));
            writeln!(text, "{size:>13}  {}", shorten(&culprit.name, room))?;
        }
    }
    for budget in &checked.absent {
        writeln!(text, "{file}: {budget} is not in the file, so it has 0 bytes")?;
    }
    Ok(text)
}

/// The configuration of the folder, if there is one.
pub(crate) fn default_config() -> Option<PathBuf> {
    let path = PathBuf::from(CONFIG);
    path.is_file().then_some(path)
}
