//! What the views show, as rows for JSON and CSV.

use serde::Serialize;

use crate::difference::Difference;
use crate::model::Profile;
use crate::{FunctionId, HotFunction, HotLine, Tree};

/// A function's weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionRow<'a> {
    /// Its name.
    pub function: &'a str,
    /// Its module.
    pub module: &'a str,
    /// Its source file.
    pub file: &'a str,
    /// The line where it begins.
    pub line: Option<u32>,
    /// Weight in itself.
    pub own: u64,
    /// Weight with what it calls.
    pub total: u64,
}

/// A source line's weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineRow<'a> {
    /// Its file.
    pub file: &'a str,
    /// Its number, from 1.
    pub line: u32,
    /// Weight in itself.
    pub own: u64,
    /// Weight with what it calls.
    pub total: u64,
}

/// A node of a tree, in the tree's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeRow<'a> {
    /// Nodes above.
    pub depth: u32,
    /// The function.
    pub function: &'a str,
    /// Its module.
    pub module: &'a str,
    /// Weight without the nodes below.
    pub own: u64,
    /// Weight with the nodes below.
    pub total: u64,
}

/// A function in two profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceRow<'a> {
    /// Its name.
    pub function: &'a str,
    /// Its module.
    pub module: &'a str,
    /// Own weight in the first.
    pub own_before: u64,
    /// Own weight in the second.
    pub own_after: u64,
    /// Total weight in the first.
    pub total_before: u64,
    /// Total weight in the second.
    pub total_after: u64,
}

/// The rows of hot functions.
#[must_use]
pub fn function_rows<'a>(profile: &'a Profile, hot: &[HotFunction]) -> Vec<FunctionRow<'a>> {
    let row = |hot: &HotFunction| {
        let function = profile.function(hot.function);
        FunctionRow {
            function: &function.name,
            module: module(profile, hot.function),
            file: function.file.as_deref().unwrap_or(""),
            line: function.line,
            own: hot.own,
            total: hot.total,
        }
    };
    hot.iter().map(row).collect()
}

/// The rows of hot lines.
#[must_use]
pub fn line_rows(hot: &[HotLine]) -> Vec<LineRow<'_>> {
    hot.iter()
        .map(|HotLine { file, line, own, total }| LineRow { file, line: *line, own: *own, total: *total })
        .collect()
}

/// The rows of a tree of the profile's functions.
#[must_use]
pub fn node_rows<'a>(profile: &'a Profile, tree: &Tree) -> Vec<NodeRow<'a>> {
    let row = |node: &crate::TreeNode| NodeRow {
        depth: node.depth,
        function: &profile.function(node.function).name,
        module: module(profile, node.function),
        own: node.own,
        total: node.total,
    };
    tree.nodes().iter().map(row).collect()
}

/// The rows of a difference: functions whose own weight changed.
#[must_use]
pub fn difference_rows(difference: &Difference) -> Vec<DifferenceRow<'_>> {
    let row = |id: FunctionId| {
        let function = &difference.functions()[id.index()];
        DifferenceRow {
            function: &function.name,
            module: function.module.as_deref().unwrap_or(""),
            own_before: function.own.before,
            own_after: function.own.after,
            total_before: function.total.before,
            total_after: function.total.after,
        }
    };
    difference.changed().into_iter().map(row).collect()
}

/// Rows as a JSON array of objects, a row on each line.
#[must_use]
pub fn json(rows: &[impl Serialize]) -> String {
    let rows: Vec<String> = rows.iter().filter_map(|row| serde_json::to_string(row).ok()).collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}

/// Rows as CSV with a header.
///
/// # Errors
/// If a row is not flat; those here are.
pub fn csv(rows: &[impl Serialize]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn module(profile: &Profile, function: FunctionId) -> &str {
    profile.module_of(function).map_or("", |module| &module.name)
}
