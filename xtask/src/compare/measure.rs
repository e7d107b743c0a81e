//! What is measured, each by the script of `samples` that does it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::tools::Tools;
use super::{Language, PROGRAMS, Places, Result};

/// Features that all the compilers here may use: LLVM's generic set.
const FEATURES: [&str; 6] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
];

pub(crate) struct Size {
    /// As `samples/build` calls it.
    pub(crate) program: String,
    pub(crate) stripped: u64,
    /// After `wasm-opt -Oz`.
    pub(crate) optimised: Option<u64>,
    /// JavaScript that must come with it.
    pub(crate) glue: u64,
}

impl Size {
    /// What is shipped.
    pub(crate) fn shipped(&self) -> u64 {
        self.optimised.unwrap_or(self.stripped) + self.glue
    }
}

pub(crate) struct BuildTime {
    pub(crate) language: Language,
    pub(crate) program: &'static str,
    pub(crate) cold_secs: f64,
    pub(crate) warm_secs: f64,
}

pub(crate) struct Verdict {
    pub(crate) row: String,
    /// The end of the file's name.
    pub(crate) language: String,
    /// refused, warned or accepted
    pub(crate) verdict: String,
}

pub(crate) struct Call {
    pub(crate) engine: String,
    /// How it is called: loader, glue, wat, wasm-bindgen.
    pub(crate) way: String,
    pub(crate) what: String,
    pub(crate) ns: f64,
}

pub(crate) struct Kernel {
    pub(crate) kernel: String,
    pub(crate) what: String,
    pub(crate) ms: f64,
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines of three or so columns that a script prints.
fn table(command: &mut Command) -> Result<Vec<Vec<String>>> {
    let rows = said(command)?;
    Ok(rows.lines().filter(|l| l.contains('\t')).map(|l| l.split('\t').map(String::from).collect()).collect())
}

fn node(places: &Places, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(places.root.join("samples").join(script));
    command
}

/// Builds all programs for size and for speed.
pub(crate) fn build(places: &Places, tools: &Tools) -> Result<()> {
    for profile in ["release", "speed"] {
        said(Command::new(places.root.join("samples/build")).args(["programs", "--profile", profile]))?;
    }
    if tools.has(Language::Bindgen) {
        let mut build = Command::new(places.root.join("samples/build"));
        said(build.arg("programs").args(PROGRAMS.map(|program| Language::Bindgen.program(program))))?;
        let mut build = Command::new(places.root.join("samples/build"));
        said(build.args(["programs", "--profile", "speed"]).arg(Language::Bindgen.program("calls")))?;
    }
    Ok(())
}

pub(crate) fn sizes(places: &Places, tools: &Tools) -> Result<Vec<Size>> {
    let mut names: Vec<String> = ["hello-import", "hello-fd-write", "hello-std"].map(String::from).into();
    for language in tools.languages() {
        names.extend(PROGRAMS.iter().map(|program| language.program(program)));
    }
    names.into_iter().map(|name| size(places, tools, name)).collect()
}

fn size(places: &Places, tools: &Tools, program: String) -> Result<Size> {
    let release = places.built.join("release");
    let file = release.join(format!("{program}.wasm"));
    let stripped = fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.len();
    let optimised = match tools.binaryen("wasm-opt") {
        Some(mut command) => {
            let out = places.built.join("optimised.wasm");
            said(
                command
                    .args(["-Oz", "--strip-debug", "--strip-producers"])
                    .args(FEATURES)
                    .arg(&file)
                    .arg("-o")
                    .arg(&out),
            )?;
            Some(fs::metadata(out)?.len())
        }
        None => None,
    };
    let glue = fs::metadata(release.join(format!("{program}.mjs"))).map_or(0, |glue| glue.len());
    Ok(Size { program, stripped, optimised, glue })
}

pub(crate) fn calls(places: &Places, tools: &Tools) -> Result<Vec<Call>> {
    let speed = places.built.join("speed");
    if let Some(mut command) = tools.binaryen("wasm-as") {
        let source = places.root.join("samples/calls/calls.wat");
        said(command.arg("--enable-reference-types").arg(source).arg("-o").arg(speed.join("calls-wat.wasm")))?;
    }
    let mut glue = Command::new(env!("CARGO"));
    glue.args(["run", "--quiet", "--locked", "-p", "wasm-build", "--example", "glue"]).arg(speed.join("calls.wasm"));
    said(glue.current_dir(&places.root))?;
    let mut calls = Vec::new();
    for row in table(&mut node(places, "calls/bench.mjs"))? {
        let [engine, way, what, ns] = row.try_into().map_err(|row| format!("calls/bench.mjs: {row:?}"))?;
        calls.push(Call { engine, way, what, ns: ns.parse()? });
    }
    Ok(calls)
}

pub(crate) fn kernels(places: &Places) -> Result<Vec<Kernel>> {
    let mut kernels = Vec::new();
    for row in table(&mut node(places, "kernels.mjs"))? {
        let [kernel, what, ms] = row.try_into().map_err(|row| format!("kernels.mjs: {row:?}"))?;
        kernels.push(Kernel { kernel, what, ms: ms.parse()? });
    }
    Ok(kernels)
}

pub(crate) fn safety(places: &Places) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    for row in table(&mut node(places, "safety/check.mjs"))? {
        let [row, language, verdict] = row.try_into().map_err(|row| format!("safety/check.mjs: {row:?}"))?;
        verdicts.push(Verdict { row, language, verdict });
    }
    Ok(verdicts)
}

/// Each program in each language in a copy of the sources: from nothing, and after an edit.
pub(crate) fn build_times(places: &Places, tools: &Tools) -> Result<Vec<BuildTime>> {
    let mut times = Vec::new();
    for language in tools.languages() {
        for program in PROGRAMS {
            copy_sources(places)?;
            let cold_secs = time_build(&places.copy, &language.program(program))?;
            let source = places.copy.join("samples").join(language.source(program));
            let mut warm_secs = f64::INFINITY;
            for edit in 0..3 {
                let text = fs::read_to_string(&source)?;
                fs::write(&source, format!("{text}\n// edit {edit}\n"))?;
                warm_secs = warm_secs.min(time_build(&places.copy, &language.program(program))?);
            }
            times.push(BuildTime { language, program, cold_secs, warm_secs });
        }
    }
    fs::remove_dir_all(&places.copy)?;
    Ok(times)
}

fn time_build(copy: &Path, program: &str) -> Result<f64> {
    let start = Instant::now();
    said(Command::new(copy.join("samples/build")).args(["programs", program]).env_remove("CARGO_TARGET_DIR"))?;
    Ok(start.elapsed().as_secs_f64())
}

/// The sources that a build of the samples reads, and nothing built.
fn copy_sources(places: &Places) -> Result<()> {
    if places.copy.exists() {
        fs::remove_dir_all(&places.copy)?;
    }
    let listed = said(Command::new("git").current_dir(&places.root).args(["ls-files", "-co", "--exclude-standard"]))?;
    for file in listed.lines() {
        let (from, to) = (places.root.join(file), places.copy.join(file));
        // The workspace's manifests name all of its members: those come whole.
        if let Some(folder) = to.parent()
            && from.is_file()
        {
            fs::create_dir_all(folder)?;
            fs::copy(from, to)?;
        }
    }
    fs::create_dir_all(places.copy.join("target"))?;
    std::os::unix::fs::symlink(places.root.join("target/tools"), places.copy.join("target/tools"))?;
    Ok(())
}
