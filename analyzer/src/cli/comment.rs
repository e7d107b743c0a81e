//! `wasm-size comment`: what the comment says.

use super::forge::body::{CommentData, Row, Total, Unchanged, Violation};
use super::forge::{self, Change, Env, Options};
use super::input::{Bytes, Input};
use super::output::Output;
use super::report::compressed_size;
use super::{OK, check, history};
use std::collections::BTreeMap;
use std::path::PathBuf;
use wasm_analyzer::Analysis;
use wasm_analyzer::chart::Chart;
use wasm_analyzer::crates::crates;
use wasm_analyzer::diff::{Diff, FileSize};
use wasm_analyzer::transfer::{BrotliQuality, GzipLevel};

/// Items that are named where there is no base to compare with.
const BIGGEST: usize = 15;

/// Post or update one comment on the pull request
#[derive(clap::Args)]
#[command(after_help = "Runs in CI. The pull request comes from the job's environment, the token from GITHUB_TOKEN or
GITLAB_TOKEN. Without a network or the right to write, the text goes to the job's summary and the build does not fail.

Examples:
  wasm-size comment app.wasm --base main.wasm --history sizes.jsonl")]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Compare with this build
    #[arg(long, value_name = "OLD")]
    base: Option<PathBuf>,
    /// The budgets [default: wasm-size.toml, if it is there]
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// History file, for a chart of the size over time
    #[arg(long, value_name = "PATH")]
    history: Option<PathBuf>,
    /// Tells the comments on several binaries apart [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    key: Option<String>,
    /// Where the whole report is
    #[arg(long, value_name = "URL")]
    report_url: Option<String>,
    /// Number of the pull request, where the event does not say it
    #[arg(long, value_name = "N")]
    pull_request: Option<u64>,
    /// Print the comment instead of posting it
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<u8> {
    let file = Bytes::open(&args.input)?;
    let base = args.base.as_ref().map(|path| Bytes::read(path)).transpose()?;
    let analysis = file.analyze(args.input.reading)?;
    let size = compressed_size(&file.name, &analysis, BrotliQuality::default())?;
    let old = base.as_ref().map(|base| base.analyze(args.input.reading)).transpose()?;
    let diff = match (&base, &old) {
        (Some(base), Some(old)) => {
            let old_size = compressed_size(&base.name, old, BrotliQuality::default())?;
            Some(Diff::new(old_size, old, size.clone(), &analysis))
        }
        _ => None,
    };
    let data = CommentData {
        key: args.key.clone().unwrap_or_else(|| history::key(&file.name).to_string()),
        file: history::key(&file.name).to_string(),
        totals: totals(&size, diff.as_ref()),
        violations: violations(args, &analysis, &size, diff.as_ref())?,
        items: items(&analysis, diff.as_ref()),
        crates: crate_rows(&analysis, old.as_ref()),
        unchanged: diff.as_ref().map_or(Unchanged::default(), |diff| Unchanged {
            items: diff.unchanged.items,
            bytes: diff.unchanged.bytes,
        }),
        chart: chart(args, &file.name, output)?,
        report_url: args.report_url.clone(),
    };
    if args.dry_run {
        output.text(&forge::body::render(&data, forge::body::LIMIT))?;
        return Ok(OK);
    }
    post(args, &data, output)
}

fn post(args: &Args, data: &CommentData, output: &Output) -> anyhow::Result<u8> {
    let env: Env =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
    let options = Options { pull_request: args.pull_request, ..Options::default() };
    let outcome = forge::run(data, &options, &env);
    for warning in &outcome.warnings {
        output.warning(warning);
    }
    match (&outcome.posted, &outcome.written_to) {
        (Some(posted), _) => {
            let what = match posted.change {
                Change::Created => "posted",
                Change::Updated => "updated",
                Change::Unchanged => "already up to date",
            };
            output.note(&format!("comment {what}: {}", posted.url.as_deref().unwrap_or("")));
        }
        (None, Some(path)) => output.note(&format!("the text is in {}", path.display())),
        (None, None) => output.text(&outcome.body)?,
    }
    Ok(OK)
}

fn totals(size: &FileSize, diff: Option<&Diff>) -> Vec<Total> {
    let old = diff.map(|diff| &diff.old);
    let gzip = format!("gzip (level {})", GzipLevel::default().get());
    let brotli = format!("brotli (quality {})", BrotliQuality::default().get());
    let measures = [
        ("raw".to_string(), old.map(|o| o.bytes), Some(size.bytes)),
        (gzip, old.and_then(|o| o.gzip), size.gzip),
        (brotli, old.and_then(|o| o.brotli), size.brotli),
    ];
    measures.into_iter().filter_map(|(measure, old, new)| Some(Total { measure, old, new: new? })).collect()
}

fn violations(
    args: &Args,
    analysis: &Analysis<'_>,
    size: &FileSize,
    diff: Option<&Diff>,
) -> anyhow::Result<Vec<Violation>> {
    let Some(path) = args.config.clone().or_else(check::default_config) else { return Ok(Vec::new()) };
    let mut config = check::read_config(&path)?;
    if diff.is_none() {
        // Without a base there is no growth to hold against a budget.
        config.budget.growth = None;
    }
    let found = check::check(&config, &path, analysis, size, diff)?;
    Ok(found.violations.into_iter().map(|v| Violation { budget: v.budget, limit: v.limit, size: v.size }).collect())
}

fn items(analysis: &Analysis<'_>, diff: Option<&Diff>) -> Vec<Row> {
    match diff {
        Some(diff) => {
            let row =
                |row: &wasm_analyzer::diff::Row| Row { name: row.name.clone(), old: row.old_size, new: row.new_size };
            diff.rows.iter().map(row).collect()
        }
        None => {
            let top = wasm_analyzer::top::Top::new(analysis, wasm_analyzer::top::Metric::Size, &[], |_| true);
            let row = |&(id, size): &(wasm_binary::ItemId, f64)| Row {
                name: analysis.map.label(id),
                old: None,
                new: Some(size as u64),
            };
            top.rows.iter().take(BIGGEST).map(row).collect()
        }
    }
}

fn crate_rows(analysis: &Analysis<'_>, old: Option<&Analysis<'_>>) -> Vec<Row> {
    let mut rows: BTreeMap<String, (Option<u64>, Option<u64>)> = BTreeMap::new();
    for size in crates(analysis).into_iter().filter(|c| c.is_crate) {
        rows.entry(size.name).or_default().1 = Some(size.size);
    }
    for size in old.map_or(Vec::new(), crates).into_iter().filter(|c| c.is_crate) {
        rows.entry(size.name).or_default().0 = Some(size.size);
    }
    rows.into_iter().map(|(name, (old, new))| Row { name, old, new }).collect()
}

fn chart(args: &Args, file: &str, output: &Output) -> anyhow::Result<Option<Chart>> {
    let Some(path) = &args.history else { return Ok(None) };
    let history = history::read(path, output)?;
    let chart = Chart::new(&history.last(history::key(file), history::SHOWN));
    Ok((!chart.is_empty()).then_some(chart))
}
