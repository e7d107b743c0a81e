//! How long Cargo, rustc and the linker take. Stable Cargo tells none of it, so a program stands before rustc and the
//! linker that writes down when they ran: the one that builds ([`Request::clock`](crate::Request::clock)), which calls
//! [`run`] when it is started as such.

use crate::error::Error;
use crate::output::seconds;
use serde::Serialize;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Add;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The file to write to.
const LOG: &str = "WASM_BUILD_CLOCK";
/// The linker that rustc would take.
const LINKER: &str = "WASM_BUILD_CLOCK_LINKER";
/// The user's own `RUSTC_WRAPPER`.
const WRAPPER: &str = "WASM_BUILD_CLOCK_WRAPPER";

/// What the first stage is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compile {
    /// Cargo alone: what there is to do, and starting it.
    #[serde(serialize_with = "seconds")]
    pub cargo: Duration,
    /// While a rustc ran, without the linker.
    #[serde(serialize_with = "seconds")]
    pub rustc: Duration,
    /// While a linker ran.
    #[serde(serialize_with = "seconds")]
    pub link: Duration,
}

impl Compile {
    /// Its parts by name, in order.
    pub fn parts(self) -> [(&'static str, Duration); 3] {
        [("cargo", self.cargo), ("rustc", self.rustc), ("link", self.link)]
    }
}

impl Add for Compile {
    type Output = Compile;
    fn add(self, other: Compile) -> Compile {
        Compile { cargo: self.cargo + other.cargo, rustc: self.rustc + other.rustc, link: self.link + other.link }
    }
}

/// The variables that put the clock before rustc; `linker` is rustc's own.
pub(crate) fn variables(clock: &Path, log: &Path, linker: &OsStr) -> Vec<(&'static str, OsString)> {
    let mut variables = vec![
        ("RUSTC_WRAPPER", clock.as_os_str().to_owned()),
        (LOG, log.as_os_str().to_owned()),
        (LINKER, linker.to_owned()),
    ];
    variables.extend(env::var_os("RUSTC_WRAPPER").map(|wrapper| (WRAPPER, wrapper)));
    variables
}

/// Adds up what the clock wrote down during a Cargo that took `whole`.
pub(crate) fn read(log: &Path, whole: Duration) -> Result<Compile, Error> {
    let text = fs::read_to_string(log).map_err(Error::read(log))?;
    let spans = |wanted: &str| -> Vec<(u64, u64)> {
        let fields = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let span = |fields: Vec<&str>| match fields[..] {
            [what, start, end] if what == wanted => Some((start.parse().ok()?, end.parse().ok()?)),
            _ => None,
        };
        fields.filter_map(span).collect()
    };
    let (rustc, link) = (covered(spans("rustc")), covered(spans("link")));
    Ok(Compile { cargo: whole.saturating_sub(rustc), rustc: rustc.saturating_sub(link), link })
}

/// The time that spans of microseconds cover together.
fn covered(mut spans: Vec<(u64, u64)>) -> Duration {
    spans.sort_unstable();
    let (mut total, mut until) = (0, 0);
    for (start, end) in spans {
        total += end.saturating_sub(start.max(until));
        until = until.max(end);
    }
    Duration::from_micros(total)
}

/// Whether this process was started as the clock: then [`run`] is all that it is to do.
pub fn is_asked_for() -> bool {
    env::var_os(LOG).is_some()
}

/// Starts the rustc or linker that the arguments name, and writes down when it ran.
pub fn run() -> ExitCode {
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    // rustc names the flavour first to a linker that is LLVM's.
    let is_linker = arguments.first().is_some_and(|first| first == "-flavor");
    let start = now();
    if is_linker {
        let program = env::var_os(LINKER).unwrap_or_else(|| "rust-lld".into());
        return finish("link", start, Command::new(program).args(arguments));
    }
    let mut linker = None;
    let is_for_wasm = arguments.windows(2).any(|pair| pair[0] == "--target" && starts_with(&pair[1], "wasm32-"));
    if let (true, Ok(clock)) = (is_for_wasm, env::current_exe()) {
        linker = take_linker(&mut arguments);
        let mut option = OsString::from("-Clinker=");
        option.push(clock);
        arguments.push(option);
    }
    let program = match env::var_os(WRAPPER) {
        Some(wrapper) => wrapper,
        None if arguments.is_empty() => "rustc".into(),
        None => arguments.remove(0),
    };
    finish("rustc", start, Command::new(program).args(arguments).envs(linker.map(|path| (LINKER, path))))
}

/// The linker that rustc was given, which is then given no longer.
fn take_linker(arguments: &mut Vec<OsString>) -> Option<OsString> {
    let value = |argument: &OsString| argument.to_str()?.strip_prefix("linker=").map(OsString::from);
    let joined = |argument: &OsString| argument.to_str()?.strip_prefix("-Clinker=").map(OsString::from);
    let pair = arguments.windows(2).position(|pair| pair[0] == "-C" && value(&pair[1]).is_some());
    if let Some(at) = pair {
        let found = value(&arguments[at + 1]);
        arguments.drain(at..at + 2);
        return found;
    }
    let at = arguments.iter().position(|argument| joined(argument).is_some())?;
    joined(&arguments.remove(at))
}

fn starts_with(text: &OsStr, start: &str) -> bool {
    text.to_str().is_some_and(|text| text.starts_with(start))
}

fn finish(what: &str, start: u128, command: &mut Command) -> ExitCode {
    let status = match command.status() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: cannot run {}: {error}", command.get_program().display());
            return ExitCode::FAILURE;
        }
    };
    let line = format!("{what} {start} {}\n", now());
    let log = env::var_os(LOG).unwrap_or_default();
    // A line that is lost is a figure that is missing, not a build that fails. One write is whole beside others.
    let _ = OpenOptions::new().append(true).open(log).and_then(|mut file| file.write_all(line.as_bytes()));
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

/// Microseconds since 1970.
fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros())
}

/// The linker of a compiler for a target where nobody names another.
pub(crate) fn default_linker(sysroot: &Path, host: &str, name: &str) -> PathBuf {
    let own = sysroot.join("lib/rustlib").join(host).join("bin").join(name);
    if own.is_file() { own } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_at_once_counts_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        fs::write(&log, "rustc 0 1000\nrustc 500 3000\nlink 2000 2500\nnonsense\nrustc 9000 9500\n").expect("written");
        let ms = Duration::from_micros;
        let expected = Compile { cargo: ms(6500), rustc: ms(3000), link: ms(500) };
        assert_eq!(read(&log, ms(10_000)).expect("a log"), expected);
    }

    #[test]
    fn a_linker_that_is_named_stays_the_linker() {
        for given in [&["rustc", "-C", "linker=my-ld", "a.rs"][..], &["rustc", "-Clinker=my-ld", "a.rs"]] {
            let mut arguments: Vec<OsString> = given.iter().map(OsString::from).collect();
            assert_eq!(take_linker(&mut arguments), Some("my-ld".into()));
            assert_eq!(arguments, ["rustc", "a.rs"]);
        }
        assert_eq!(take_linker(&mut vec!["rustc".into(), "-C".into()]), None);
    }
}
