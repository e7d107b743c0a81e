//! The pipeline: rustc, post-link, optimise, wrap.

use crate::bindgen;
use crate::clock::Compile;
use crate::error::Error;
use crate::event::{Event, Stage, Warning};
use crate::findings;
use crate::flags;
use crate::glue;
use crate::linear;
use crate::metadata::Metadata;
use crate::optimise::WasmOpt;
use crate::output::{Build, Output, StageReport, Timing};
use crate::place::{self, Place};
use crate::post_link::post_link;
use crate::project::Project;
use crate::request::{Profile, Request, Std, Target};
use crate::rewrite::Rewritten;
use crate::rustc::{self, Compiled};
use crate::settings::{OptLevel, ProfileSettings, Settings};
use crate::sysroot;
use crate::toolchain::Rustc;
use crate::variant::{self, Variant};
use crate::wrap::wrap;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wasm_binary::AddressMap;

/// Builds what a request means, and says on the way how far it is.
///
/// # Errors
/// See [`Error`]. A finished file of an earlier build stays as it was then.
pub fn build(request: &Request, events: &mut dyn FnMut(Event)) -> Result<Build, Error> {
    build_project(&Project::load(request)?, request, events)
}

/// [`build`] for a project that was just loaded for the same request.
///
/// # Errors
/// See [`Error`].
pub fn build_project(project: &Project, request: &Request, events: &mut dyn FnMut(Event)) -> Result<Build, Error> {
    let settings = project.settings()?;
    let rustc = Rustc::find(project.folder())?;
    if !rustc.has(request.target) {
        return Err(Error::TargetMissing { target: request.target });
    }
    let own = settings.profile(request.profile);
    let std = request.std.or(own.std).unwrap_or_default();
    if !sysroot::has(&rustc, std, request.target) {
        let names: Vec<&str> = project.selected().map(|package| package.name.as_str()).collect();
        return Err(Error::ToolMissing {
            output: names.join(", "),
            tool: format!("the {} std of {}", std.name(), request.target),
            cure: format!("cargo wasm setup std-{}@{}", std.name(), request.target),
        });
    }
    let target_dir = request.target_dir.clone().unwrap_or_else(|| project.target_dir().to_path_buf());
    let place = Place::new(&target_dir, request.target.triple(), request.profile.name())?;

    let optimises = request.optimize.or(own.optimize).unwrap_or(request.profile != Profile::Dev);
    let wasm_opt = if optimises { WasmOpt::find() } else { None };
    if optimises && wasm_opt.is_none() {
        let (tool, cure) = ("wasm-opt".to_string(), "cargo wasm setup binaryen".to_string());
        events(Event::Warning(Warning::MissingTool { tool, stage: Stage::Optimise, cure }));
    }
    let context = Context { request, project, settings: &settings, own, rustc: &rustc, place: &place, std, wasm_opt };
    let mut timings = Vec::new();
    let mut compile: Option<Compile> = None;
    let mut outputs = Vec::new();
    for &variant in &request.variants {
        events(Event::StageStarted { stage: Stage::Rustc, output: None });
        let start = Instant::now();
        let (compiled, spent) = rustc::compile(request, project, &settings, &rustc, std, variant, events)?;
        let duration = start.elapsed();
        let sizes = compiled.iter().map(|made| place::read(&made.wasm).map(|bytes| bytes.len() as u64));
        let bytes_after = sizes.sum::<Result<u64, Error>>()?;
        events(Event::StageFinished { stage: Stage::Rustc, output: None, duration, bytes_before: 0, bytes_after });
        timings.push(Timing { stage: Stage::Rustc, output: None, duration });
        compile = match (compile, spent) {
            (Some(before), Some(spent)) => Some(before + spent),
            (before, spent) => spent.or(before),
        };
        for made in compiled {
            let output = Pipeline::new(&context, &made, variant, events)?.run(&made, duration)?;
            let own = output.stages.iter().filter(|report| report.stage != Stage::Rustc);
            let timing = |r: &StageReport| (r.stage, Some(output.name.clone()), r.duration);
            timings.extend(own.map(timing).map(|(stage, output, duration)| Timing { stage, output, duration }));
            outputs.push(output);
        }
    }
    if request.target == Target::Unknown && request.variants.len() > 1 {
        write_pickers(&mut outputs)?;
    }
    let all: Vec<&Path> = outputs.iter().flat_map(files).collect();
    for output in &outputs {
        place.remove_stale(&output.name, &files(output), &all)?;
    }
    Ok(Build { target: request.target, profile: request.profile, outputs, timings, compile })
}

