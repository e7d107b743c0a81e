//! The host's functions over memory that is given as bytes: for engines that
//! are not wasmtime. They are the same as [`Program::run`](crate::Program::run)
//! gives: WASI preview 1 and what the crate `wasm` imports.

use std::ops::Range;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::{WasiP1Ctx, wasi_snapshot_preview1 as wasi};
use wasmtime_wasi::runtime::in_tokio;
use wiggle::GuestMemory;

use crate::module::FEATURES;
use crate::options::Stream;
use crate::{Error, Options, Output};

/// How many bytes a call may copy: wasmtime's own limit.
const HOSTCALL_FUEL: usize = 128 << 20;

/// What a run's host functions work on: open files, streams, arguments.
pub struct Imports {
    wasi: WasiP1Ctx,
    stdout: Output,
    stderr: Output,
    arguments: Strings,
    environment: Strings,
}

/// How many strings WASI gives, and their bytes with the zero after each.
struct Strings {
    count: u64,
    bytes: u64,
}

/// A function that the host has.
#[derive(Clone, Copy)]
pub struct Import {
    function: Function,
    /// The types of its parameters.
    pub parameters: &'static [Number],
    /// The type of its result.
    pub result: Option<Number>,
}

/// The type of a host function's parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
}

/// What a call gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The result's bits.
    pub result: Option<u32>,
    /// The bytes of memory that the host may have written, in the order of
    /// their writing: with `result` all that the program can see of the call.
    pub written: Vec<Range<usize>>,
}

/// A call that ended the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The program exited, with this code.
    Exit(i32),
    /// The host refused, and says why.
    Trap(String),
}

type Function = fn(&mut Imports, &[u64], &mut [u8]) -> Result<Answer, Ended>;

impl Imports {
    /// The functions for one run.
    ///
    /// # Errors
    /// If a directory cannot be opened.
    pub fn new(options: &Options) -> Result<Imports, Error> {
        Ok(Imports {
            wasi: options.wasi()?.build_p1(),
            stdout: options.stdout.clone(),
            stderr: options.stderr.clone(),
            arguments: Strings {
                count: options.args.len() as u64,
                bytes: options.args.iter().map(|argument| argument.len() as u64 + 1).sum(),
            },
            environment: Strings {
                count: options.env.len() as u64,
                bytes: options.env.iter().map(|(name, value)| (name.len() + value.len()) as u64 + 2).sum(),
            },
        })
    }

    /// The host's function of this module and name, if it has it.
    pub fn find(module: &str, name: &str) -> Option<Import> {
        match module {
            "wasi_snapshot_preview1" => preview1(name),
            "wasmrust:host" => wasm_crate(name),
            _ => None,
        }
    }

    /// Calls a function with the bits of its arguments and the program's
    /// memory.
    ///
    /// # Errors
    /// If the call ends the run.
    pub fn call(&mut self, import: Import, arguments: &[u64], memory: &mut [u8]) -> Result<Answer, Ended> {
        if arguments.len() != import.parameters.len() {
            return Err(Ended::Trap("the host's function is called with the wrong number of arguments".to_string()));
        }
        // What one call may copy, as wasmtime gives it.
        wasi::WasiSnapshotPreview1::set_hostcall_fuel(&mut self.wasi, HOSTCALL_FUEL);
        (import.function)(self, arguments, memory)
    }
}

/// Where a function of WASI writes, by its arguments.
type Written = fn(&Imports, &[u64], &[u8]) -> Vec<Range<usize>>;

