//! Sampled profiles as data: what people record with today's tools, and what a profiler shows of it.
//!
//! ```
//! use wasm_profile::{Chart, Filter, MeasureId, ThreadId, Tree, Weights, hot_functions, open};
//!
//! let profile = open(b"main;parse 2\nmain;render;draw 5\nmain;parse 1\n")?;
//! let weights = Weights::new(&profile, MeasureId::default(), &Filter::default());
//!
//! let hottest = hot_functions(&profile, &weights)[0];
//! assert_eq!((&*profile.function(hottest.function).name, hottest.own), ("draw", 5));
//!
//! // Left heavy: one rectangle for each stack of functions, the heaviest first.
//! let tree = Tree::new(&profile, &weights);
//! let names = |id| &*profile.function(id).name;
//! let row: Vec<_> = tree.rectangles(0..8, 1).filter(|it| it.depth == 1).map(|it| (names(it.function), it.end)).collect();
//! assert_eq!(row, [("render", 5), ("parse", 8)]);
//!
//! // In time order: `parse` ran twice.
//! let chart = Chart::new(&profile, ThreadId::new(0), &Filter::default());
//! let row: Vec<_> = chart.rectangles(0..8, 1).into_iter().filter(|it| it.depth == 1).map(|it| names(it.function)).collect();
//! assert_eq!(row, ["parse", "render", "parse"]);
//! # Ok::<(), wasm_profile::Error>(())
//! ```
//!
//! - [`open`] reads folded stacks, Firefox Profiler JSON, pprof, V8 `.cpuprofile` and Chrome traces; [`Builder`] makes a
//!   [`Profile`] of anything else.
//! - [`Weights`] is the one pass over the samples, under a [`Filter`]; [`Tree`], [`hot_functions`], [`hot_lines`] and
//!   [`hot_addresses`] are made of its result.
//! - [`Chart`] is the flame chart in time order, which looks at a sample per pixel.
//! - [`Difference`] compares two profiles, [`Match`] finds a profile's functions in a wasm file, [`mod@export`] writes
//!   folded stacks, Firefox Profiler JSON, tables and (feature `svg`) flame graphs.
//!
//! The first measure of a profile is what the file means to be shown. Weights are whole numbers whose sum over all
//! samples fits in 64 bits, or there is no profile. All output is sorted: the same file gives the same bytes.

pub mod advice;
mod builder;
mod chart;
mod difference;
mod error;
pub mod export;
mod forest;
mod hot;
mod ids;
mod import;
mod matching;
mod model;
mod sandwich;
mod tree;
mod weights;

pub use builder::{Builder, Samples};
pub use chart::Chart;
pub use difference::{Difference, FunctionDifference, Pair};
pub use error::Error;
pub use hot::{HotAddress, HotFunction, HotLine, hot_addresses, hot_functions, hot_lines};
pub use ids::{CallId, FrameId, FunctionId, MeasureId, ModuleId, StackId, ThreadId};
pub use import::{UNPACKED_MAX, detect, open};
pub use matching::{Match, MatchKind, MatchReport, Share};
pub use model::{Address, Axis, Call, Column, Format, Frame, Function, Measure, Module, Profile, Stack, Thread, Unit};
pub use tree::{Rectangle, Tree, TreeNode};
pub use weights::{Filter, Weights};
