//! The first stage: Cargo and rustc.

use crate::clock::{self, Compile};
use crate::error::Error;
use crate::event::Event;
use crate::flags::{cargo_flags, cargo_profile};
use crate::output::CrateKind;
use crate::project::{self, Project};
use crate::request::{Request, Std, Target};
use crate::settings::Settings;
use crate::toolchain::Rustc;
use crate::variant::Variant;
use cargo_metadata::Message;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// What rustc made for one target of a package.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// The file's name without `.wasm`.
    pub(crate) name: String,
    pub(crate) package: String,
    pub(crate) manifest: PathBuf,
    pub(crate) kind: CrateKind,
    pub(crate) wasm: PathBuf,
}

/// Builds all that a request means; with a clock it also says what the time was spent on.
pub(crate) fn compile(
    request: &Request,
    project: &Project,
    settings: &Settings,
    rustc: &Rustc,
    std: Std,
    variant: Variant,
    events: &mut dyn FnMut(Event),
) -> Result<(Vec<Compiled>, Option<Compile>), Error> {
    let mut command = command(request, project, settings, rustc, std, variant)?;
    let program = project::cargo();
    let log = request.clock.as_ref().map(|clock| start_clock(clock, request, rustc, &mut command)).transpose()?;
    let start = Instant::now();
    let mut made = Vec::new();
    let mut problems: Vec<String> = Vec::new();
    let status = run_until(&mut command, &program, request.cancel.as_deref(), |stream, line| match stream {
        Stream::Out => match message(line, project, events) {
            Some(compiled) if is_asked_for(&compiled, request) => made.push(compiled),
            _ => {}
        },
        Stream::Err => {
            // In colour the word is followed by an escape sequence.
            if line.starts_with("error") || line.contains("error\u{1b}") || !problems.is_empty() {
                problems.push(line.to_string());
            }
            events(Event::Progress { line: line.to_string() });
        }
    })?;
    if is_interrupted(status) {
        return Err(Error::Interrupted);
    }
    if !status.success() {
        return Err(Error::Cargo { stderr: problems.join("\n") });
    }
    if made.is_empty() {
        let names: Vec<&str> = project.selected().map(|package| package.name.as_str()).collect();
        return Err(Error::NoArtifact { package: names.join(", ") });
    }
    made.sort_by(|a, b| a.name.cmp(&b.name));
    let spent = log.map(|log| clock::read(log.path(), start.elapsed())).transpose()?;
    Ok((made, spent))
}

/// Puts the clock before rustc and the linker; the file that they write to is gone when it is dropped.
fn start_clock(
    clock: &Path,
    request: &Request,
    rustc: &Rustc,
    command: &mut Command,
) -> Result<tempfile::NamedTempFile, Error> {
    let temporary = std::env::temp_dir();
    let log = tempfile::NamedTempFile::new_in(&temporary).map_err(Error::write(&temporary))?;
    let linker = if request.target == Target::Wasip2 { "wasm-component-ld" } else { "rust-lld" };
    let linker = clock::default_linker(&rustc.sysroot, &rustc.host, linker);
    command.envs(clock::variables(clock, log.path(), linker.as_os_str()));
    Ok(log)
}

fn command(
    request: &Request,
    project: &Project,
    settings: &Settings,
    rustc: &Rustc,
    std: Std,
    variant: Variant,
) -> Result<Command, Error> {
    let flags = cargo_flags(request, project, settings, rustc, std, variant);
    let mut command = Command::new(project::cargo());
    command.current_dir(project.folder()).envs(flags.env).arg("build");
    command.arg("--manifest-path").arg(project.manifest());
    command.args(["--target", request.target.triple(), "--profile", cargo_profile(request.profile)]);
    command.arg(match request.color {
        true => "--message-format=json-diagnostic-rendered-ansi",
        false => "--message-format=json",
    });
    if request.color {
        command.args(["--color", "always"]);
    }
    for value in flags.config {
        command.args(["--config", &value]);
    }
    match &request.artifact {
        Some(name) => {
            let (package, kind, name) = project.artifact(name)?;
            command.args(["--package", &package.name]);
            match kind {
                CrateKind::Cdylib => command.arg("--lib"),
                CrateKind::Bin => command.args(["--bin", name]),
                CrateKind::Example => command.args(["--example", name]),
            };
        }
        None => project.selected().for_each(|package| {
            command.args(["--package", &package.name]);
        }),
    }
    if let Some(folder) = &request.target_dir {
        command.arg("--target-dir").arg(folder);
    }
    if request.all_features {
        command.arg("--all-features");
    }
    if request.no_default_features {
        command.arg("--no-default-features");
    }
    if !request.features.is_empty() {
        command.args(["--features", &request.features.join(",")]);
    }
    command.args(&request.cargo_args);
    Ok(command)
}

