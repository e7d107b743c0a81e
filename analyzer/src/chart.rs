//! The size of a binary over time, from its history: as a line of text, as a Mermaid chart (for
//! comments, where inline SVG is not shown), and as SVG and PNG (feature `chart`).

#[cfg(feature = "chart")]
mod plot;

use std::fmt::Write;

#[cfg(feature = "chart")]
pub use plot::PlotError;

use crate::history::Build;
use crate::text;

/// The sizes of one binary, build by build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The binary's name.
    file: String,
    /// What each build is called, the oldest first.
    labels: Vec<String>,
    /// What is drawn; each has a value or a gap for each label.
    lines: Vec<Line>,
}

/// One measure over all builds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// `raw`, `gzip` or `brotli`.
    name: &'static str,
    /// Bytes.
    values: Vec<Option<u64>>,
}

impl Line {
    fn known(&self) -> impl Iterator<Item = u64> {
        self.values.iter().copied().flatten()
    }
}

impl Chart {
    /// A chart of `builds`, the oldest first. They should be of one binary
    /// ([`History::last`](crate::history::History::last)).
    pub fn new(builds: &[&Build]) -> Self {
        let line = |name, value: fn(&Build) -> Option<u64>| Line {
            name,
            values: builds.iter().map(|build| value(build)).collect(),
        };
        let lines = [
            line("raw", |build| Some(build.bytes)),
            line("gzip", |build| build.gzip),
            line("brotli", |build| build.brotli),
        ];
        Self {
            file: builds.last().map_or(String::new(), |build| plain(&build.file)),
            labels: builds.iter().zip(1..).map(|(build, number)| label(build, number)).collect(),
            lines: lines.into_iter().filter(|line| line.known().next().is_some()).collect(),
        }
    }

    /// Whether there is nothing to see: fewer than two builds.
    pub fn is_empty(&self) -> bool {
        self.labels.len() < 2
    }

    /// A sparkline for each measure, between the first and the last size. Each is scaled from
    /// its least to its largest value.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let (Some(first), Some(last)) = (line.known().next(), line.known().last()) else {
                continue;
            };
            let change = (last as f64 - first as f64) / first.max(1) as f64 * 100.0;
            let (first, last) = (text::bytes(first), text::bytes(last));
            let (name, spark) = (line.name, sparkline(&line.values));
            let _ = writeln!(text, "{name:<6}  {first:>11}  {spark}  {last:>11}  {change:+.1} %");
        }
        if let (Some(first), Some(last)) = (self.labels.first(), self.labels.last()) {
            let _ = writeln!(text, "{}, {first} to {last}", text::count(self.labels.len(), "build"));
        }
        text
    }

    /// Mermaid charts: one of the raw size, and one of the compressed sizes if they are known,
    /// because changes would not be seen on a common scale.
    pub fn mermaid(&self) -> Vec<String> {
        self.panels().map(|panel| self.mermaid_chart(panel)).collect()
    }

    fn mermaid_chart(&self, lines: &[Line]) -> String {
        let (divisor, unit) = unit(lines.iter().flat_map(Line::known).max().unwrap_or(0));
        let names: Vec<_> = lines.iter().map(|line| line.name).collect();
        let labels: Vec<_> = self.labels.iter().map(|label| format!("\"{label}\"")).collect();
        let mut chart = String::from("xychart-beta\n");
        let _ = writeln!(chart, "    title \"{}, {}\"", self.file, names.join(" and "));
        let _ = writeln!(chart, "    x-axis [{}]", labels.join(", "));
        let (low, high) = scale(lines);
        let (low, high) = (low / divisor, high / divisor);
        let _ = writeln!(chart, "    y-axis \"{unit}\" {low:.3} --> {high:.3}");
        for line in lines {
            // Mermaid knows no gaps: a build without the value repeats the one before.
            let mut value = line.known().next().unwrap_or(0);
            let values: Vec<_> = (line.values.iter())
                .map(|next| {
                    value = next.unwrap_or(value);
                    format!("{:.3}", value as f64 / divisor)
                })
                .collect();
            let _ = writeln!(chart, "    line [{}]", values.join(", "));
        }
        chart
    }

    /// The measures that share a scale.
    fn panels(&self) -> impl Iterator<Item = &[Line]> {
        let (raw, compressed) = self.lines.split_at(self.lines.len().min(1));
        [raw, compressed].into_iter().filter(|lines| !lines.is_empty())
    }
}