/// A table of WASI functions: parameters; which arguments say where it writes.
macro_rules! preview1 {
    ($($name:ident($($type:ident)*) $how:ident $written:expr;)*) => {
        fn preview1(name: &str) -> Option<Import> {
            Some(match name {
                $(stringify!($name) => Import {
                    parameters: &[$(Number::$type),*],
                    result: Some(Number::I32),
                    function: |host, arguments, memory| {
                        let written: Written = $written;
                        let places = written(host, arguments, memory);
                        // `sched_yield` takes none.
                        #[allow(unused_mut, unused_variables)]
                        let mut rest = arguments.iter().copied();
                        let mut guest = GuestMemory::Unshared(memory);
                        let result = preview1!(@call $how $name(host, guest, rest; $($type)*));
                        match result {
                            Ok(errno) => Ok(Answer { result: Some(errno as u32), written: places }),
                            Err(error) => Err(ended(&error)),
                        }
                    },
                },)*
                "proc_exit" => Import {
                    parameters: &[Number::I32],
                    result: None,
                    function: |_, arguments, _| Err(Ended::Exit(arguments[0] as i32)),
                },
                _ => return None,
            })
        }
    };
    (@call now $name:ident($host:ident, $guest:ident, $rest:ident; $($type:ident)*)) => {
        wasi::$name(&mut $host.wasi, &mut $guest, $(preview1!(@take $type $rest)),*)
    };
    (@call waits $name:ident($host:ident, $guest:ident, $rest:ident; $($type:ident)*)) => {
        in_tokio(wasi::$name(&mut $host.wasi, &mut $guest, $(preview1!(@take $type $rest)),*))
    };
    (@take I32 $rest:ident) => { $rest.next().unwrap_or_default() as i32 };
    (@take I64 $rest:ident) => { $rest.next().unwrap_or_default() as i64 };
}

preview1! {
    args_get(I32 I32) now |host, a, _| host.arguments.at(a);
    args_sizes_get(I32 I32) now |_, a, _| vec![at(a[0], 4), at(a[1], 4)];
    environ_get(I32 I32) now |host, a, _| host.environment.at(a);
    environ_sizes_get(I32 I32) now |_, a, _| vec![at(a[0], 4), at(a[1], 4)];
    clock_res_get(I32 I32) now |_, a, _| vec![at(a[1], 8)];
    clock_time_get(I32 I64 I32) now |_, a, _| vec![at(a[2], 8)];
    fd_advise(I32 I64 I64 I32) waits nowhere;
    fd_allocate(I32 I64 I64) now nowhere;
    fd_close(I32) waits nowhere;
    fd_datasync(I32) waits nowhere;
    fd_fdstat_get(I32 I32) waits |_, a, _| vec![at(a[1], 24)];
    fd_fdstat_set_flags(I32 I32) now nowhere;
    fd_fdstat_set_rights(I32 I64 I64) now nowhere;
    fd_filestat_get(I32 I32) waits |_, a, _| vec![at(a[1], 64)];
    fd_filestat_set_size(I32 I64) waits nowhere;
    fd_filestat_set_times(I32 I64 I64 I32) waits nowhere;
    fd_pread(I32 I32 I32 I64 I32) waits |_, a, memory| buffers(memory, a[1], a[2], at(a[4], 4));
    fd_prestat_get(I32 I32) now |_, a, _| vec![at(a[1], 8)];
    fd_prestat_dir_name(I32 I32 I32) now |_, a, _| vec![at(a[1], a[2])];
    fd_pwrite(I32 I32 I32 I64 I32) waits |_, a, _| vec![at(a[4], 4)];
    fd_read(I32 I32 I32 I32) waits |_, a, memory| buffers(memory, a[1], a[2], at(a[3], 4));
    fd_readdir(I32 I32 I32 I64 I32) waits |_, a, _| vec![at(a[1], a[2]), at(a[4], 4)];
    fd_renumber(I32 I32) waits nowhere;
    fd_seek(I32 I64 I32 I32) waits |_, a, _| vec![at(a[3], 8)];
    fd_sync(I32) waits nowhere;
    fd_tell(I32 I32) now |_, a, _| vec![at(a[1], 8)];
    fd_write(I32 I32 I32 I32) waits |_, a, _| vec![at(a[3], 4)];
    path_create_directory(I32 I32 I32) waits nowhere;
    path_filestat_get(I32 I32 I32 I32 I32) waits |_, a, _| vec![at(a[4], 64)];
    path_filestat_set_times(I32 I32 I32 I32 I64 I64 I32) waits nowhere;
    path_link(I32 I32 I32 I32 I32 I32 I32) waits nowhere;
    path_open(I32 I32 I32 I32 I32 I64 I64 I32 I32) waits |_, a, _| vec![at(a[8], 4)];
    path_readlink(I32 I32 I32 I32 I32 I32) waits |_, a, _| vec![at(a[3], a[4]), at(a[5], 4)];
    path_remove_directory(I32 I32 I32) waits nowhere;
    path_rename(I32 I32 I32 I32 I32 I32) waits nowhere;
    path_symlink(I32 I32 I32 I32 I32) waits nowhere;
    path_unlink_file(I32 I32 I32) waits nowhere;
    poll_oneoff(I32 I32 I32 I32) waits |_, a, _| vec![at(a[1], u64::from(a[2] as u32) * 32), at(a[3], 4)];
    proc_raise(I32) now nowhere;
    random_get(I32 I32) now |_, a, _| vec![at(a[0], a[1])];
    sched_yield() now nowhere;
    sock_accept(I32 I32 I32) now |_, a, _| vec![at(a[2], 4)];
    sock_recv(I32 I32 I32 I32 I32 I32) now |_, a, memory| {
        let mut places = buffers(memory, a[1], a[2], at(a[4], 4));
        places.push(at(a[5], 4));
        places
    };
    sock_send(I32 I32 I32 I32 I32) now |_, a, _| vec![at(a[4], 4)];
    sock_shutdown(I32 I32) now nowhere;
}

