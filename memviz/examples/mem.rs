//! What a snapshot tells of a program's memory:
//!
//! ```sh
//! cargo run -p memviz --example mem -- app.wasm app.memviz mem leaks
//! ```

use std::error::Error;

use memviz::commands::{Answer, Command, Context};
use memviz::snapshot::{Snapshot, SnapshotLimits};
use memviz::{MemoryRead, Program, State};
use wasm_binary::Map;
use wasm_source::{DebugSections, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, snapshot, command @ ..] = arguments.as_slice() else {
        return Err("MODULE SNAPSHOT mem COMMAND…".into());
    };
    let module = std::fs::read(module)?;
    let snapshot = Snapshot::open(&std::fs::read(snapshot)?, SnapshotLimits::default())?;
    let sections = DebugSections::from_module(&module)?;
    let source = Source::open(&sections).ok();
    let program = Program::new(&Map::parse(&module)?, source.as_ref());
    let memories: Vec<&dyn MemoryRead> = snapshot.memories.iter().map(|memory| memory as &dyn MemoryRead).collect();
    let globals = snapshot.globals();
    let first = memories.first().ok_or("the snapshot has no memory")?;
    let state = State { globals: &globals, ..State::new(&program, *first) };
    let context = Context { source: source.as_ref(), memories: &memories, ..Context::new(state) };
    match Command::parse(&command.join(" "))?.answer(&context)? {
        Answer::Text(text) => print!("{text}"),
        _ => return Err("only a running program can do that".into()),
    }
    Ok(())
}
