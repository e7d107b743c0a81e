//! Writes what others read: folded stacks, the Firefox Profiler's JSON, tables as JSON and CSV and, with the feature
//! `svg`, a flame graph.

mod firefox;
mod folded;
#[cfg(feature = "svg")]
mod svg;
mod table;

pub use firefox::firefox;
pub use folded::folded;
#[cfg(feature = "svg")]
pub use svg::{SvgError, svg};
pub use table::{
    DifferenceRow, FunctionRow, LineRow, NodeRow, csv, difference_rows, function_rows, json, line_rows, node_rows,
};
