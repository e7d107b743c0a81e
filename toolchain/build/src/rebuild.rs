//! The line of each contract that one file alone cannot prove: the same input gives the same bytes.

use crate::build::build;
use crate::contract::Line;
use crate::error::Error;
use crate::event::Event;
use crate::output::{Build, Output};
use crate::place;
use crate::request::Request;
use wasm_binary::Map;

/// Builds once more, from nothing and into another folder, and compares: one line `reproducible` for each output.
///
/// # Errors
/// If the second build fails.
pub fn rebuild(request: &Request, first: &Build, events: &mut dyn FnMut(Event)) -> Result<Vec<Line>, Error> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir_in(&temporary).map_err(Error::write(&temporary))?;
    let again = build(&Request { target_dir: Some(folder.path().to_path_buf()), ..request.clone() }, events)?;
    first.outputs.iter().map(|output| compare(output, &again)).collect()
}

fn compare(output: &Output, again: &Build) -> Result<Line, Error> {
    let bytes = place::read(&output.wasm)?;
    let twin = again.outputs.iter().find(|twin| twin.name == output.name);
    let twin = twin.map(|twin| place::read(&twin.wasm)).transpose()?.unwrap_or_default();
    let rule = "reproducible";
    if bytes == twin {
        let what = format!("{}: built twice, the same {} bytes", output.name, bytes.len());
        return Ok(Line { rule, holds: true, what, offset: None });
    }
    let offset = bytes.iter().zip(&twin).take_while(|(a, b)| a == b).count() as u32;
    let map = Map::parse(&bytes).ok();
    let item = map.as_ref().and_then(|map| Some(map.label(map.item_at(offset)?)));
    let what = match item {
        Some(item) => format!("{}: built twice, the first difference is in {item}", output.name),
        None => format!("{}: built twice, one has more bytes", output.name),
    };
    Ok(Line { rule, holds: false, what, offset: Some(offset) })
}