fn nowhere(_: &Imports, _: &[u64], _: &[u8]) -> Vec<Range<usize>> {
    Vec::new()
}

impl Strings {
    /// Where they go: an array of pointers, and the bytes.
    fn at(&self, arguments: &[u64]) -> Vec<Range<usize>> {
        vec![at(arguments[0], self.count * 4), at(arguments[1], self.bytes)]
    }
}

fn at(address: u64, length: u64) -> Range<usize> {
    let start = address as u32 as usize;
    start..start.saturating_add(length as usize)
}

/// The buffers of an array of `iovec`s, and what else is written.
fn buffers(memory: &[u8], array: u64, count: u64, more: Range<usize>) -> Vec<Range<usize>> {
    let array = memory.get(array as u32 as usize..).unwrap_or_default();
    let buffers = array.chunks_exact(8).take(count as u32 as usize).map(|iovec| {
        let number =
            |at: usize| iovec[at..at + 4].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        at(number(0), number(4))
    });
    buffers.chain([more]).collect()
}

fn ended(error: &wasmtime::Error) -> Ended {
    match error.downcast_ref::<I32Exit>() {
        Some(exit) => Ended::Exit(exit.0),
        None => Ended::Trap(error.root_cause().to_string()),
    }
}

/// The imports of the crate `wasm` that need no JavaScript; see
/// `docs/compiler-contract.md`.
fn wasm_crate(name: &str) -> Option<Import> {
    Some(match name {
        "features" => Import {
            parameters: &[],
            result: Some(Number::I32),
            function: |_, _, _| Ok(Answer { result: Some(FEATURES), written: Vec::new() }),
        },
        "print;jS" => Import {
            parameters: &[Number::I32; 3],
            result: None,
            function: |host, arguments, memory| {
                let text = memory
                    .get(at(arguments[1], u64::from(arguments[2] as u32)))
                    .ok_or_else(|| Ended::Trap("the text to print is outside of the program's memory".to_string()))?;
                match arguments[0] as u32 {
                    2 => host.stderr.write(Stream::Error, text),
                    _ => host.stdout.write(Stream::Out, text),
                }
                Ok(Answer::default())
            },
        },
        "take" => Import {
            parameters: &[Number::I32],
            result: None,
            function: |_, _, _| Err(Ended::Trap("the program takes a value that this host has not given".to_string())),
        },
        "give" | "fail" => {
            Import { parameters: &[Number::I32; 2], result: None, function: |_, _, _| Ok(Answer::default()) }
        }
        _ => return None,
    })
}
