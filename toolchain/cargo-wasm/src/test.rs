//! `cargo wasm test`: the package's tests, built for WASI with rustc's own
//! harness, in wasmtime, node and Chromium.
//!
//! On wasm a panic ends the program, and with it the harness. So a run that
//! trapped is taken apart: the test that it was at has failed, is run once more
//! alone for its message, and the tests after it are run anew.

use anyhow::{Context, bail};
use cargo_metadata::Message;
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use wasm_build::{Profile, Target, toolchain::Rustc};

use crate::host::{Ended, Host, Program, Streams};
use crate::interrupt::OwnedChild;
use crate::options::BuildOptions;
use crate::project;
use crate::run::Given;
use crate::terminal::{BAD, BOLD, GOOD, shown, status};

/// Run the program's tests in wasmtime, node or Chromium
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm test                       in wasmtime
  cargo wasm test --in all              in wasmtime, node and Chromium
  cargo wasm test -- parser             only tests with this in their name
  cargo wasm test --lib -- --nocapture  what is after -- is for rustc's test harness

The tests are built for wasm32-wasip1, whatever the program is for: rustc's harness needs a place to write to. What they \
                  import and nobody gives traps when it is called. #[should_panic] tests are passed over, as a panic ends \
                  the program; doc tests are not run.")]
