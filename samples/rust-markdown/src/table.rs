//! Tables of rows between bars.

use crate::block::Error;
use crate::inline;
use crate::sink::Sink;

#[derive(Clone, Copy)]
enum Align {
    Left,
    Centre,
    Right,
}

/// Is this line a row of a table?
pub fn is_row(line: &str) -> bool {
    line.len() > 2 && line.starts_with('|') && line.ends_with('|')
}

/// Writes the table that starts with the first of `lines`; returns how many lines it has.
pub fn render<S: Sink>(lines: &[&str], line: u32, out: &mut S) -> Result<usize, Error> {
    let rows: Vec<Vec<&str>> = lines.iter().take_while(|l| is_row(l)).map(|l| cells(l)).collect();
    let aligns: Option<Vec<Align>> = rows.get(1).and_then(|row| row.iter().map(|cell| align(cell)).collect());
    out.raw("<table>\n");
    for (i, row) in rows.iter().enumerate() {
        if i == 1 && aligns.is_some() {
            continue;
        }
        let tag = if i == 0 && aligns.is_some() { "th" } else { "td" };
        out.raw("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let align = aligns.as_ref().and_then(|a| a.get(column)).copied().unwrap_or(Align::Left);
            match align {
                Align::Left => out.raw(&format!("<{tag}>")),
                Align::Centre => out.raw(&format!("<{tag} align=\"center\">")),
                Align::Right => out.raw(&format!("<{tag} align=\"right\">")),
            }
            inline::render(cell, line + i as u32, 0, out)?;
            out.raw(&format!("</{tag}>"));
        }
        out.raw("</tr>\n");
    }
    out.raw("</table>\n");
    Ok(rows.len())
}

fn cells(row: &str) -> Vec<&str> {
    row[1..row.len() - 1].split('|').map(str::trim).collect()
}

fn align(cell: &str) -> Option<Align> {
    let dashes = cell.trim_matches(':');
    if dashes.is_empty() || !dashes.bytes().all(|b| b == b'-') {
        return None;
    }
    Some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (true, true) => Align::Centre,
        (false, true) => Align::Right,
        _ => Align::Left,
    })
}