/// Reads a line of Cargo's output: a diagnostic is passed on, a wasm file of the packages is given back.
fn message(line: &str, project: &Project, events: &mut dyn FnMut(Event)) -> Option<Compiled> {
    match serde_json::from_str(line) {
        Ok(Message::CompilerMessage(message)) => {
            let rendered = message.message.rendered.unwrap_or(message.message.message);
            events(Event::Diagnostic { rendered, json: serde_json::from_str(line).unwrap_or_default() });
            None
        }
        Ok(Message::CompilerArtifact(artifact)) => {
            let package = project.selected().find(|package| package.id == artifact.package_id)?;
            let kind = project::kind(&artifact.target)?;
            let wasm = artifact.filenames.iter().find(|path| path.extension() == Some("wasm"))?;
            Some(Compiled {
                name: wasm.file_stem()?.to_string(),
                package: package.name.to_string(),
                manifest: package.manifest_path.clone().into(),
                kind,
                wasm: wasm.clone().into(),
            })
        }
        Ok(_) => None,
        Err(_) => {
            events(Event::Progress { line: line.to_string() });
            None
        }
    }
}

/// Cargo also builds what an artefact depends on; a `cdylib` among it was not asked for.
fn is_asked_for(compiled: &Compiled, request: &Request) -> bool {
    request.artifact.as_ref().is_none_or(|name| name.replace('-', "_") == compiled.name.replace('-', "_"))
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Runs a program and hands on its lines as they come.
pub(crate) fn run(
    command: &mut Command,
    program: &str,
    on_line: impl FnMut(Stream, &str),
) -> Result<ExitStatus, Error> {
    run_until(command, program, None, on_line)
}

/// [`run`]; the program and all that it started is ended once `cancel` is set.
fn run_until(
    command: &mut Command,
    program: &str,
    cancel: Option<&AtomicBool>,
    mut on_line: impl FnMut(Stream, &str),
) -> Result<ExitStatus, Error> {
    let spawn_error = |source| Error::Spawn { program: program.to_string(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What can be cancelled here is not in the terminal's group, whose Ctrl-C it would get.
    #[cfg(unix)]
    if cancel.is_some() {
        std::os::unix::process::CommandExt::process_group(command, 0);
    }
    let mut child = command.spawn().map_err(spawn_error)?;
    let (sender, receiver) = mpsc::channel();
    let out = child.stdout.take().map(|pipe| forward(pipe, Stream::Out, sender.clone()));
    let err = child.stderr.take().map(|pipe| forward(pipe, Stream::Err, sender));
    loop {
        match receiver.recv_timeout(CANCEL_INTERVAL) {
            Ok((stream, line)) => on_line(stream, &line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            end(&mut child);
            return Err(Error::Interrupted);
        }
    }
    for reader in [out, err].into_iter().flatten() {
        // A reader ends with its pipe and has nothing to panic about.
        let _ = reader.join();
    }
    child.wait().map_err(spawn_error)
}

/// How soon a cancel is seen.
const CANCEL_INTERVAL: Duration = Duration::from_millis(50);

/// Ends a program that leads a process group, and the group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    // Without `kill` the program itself still ends.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.kill();
    let _ = child.wait();
}

fn forward(
    pipe: impl Read + Send + 'static,
    stream: Stream,
    lines: mpsc::Sender<(Stream, String)>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            if lines.send((stream, text.trim_end_matches(['\n', '\r']).to_string())).is_err() {
                return;
            }
            line.clear();
        }
    })
}

/// Whether a program was ended by Ctrl-C.
pub(crate) fn is_interrupted(status: ExitStatus) -> bool {
    const SIGINT: i32 = 2;
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    signal == Some(SIGINT) || status.code() == Some(128 + SIGINT)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> (ExitStatus, Vec<(Stream, String)>) {
        let mut lines = Vec::new();
        let status = run(Command::new("sh").args(["-c", script]), "sh", |stream, line| {
            lines.push((stream, line.to_string()));
        });
        (status.expect("sh runs"), lines)
    }

    #[test]
    fn lines_of_both_streams_come_through() {
        let (status, mut lines) = shell("echo one; echo two >&2; printf three");
        assert!(status.success());
        lines.sort_by(|a, b| a.1.cmp(&b.1));
        let expected = [(Stream::Out, "one"), (Stream::Out, "three"), (Stream::Err, "two")];
        assert_eq!(lines, expected.map(|(stream, line)| (stream, line.to_string())));
    }

    #[test]
    fn a_program_that_is_interrupted_is_told_from_one_that_fails() {
        assert!(is_interrupted(shell("kill -INT $$").0));
        assert!(!is_interrupted(shell("exit 1").0));
        assert!(!is_interrupted(shell("exit 0").0));
    }

    #[test]
    fn a_program_is_ended_with_what_it_started() {
        let cancel = AtomicBool::new(false);
        let start = Instant::now();
        let mut child = None;
        let ended =
            run_until(Command::new("sh").args(["-c", "sleep 60 & echo $!; wait"]), "sh", Some(&cancel), |_, line| {
                child = line.parse::<u32>().ok();
                cancel.store(true, Ordering::Relaxed);
            });
        assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
        assert!(start.elapsed() < Duration::from_secs(30));
        let child = child.expect("its id was printed");
        let is_alive =
            || std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        let deadline = Instant::now() + Duration::from_secs(10);
        while is_alive() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(!is_alive(), "the child of the program lives on");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program"), "no-such-program", |_, _| {}).expect_err("not there");
        assert!(error.to_string().starts_with("cannot run no-such-program: "), "{error}");
    }
}
