//! `cargo wasm serve`: a server on loopback that builds after each change and
//! has the page load anew.

mod site;
mod watch;

use anyhow::{Context, bail};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use wasm_build::{Event, Project, Request, Target};

use crate::options::BuildOptions;
use crate::terminal::{self, BOLD, status, warning};
use crate::{project, web};
use site::{Built, Site};

/// Serve the program to a browser; build and reload it after each change
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm serve                    the page in web/, index.html, or one that runs the program
  cargo wasm serve --open --release   the small build, in your browser
  cargo wasm serve --threads          with threads where the browser can, without where it cannot
  cargo wasm serve --dir demo         the pages of another folder

The page finds the program at pkg/NAME.wasm and the script that loads it at pkg/NAME.mjs. Errors of the build are shown over the page. \
                  Only this machine is served.")]
pub(crate) struct Args {
    #[command(flatten)]
    options: BuildOptions,
    /// The port [default: 8080, or the next one that is free]
    #[arg(long)]
    port: Option<u16>,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// The folder of the pages [default: web/, or the package's own if it has an index.html]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

const FIRST_PORT: u16 = 8080;

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let (project, mut request) = args.options.project()?;
    project::choose_program(&project, &mut request)?;
    if request.target == Target::Wasip2 {
        bail!("browsers run no components: serve it as --target wasip1");
    }
    let listener = listen(args.port)?;
    let url = format!("http://localhost:{}/", listener.local_addr()?.port());
    let pages = pages(args, &project)?;
    let site = Arc::new(Site::new(pages.clone()));

    let builder = Builder { request, is_quiet: args.options.quiet };
    // Watch before the first build, so that no change is missed.
    let changes = watch::Changes::new(&project, &args.options.target_dir(&project), pages.as_deref())?;
    site.publish(builder.build());
    anstream::eprintln!("{:>12} {BOLD}{url}{BOLD:#}", "Serving");
    if args.open
        && let Err(error) = open::that_detached(&url)
    {
        warning(&format!("cannot open a browser: {error}"));
    }
    let for_builder = site.clone();
    thread::spawn(move || {
        for change in changes {
            match change {
                watch::Change::Page => for_builder.reload(),
                watch::Change::Source => for_builder.publish(builder.build()),
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, web::protected(site::router(site))).await
    })?;
    Ok(crate::OK)
}

fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let next_free = |port: u16| (port..port.saturating_add(100)).find_map(|port| bind(port).ok());
    match port {
        Some(port) => {
            bind(port).with_context(|| match next_free(port).and_then(|listener| listener.local_addr().ok()) {
                Some(free) => format!("cannot listen on port {port}: --port {} is free", free.port()),
                None => format!("cannot listen on port {port}"),
            })
        }
        None => match next_free(FIRST_PORT) {
            Some(listener) => Ok(listener),
            None => bind(0).context("cannot listen on any port"),
        },
    }
}

fn pages(args: &Args, project: &Project) -> anyhow::Result<Option<PathBuf>> {
    if let Some(folder) = &args.dir {
        if !folder.is_dir() {
            bail!("there is no folder {}", folder.display());
        }
        return Ok(Some(folder.canonicalize()?));
    }
    let package = project::folder(project);
    let folders = [package.join("web"), package.to_path_buf()];
    Ok(folders.into_iter().find(|folder| folder.join("index.html").is_file()))
}

struct Builder {
    request: Request,
    is_quiet: bool,
}

impl Builder {
    /// The outputs, or what is wrong, as the terminal has it.
    fn build(&self) -> Result<Built, String> {
        let mut problems = String::new();
        let done = wasm_build::build(&self.request, &mut |event| match event {
            Event::Diagnostic { rendered, json } => {
                anstream::eprint!("{rendered}");
                if json.pointer("/message/level").is_some_and(|level| level == "error") {
                    problems.push_str(&anstream::adapter::strip_str(&rendered).to_string());
                    problems.push('\n');
                }
            }
            Event::Progress { line } if !self.is_quiet => anstream::eprintln!("{line}"),
            Event::Warning(text) => warning(&text.to_string()),
            _ => {}
        });
        let outputs = match done {
            Ok(build) => build.outputs,
            Err(error) => {
                problems.push_str(&error.to_string());
                terminal::error(&error.into());
                return Err(problems);
            }
        };
        let sizes: Vec<String> = outputs
            .iter()
            .map(|output| format!("{}.wasm {} bytes", output.name, terminal::grouped(output.bytes)))
            .collect();
        if !self.is_quiet {
            status("Built", &sizes.join(", "));
        }
        Ok(Built::new(self.request.target, &outputs))
    }
}
