//! The report as Markdown, for job summaries and pull requests.

use super::format::Document;
use crate::diff::{Diff, FileSize};
use crate::text::{bytes, count, percent, signed};
use std::fmt::Write;

const ROWS: usize = 25;

pub(super) fn render(document: &Document<'_, '_>) -> String {
    let report = document.report;
    let mut text = String::new();
    let _ = writeln!(text, "## {}\n", code(&report.file));
    if !report.damage.is_empty() {
        let _ =
            writeln!(text, "**Damaged in {}**: what could be read is shown.\n", count(report.damage.len(), "place"));
    }
    totals(&mut text, document);
    if let Some(diff) = document.diff {
        changes(&mut text, diff);
    }
    if !report.insights.is_empty() {
        let _ = writeln!(text, "\n### What would make it smaller\n\n| saves | advice |\n| ---: | --- |");
        for insight in report.insights.iter().take(ROWS) {
            let (title, fix) = (code(&insight.title), code(&insight.fix.replace('\n', " ")));
            let _ = writeln!(text, "| {} | {title}: {fix} |", bytes(insight.saves));
        }
    }
    let _ = writeln!(text, "\n### Sections\n\n| bytes | share | section |\n| ---: | ---: | --- |");
    for section in report.sections.iter().filter(|s| s.module == 0) {
        let size = u64::from(section.size);
        let _ = writeln!(text, "| {} | {} | {} |", bytes(size), percent(size, report.bytes), code(&section.name));
    }
    let _ = writeln!(text, "\n### Biggest items\n\n| bytes | retained | kind | item |\n| ---: | ---: | --- | --- |");
    let mut items: Vec<_> = report.items.iter().collect();
    items.sort_by(|a, b| b.size.cmp(&a.size).then(a.id.cmp(&b.id)));
    for item in items.iter().take(ROWS) {
        let (size, retained) = (bytes(item.size.into()), bytes(item.retained));
        let _ = writeln!(text, "| {size} | {retained} | {} | {} |", item.kind, code(&item.name));
    }
    text
}

fn totals(text: &mut String, document: &Document<'_, '_>) {
    let report = document.report;
    let base = |of: fn(&FileSize) -> Option<u64>| document.diff.and_then(|diff| of(&diff.old));
    let mut rows = vec![("raw".to_string(), report.bytes, base(|f| Some(f.bytes)))];
    if let Some(compressed) = &report.compressed {
        rows.push((format!("gzip -{}", compressed.gzip_level), compressed.gzip, base(|f| f.gzip)));
        rows.push((format!("brotli -q {}", compressed.brotli_quality), compressed.brotli, base(|f| f.brotli)));
    }
    match document.diff {
        None => text.push_str("| | bytes |\n| --- | ---: |\n"),
        Some(_) => text.push_str("| | before | bytes | change |\n| --- | ---: | ---: | ---: |\n"),
    }
    for (name, size, old) in rows {
        let _ = match (document.diff, old) {
            (None, _) => writeln!(text, "| {name} | {} |", bytes(size)),
            (Some(_), None) => writeln!(text, "| {name} | | {} | |", bytes(size)),
            (Some(_), Some(old)) => {
                writeln!(text, "| {name} | {} | {} | {} |", bytes(old), bytes(size), signed(size as i64 - old as i64))
            }
        };
    }
}

fn changes(text: &mut String, diff: &Diff) {
    let _ = writeln!(text, "\n### Changes since {}\n", code(&diff.old.file));
    if diff.rows.is_empty() {
        text.push_str("No item changed.\n");
        return;
    }
    text.push_str("| change | before | after | cause | item |\n| ---: | ---: | ---: | --- | --- |\n");
    let size = |size: Option<u64>| size.map_or(String::new(), bytes);
    for row in diff.rows.iter().take(ROWS) {
        let cause = format!("{:?}", row.cause).to_lowercase();
        let (old, new) = (size(row.old_size), size(row.new_size));
        let _ = writeln!(text, "| {} | {old} | {new} | {cause} | {} |", signed(row.delta), code(&row.name));
    }
    if diff.rows.len() > ROWS {
        let _ = writeln!(text, "\n… and {}.", count(diff.rows.len() - ROWS, "more change"));
    }
    let _ = writeln!(
        text,
        "\n{} did not change ({} bytes).",
        count(diff.unchanged.items as usize, "item"),
        bytes(diff.unchanged.bytes)
    );
}

/// Text of the binary as a code span in a table cell: no markup, no mentions, no cell borders.
pub(super) fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}
