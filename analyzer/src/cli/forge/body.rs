//! The text of the comment, in the Markdown that GitHub and GitLab share.
//!
//! Names come out of binaries, which may be hostile: they are put into code spans, so that they
//! are no links, no mentions of people, no HTML and no cells of their own.

use std::fmt::Write;

use wasm_analyzer::chart::Chart;
use wasm_analyzer::text::count;

/// GitHub takes 65,536 characters; some room is left for what it counts in its own way.
pub(crate) const LIMIT: usize = 65_000;
/// Rows of changes that a table shows at most.
const ROWS: usize = 40;

/// What the comment says.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommentData {
    /// Tells comments on several binaries of one pull request apart, for example the path.
    pub(crate) key: String,
    /// The binary's name.
    pub(crate) file: String,
    /// The file's size by measure, raw first.
    pub(crate) totals: Vec<Total>,
    /// The budgets that are broken.
    pub(crate) violations: Vec<Violation>,
    /// Functions and other items that changed.
    pub(crate) items: Vec<Row>,
    /// All crates, also those that did not change.
    pub(crate) crates: Vec<Row>,
    /// The items that did not change.
    pub(crate) unchanged: Unchanged,
    /// The size over time.
    pub(crate) chart: Option<Chart>,
    /// Where the whole report is.
    pub(crate) report_url: Option<String>,
}

/// The size of the file by one measure.
#[derive(Clone, Debug)]
pub(crate) struct Total {
    /// `raw`, `gzip (level 9)`, `brotli (quality 5)`.
    pub(crate) measure: String,
    /// Bytes before; none if there is nothing to compare with.
    pub(crate) old: Option<u64>,
    /// Bytes now.
    pub(crate) new: u64,
}

/// A budget that is broken.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    /// What has the budget: `total`, `gzip`, `crate serde`, `growth`.
    pub(crate) budget: String,
    /// What it may have, in bytes.
    pub(crate) limit: u64,
    /// What it has, in bytes.
    pub(crate) size: u64,
}

/// A line of a table: bytes before and now, none where the thing is not.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) old: Option<u64>,
    pub(crate) new: Option<u64>,
}

impl Row {
    fn delta(&self) -> i128 {
        difference(self.old.unwrap_or(0), self.new.unwrap_or(0))
    }

    fn is_changed(&self) -> bool {
        self.old != self.new
    }
}

/// How much did not change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unchanged {
    pub(crate) items: u64,
    pub(crate) bytes: u64,
}

impl CommentData {
    /// The first line, which is not shown and by which the comment is found again.
    pub(crate) fn marker(&self) -> String {
        // Without `>` nothing ends the HTML comment.
        let plain = |c: char| if c.is_alphanumeric() || "._/-".contains(c) { c } else { '_' };
        let key: String = self.key.chars().take(200).map(plain).collect();
        format!("<!-- wasm-size: {key} -->")
    }
}

/// The comment, in at most `limit` characters. What does not fit is left out, and said to be.
pub(crate) fn render(data: &CommentData, limit: usize) -> String {
    let fits = |text: &str| text.encode_utf16().count() <= limit;
    let mut rows = ROWS;
    loop {
        let text = render_with(data, rows, true);
        if fits(&text) {
            return text;
        }
        if rows == 0 {
            break;
        }
        rows /= 2;
    }
    let text = render_with(data, 0, false);
    if fits(&text) {
        return text;
    }
    // Only a great many broken budgets can be that long.
    let note = "\n\n… cut: longer than a comment may be.\n";
    let mut left = limit.saturating_sub(note.len());
    let fitting = text.chars().take_while(|c| {
        let width = c.len_utf16();
        let takes = width <= left;
        left = left.saturating_sub(width);
        takes
    });
    fitting.collect::<String>() + note
}

fn render_with(data: &CommentData, rows: usize, with_chart: bool) -> String {
    let mut text = data.marker();
    let _ = write!(text, "\n### {}", code(&data.file));
    if let Some(Total { old: Some(old), new, .. }) = data.totals.first() {
        let _ = match new == old {
            true => write!(text, ": no change in size"),
            false => write!(text, ": {} bytes{}", signed(difference(*old, *new)), percent(*old, *new)),
        };
    }
    text += "\n\n";
    totals(&mut text, &data.totals);

    if !data.violations.is_empty() {
        text += "\n**Over budget**\n\n| budget | limit | now | over by |\n| --- | ---: | ---: | ---: |\n";
        for Violation { budget, limit, size } in &data.violations {
            let (name, over) = (code(budget), number(size.saturating_sub(*limit)));
            let _ = writeln!(text, "| {name} | {} | {} | {over} |", number(*limit), number(*size));
        }
    }
    if data.totals.iter().any(|total| total.old.is_some()) {
        table(&mut text, "item", &data.items, rows);
        let Unchanged { items, bytes } = data.unchanged;
        let _ = writeln!(text, "\n{} ({} bytes) did not change.", count(items as usize, "item"), number(bytes));
        table(&mut text, "crate", &data.crates, rows);
    } else {
        text += "\nThere is no base to compare with.\n";
    }
    if let Some(chart) = data.chart.as_ref().filter(|chart| !chart.is_empty()) {
        let _ = write!(text, "\n```text\n{}```\n", chart.text());
        if with_chart {
            text += "\n<details><summary>Size over time</summary>\n\n";
            for chart in chart.mermaid() {
                let _ = write!(text, "```mermaid\n{chart}```\n\n");
            }
            text += "</details>\n";
        }
    }
    if let Some(url) = data.report_url.as_ref().filter(|url| is_plain_url(url)) {
        let _ = writeln!(text, "\n[The whole report]({url})");
    }
    text
}

