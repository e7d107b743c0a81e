//! What a program is given.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use wasmtime_wasi::p2::OutputStream;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe, SinkOutputStream};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::{Error, Sink};

/// What a run is given. By default: no arguments, variables or directories,
/// an empty input, and this process' output streams.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The arguments, the program's name first.
    pub args: Vec<String>,
    /// The environment, name and value.
    pub env: Vec<(String, String)>,
    /// Directories that the program may use.
    pub dirs: Vec<Dir>,
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// Let a function that nobody gives trap when it is called, instead of
    /// refusing to start: for tests of programs whose host is not here.
    pub missing_imports_trap: bool,
    /// Call this function instead of the entry point.
    pub invoke: Option<Invoke>,
    /// Keep what is left of a program that traps: [`Trap::core_dump`](crate::Trap::core_dump).
    pub core_dump: bool,
}

/// A function to call, with its arguments as a user types them. Its results are
/// printed. A module's first one, if that is an `i32`, is the exit code, too, as
/// that of `main` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoke {
    /// The name that it is exported by; of a function in an interface of a
    /// component `interface#function`, or its name alone.
    pub function: String,
    /// The arguments: whole numbers, decimal or with `0x`, and decimal
    /// fractions; for components values in WAVE.
    pub arguments: Vec<String>,
}

impl Invoke {
    /// The arguments' bits, for parameters of these types, named as the
    /// specification does.
    ///
    /// # Errors
    /// If there are more or fewer, or one is not of its type.
    pub fn bits(&self, types: &[String]) -> Result<Vec<u64>, Error> {
        let wrong = |reason: String| Error::Invoke { function: self.function.clone(), reason };
        if types.len() != self.arguments.len() {
            let given = self.arguments.len();
            return Err(wrong(match types {
                [] => format!("it takes no arguments, not {given}"),
                [one] => format!("it takes 1 argument ({one}), not {given}"),
                all => format!("it takes {} arguments ({}), not {given}", all.len(), all.join(", ")),
            }));
        }
        let bits = |(text, ty): (&String, &String)| {
            let parsed = match ty.as_str() {
                "i32" => whole(text).and_then(|value| {
                    let signed = i32::try_from(value).map(|value| value as u32);
                    signed.or_else(|_| u32::try_from(value)).ok().map(u64::from)
                }),
                "i64" => whole(text).and_then(|value| {
                    let signed = i64::try_from(value).map(|value| value as u64);
                    signed.or_else(|_| u64::try_from(value)).ok()
                }),
                "f32" => text.parse::<f32>().ok().map(|value| u64::from(value.to_bits())),
                "f64" => text.parse::<f64>().ok().map(f64::to_bits),
                _ => return Err(wrong(format!("an argument of type {ty} cannot be typed in"))),
            };
            parsed.ok_or_else(|| wrong(format!("{text:?} is no {ty}")))
        };
        self.arguments.iter().zip(types).map(bits).collect()
    }
}

fn whole(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i128::from(u64::from_str_radix(digits, 16).ok()?),
        None => i128::from(digits.parse::<u64>().ok()?),
    };
    Some(sign * value)
}

/// A directory of this machine that a program sees.
#[derive(Clone, Debug)]
pub struct Dir {
    /// Where it is here.
    pub host: PathBuf,
    /// What the program calls it.
    pub guest: String,
    /// Whether the program may change what is in it.
    pub writable: bool,
}

/// Where a program's standard input comes from.
#[derive(Clone, Debug, Default)]
pub enum Input {
    /// Nothing: reads are at the end.
    #[default]
    Empty,
    /// This process' input.
    Inherit,
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Where a program's output goes.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// To this process' stream of the same name.
    #[default]
    Inherit,
    /// Nowhere.
    Discard,
    /// Into memory.
    Pipe(Pipe),
    /// To a function.
    Sink(Sink),
}

/// Output that is kept in memory; clones share it.
#[derive(Clone, Debug)]
pub struct Pipe(MemoryOutputPipe);

impl Default for Pipe {
    fn default() -> Self {
        Pipe::new()
    }
}