pub(crate) struct Args {
    #[command(flatten)]
    options: BuildOptions,
    #[command(flatten)]
    given: Given,
    /// Where to run them
    #[arg(long = "in", value_enum, value_name = "HOST", default_value = "wasmtime")]
    hosts: Place,
    /// Only the library's own tests
    #[arg(long)]
    lib: bool,
    /// Only one file of tests/
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,
    /// Build the tests and do not run them
    #[arg(long)]
    no_run: bool,
    /// Arguments of the harness: a filter, --nocapture, --include-ignored, …
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Place {
    Wasmtime,
    Node,
    Chromium,
    /// In each of them
    All,
}

/// A test program.
struct Harness {
    /// `src/lib.rs`, `tests/x.rs`.
    source: String,
    package: PathBuf,
    wasm: PathBuf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let harnesses = build(args)?;
    if args.no_run {
        for harness in &harnesses {
            anstream::println!("{}  {}", harness.source, shown(&harness.wasm));
        }
        return Ok(crate::OK);
    }
    let hosts: &[Host] = match args.hosts {
        Place::Wasmtime => &[Host::Wasmtime],
        Place::Node => &[Host::Node],
        Place::Chromium => &[Host::Chromium],
        Place::All => &Host::ALL,
    };
    let mut failed = Vec::new();
    for host in hosts {
        for harness in &harnesses {
            status("Running", &format!("{BOLD}{}{BOLD:#} in {host}", harness.source));
            let names = run_harness(args, harness, *host)?;
            failed.extend(names.into_iter().map(|name| format!("{name} ({}, {host})", harness.source)));
        }
    }
    if failed.is_empty() {
        return Ok(crate::OK);
    }
    anstream::eprintln!("{BAD}failed{BAD:#}:");
    for name in &failed {
        anstream::eprintln!("    {name}");
    }
    Ok(crate::FAILED)
}

/// Has cargo build the tests; its and rustc's messages go to the terminal as they are.
fn build(args: &Args) -> anyhow::Result<Vec<Harness>> {
    let options = &args.options;
    let manifest = project::manifest(options.manifest_path.as_deref())?;
    let target = match options.target {
        Some(Target::Wasip2) => Target::Wasip2,
        _ => Target::Wasip1,
    };
    let folder = manifest.parent().unwrap_or(&manifest);
    if !Rustc::find(folder)?.has(target) {
        return Err(wasm_build::Error::TargetMissing { target }.into());
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--no-run", "--target", target.triple(), "--message-format=json-render-diagnostics"]);
    command.arg("--manifest-path").arg(&manifest).args(options.cargo_args());
    if let Some(package) = &options.package {
        command.args(["--package", package]);
    }
    if let Some(bin) = &options.bin {
        command.args(["--bin", bin]);
    }
    if args.lib {
        command.arg("--lib");
    }
    for name in &args.test {
        command.args(["--test", name]);
    }
    if options.asked_profile() == Some(Profile::Release) {
        command.arg("--release");
    }
    if !options.features.is_empty() {
        command.args(["--features", &options.features.join(",")]);
    }
    for (is_set, flag) in [
        (options.all_features, "--all-features"),
        (options.no_default_features, "--no-default-features"),
        (options.quiet, "--quiet"),
    ] {
        if is_set {
            command.arg(flag);
        }
    }
    if let Some(folder) = &options.target_dir {
        command.arg("--target-dir").arg(folder);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run cargo")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let child = OwnedChild::new(child);
    let mut harnesses = Vec::new();
    for message in Message::parse_stream(BufReader::new(stdout)) {
        let Message::CompilerArtifact(artifact) = message.context("cannot read cargo's messages")? else { continue };
        let Some(executable) = artifact.executable.filter(|_| artifact.profile.test) else { continue };
        let package = artifact.manifest_path.parent().map(|path| path.as_std_path().to_path_buf()).unwrap_or_default();
        let source = artifact.target.src_path.as_std_path();
        harnesses.push(Harness {
            source: source.strip_prefix(&package).unwrap_or(source).display().to_string(),
            package,
            wasm: executable.into_std_path_buf(),
        });
    }
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    };
    if !status.success() {
        return Err(wasm_build::Error::Cargo { stderr: String::new() }.into());
    }
    if harnesses.is_empty() {
        bail!("there are no tests in {}", manifest.display());
    }
    harnesses.sort_by(|a, b| a.wasm.cmp(&b.wasm));
    Ok(harnesses)
}

/// Runs the tests of a program and gives back the names of those that failed.
fn run_harness(args: &Args, harness: &Harness, host: Host) -> anyhow::Result<Vec<String>> {
    let run = |arguments: &[String]| -> anyhow::Result<Ended> {
        let program = Program {
            wasm: harness.wasm.clone(),
            args: std::iter::once("test".to_string()).chain(arguments.iter().cloned()).collect(),
            env: args.given.env(),
            dirs: args.given.dirs()?,
            imports: args.given.imports(&harness.package)?,
            missing_imports_trap: true,
            tells_start: false,
            core_dump: None,
        };
        program.run(host, Streams::Capture)
    };
    let mut ended = run(&args.args)?;
    let mut progress = Progress::of(&ended);
    if progress.is_complete {
        print(&ended);
        return Ok(progress.failed);
    }
    let listed = run(&[&args.args[..], &["--list".to_string(), "--format=terse".to_string()]].concat())?;
    let all: Vec<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(": test").map(str::to_string))
        .collect();
    let flags: Vec<String> = args.args.iter().filter(|arg| arg.starts_with('-')).cloned().collect();
    let with = |names: &[String], more: &[&str]| -> Vec<String> {
        let more = more.iter().map(|flag| flag.to_string());
        flags.iter().cloned().chain(more).chain(names.iter().cloned()).collect()
    };

    let (mut passed, mut ignored, mut failures) = (0, 0, Vec::new());
    anstream::println!("\nrunning {} tests", all.len());
    loop {
        let _ = std::io::stdout().write_all(progress.lines.as_bytes());
        passed += progress.passed;
        ignored += progress.ignored;
        failures.append(&mut progress.failed);
        if progress.is_complete {
            break;
        }
        let Some(name) = progress.trapped.take() else {
            // Not in a test: nothing to go on with.
            print(&ended);
            bail!("the test program ended with code {} before its tests did", ended.code);
        };
        println!("test {name} ... FAILED");
        let alone = run(&with(std::slice::from_ref(&name), &["--exact", "--nocapture"]))?;
        anstream::println!("{}", message(&alone, &name));
        let rest: Vec<String> = all.iter().skip_while(|other| **other != name).skip(1).cloned().collect();
        failures.push(name);
        if rest.is_empty() {
            break;
        }
        ended = run(&with(&rest, &["--exact"]))?;
        progress = Progress::of(&ended);
    }
    let result = if failures.is_empty() { format!("{GOOD}ok{GOOD:#}") } else { format!("{BAD}FAILED{BAD:#}") };
    anstream::println!("\ntest result: {result}. {passed} passed; {} failed; {ignored} ignored\n", failures.len());
    Ok(failures)
}

/// How far a harness came, by what it wrote.
#[derive(Debug, Default, PartialEq)]
struct Progress {
    passed: usize,
    ignored: usize,
    failed: Vec<String>,
    /// The lines of the tests that came to an end.
    lines: String,
    /// The test that the program ended in.
    trapped: Option<String>,
    /// Whether the harness came to its own end.
    is_complete: bool,
}

impl Progress {
    fn of(ended: &Ended) -> Progress {
        let mut progress = Progress::default();
        for line in String::from_utf8_lossy(&ended.stdout).lines() {
            progress.is_complete |= line.starts_with("test result: ");
            let Some((name, result)) = line.strip_prefix("test ").and_then(|test| test.rsplit_once(" ... ")) else {
                continue;
            };
            let name = name.strip_suffix(" - should panic").unwrap_or(name);
            match result {
                "ok" => progress.passed += 1,
                "FAILED" => progress.failed.push(name.to_string()),
                _ if result.starts_with("ignored") => progress.ignored += 1,
                _ => {
                    progress.trapped = Some(name.to_string());
                    continue;
                }
            }
            progress.lines.push_str(line);
            progress.lines.push('\n');
        }
        // The harness of other authors writes what it likes.
        progress.is_complete |= ended.code == 0;
        progress
    }
}

/// What a failed test says: its output, without the harness' own lines.
fn message(ended: &Ended, name: &str) -> String {
    let mut text = format!("---- {name} ----\n");
    for line in String::from_utf8_lossy(&ended.stdout).lines() {
        let own = line.strip_prefix(&format!("test {name} ... ")).unwrap_or(line);
        if !own.is_empty() && !line.starts_with("running ") && own != "FAILED" {
            text.push_str(own);
            text.push('\n');
        }
    }
    let stderr = String::from_utf8_lossy(&ended.stderr);
    // Where a panic trapped is the panic's business: it has said where it was.
    let said = match stderr.split_once("\ntrap: unreachable code was reached") {
        Some((panic, _)) if panic.contains("panicked at") => panic,
        _ => &stderr,
    };
    text.push_str(said.trim());
    text.push('\n');
    text
}

fn print(ended: &Ended) {
    // A closed stream has nobody to tell.
    let _ = std::io::stdout().write_all(&ended.stdout);
    let _ = std::io::stderr().write_all(&ended.stderr);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32, stdout: &str) -> Ended {
        Ended { code, stdout: stdout.as_bytes().to_vec(), stderr: Vec::new() }
    }

    #[test]
    fn a_run_that_trapped_is_taken_apart() {
        let progress =
            Progress::of(&ended(134, "\nrunning 4 tests\ntest a ... ok\ntest b ... ignored, slow\ntest tests::c ... "));
        assert_eq!((progress.passed, progress.ignored), (1, 1));
        assert_eq!(progress.trapped.as_deref(), Some("tests::c"));
        assert!(!progress.is_complete);
        assert_eq!(progress.lines, "test a ... ok\ntest b ... ignored, slow\n");
    }

    #[test]
    fn a_run_to_the_end_is_taken_as_it_is() {
        let progress = Progress::of(&ended(101, "test a ... FAILED\n\ntest result: FAILED. 0 passed; 1 failed\n"));
        assert_eq!(progress.failed, ["a"]);
        assert!(progress.is_complete);
        assert!(Progress::of(&ended(0, "my own harness")).is_complete);
        assert!(!Progress::of(&ended(134, "my own harness")).is_complete);
    }
}