/// All files of an output.
fn files(output: &Output) -> Vec<&Path> {
    output.files.iter().chain([&output.wasm]).map(PathBuf::as_path).collect()
}

/// Writes, beside the first build of each program, the script that picks among all: but where wasm-bindgen's
/// JavaScript loads them.
fn write_pickers(outputs: &mut [Output]) -> Result<(), Error> {
    let mut done = BTreeSet::new();
    for first in 0..outputs.len() {
        if !outputs[first].files.is_empty() || !done.insert(outputs[first].program.clone()) {
            continue;
        }
        let builds = outputs.iter().filter(|output| output.program == outputs[first].program);
        let builds: Vec<&Output> = builds.filter(|output| output.files.is_empty()).collect();
        let named: Vec<_> = builds.iter().map(|build| (build.variant, format!("{}.wasm", build.name))).collect();
        let output = &mut outputs[first];
        let files = variant::files(&output.program, &named);
        output.files = write_beside(&output.wasm, &files)?;
    }
    Ok(())
}

/// Writes files by their paths below the folder that another file is in.
fn write_beside(wasm: &Path, files: &[(String, Vec<u8>)]) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for (path, contents) in files {
        let path = wasm.with_file_name(path);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::write(folder))?;
        place::write(&path, contents)?;
        written.push(path);
    }
    Ok(written)
}

/// What all outputs of a build share.
struct Context<'a> {
    request: &'a Request,
    project: &'a Project,
    settings: &'a Settings,
    own: ProfileSettings,
    rustc: &'a Rustc,
    place: &'a Place,
    std: Std,
    /// Only where the optimise stage is wanted and can be done.
    wasm_opt: Option<WasmOpt>,
}

impl Context<'_> {
    fn keeps_debug(&self) -> bool {
        self.request.keep_debug.or(self.own.keep_debug).unwrap_or(self.request.profile == Profile::Dev)
    }

    fn keeps_names(&self) -> bool {
        self.request.keep_names.or(self.own.keep_names).unwrap_or(self.request.profile == Profile::Dev)
    }

    /// What wasm-opt is to do: what the crate says, else what its opt-level means.
    fn wasm_opt_args(&self) -> Vec<String> {
        let by_level = || {
            let level = flags::opt_level(self.request.profile, self.project, &self.own);
            vec![match level {
                OptLevel::Number(number) => format!("-O{number}"),
                OptLevel::Word(word) => format!("-O{word}"),
            }]
        };
        self.own.wasm_opt.clone().unwrap_or_else(by_level)
    }

    fn bindgen_version(&self) -> Option<String> {
        let packages = self.project.packages().iter();
        let mut found = packages.filter(|package| package.name.as_str() == "wasm-bindgen");
        found.next().map(|package| package.version.to_string())
    }
}

/// One output on its way from rustc's file to its own.
struct Pipeline<'a> {
    context: &'a Context<'a>,
    events: &'a mut dyn FnMut(Event),
    name: String,
    variant: Variant,
    /// Where the stages' inputs are kept.
    folder: PathBuf,
    bytes: Vec<u8>,
    stages: Vec<StageReport>,
    /// The programs that worked on it, with their versions.
    tools: Vec<(String, String)>,
    /// What came with it: path below the output's folder, and contents.
    files: Vec<(String, Vec<u8>)>,
    /// The finished file's name without `.wasm`, where the JavaScript beside it expects another.
    file_name: Option<String>,
}

