//! What is open, without egui.

mod advice;
pub mod apply;
mod binary;
mod common;
mod comparison;
mod debug_file;
#[cfg(not(target_arch = "wasm32"))]
mod debuggee;
mod debugging;
mod documents;
mod filter;
mod live;
mod memory;
mod open;
mod recording;
mod selection;
mod size_tree;

pub use advice::Grounds;
pub use binary::{Binary, Metric};
pub use common::common_share;
pub use comparison::{Change, Comparison};
pub use debug_file::DebugFile;
#[cfg(not(target_arch = "wasm32"))]
pub use debuggee::{Asked, Begin, Debuggee, Motion, News, Output, Writer, address_of};
pub use debugging::{Breakpoint, Debugging, Place};
pub use documents::Documents;
pub use filter::Filter;
pub use live::{Live, Run};
pub use memory::{Known, Moment, Origin, Survey, TypeRow};
pub use open::{MAX_FILE_BYTES, Opened, check_size, describe, open};
pub use recording::{Matched, Recording};
pub use selection::{Linked, Selection};
pub use size_tree::{Grouping, NodeId, SizeNode, SizeTree, transfer_sizes};