impl Pipe {
    /// An empty pipe.
    pub fn new() -> Pipe {
        Pipe(MemoryOutputPipe::new(usize::MAX))
    }

    /// What has been written up to now.
    pub fn contents(&self) -> Vec<u8> {
        self.0.contents().to_vec()
    }
}

/// What a run may use; each that is not given is without limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Fuel, of which most instructions take one unit. The same program with
    /// the same input uses the same.
    pub fuel: Option<u64>,
    /// Time of the clock on the wall.
    pub time: Option<Duration>,
    /// Bytes of each linear memory.
    pub memory_bytes: Option<usize>,
}

impl Output {
    /// Prints what an [invoked](Invoke) function gave back, a line each.
    pub fn results(&self, results: impl IntoIterator<Item = String>) {
        results.into_iter().for_each(|result| self.write(Stream::Out, format!("{result}\n").as_bytes()));
    }

    /// Writes what a program prints by other ways than WASI. A closed stream
    /// loses it, as there is nobody to tell.
    pub(crate) fn write(&self, stream: Stream, bytes: &[u8]) {
        match (self, stream) {
            (Output::Inherit, Stream::Out) => {
                let mut stdout = std::io::stdout().lock();
                let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
            }
            (Output::Inherit, Stream::Error) => {
                let _ = std::io::stderr().write_all(bytes);
            }
            (Output::Discard, _) => {}
            (Output::Pipe(Pipe(pipe)), _) => {
                let _ = pipe.clone().write(bytes.to_vec().into());
            }
            (Output::Sink(sink), _) => sink.write(bytes),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Out,
    Error,
}

impl Options {
    /// WASI as these options have it.
    pub(crate) fn wasi(&self) -> Result<WasiCtxBuilder, Error> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(&self.args).envs(&self.env).allow_blocking_current_thread(true);
        match &self.stdin {
            Input::Empty => {}
            Input::Inherit => {
                wasi.inherit_stdin();
            }
            Input::Bytes(bytes) => {
                wasi.stdin(MemoryInputPipe::new(bytes.clone()));
            }
        }
        match &self.stdout {
            Output::Inherit => wasi.inherit_stdout(),
            Output::Discard => wasi.stdout(SinkOutputStream),
            Output::Pipe(Pipe(pipe)) => wasi.stdout(pipe.clone()),
            Output::Sink(sink) => wasi.stdout(sink.clone()),
        };
        match &self.stderr {
            Output::Inherit => wasi.inherit_stderr(),
            Output::Discard => wasi.stderr(SinkOutputStream),
            Output::Pipe(Pipe(pipe)) => wasi.stderr(pipe.clone()),
            Output::Sink(sink) => wasi.stderr(sink.clone()),
        };
        for dir in &self.dirs {
            let perms = if dir.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            wasi.preopened_dir(&dir.host, &dir.guest, perms)
                .map_err(|error| Error::Dir { path: dir.host.clone(), reason: error.to_string() })?;
        }
        Ok(wasi)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn bits(arguments: &[&str], types: &[&str]) -> Result<Vec<u64>, Error> {
        let invoke = Invoke { function: "f".into(), arguments: arguments.iter().map(ToString::to_string).collect() };
        invoke.bits(&types.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_of_their_types() {
        let typed = bits(&["-1", "0xffffffff", "-2", "1.5"], &["i32", "i32", "i64", "f64"]).unwrap();
        assert_eq!(typed, [0xffff_ffff, 0xffff_ffff, u64::MAX - 1, 1.5f64.to_bits()]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let told = |arguments: &[&str], types: &[&str]| bits(arguments, types).unwrap_err().to_string();
        assert_eq!(told(&["7"], &["i32", "f32"]), "cannot call `f`: it takes 2 arguments (i32, f32), not 1");
        assert_eq!(told(&["4294967296"], &["i32"]), "cannot call `f`: \"4294967296\" is no i32");
        assert_eq!(told(&["x"], &["externref"]), "cannot call `f`: an argument of type externref cannot be typed in");
    }
}
