//! The report as a picture: a treemap by module, section or crate.

use super::format::Document;
use crate::text::{bytes, percent, shorten};
use crate::tree::{Branch, GroupBy, build};
use crate::treemap::{Rect, squarify};
use std::fmt::Write;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 720.0;
const HEADING: f64 = 34.0;
/// Levels that are drawn.
const DEPTH: usize = 3;
/// Rectangles with a shorter side than this are left out.
const SMALLEST: f64 = 4.0;
/// Width of a character of the labels, roughly.
const CHARACTER: f64 = 6.4;
/// Colours of the first level: Okabe and Ito's, which colour-blind people tell apart, lightened for dark text.
const COLORS: [&str; 8] = ["#8cc5e3", "#f2c14e", "#7fc8a9", "#e8a87c", "#c9a0dc", "#b5c689", "#e6a5b8", "#b9bec7"];

pub(super) fn render(document: &Document<'_, '_>) -> String {
    let report = document.report;
    let tree = build(document.analysis, GroupBy::Crate, |_| true);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let heading = format!("{}: {} bytes", report.file, bytes(report.bytes));
    let _ = writeln!(svg, "<text x=\"8\" y=\"23\" font-size=\"16\" font-weight=\"600\">{}</text>", escape(&heading));
    let frame = Rect { x: 0.0, y: HEADING, width: WIDTH, height: HEIGHT - HEADING };
    let sizes: Vec<f64> = tree.children.iter().map(|c| c.size as f64).collect();
    for (at, (child, rect)) in tree.children.iter().zip(squarify(&sizes, frame)).enumerate() {
        draw(&mut svg, child, rect, COLORS[at % COLORS.len()], 1, report.bytes);
    }
    svg + "</svg>\n"
}

fn draw(svg: &mut String, branch: &Branch, rect: Rect, color: &str, level: usize, whole: u64) {
    if rect.width < SMALLEST || rect.height < SMALLEST {
        return;
    }
    let tooltip = format!("{}: {} bytes, {}", branch.name, bytes(branch.size), percent(branch.size, whole));
    let Rect { x, y, width, height } = rect;
    let _ = write!(
        svg,
        "<g><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{color}\" stroke=\"#fff\" \
         stroke-width=\"{}\"/><title>{}</title>",
        4 - level.min(3),
        escape(&tooltip)
    );
    let has_label = width > 40.0 && height > 16.0;
    if has_label {
        let label = shorten(&branch.name, ((width - 8.0) / CHARACTER) as usize);
        let weight = if branch.children.is_empty() { "" } else { " font-weight=\"600\"" };
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\"{weight}>{}</text>", x + 4.0, y + 12.0, escape(&label));
    }
    svg.push_str("</g>\n");
    if level < DEPTH {
        let inside = rect.inside(2.0, if has_label { 17.0 } else { 2.0 });
        let sizes: Vec<f64> = branch.children.iter().map(|c| c.size as f64).collect();
        for (child, rect) in branch.children.iter().zip(squarify(&sizes, inside)) {
            draw(svg, child, rect, color, level + 1, whole);
        }
    }
}

/// Text for XML: labels are free of control characters already.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