/// What a build is called: its label, the start of its commit, its date or its number.
fn label(build: &Build, number: usize) -> String {
    let commit: Option<String> = build.commit.as_deref().map(|commit| commit.chars().take(7).collect());
    let label = build.label.as_deref().or(commit.as_deref()).or(build.date.as_deref());
    label.map(plain).filter(|label| !label.is_empty()).unwrap_or_else(|| format!("#{number}"))
}

/// At most 40 characters that mean nothing in Mermaid, Markdown or SVG.
fn plain(text: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || " ._-/+:@".contains(c);
    text.chars().take(40).map(|c| if keep(c) { c } else { '_' }).collect()
}

/// Eighths of a block by value; a gap is a space.
fn sparkline(values: &[Option<u64>]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known = || values.iter().copied().flatten();
    let (low, high) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
    let block = |value: u64| {
        let level = u128::from(value - low) * 7 / u128::from((high - low).max(1));
        BLOCKS.get(level as usize).copied().unwrap_or(' ')
    };
    values.iter().map(|value| value.map_or(' ', block)).collect()
}

/// The ends of an axis that shows `lines`, in bytes: a tenth of air on both sides, so that a
/// change is seen and a flat line is not at the edge.
fn scale(lines: &[Line]) -> (f64, f64) {
    let known = || lines.iter().flat_map(Line::known);
    let (low, high) = (known().min().unwrap_or(0) as f64, known().max().unwrap_or(0) as f64);
    let air = ((high - low) / 10.0).max(high / 200.0).max(1.0);
    ((low - air).max(0.0), high + air)
}

/// The unit for sizes up to `largest`, and its size in bytes.
fn unit(largest: u64) -> (f64, &'static str) {
    match largest {
        1_000_000.. => (1e6, "MB"),
        1_000.. => (1e3, "KB"),
        _ => (1.0, "bytes"),
    }
}

#[cfg(feature = "chart")]
fn bytes(size: u64) -> String {
    match unit(size) {
        (_, unit @ "bytes") => format!("{size} {unit}"),
        (divisor, unit) => format!("{:.2} {unit}", size as f64 / divisor),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    pub(super) fn builds() -> Vec<Build> {
        let build = |(commit, bytes): (&str, u64)| Build {
            commit: Some(commit.to_owned()),
            file: "app.wasm".into(),
            bytes,
            gzip: Some(bytes / 3),
            brotli: (bytes > 1_000_000).then_some(bytes / 4),
            ..Build::default()
        };
        [("1111111aaaa", 1_000_000), ("2222222", 1_300_000), ("33\"]\n<", 1_700_000)].map(build).into()
    }

    fn chart() -> Chart {
        Chart::new(&builds().iter().collect::<Vec<_>>())
    }

    #[test]
    fn text() {
        assert_eq!(
            chart().text(),
            "\
raw       1,000,000  ▁▄█    1,700,000  +70.0 %
gzip        333,333  ▁▄█      566,666  +70.0 %
brotli      325,000   ▁█      425,000  +30.8 %
3 builds, 1111111 to 33___ _
"
            .replace("33___ _", "33____")
        );
    }

    #[test]
    fn mermaid() {
        assert_eq!(
            chart().mermaid(),
            [
                "\
xychart-beta
    title \"app.wasm, raw\"
    x-axis [\"1111111\", \"2222222\", \"33____\"]
    y-axis \"MB\" 0.930 --> 1.770
    line [1.000, 1.300, 1.700]
",
                "\
xychart-beta
    title \"app.wasm, gzip and brotli\"
    x-axis [\"1111111\", \"2222222\", \"33____\"]
    y-axis \"KB\" 300.833 --> 590.833
    line [333.333, 433.333, 566.666]
    line [325.000, 325.000, 425.000]
"
            ]
        );
    }

    #[test]
    fn nothing_to_draw() {
        let chart = Chart::new(&[]);
        assert!(chart.is_empty() && chart.text().is_empty() && chart.mermaid().is_empty());
        let zero = Build { file: "a".into(), ..Build::default() };
        let chart = Chart::new(&[&zero, &zero]);
        assert_eq!(chart.text(), "raw               0  ▁▁            0  +0.0 %\n2 builds, #1 to #2\n");
        assert_eq!(chart.mermaid().len(), 1);
    }
}
