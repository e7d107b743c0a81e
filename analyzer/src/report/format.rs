//! A report as a document: text, Markdown, JSON, CSV, HTML, SVG, SARIF.

use super::{Report, markdown, sarif, svg};
use crate::analysis::Analysis;
use crate::diff::Diff;
use serde::Serialize;

/// The page that shows a report: `analyzer/viewer` builds it.
const PAGE: &str = include_str!("../../viewer/report.html");
/// Where the page takes its data from.
const DATA: &str = "<!--WASM-SIZE-DATA-->";

/// What a document is about.
#[derive(Clone, Copy)]
pub struct Document<'d, 'a> {
    /// The file.
    pub analysis: &'d Analysis<'a>,
    /// Its report.
    pub report: &'d Report,
    /// Against a base.
    pub diff: Option<&'d Diff>,
    /// The size over time, as SVG.
    pub chart_svg: Option<&'d str>,
}

#[derive(Serialize)]
struct Data<'d> {
    report: &'d Report,
    diff: Option<&'d Diff>,
    chart_svg: Option<&'d str>,
}

#[derive(Serialize)]
struct WithDiff<'d> {
    #[serde(flatten)]
    report: &'d Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'d Diff>,
}

impl Document<'_, '_> {
    /// For pull requests and job summaries.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// For machines: the report, with the diff as the field `diff`.
    ///
    /// # Errors
    /// None that is known: see [`serde_json::to_string`].
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(&WithDiff { report: self.report, diff: self.diff })? + "\n")
    }

    /// For spreadsheets: one line an item, sizes in bytes.
    pub fn csv(&self) -> String {
        let mut csv = "id,kind,module,section,index,name,crate,offset,size,retained,gzip\n".to_string();
        for item in &self.report.items {
            let number = |n: Option<u32>| n.map_or(String::new(), |n| n.to_string());
            let section = item.section.and_then(|s| self.report.sections.get(s as usize)).map_or("", |s| &s.name);
            let fields = [
                item.id.to_string(),
                item.kind.to_string(),
                item.module.to_string(),
                csv_text(section),
                number(item.index),
                csv_text(&item.name),
                csv_text(item.crate_name.as_deref().unwrap_or("")),
                item.offset.to_string(),
                item.size.to_string(),
                item.retained.to_string(),
                item.gzip.map_or(String::new(), |g| format!("{g:.2}")),
            ];
            csv.push_str(&fields.join(","));
            csv.push('\n');
        }
        csv
    }

    /// One file that opens offline: treemap, table, insights, diff.
    ///
    /// # Errors
    /// None that is known: see [`serde_json::to_string`].
    pub fn html(&self) -> serde_json::Result<String> {
        let data = Data { report: self.report, diff: self.diff, chart_svg: self.chart_svg };
        // Without `<` no text of the binary can end the script element that holds the data.
        let json = serde_json::to_string(&data)?.replace('<', "\\u003c");
        Ok(PAGE.replacen(DATA, &json, 1))
    }

    /// A treemap as a picture.
    pub fn svg(&self) -> String {
        svg::render(self)
    }

    /// For code scanning: each insight is a result (SARIF 2.1.0).
    ///
    /// # Errors
    /// None that is known: see [`serde_json::to_string`].
    pub fn sarif(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(&sarif::log(self))? + "\n")
    }
}

/// A field of RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe before it.
fn csv_text(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{text}") } else { text.to_string() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_fields_are_quoted_and_no_formulas() {
        assert_eq!(csv_text("a<b, c>"), "\"a<b, c>\"");
        assert_eq!(csv_text("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(csv_text("=1+1"), "'=1+1");
        assert_eq!(csv_text("plain"), "plain");
    }
}
