//! The pipeline: rustc, post-link, optimise, wrap.

use crate::error::Error;
use crate::event::{Event, Stage};
use crate::output::{Build, Output, StageReport, Timing};
use crate::place::{self, Place};
use crate::project::Project;
use crate::request::Request;
use crate::rustc::{self, Compiled};
use crate::toolchain::Rustc;
use std::time::{Duration, Instant};

/// Builds what a request means, and says on the way how far it is.
///
/// # Errors
/// See [`Error`]. A finished file of an earlier build stays as it was then.
pub fn build(request: &Request, events: &mut dyn FnMut(Event)) -> Result<Build, Error> {
    let project = Project::load(request)?;
    let settings = project.settings()?;
    let rustc = Rustc::find(project.folder())?;
    if !rustc.has(request.target) {
        return Err(Error::TargetMissing { target: request.target });
    }
    let target_dir = request.target_dir.clone().unwrap_or_else(|| project.target_dir().to_path_buf());
    let place = Place::new(&target_dir, request.target.triple(), request.profile.name())?;

    events(Event::StageStarted { stage: Stage::Rustc, output: None });
    let start = Instant::now();
    let compiled = rustc::compile(request, &project, &settings, &rustc, events)?;
    let duration = start.elapsed();
    let sizes = compiled.iter().map(|made| place::read(&made.wasm).map(|bytes| bytes.len() as u64));
    let bytes_after = sizes.sum::<Result<u64, Error>>()?;
    events(Event::StageFinished { stage: Stage::Rustc, output: None, duration, bytes_before: 0, bytes_after });

    let mut timings = vec![Timing { stage: Stage::Rustc, output: None, duration }];
    let mut outputs = Vec::new();
    for made in compiled {
        let output = finish(made, request, &place, duration)?;
        let own = output.stages.iter().filter(|report| report.stage != Stage::Rustc);
        timings.extend(own.map(|r| Timing { stage: r.stage, output: Some(output.name.clone()), duration: r.duration }));
        outputs.push(output);
    }
    Ok(Build { target: request.target, profile: request.profile, outputs, timings })
}

fn finish(made: Compiled, request: &Request, place: &Place, duration: Duration) -> Result<Output, Error> {
    // One source gives two artefacts, and the loader picks.
    let name = if request.threads { format!("{}.mt", made.name) } else { made.name };
    let bytes = place::read(&made.wasm)?;
    let wasm = place.output(&name);
    let symbols = place.stages(&name)?.join("wrap.wasm");
    let previous_bytes = std::fs::metadata(&wasm).ok().map(|file| file.len());
    place::write(&symbols, &bytes)?;
    place::write(&wasm, &bytes)?;
    let size = bytes.len() as u64;
    let report = StageReport {
        stage: Stage::Rustc,
        input: made.wasm,
        bytes_before: 0,
        bytes_after: size,
        duration,
        addresses: None,
        addresses_file: None,
    };
    Ok(Output {
        name,
        package: made.package,
        manifest: made.manifest,
        crate_kind: made.kind,
        wasm,
        symbols,
        bytes: size,
        files: Vec::new(),
        stages: vec![report],
        previous_bytes,
        growth: None,
    })
}