impl<'a> Pipeline<'a> {
    fn new(
        context: &'a Context<'a>,
        made: &Compiled,
        variant: Variant,
        events: &'a mut dyn FnMut(Event),
    ) -> Result<Pipeline<'a>, Error> {
        let name = format!("{}{}", made.name, variant.suffix());
        Ok(Pipeline {
            folder: context.place.stages(&name)?,
            bytes: place::read(&made.wasm)?,
            context,
            events,
            name,
            variant,
            stages: Vec::new(),
            tools: vec![("wasm-build".into(), env!("CARGO_PKG_VERSION").into())],
            files: Vec::new(),
            file_name: None,
        })
    }

    fn run(mut self, made: &Compiled, rustc_duration: Duration) -> Result<Output, Error> {
        let request = self.context.request;
        wasmparser::Parser::new(0)
            .parse(&self.bytes, true)
            .map_err(|error| Error::NotWasm { path: made.wasm.clone(), message: error.message().to_string() })?;
        if self.variant.threads && !findings::has_shared_memory(&self.bytes) {
            return Err(Error::NotShared { output: self.name });
        }
        let values = linear::forgotten(&self.bytes);
        if !values.is_empty() {
            return Err(Error::Forgotten { output: self.name, values });
        }
        self.warn();
        self.stages.push(StageReport {
            stage: Stage::Rustc,
            input: made.wasm.clone(),
            bytes_before: 0,
            bytes_after: self.bytes.len() as u64,
            duration: rustc_duration,
            addresses: None,
            addresses_file: None,
        });
        self.stage(Stage::PostLink, Pipeline::post_link)?;
        if self.context.wasm_opt.is_some() {
            self.stage(Stage::Optimise, Pipeline::optimise)?;
        }
        let symbols = self.folder.join("wrap.wasm");
        let previous = place::read(&symbols).ok();
        let named = self.bytes.clone();
        self.stage(Stage::Wrap, |pipeline| {
            let metadata = pipeline.metadata(&made.manifest);
            wrap(&pipeline.bytes, &metadata, &pipeline.tools)
        })?;

        let wasm = self.context.place.output(self.file_name.as_deref().unwrap_or(&self.name));
        let previous_bytes = fs::metadata(&wasm).ok().map(|file| file.len());
        let bytes = self.bytes.len() as u64;
        let grown = previous_bytes.map_or(0, |before| bytes.saturating_sub(before));
        // Why a development build grew is not worth the wait.
        let growth = previous.filter(|_| grown > 0 && request.profile != Profile::Dev);
        let growth = growth.and_then(|before| findings::growth(&before, &named, grown));
        if request.target == Target::Unknown && self.files.is_empty() && request.variants.len() == 1 {
            // As it was before custom sections were dropped: a freestanding module's structs are structs, too.
            self.files = glue::files(&named, &self.name);
        }
        let files = write_beside(&wasm, &self.files)?;
        place::write(&wasm, &self.bytes)?;
        Ok(Output {
            name: self.name,
            program: made.name.clone(),
            variant: self.variant,
            package: made.package.clone(),
            manifest: made.manifest.clone(),
            crate_kind: made.kind,
            wasm,
            symbols,
            bytes,
            files,
            stages: self.stages,
            previous_bytes,
            growth,
        })
    }

    /// Keeps the stage's input, runs it, and keeps where everything went.
    fn stage(
        &mut self,
        stage: Stage,
        work: impl FnOnce(&mut Pipeline<'a>) -> Result<Rewritten, Error>,
    ) -> Result<(), Error> {
        (self.events)(Event::StageStarted { stage, output: Some(self.name.clone()) });
        let start = Instant::now();
        let input = self.folder.join(format!("{stage}.wasm"));
        place::write(&input, &self.bytes)?;
        let rewritten = work(self)?;
        let addresses_file = self.folder.join(format!("{stage}.addresses"));
        place::write(&addresses_file, &rewritten.addresses.to_bytes())?;
        let bytes_before = self.bytes.len() as u64;
        let bytes_after = rewritten.bytes.len() as u64;
        let duration = start.elapsed();
        self.bytes = rewritten.bytes;
        self.stages.push(StageReport {
            stage,
            input,
            bytes_before,
            bytes_after,
            duration,
            addresses: Some(rewritten.addresses),
            addresses_file: Some(addresses_file),
        });
        let output = Some(self.name.clone());
        (self.events)(Event::StageFinished { stage, output, duration, bytes_before, bytes_after });
        Ok(())
    }

    /// What looks wrong in rustc's own result, where names and lines still are.
    fn warn(&mut self) {
        let mut warnings = findings::stray_imports(&self.bytes, &self.name, &self.context.settings.env);
        if !self.variant.threads {
            warnings.extend(findings::atomics(&self.bytes, &self.name));
        }
        if self.context.request.profile == Profile::Freestanding {
            warnings.extend(findings::panic_machinery(&self.bytes, &self.name));
        }
        warnings.into_iter().for_each(|warning| (self.events)(Event::Warning(warning)));
    }

    fn post_link(&mut self) -> Result<Rewritten, Error> {
        let (profile, keeps_debug) = (self.context.request.profile, self.context.keeps_debug());
        let bound = match bindgen::is_needed(&self.bytes) {
            false => None,
            true => Some(self.bind(keeps_debug)?),
        };
        let linked = bound.as_ref().map_or(&self.bytes, |bound| &bound.bytes);
        let done = post_link(linked, profile, keeps_debug)?;
        Ok(match bound {
            Some(bound) => Rewritten { addresses: bound.addresses.compose(&done.addresses), bytes: done.bytes },
            None => done,
        })
    }

    fn bind(&mut self, keeps_debug: bool) -> Result<Rewritten, Error> {
        let version = self.context.bindgen_version().ok_or_else(|| Error::Tool {
            tool: "wasm-bindgen".into(),
            output: self.name.clone(),
            message: "the module has its sections, but no package `wasm-bindgen` is in Cargo.lock".into(),
        })?;
        let target = self.context.settings.bindgen_target.as_deref().unwrap_or("web");
        let bound = bindgen::bind(&self.bytes, &version, target, keeps_debug, &self.folder, &self.name)?;
        self.tools.push(("wasm-bindgen".into(), bound.version));
        self.files = bound.files;
        self.file_name = Some(format!("{}_bg", self.name));
        Ok(bound.module)
    }

    /// Runs wasm-opt, or takes what it made of the same input before.
    fn optimise(&mut self) -> Result<Rewritten, Error> {
        let Some(wasm_opt) = &self.context.wasm_opt else { return Ok(Rewritten::same(&self.bytes)) };
        let args = self.context.wasm_opt_args();
        let kept = Kept::new(&self.folder, &self.bytes, &args, wasm_opt.version());
        let done = match kept.read() {
            Some(kept) => Ok(kept),
            None => wasm_opt.run(&self.bytes, &args, &self.folder, &self.name),
        };
        match done {
            Ok(done) if done.bytes.len() <= self.bytes.len() => {
                kept.write(&done)?;
                self.tools.push(("wasm-opt".into(), wasm_opt.version().to_string()));
                Ok(done)
            }
            Ok(_) => Ok(Rewritten::same(&self.bytes)),
            // The module is sound without it: a feature that this wasm-opt does not know is no reason to have nothing.
            Err(Error::Tool { message, .. }) => {
                let why = message.lines().next().unwrap_or("wasm-opt failed").to_string();
                let (output, stage) = (self.name.clone(), Stage::Optimise);
                (self.events)(Event::Warning(Warning::StageSkipped { output, stage, why }));
                Ok(Rewritten::same(&self.bytes))
            }
            Err(other) => Err(other),
        }
    }

    fn metadata(&self, manifest: &Path) -> Metadata {
        Metadata {
            debug: self.context.keeps_debug(),
            manifest: self.context.project.manifest_hash(manifest),
            names: self.context.keeps_names(),
            profile: self.context.request.profile,
            std: self.context.std,
            target: self.context.request.target,
            toolchain: self.context.rustc.version.clone(),
        }
    }
}

