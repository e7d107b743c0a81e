//! The forms of the output: twiggy's table, CSV and JSON.

use crate::cli::output::Output;
use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;
use wasm_analyzer::text::Align;

/// Where the output goes, and in what form.
#[derive(clap::Args)]
pub(super) struct Emission {
    /// File to write to; - for standard output
    #[arg(short = 'o', default_value = "-", value_name = "PATH")]
    destination: PathBuf,
    /// Form of the output
    #[arg(short = 'f', long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

/// An answer that can be written in every form.
pub(super) trait Emit {
    fn table(&self) -> Table;
    fn csv(&self) -> anyhow::Result<String>;
    fn json(&self) -> anyhow::Result<String>;
}

impl Emission {
    pub(super) fn write(&self, answer: &impl Emit, output: &Output) -> anyhow::Result<()> {
        let format = if output.json { Format::Json } else { self.format };
        let text = match format {
            Format::Text => answer.table().render(),
            Format::Csv => answer.csv()?,
            Format::Json => answer.json()? + "\n",
        };
        if self.destination == Path::new("-") {
            return output.text(&text);
        }
        std::fs::write(&self.destination, text).with_context(|| self.destination.display().to_string())
    }
}

/// Records as CSV under the names of their fields; nothing at all where there are none, as in twiggy.
pub(super) fn csv_text<T: Serialize>(records: impl IntoIterator<Item = T>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    {
        let mut writer = csv::Writer::from_writer(&mut bytes);
        for record in records {
            writer.serialize(record)?;
        }
        writer.flush()?;
    }
    Ok(String::from_utf8(bytes)?)
}

/// Objects with their depths, parents first, as a JSON array in which `field` of each object holds those below it; with
/// `in_leaves` also where that is none. Without recursion, since trees of hostile files are deep.
pub(super) fn nested<T: Serialize>(
    rows: impl IntoIterator<Item = (u32, T)>,
    field: &str,
    in_leaves: bool,
) -> serde_json::Result<String> {
    let mut json = "[".to_string();
    // Objects that are not closed yet, and whether their array is open.
    let mut open: Vec<(u32, bool)> = Vec::new();
    let close = |json: &mut String, has_below: bool| match has_below {
        true => json.push_str("]}"),
        false if in_leaves => json.push_str(&format!(",\"{field}\":[]}}")),
        false => json.push('}'),
    };
    for (depth, row) in rows {
        while let Some((_, has_below)) = open.pop_if(|(above, _)| *above >= depth) {
            close(&mut json, has_below);
        }
        match open.last_mut() {
            Some((_, has_below)) if *has_below => json.push(','),
            Some((_, has_below)) => {
                json.push_str(&format!(",\"{field}\":["));
                *has_below = true;
            }
            None if json.len() > 1 => json.push(','),
            None => {}
        }
        let object = serde_json::to_string(&row)?;
        json.push_str(object.strip_suffix('}').unwrap_or(&object));
        open.push((depth, false));
    }
    while let Some((_, has_below)) = open.pop() {
        close(&mut json, has_below);
    }
    json.push(']');
    Ok(json)
}

/// A name in a tree drawn as text, `level` steps below its start.
pub(super) fn indented(name: &str, level: u32, arrow: char) -> String {
    // Deeper rows are not indented further: a hostile tree is as deep as it has rows.
    const MAX_INDENT: u32 = 100;
    match level {
        0 => name.to_string(),
        _ => format!("{}  {arrow} {name}", "    ".repeat((level - 1).min(MAX_INDENT) as usize)),
    }
}

/// A table as twiggy draws it.
pub(super) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Align)]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| self.column_width(at)).collect();
        let headings =
            self.columns.iter().zip(&widths).map(|((heading, _), &width)| padded(heading, width, Align::Left));
        let mut text = line(headings, " │ ");
        let rules: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
        text.push_str(&format!("─{}\n", rules.join("─┼─")));
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).zip(&widths);
            text.push_str(&line(cells.map(|((cell, (_, align)), &width)| padded(cell, width, *align)), " ┊ "));
        }
        text
    }

    fn column_width(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
        cells.chain([self.columns[at].0.width()]).max().unwrap_or(0)
    }
}

fn line(cells: impl Iterator<Item = String>, separator: &str) -> String {
    let cells: Vec<String> = cells.collect();
    format!(" {}\n", cells.join(separator).trim_end())
}

fn padded(cell: &str, width: usize, align: Align) -> String {
    let padding = " ".repeat(width.saturating_sub(cell.width()));
    match align {
        Align::Left => format!("{cell}{padding}"),
        Align::Right => format!("{padding}{cell}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Serialize)]
    struct Row {
        n: u32,
    }

    #[test]
    fn rows_are_nested_by_their_depth() {
        let rows = || [(0, 1), (1, 2), (2, 3), (1, 4), (0, 5)].map(|(depth, n)| (depth, Row { n }));
        let text = nested(rows(), "below", false).unwrap();
        assert_eq!(text, r#"[{"n":1,"below":[{"n":2,"below":[{"n":3}]},{"n":4}]},{"n":5}]"#);
        let text = nested(rows(), "below", true).unwrap();
        let below = r#"{"n":2,"below":[{"n":3,"below":[]}]},{"n":4,"below":[]}"#;
        assert_eq!(text, format!(r#"[{{"n":1,"below":[{below}]}},{{"n":5,"below":[]}}]"#));
        assert_eq!(nested([] as [(u32, Row); 0], "below", true).unwrap(), "[]");
    }

    #[test]
    fn the_table_is_drawn_as_twiggy_draws_it() {
        let mut table = Table::new(&[("%", Align::Right), ("Bytes", Align::Right), ("Item", Align::Left)]);
        table.row(["50.00%", "1", "a"].map(String::from));
        table.row(["", "12345678", "and more"].map(String::from));
        let lines = [
            " %      │ Bytes    │ Item",
            "────────┼──────────┼─────────",
            " 50.00% ┊        1 ┊ a",
            "        ┊ 12345678 ┊ and more",
        ];
        assert_eq!(table.render(), lines.join("\n") + "\n");
    }
}