fn totals(text: &mut String, totals: &[Total]) {
    text.push_str("| | before | now | change |\n| --- | ---: | ---: | ---: |\n");
    for Total { measure, old, new } in totals {
        let (before, delta) = match old {
            Some(old) => {
                let delta = signed(difference(*old, *new));
                (number(*old), delta + &percent(*old, *new))
            }
            None => ("–".into(), "–".into()),
        };
        let _ = writeln!(text, "| {measure} | {before} | {} | {delta} |", number(*new));
    }
}

/// The rows that changed, the largest change first, and the others folded away.
fn table(text: &mut String, what: &str, rows: &[Row], limit: usize) {
    let (mut changed, mut unchanged): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.is_changed());
    let by_name = |a: &&Row, b: &&Row| a.name.cmp(&b.name);
    changed.sort_by(|a, b| b.delta().abs().cmp(&a.delta().abs()).then_with(|| by_name(a, b)));
    unchanged.sort_by(|a, b| b.new.cmp(&a.new).then_with(|| by_name(a, b)));

    let header = |text: &mut String| {
        let _ = writeln!(text, "| {what} | before | now | change |\n| --- | ---: | ---: | ---: |");
    };
    let size = |size: Option<u64>| size.map_or("–".into(), number);
    if !changed.is_empty() {
        text.push('\n');
        header(text);
        let hidden = changed.split_off(limit.min(changed.len()));
        for row in &changed {
            let (name, old, new) = (code(&row.name), size(row.old), size(row.new));
            let _ = writeln!(text, "| {name} | {old} | {new} | {} |", signed(row.delta()));
        }
        if !hidden.is_empty() {
            let sum: i128 = hidden.iter().map(|row| row.delta()).sum();
            let count = number(hidden.len() as u64);
            let _ = writeln!(text, "| … and {count} more, with smaller changes | | | {} |", signed(sum));
        }
    }
    if !unchanged.is_empty() {
        let bytes = unchanged.iter().filter_map(|row| row.new).fold(0, u64::saturating_add);
        let (count, bytes) = (unchanged.len() as u64, number(bytes));
        let plural = if count == 1 { "" } else { "s" };
        let _ = write!(
            text,
            "\n<details><summary>{} {what}{plural} ({bytes} bytes) unchanged</summary>\n\n",
            number(count)
        );
        header(text);
        let hidden = unchanged.split_off(limit.min(unchanged.len()));
        for row in &unchanged {
            let _ = writeln!(text, "| {} | {1} | {1} | 0 |", code(&row.name), size(row.new));
        }
        if !hidden.is_empty() {
            let _ = writeln!(text, "| … and {} more | | | |", number(hidden.len() as u64));
        }
        text.push_str("\n</details>\n");
    }
}

/// `text` as a code span in a table: at most 120 characters, on one line, and readable.
fn code(text: &str) -> String {
    let mut plain = String::new();
    for (index, c) in text.chars().enumerate() {
        match c {
            _ if index == 120 => {
                plain.push('…');
                break;
            }
            // Control characters, and those that change the direction of the text.
            _ if c.is_control() || is_invisible(c) => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
            '|' => plain.push_str("\\|"),
            _ => plain.push(c),
        }
    }
    if plain.trim().is_empty() {
        return "(no name)".into();
    }
    // The fence must be longer than any run of backticks within.
    let longest = plain.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{plain}{space}{fence}")
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{61C}')
}

/// Whether `url` can stand in a Markdown link as it is.
fn is_plain_url(url: &str) -> bool {
    url.starts_with("https://") && url.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@!$&*+,;=%".contains(c))
}

fn difference(old: u64, new: u64) -> i128 {
    i128::from(new) - i128::from(old)
}

/// ` (+0.5 %)`, or nothing if nothing changed or there was nothing.
fn percent(old: u64, new: u64) -> String {
    if old == new || old == 0 {
        return String::new();
    }
    let share = difference(old, new) as f64 / old as f64 * 100.0;
    format!(" ({share:+.1} %)").replace('-', "−")
}

fn signed(delta: i128) -> String {
    let digits = number(u64::try_from(delta.unsigned_abs()).unwrap_or(u64::MAX));
    match delta {
        0 => digits,
        1.. => format!("+{digits}"),
        _ => format!("−{digits}"),
    }
}

/// `1,234,567`.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
