//! `wasm-gdb`: debug WebAssembly with the debugger that you have.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, Subcommand, ValueEnum};
use wasm_gdb::engine::{self, Engine, LoadedModule, PostMortem, Stop};
use wasm_gdb::live::Live;
use wasm_gdb::making::Making;
use wasm_gdb::prompt::{self, Prompt};
use wasm_gdb::remote::{Left, Server};
use wasm_gdb::session::{Session, Tail};
use wasm_gdb::{client, dap, debug_files};
use wasm_host::{Dir, Input, Invoke, Limits, Options, Output};
use wasm_shadow::Flavour;

/// Debug a WebAssembly program with gdb, LLDB, VS Code or its own prompt.
#[derive(Parser)]
#[command(
    version,
    about,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  wasm-gdb app.wasm                     debug with gdb, started and attached
  wasm-gdb app.wasm --port 9229         wait for a client on the loopback interface:
    gdb   -ex 'target remote :9229'
    lldb  -o  'process connect --plugin wasm connect://127.0.0.1:9229'
  wasm-gdb app.wasm --lldb              debug with LLDB 22, started and attached
  wasm-gdb app.wasm --prompt            debug without gdb
  wasm-gdb app.wasm --prompt --batch -ex 'break main' -ex run -ex bt
  wasm-gdb app.wasm -- -v input.txt     with arguments for the program
  wasm-gdb lib.wasm --invoke add -- 1 2 a function of what has no entry point
  wasm-gdb --dap                        for an editor, which launches programs
  wasm-gdb setup-gdb                    the command `wasm` also in a gdb that you start yourself"
)]
struct Args {
    #[command(subcommand)]
    command: Option<Action>,
    /// The program: a module or component
    program: Option<PathBuf>,
    /// The program's arguments
    #[arg(last = true)]
    args: Vec<String>,
    /// Serve an editor by the Debug Adapter Protocol, which launches programs: on the standard streams, or on the port
    #[arg(long, conflicts_with_all = ["program", "args", "commands", "core", "debug_file", "dir", "env", "stdin", "max_memory"])]
    dap: bool,
    /// Wait for gdb, LLDB or an editor on this port; 0 takes one that is free
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// The address to listen on, instead of the loopback interface
    #[arg(long, value_name = "ADDRESS", requires = "port")]
    listen: Option<IpAddr>,
    /// Show the program's memory to viewers on this port, while it runs and while it stands still (profiler-ui
    /// --attach); 0 takes one that is free
    #[arg(long, value_name = "PORT")]
    live: Option<u16>,
    /// End when the first client leaves
    #[arg(long, requires = "port")]
    once: bool,
    /// The gdb to start
    #[arg(long, value_name = "GDB", default_value = "gdb")]
    gdb: String,
    /// Start LLDB instead of gdb: this one, or lldb-22
    #[arg(long, value_name = "LLDB", num_args = 0..=1, require_equals = true, default_missing_value = "lldb-22")]
    #[arg(conflicts_with_all = ["port", "gdb", "arch"])]
    lldb: Option<String>,
    /// The architecture that gdb is shown the program as, where it knows several (gdb-multiarch)
    #[arg(long, value_name = "ARCH", conflicts_with = "prompt")]
    arch: Option<Arch>,
    /// Use the own prompt, which has gdb's commands, instead of a gdb
    #[arg(long, conflicts_with_all = ["port", "gdb", "lldb"])]
    prompt: bool,
    /// A file of commands for the own prompt
    #[arg(short = 'x', long = "command", value_name = "FILE", requires = "prompt")]
    files: Vec<PathBuf>,
    /// End after the commands, without a prompt
    #[arg(long, requires = "prompt")]
    batch: bool,
    /// A command for the gdb or LLDB that is started, or the own prompt, before its prompt; can be given more than once
    #[arg(long = "ex", value_name = "COMMAND", conflicts_with = "port")]
    commands: Vec<String>,
    /// Look at a core dump of the program instead of running it
    #[arg(long, value_name = "FILE")]
    core: Option<PathBuf>,
    /// Call this exported function instead of the program's entry point; what follows `--` are its arguments
    #[arg(long, value_name = "FUNCTION")]
    invoke: Option<String>,
    /// A file with the program's debug information, or a part of it
    #[arg(long, value_name = "FILE")]
    debug_file: Vec<PathBuf>,
    /// A directory that the program may use, as GUEST or HOST::GUEST
    #[arg(long, value_name = "DIR")]
    dir: Vec<String>,
    /// A variable of the program's environment, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// A file that the program reads as its standard input
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// The most that each memory may grow to, in bytes
    #[arg(long, value_name = "BYTES")]
    max_memory: Option<usize>,
    /// Start although functions are missing that the program imports: calling one traps
    #[arg(long)]
    missing_imports_trap: bool,
}

/// An architecture by gdb's name.
#[derive(Clone, Copy, ValueEnum)]
enum Arch {
    /// 32-bit x86
    I386,
    /// 64-bit x86
    #[value(name = "x86-64")]
    X86_64,
    /// 64-bit Arm
    Aarch64,
}

