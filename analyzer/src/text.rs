//! Plain text for terminals and logs: aligned tables, byte counts, bars.

use std::fmt::Write;

/// How text is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Columns to stay within; `None` for no limit.
    pub width: Option<usize>,
    /// ANSI colours and weights.
    pub color: bool,
}

impl Style {
    /// Stands out: totals, headings.
    pub fn bold(self, text: &str) -> String {
        self.ansi("1", text)
    }

    /// Stands back: units, explanations.
    pub fn dim(self, text: &str) -> String {
        self.ansi("2", text)
    }

    /// Something got worse.
    pub fn red(self, text: &str) -> String {
        self.ansi("31", text)
    }

    /// Something got better.
    pub fn green(self, text: &str) -> String {
        self.ansi("32", text)
    }

    fn ansi(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// `1,234,567`.
pub fn bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `+1,234`, `-1,234`, `0`.
pub fn signed(count: i64) -> String {
    match count {
        0 => "0".to_string(),
        1.. => format!("+{}", bytes(count.unsigned_abs())),
        _ => format!("-{}", bytes(count.unsigned_abs())),
    }
}

/// `1 item`, `2,345 items`: a count and the noun that goes with it.
pub fn count(number: usize, noun: &str) -> String {
    let noun = if number == 1 { noun.to_string() } else { plural(noun) };
    format!("{} {noun}", bytes(number as u64))
}

/// The plural of a noun: `items`, `memories`, `aliases`.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if noun.ends_with('s') => format!("{noun}es"),
        None => format!("{noun}s"),
    }
}

/// `… and 1,234 more`: what stands for rows that are not shown.
pub fn more(number: usize) -> String {
    format!("… and {} more", bytes(number as u64))
}

/// `12.3 %` of a whole; empty where there is no whole.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows of text in aligned columns. The last column is cut, in its middle, where the width ends.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(columns: &[(&'static str, Align)]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; cells that are missing are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, each line with its end.
    pub fn render(&self, style: Style) -> String {
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| self.column_width(at)).collect();
        let last = self.columns.len().saturating_sub(1);
        let fixed: usize = widths[..last].iter().map(|w| w + 2).sum();
        let room = style.width.map(|width| width.saturating_sub(fixed).max(20));
        let mut text = String::new();
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_string()).collect();
        let _ = writeln!(text, "{}", style.dim(&self.line(&heading, &widths, room)));
        for row in &self.rows {
            let _ = writeln!(text, "{}", self.line(row, &widths, room));
        }
        text
    }

    fn column_width(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
        cells.chain([width(self.columns[at].0)]).max().unwrap_or(0)
    }

    fn line(&self, cells: &[String], widths: &[usize], room: Option<usize>) -> String {
        let mut line = String::new();
        for (at, (_, align)) in self.columns.iter().enumerate() {
            let cell = cells.get(at).map_or("", String::as_str);
            let is_last = at + 1 == self.columns.len();
            let cell =
                if is_last { room.map_or(cell.to_string(), |room| shorten(cell, room)) } else { cell.to_string() };
            let padding = " ".repeat(widths[at].saturating_sub(width(&cell)));
            match align {
                Align::Right => line.push_str(&format!("{padding}{cell}")),
                Align::Left if is_last => line.push_str(&cell),
                Align::Left => line.push_str(&format!("{cell}{padding}")),
            }
            if !is_last {
                line.push_str("  ");
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Cuts the middle out: paths begin with the crate and end with the function.
pub fn shorten(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let keep = room.saturating_sub(1);
    let chars: Vec<char> = text.chars().collect();
    let head = keep * 2 / 5;
    let tail = keep - head;
    if chars.len() <= keep {
        return text.to_string();
    }
    chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        assert_eq!(bytes(0), "0");
        assert_eq!(bytes(999), "999");
        assert_eq!(bytes(1_234_567), "1,234,567");
        assert_eq!(signed(-1000), "-1,000");
        assert_eq!(more(59_962), "… and 59,962 more");
    }

    #[test]
    fn nouns_agree_with_their_count() {
        assert_eq!(count(1, "build"), "1 build");
        assert_eq!(count(0, "build"), "0 builds");
        assert_eq!(count(1200, "memory"), "1,200 memories");
        assert_eq!(plural("alias"), "aliases");
    }

    #[test]
    fn the_last_column_is_cut_in_its_middle() {
        let mut table = Table::new(&[("Bytes", Align::Right), ("Item", Align::Left)]);
        table.row(["7".to_string(), "core::".to_string() + &"x".repeat(100) + "::end"]);
        let text = table.render(Style { width: Some(40), color: false });
        assert!(text.lines().all(|line| width(line) <= 40), "{text}");
        assert!(text.contains("core::") && text.contains("::end") && text.contains('…'), "{text}");
    }
}
