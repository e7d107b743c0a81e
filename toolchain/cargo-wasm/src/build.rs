//! `cargo wasm build`: drives `wasm-build` and says what it does.

use anyhow::{Context, bail};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasm_build::{Build, Event, Output, Profile, Project, Request, Stage, Target, Variant};

use crate::options::BuildOptions;
use crate::terminal::{BOLD, CAUTION, DIM, grouped, shown, status, warning};
use crate::web;

/// Build the program
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm build                                  with debug information, fast to build
  cargo wasm build --release                        small and reproducible
  cargo wasm build --profile freestanding           nothing but your own code, or an error says what else
  cargo wasm build --target wasip2                  a component
  cargo wasm build --release --out-dir web/pkg      what a page needs, put where it looks for it
  cargo wasm build --message-format json            for editors and scripts: one JSON value a line

The files are in target/wasm/TARGET/PROFILE/; what each stage was given is beside them.")]
pub(crate) struct Args {
    #[command(flatten)]
    options: BuildOptions,
    /// Say how long each stage took
    #[arg(long)]
    timings: bool,
    /// What to write to standard output
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    message_format: MessageFormat,
    /// Also put the files, and the JavaScript that loads them, into a folder
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// Text for people
    Human,
    /// Each event as a JSON value on a line, rustc's messages as cargo has them
    Json,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let (project, mut request) = args.options.project()?;
    request.clock = clock(args.timings)?;
    if args.message_format == MessageFormat::Json {
        return run_json(args, &project, &request);
    }
    let build = build(&project, &request, args.options.quiet)?;
    if !args.options.quiet {
        for output in &build.outputs {
            describe(output, &build, args.timings)?;
        }
    }
    if let Some(folder) = &args.out_dir {
        write_out(&build, folder)?;
    }
    Ok(crate::OK)
}

/// What stands before rustc and the linker to time them: this program.
pub(crate) fn clock(with_timings: bool) -> anyhow::Result<Option<PathBuf>> {
    let own = || std::env::current_exe().context("cannot tell where this program is");
    with_timings.then(own).transpose()
}

/// Builds for people: progress, diagnostics and warnings go to standard error.
pub(crate) fn build(project: &Project, request: &Request, is_quiet: bool) -> anyhow::Result<Build> {
    let mut started = Vec::new();
    let build = wasm_build::build_project(project, request, &mut |event| match event {
        Event::Diagnostic { rendered, .. } => anstream::eprint!("{rendered}"),
        Event::Progress { line } if !is_quiet => anstream::eprintln!("{line}"),
        Event::StageStarted { stage, output: Some(output) } if !is_quiet && !started.contains(&stage) => {
            started.push(stage);
            status(verb(stage), &format!("{output}.wasm"));
        }
        Event::Warning(text) => warning(&text.to_string()),
        _ => {}
    })?;
    Ok(build)
}

fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Rustc => "Compiling",
        Stage::PostLink => "Linking",
        Stage::Optimise => "Optimising",
        Stage::Wrap => "Wrapping",
    }
}

/// The sizes of an output, and why it grew.
fn describe(output: &Output, build: &Build, with_timings: bool) -> anyhow::Result<()> {
    // What a development build weighs on the wire is not worth the wait.
    let transfer = match build.profile {
        Profile::Dev => String::new(),
        _ => {
            let bytes = fs::read(&output.wasm).with_context(|| format!("cannot read {}", output.wasm.display()))?;
            format!(", {} gzip -9", grouped(gzip_size(&bytes)))
        }
    };
    anstream::println!(
        "{BOLD}{}{BOLD:#}  {} bytes{transfer}  {DIM}{}, {}{DIM:#}",
        shown(&output.wasm),
        grouped(output.bytes),
        build.profile,
        build.target,
    );
    for report in &output.stages {
        let change = match report.bytes_before {
            0 => String::new(),
            before => format!("{:+.1} %", (report.bytes_after as f64 / before as f64 - 1.0) * 100.0),
        };
        let time = if with_timings { seconds(report.duration) } else { String::new() };
        anstream::println!("  {:<10}{:>12}{change:>10}{time}", report.stage.name(), grouped(report.bytes_after));
        if let (Stage::Rustc, Some(compile)) = (report.stage, build.compile) {
            for (name, duration) in compile.parts() {
                anstream::println!("  {DIM}  {name:<30}{}{DIM:#}", seconds(duration));
            }
        }
    }
    match (&output.growth, output.previous_bytes) {
        (Some(growth), _) => anstream::println!(
            "  {CAUTION}{} bytes more{CAUTION:#} than the last build, most in {} (+{})",
            grouped(growth.bytes),
            growth.cause,
            grouped(growth.cause_bytes)
        ),
        (None, Some(previous)) if previous > output.bytes => {
            anstream::println!("  {} bytes less than the last build", grouped(previous - output.bytes));
        }
        _ => {}
    }
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:>9.3} s", duration.as_secs_f64())
}

/// What each step of a build took, where its sizes are not asked for.
pub(crate) fn tell_timings(build: &Build) {
    let compile = build.compile.iter().flat_map(|compile| compile.parts());
    let stages = build.timings.iter().filter(|timing| timing.stage != Stage::Rustc);
    for (name, duration) in compile.chain(stages.map(|timing| (timing.stage.name(), timing.duration))) {
        tell_timing(name, duration);
    }
}

/// One line of it.
pub(crate) fn tell_timing(name: &str, duration: Duration) {
    anstream::eprintln!("  {name:<32}{}", seconds(duration));
}

fn gzip_size(bytes: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().map_or(0, |packed| packed.len() as u64)
}

/// Builds for programs: each event is a line, and so is the end.
fn run_json(args: &Args, project: &Project, request: &Request) -> anyhow::Result<u8> {
    let done = wasm_build::build_project(project, request, &mut |event| match &event {
        Event::Diagnostic { json, .. } => println!("{json}"),
        event => println!("{}", json!(event)),
    });
    match done {
        Ok(build) => {
            if let Some(folder) = &args.out_dir {
                write_out(&build, folder)?;
            }
            println!("{}", json!({ "reason": "build-finished", "success": true, "build": build }));
            Ok(crate::OK)
        }
        Err(error) => {
            println!("{}", json!({ "reason": "build-finished", "success": false, "error": error.to_string() }));
            Err(error.into())
        }
    }
}

/// Copies the artefacts and their scripts into a folder, each in one step.
fn write_out(build: &Build, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let put = |name: &str, bytes: &[u8]| -> anyhow::Result<()> {
        let path = folder.join(name);
        let mut file =
            tempfile::NamedTempFile::new_in(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
        file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
        // A temporary file is its owner's alone; this one is for a web server, too.
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    };
    for output in &build.outputs {
        for path in output.files.iter().chain([&output.wasm]) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                bail!("the file name {} is no text", path.display());
            };
            put(name, &fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)?;
        }
        // A module of plain numbers has no script of its own; a page is to load it like any other.
        if build.target == Target::Unknown && output.variant == Variant::PLAIN && output.files.is_empty() {
            let script = wasm_build::picker([(output.variant, format!("{}.wasm", output.name).as_str())]);
            put(&format!("{}.mjs", output.program), script.as_bytes())?;
            put("loader.mjs", web::LOADER.as_bytes())?;
        }
    }
    Ok(())
}