/// The last result of the optimise stage, with what it was made from: an unchanged module is not optimised twice.
struct Kept {
    key: String,
    key_file: PathBuf,
    result_file: PathBuf,
    addresses_file: PathBuf,
}

impl Kept {
    fn new(folder: &Path, input: &[u8], args: &[String], version: &str) -> Kept {
        Kept {
            key: format!("{} {version} {}", digest(input), args.join(" ")),
            key_file: folder.join("optimise.key"),
            result_file: folder.join("wrap.wasm"),
            addresses_file: folder.join("optimise.addresses"),
        }
    }

    fn read(&self) -> Option<Rewritten> {
        let known = fs::read_to_string(&self.key_file).ok()?;
        let bytes = fs::read(&self.result_file).ok()?;
        let addresses = fs::read(&self.addresses_file).ok()?;
        let is_same = known == self.key_of(&bytes, &addresses);
        is_same.then(|| AddressMap::from_bytes(&addresses)).flatten().map(|addresses| Rewritten { bytes, addresses })
    }

    fn write(&self, result: &Rewritten) -> Result<(), Error> {
        place::write(&self.key_file, self.key_of(&result.bytes, &result.addresses.to_bytes()).as_bytes())
    }

    fn key_of(&self, result: &[u8], addresses: &[u8]) -> String {
        format!("{} {} {}", self.key, digest(result), digest(addresses))
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
