//! What only a desktop has: binaryen, and Cargo.

use std::path::Path;

use wasm_binary::BinaryKind;
use wasm_build::{Event, Profile, Request, Target};

use super::{ApplyError, Work, sections};
use crate::model::binary::Binary;

pub(super) fn wasm_opt(bytes: &[u8], passes: &[&str], work: &Work) -> Result<Vec<u8>, ApplyError> {
    work.say(format!("wasm-opt {}", passes.join(" ")));
    let passes: Vec<String> = passes.iter().map(|pass| pass.to_string()).collect();
    Ok(wasm_build::wasm_opt(bytes, &passes)?)
}

/// Builds the crate as a release into a folder of its own, with no custom sections that the binary has not, so that only
/// what the advice is about changes.
pub(super) fn rebuild(before: &Binary, manifest: &Path, args: &[&str], work: &Work) -> Result<Vec<u8>, ApplyError> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir_in(&temporary)
        .map_err(|source| wasm_build::Error::Write { path: temporary.clone(), source })?;
    let mut request = Request::new(manifest, target_of(before), Profile::Release);
    request.target_dir = Some(folder.path().to_path_buf());
    request.keep_names = Some(has_section(before, |name| name == "name"));
    request.keep_debug = Some(has_section(before, |name| name.starts_with(".debug_")));
    request.optimize = Some(is_optimised(before));
    request.cancel = Some(work.cancel.clone());
    request.cargo_args = args.iter().map(|arg| arg.to_string()).collect();
    // Cargo writes one where there is none; the crate is to stay as it is.
    let lock = manifest.with_file_name("Cargo.lock");
    let had_lock = lock.exists();
    let built = wasm_build::build(&request, &mut |event| match event {
        Event::Progress { line } => work.say(line),
        Event::StageStarted { stage, .. } => work.say(stage.name().to_string()),
        Event::Warning(warning) => work.say(warning.to_string()),
        Event::Diagnostic { .. } | Event::StageFinished { .. } => {}
    });
    if !had_lock {
        // If it can't be removed, it does no harm.
        let _ = std::fs::remove_file(&lock);
    }
    let built = built?;
    let plain = |name: &str| name.replace('-', "_");
    let wanted = plain(before.name().split('.').next().unwrap_or_default());
    let output = match &built.outputs[..] {
        [only] => only,
        several => several.iter().find(|output| plain(&output.name) == wanted).ok_or_else(|| {
            let names: Vec<&str> = several.iter().map(|output| output.name.as_str()).collect();
            ApplyError::Ambiguous(names.join(", "))
        })?,
    };
    let read = std::fs::read(&output.wasm);
    let built = read.map_err(|source| wasm_build::Error::Read { path: output.wasm.clone(), source })?;
    sections::without(&built, &|name| !has_section(before, |known| known == name))
}

/// The platform that a binary was built for, as its imports tell.
fn target_of(binary: &Binary) -> Target {
    binary.with(|analysis, _| {
        let map = &analysis.map;
        let imports_wasi =
            || map.modules().iter().flat_map(|m| &m.imports).any(|i| i.module == "wasi_snapshot_preview1");
        match map.kind() {
            BinaryKind::Component => Target::Wasip2,
            _ if imports_wasi() => Target::Wasip1,
            _ => Target::Unknown,
        }
    })
}

/// Whether binaryen has been at it: a rebuild leaves that as it was.
fn is_optimised(binary: &Binary) -> bool {
    !binary.insights().iter().any(|advice| advice.kind.as_str() == "wasm-opt-not-run")
}

fn has_section(binary: &Binary, is_meant: impl Fn(&str) -> bool) -> bool {
    binary.with(|analysis, _| analysis.map.sections().iter().any(|section| section.name.is_some_and(&is_meant)))
}
