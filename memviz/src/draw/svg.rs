//! The grid as SVG: each band of cells a path with a title, colours by class, light and dark by the reader's setting.

use std::fmt::Write;

use super::{Grid, color, number, unit};
use crate::{Layout, Use};

const CELL: usize = 10;
const LEFT: usize = 90;
const TOP: usize = 40;

/// Draws a grid of a layout.
pub fn svg(layout: &Layout, grid: &Grid) -> String {
    let width = LEFT + grid.columns * CELL + 10;
    let used: Vec<Use> = Use::ALL.into_iter().filter(|of| grid.cells.iter().any(|cell| cell.of == *of)).collect();
    let per_row = ((width - 20) / 120).max(1);
    let height = TOP + grid.rows() * CELL + 20 + used.len().div_ceil(per_row) * 18;
    let title = format!(
        "Memory {}: {} bytes; a cell is {}, a row {}",
        layout.memory,
        number(layout.len),
        unit(grid.cell_bytes),
        unit(grid.cell_bytes.saturating_mul(grid.columns as u64))
    );
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <title id=\"title\">{title}</title>\n<style>\n"
    );
    out +=
        "svg { background: #fff; } text { fill: #222; } .changed { fill: none; stroke: #d0103a; stroke-width: 1.5; }\n";
    colors(&mut out, &used, false);
    out += "@media (prefers-color-scheme: dark) {\nsvg { background: #181818; } text { fill: #ddd; }\n";
    colors(&mut out, &used, true);
    let _ = writeln!(out, "}}\n</style>\n<text x=\"10\" y=\"20\" font-size=\"13\">{title}</text>");

    for row in 0..grid.rows() {
        let start = row * grid.columns;
        let y = TOP + row * CELL;
        if row.is_multiple_of(4) {
            let address = grid.range.start + start as u64 * grid.cell_bytes;
            let _ =
                writeln!(out, "<text x=\"10\" y=\"{}\" font-family=\"monospace\">{address:#010x}</text>", y + CELL - 1);
        }
        // Cells side by side of one use are one shape.
        let end = (start + grid.columns).min(grid.cells.len());
        let mut from = start;
        while from < end {
            let cell = grid.cells[from];
            let run = grid.cells[from..end].iter().take_while(|next| next.of == cell.of && next.zero == cell.zero);
            let count = run.count();
            let addresses = grid.cell_range(from).start..grid.cell_range(from + count - 1).end;
            let zero = if cell.zero { ", all zero" } else { "" };
            let _ = writeln!(
                out,
                "<rect class=\"{}\"{} x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\"><title>{:#x} to {:#x}: {}{zero}</title></rect>",
                class(cell.of),
                if cell.zero { " fill-opacity=\"0.55\"" } else { "" },
                LEFT + (from - start) * CELL,
                count * CELL,
                CELL - 1,
                addresses.start,
                addresses.end,
                cell.of.name(),
            );
            from += count;
        }
        for (column, cell) in grid.cells[start..end].iter().enumerate().filter(|(_, cell)| cell.changes > 0) {
            let range = grid.cell_range(start + column);
            let _ = writeln!(
                out,
                "<rect class=\"changed\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\"><title>{:#x} to {:#x}: changed {} times</title></rect>",
                LEFT + column * CELL,
                CELL - 1,
                CELL - 1,
                range.start,
                range.end,
                cell.changes,
            );
        }
    }
    let y = TOP + grid.rows() * CELL + 20;
    for (index, of) in used.iter().enumerate() {
        let (x, y) = (10 + index % per_row * 120, y + index / per_row * 18);
        let _ = writeln!(
            out,
            "<rect class=\"{}\" x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\"/><text x=\"{}\" y=\"{y}\">{}</text>",
            class(*of),
            y - 9,
            x + 15,
            of.name()
        );
    }
    out += "</svg>\n";
    out
}

fn class(of: Use) -> String {
    of.name().replace(' ', "-")
}

fn colors(out: &mut String, used: &[Use], dark: bool) {
    for of in used {
        let [r, g, b] = color(*of, dark);
        let _ = writeln!(out, ".{} {{ fill: #{r:02x}{g:02x}{b:02x}; }}", class(*of));
    }
}