#[derive(Subcommand)]
enum Action {
    /// Give every gdb the command `wasm` when it attaches to wasm-gdb
    SetupGdb {
        /// Take it away again
        #[arg(long)]
        remove: bool,
        /// The gdb that it is for
        #[arg(long, value_name = "GDB", default_value = "gdb")]
        gdb: String,
    },
}

fn main() -> ExitCode {
    match run(Args::parse_from(arguments())) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wasm-gdb: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The command line, with gdb's `-ex` and `-batch` as clap has them.
fn arguments() -> impl Iterator<Item = OsString> {
    let mut is_ours = true;
    std::env::args_os().map(move |argument| {
        is_ours &= argument != "--";
        match argument.to_str() {
            Some("-ex") if is_ours => "--ex".into(),
            Some("-batch") if is_ours => "--batch".into(),
            _ => argument,
        }
    })
}

fn run(args: Args) -> Result<ExitCode> {
    if let Some(Action::SetupGdb { remove, gdb }) = &args.command {
        set_up(gdb, *remove)?;
        return Ok(ExitCode::SUCCESS);
    }
    let live = args.live.map(Live::listen).transpose()?;
    if args.dap {
        serve_editors(&args, live.as_ref())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(program) = &args.program else {
        bail!("name a program: wasm-gdb app.wasm; `wasm-gdb --help` has examples");
    };
    let name = program.display().to_string();
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {name}"))?;
    let debug_files::Complete { bytes, problems } = debug_files::complete(bytes.into(), program, &args.debug_file)?;
    let said = Tail::default();
    let engine = match &args.core {
        Some(core) => {
            let shown = core.display().to_string();
            let dump = std::fs::read(core).with_context(|| format!("cannot read {shown}"))?;
            let dump = PostMortem::open(&name, bytes.clone(), &dump).context(shown)?;
            dump.warning().iter().for_each(|warning| eprintln!("{warning}"));
            Box::new(dump)
        }
        None => launch(&args, &name, &bytes, &said)?,
    };
    let watched = |engine| match &live {
        Some(live) => live.watch(engine),
        None => engine,
    };
    let engine = watched(engine);
    let modules: Vec<LoadedModule> = engine.modules().to_vec();
    let mut session = Session::new(engine, &modules);
    session.stderr = Some(said);
    // The prompt says itself what has no debug information.
    let notices = if args.prompt { Vec::new() } else { session.notices() };
    let viewers = live.as_ref().map(|live| format!("memory, live: profiler-ui --attach {}", live.address()));
    let notices: Vec<String> = viewers.into_iter().chain(problems).chain(notices).collect();
    if args.prompt {
        notices.iter().for_each(|notice| eprintln!("{notice}"));
        with_prompt(&mut session, &args, &name, &bytes, &watched)?;
    } else {
        let architecture = args.arch.map(|arch| match arch {
            Arch::I386 => Flavour::I386,
            Arch::X86_64 => Flavour::X86_64,
            Arch::Aarch64 => Flavour::Aarch64,
        });
        // It has said why itself.
        let server = Server::listen(args.listen, args.port.unwrap_or(0)).map_err(|error| anyhow!("{error}"))?;
        let server = server.for_architecture(architecture);
        match args.port {
            Some(_) => serve(&server, &mut session, &name, &notices, args.once)?,
            None => {
                notices.iter().for_each(|notice| eprintln!("{notice}"));
                with_client(&server, &mut session, &args)?;
            }
        }
    }
    Ok(match session.engine.stop() {
        Stop::Exited(code) => ExitCode::from(*code as u8),
        _ => ExitCode::SUCCESS,
    })
}

/// Starts the program, stopped before its first instruction.
fn launch(args: &Args, name: &str, bytes: &bytes::Bytes, said: &Tail) -> Result<Box<dyn Engine>> {
    let limits = Limits { memory_bytes: args.max_memory, ..Limits::default() };
    let launched = engine::launch(name, bytes.clone(), &options(args, name, said)?, limits);
    let flag = match &launched {
        Err(engine::EngineError::Load(wasm_host::Error::NoEntry { .. })) => {
            " (--invoke FUNCTION calls one that it exports)"
        }
        Err(engine::EngineError::Load(wasm_host::Error::MissingImports(_))) => {
            " (--missing-imports-trap starts it all the same)"
        }
        _ => "",
    };
    launched.with_context(|| format!("{name}{flag}"))
}

/// The own prompt on this process' terminal or streams.
fn with_prompt(
    session: &mut Session<'_>,
    args: &Args,
    name: &str,
    bytes: &bytes::Bytes,
    watched: &dyn Fn(Box<dyn Engine>) -> Box<dyn Engine>,
) -> Result<()> {
    let stdout = std::io::stdout();
    let files = args.files.iter().cloned().map(prompt::Input::File);
    let options = prompt::Options {
        first: files.chain(args.commands.iter().cloned().map(prompt::Input::Command)).collect(),
        batch: args.batch,
        directories: args.program.iter().filter_map(|program| Some(program.parent()?.to_path_buf())).collect(),
        colours: stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let said = session.stderr.clone().unwrap_or_default();
    let restart = || {
        let failed = |error: anyhow::Error| engine::EngineError::Failed(format!("{error:#}"));
        if args.core.is_some() {
            return Err(engine::EngineError::Unsupported("a core dump cannot be run".to_string()));
        }
        launch(args, name, bytes, &said).map(watched).map_err(failed)
    };
    Prompt::new(session, stdout, &options).restarting(Box::new(restart)).run(&options)?;
    Ok(())
}

fn set_up(gdb: &str, remove: bool) -> Result<()> {
    if !remove {
        let path = client::set_up(gdb)?;
        println!("wrote {}: {gdb} has the command `wasm` when it attaches to wasm-gdb", path.display());
        return Ok(());
    }
    match client::remove(gdb)? {
        Some(path) => println!("removed {}", path.display()),
        None => println!("there was nothing to remove"),
    }
    Ok(())
}

fn options(args: &Args, name: &str, said: &Tail) -> Result<Options> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').with_context(|| format!("--env {text}: not NAME=VALUE"))?;
        Ok((name.to_string(), value.to_string()))
    };
    let dir = |text: &String| {
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        Dir { host: host.into(), guest: guest.to_string(), writable: true }
    };
    let stdin = match &args.stdin {
        Some(file) => Input::Bytes(std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?),
        // With a gdb of our own the terminal is gdb's.
        None if args.port.is_none() => Input::Empty,
        None => Input::Inherit,
    };
    let mut all = vec![name.to_string()];
    let invoke = args.invoke.clone().map(|function| Invoke { function, arguments: args.args.clone() });
    if invoke.is_none() {
        all.extend(args.args.iter().cloned());
    }
    Ok(Options {
        args: all,
        env: args.env.iter().map(pair).collect::<Result<_>>()?,
        dirs: args.dir.iter().map(dir).collect(),
        stdin,
        stdout: Output::Inherit,
        stderr: said.of_stderr(),
        missing_imports_trap: args.missing_imports_trap,
        invoke,
        core_dump: false,
    })
}

/// Serves an editor on the standard streams, or those that come to the port.
fn serve_editors(args: &Args, live: Option<&Live>) -> Result<()> {
    if let Some(live) = live {
        eprintln!("memory, live: profiler-ui --attach {}", live.address());
    }
    let Some(port) = args.port else {
        return Ok(dap::serve_live(std::io::stdin(), std::io::stdout(), live)?);
    };
    let server = Server::listen(args.listen, port)?;
    eprintln!("listening on {} for editors", server.address()?);
    Ok(dap::serve_port(server.listener(), args.once, live)?)
}

/// Serves clients that come by themselves.
fn serve(server: &Server, session: &mut Session<'_>, name: &str, notices: &[String], once: bool) -> Result<()> {
    let address = server.address()?;
    eprintln!("{name} {}; listening on {address}", session.engine.stop().predicate());
    eprintln!("  gdb   -ex 'target remote {address}'");
    eprintln!("  lldb  -o  'process connect --plugin wasm connect://{address}'");
    eprintln!("  an editor: \"request\": \"attach\", \"debugServer\": {}", address.port());
    notices.iter().for_each(|notice| eprintln!("{notice}"));
    loop {
        match server.serve(session) {
            Ok(Left::Killed | Left::Ended) => return Ok(()),
            Ok(Left::Detached) if once => return Ok(()),
            Ok(Left::Detached) => eprintln!("the client left; {name} waits for the next one"),
            Err(error) => eprintln!("wasm-gdb: {error}"),
        }
    }
}

/// Starts the user's gdb or LLDB and serves it.
fn with_client(server: &Server, session: &mut Session<'_>, args: &Args) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder for the debugger's script")?;
    let address = server.address()?;
    let mut client = match &args.lldb {
        Some(lldb) => {
            let is_rust = session.engine.modules().iter().any(|module| Making::read(&module.bytes).is_rust());
            client::start_lldb(lldb, address, folder.path(), is_rust, &args.commands)?
        }
        None => {
            let commands = args.commands.iter().flat_map(|command| ["-ex".to_string(), command.clone()]);
            client::start(&args.gdb, address, folder.path(), &commands.collect::<Vec<_>>())?
        }
    };
    // Control-C is for the debugger, which passes it on.
    ctrlc::set_handler(|| {}).context("cannot leave Control-C to the debugger")?;
    let mut ended = None;
    server.serve_unless(session, || {
        ended = client.try_wait().ok().flatten();
        ended.is_some()
    })?;
    if let Some(status) = ended {
        bail!("the debugger ended before it attached ({status}); --prompt needs none");
    }
    client.wait().context("the debugger")?;
    Ok(())
}
