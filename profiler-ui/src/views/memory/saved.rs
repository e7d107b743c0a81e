//! A memory as a file: for programs what its bands and panels show, for spreadsheets the list that is open.

use std::ops::Range;

use memviz::{Block, MemoryRead as _};
use serde_json::{Value, json};

use super::inspector::{self, READ_BYTES};
use super::{Found, Panel};
use crate::context::Context;
use crate::model::Survey;
use crate::widgets;

/// For programs.
pub(super) fn json(context: &Context<'_>, survey: &Survey, found: &Found) -> String {
    let uses: serde_json::Map<_, _> = survey
        .by_use(&(0..survey.layout.len))
        .into_iter()
        .map(|(of, count)| (of.name().to_string(), count.into()))
        .collect();
    let bands = survey.layout.bands.iter().map(|band| {
        json!({
            "start": band.start, "end": band.end, "kind": band.kind.name(), "name": band.name,
            "certainty": band.certainty.name(),
        })
    });
    let leaks = survey.leaks.iter().flat_map(|group| group.leaks.iter().map(move |leak| (&group.name, leak.block)));
    let leaks = leaks.map(|(name, block)| json!({ "address": block.payload, "bytes": block.usable, "type": name }));
    let types = survey.types.iter().map(|row| {
        json!({
            "type": row.name, "blocks": row.blocks, "bytes": row.bytes, "more-blocks": row.more_blocks,
            "more-bytes": row.more_bytes,
        })
    });
    let whole = json!({
        "memory": survey.memory, "moment": survey.moment.name, "bytes": survey.layout.len,
        "uses": uses, "bands": bands.collect::<Vec<_>>(), "leaks": leaks.collect::<Vec<_>>(),
        "types": types.collect::<Vec<_>>(), "difference": difference(survey), "found": found.addresses,
        "chosen": chosen(context, survey),
    });
    format!("{whole:#}\n")
}

/// What changed since the moment that it is compared with.
fn difference(survey: &Survey) -> Option<Value> {
    let difference = survey.difference.as_ref()?;
    let block = |block: &Block| json!({ "address": block.payload, "bytes": block.usable });
    let resized = difference.resized.iter().map(|(before, after)| json!([block(before), block(after)]));
    let changed = difference.changed.iter().map(|range| json!({ "start": range.start, "end": range.end }));
    Some(json!({
        "compared-with": survey.compared.as_ref().map(|moment| &moment.name),
        "changed-bytes": difference.changed_bytes,
        "changed": changed.collect::<Vec<_>>(),
        "allocated": difference.allocated.iter().map(block).collect::<Vec<_>>(),
        "freed": difference.freed.iter().map(block).collect::<Vec<_>>(),
        "resized": resized.collect::<Vec<_>>(),
    }))
}

/// The chosen bytes in every reading.
fn chosen(context: &Context<'_>, survey: &Survey) -> Option<Value> {
    let (range, bytes) = chosen_bytes(context, survey)?;
    let readings = inspector::readings(&bytes).into_iter().map(|reading| (reading.kind.into(), reading.value.into()));
    Some(json!({
        "start": range.start, "end": range.end, "owner": survey.owner(range.start),
        "readings": readings.collect::<serde_json::Map<String, Value>>(),
    }))
}

fn chosen_bytes(context: &Context<'_>, survey: &Survey) -> Option<(Range<u64>, Vec<u8>)> {
    let (_, range) = context.linked.memory.clone().filter(|(of, _)| *of == survey.memory)?;
    let image = survey.image()?;
    let readable = image.len().checked_sub(range.start)?.min(READ_BYTES as u64);
    let mut bytes = vec![0; readable as usize];
    image.read(range.start, &mut bytes).then_some((range, bytes))
}

/// For spreadsheets: the list that is open; where nothing is chosen to be inspected, the bands.
pub(super) fn csv(context: &Context<'_>, survey: &Survey, found: &Found) -> String {
    let place =
        |range: &Range<u64>| [range.start.to_string(), range.end.to_string(), survey.owner(range.start).to_string()];
    let places = |ranges: &[Range<u64>]| widgets::csv(["start", "end", "owner"], ranges.iter().map(place));
    match context.state.memory.panel {
        Panel::Inspector if let Some((_, bytes)) = chosen_bytes(context, survey) => {
            let readings = inspector::readings(&bytes).into_iter();
            widgets::csv(["reading", "value"], readings.map(|reading| [reading.kind.to_string(), reading.value]))
        }
        Panel::Inspector | Panel::Bands => {
            let rows = survey.layout.bands.iter().map(|band| {
                let [start, end] = [band.start, band.end].map(|address| address.to_string());
                [start, end, band.kind.name().into(), band.name.clone(), band.certainty.name().into()]
            });
            widgets::csv(["start", "end", "kind", "name", "certainty"], rows)
        }
        Panel::Diff => places(survey.difference.as_ref().map_or(&[], |difference| &difference.changed)),
        Panel::Leaks => {
            let leaks = survey.leaks.iter().flat_map(|group| group.leaks.iter().map(move |leak| (group, leak)));
            let rows = leaks.map(|(group, leak)| {
                let [address, bytes] = [leak.block.payload, leak.block.usable].map(|number| number.to_string());
                [address, bytes, group.name.clone().unwrap_or_default(), leak.indirect.to_string()]
            });
            widgets::csv(["address", "bytes", "type", "only another leak points to it"], rows)
        }
        Panel::Types => {
            let rows = survey.types.iter().map(|row| {
                let more = [row.more_blocks, row.more_bytes].map(|number| number.to_string());
                let [more_blocks, more_bytes] = more;
                let name = row.name.clone().unwrap_or_default();
                [name, row.blocks.to_string(), row.bytes.to_string(), more_blocks, more_bytes]
            });
            widgets::csv(["type", "blocks", "bytes", "more blocks", "more bytes"], rows)
        }
        Panel::Found => {
            let ranges: Vec<_> = (0..found.addresses.len()).filter_map(|at| found.range(at)).collect();
            places(&ranges)
        }
    }
}
