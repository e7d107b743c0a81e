//! `wasm-gdb`: debug WebAssembly with the debugger that you have.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use wasm_gdb::engine::{self, LoadedModule};
use wasm_gdb::remote::{Left, Server};
use wasm_gdb::session::Session;
use wasm_host::{Dir, Input, Limits, Options, Output};

/// Debug a WebAssembly program with gdb, LLDB, VS Code or its own prompt.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "\
Examples:
  wasm-gdb app.wasm                     debug with gdb, started and connected
  wasm-gdb app.wasm --port 9229         wait for a client on the loopback interface:
    gdb   -ex 'target remote :9229'
    lldb  -o  'process connect --plugin wasm connect://127.0.0.1:9229'
  wasm-gdb app.wasm --port 9229 -- -v input.txt    with arguments for the program"
)]
struct Args {
    /// The program: a module or component
    program: PathBuf,
    /// The program's arguments
    #[arg(last = true)]
    args: Vec<String>,
    /// Wait for gdb or LLDB on this port; 0 takes one that is free
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// The address to listen on, instead of the loopback interface
    #[arg(long, value_name = "ADDRESS", requires = "port")]
    listen: Option<IpAddr>,
    /// End when the first client leaves
    #[arg(long, requires = "port")]
    once: bool,
    /// A directory that the program may use, as GUEST or HOST::GUEST
    #[arg(long, value_name = "DIR")]
    dir: Vec<String>,
    /// A variable of the program's environment, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// The most that each memory may grow to, in bytes
    #[arg(long, value_name = "BYTES")]
    max_memory: Option<usize>,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wasm-gdb: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode> {
    let name = args.program.display().to_string();
    let bytes = std::fs::read(&args.program).with_context(|| format!("cannot read {name}"))?;
    let limits = Limits { memory_bytes: args.max_memory, ..Limits::default() };
    let engine = engine::launch(&name, bytes.into(), &options(&args)?, limits).with_context(|| name.clone())?;
    let modules: Vec<LoadedModule> = engine.modules().to_vec();
    let mut session = Session::new(engine, &modules);
    serve(&args, &mut session)
}

fn options(args: &Args) -> Result<Options> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').with_context(|| format!("--env {text}: not NAME=VALUE"))?;
        Ok((name.to_string(), value.to_string()))
    };
    let dir = |text: &String| {
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        Dir { host: host.into(), guest: guest.to_string(), writable: true }
    };
    let mut all = vec![args.program.display().to_string()];
    all.extend(args.args.iter().cloned());
    Ok(Options {
        args: all,
        env: args.env.iter().map(pair).collect::<Result<_>>()?,
        dirs: args.dir.iter().map(dir).collect(),
        stdin: Input::Inherit,
        stdout: Output::Inherit,
        stderr: Output::Inherit,
        missing_imports_trap: false,
    })
}

fn serve(args: &Args, session: &mut Session<'_>) -> Result<ExitCode> {
    let server = Server::listen(args.listen, args.port.unwrap_or(0))?;
    let address = server.address()?;
    eprintln!("{} is stopped {}; listening on {address}", args.program.display(), session.engine.stop());
    eprintln!("  gdb   -ex 'target remote {address}'");
    eprintln!("  lldb  -o  'process connect --plugin wasm connect://{address}'");
    loop {
        match server.serve(session) {
            Ok(Left::Killed | Left::Ended) => break,
            Ok(Left::Detached) if args.once => break,
            Ok(Left::Detached) => eprintln!("the client left; {} waits for the next one", args.program.display()),
            Err(error) => eprintln!("wasm-gdb: {error}"),
        }
    }
    let code = match session.engine.stop() {
        wasm_gdb::engine::Stop::Exited(code) => *code as u8,
        _ => 0,
    };
    Ok(ExitCode::from(code))
}
