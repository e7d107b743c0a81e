//! `cargo wasm new`: a program to begin with.

use anyhow::{Context, bail};
use clap::ValueEnum;
use std::fs;
use std::path::{Path, PathBuf};

use crate::terminal::{BOLD, shown};

/// Where the crate `wasm` was when this tool was built.
const WASM_CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/wasm");

/// Make a new program
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo wasm new hello                          a page and the Rust that it calls
  cargo wasm new tool --template std            a program with a main, for WASI
  cargo wasm new tiny --template freestanding   no std: some hundred bytes

Templates with the crate `wasm` depend on the checkout that this cargo-wasm was built from, or on --wasm-path.")]
pub(crate) struct Args {
    /// The folder to make; its last part is the package's name
    path: PathBuf,
    /// What to begin with
    #[arg(long, short, value_enum, default_value = "browser")]
    template: Template,
    /// The package's name, if it is not the folder's
    #[arg(long)]
    name: Option<String>,
    /// The folder of the crate `wasm`
    #[arg(long, value_name = "FOLDER")]
    wasm_path: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Template {
    /// A page, and a library that it calls
    Browser,
    /// A program with std, for WASI
    Std,
    /// A library without std, allocator and panic machinery
    Freestanding,
}

/// A file of a template: where it goes and what is in it.
type File = (&'static str, &'static str);

macro_rules! template {
    ($folder:literal: $($from:literal => $to:literal),*) => {
        &[$(($to, include_str!(concat!("../templates/", $folder, "/", $from)))),*]
    };
}

impl Template {
    fn files(self) -> &'static [File] {
        match self {
            Template::Browser => template!("browser":
                "Cargo.toml.in" => "Cargo.toml",
                "src/lib.rs" => "src/lib.rs",
                "web/index.html" => "web/index.html",
                "web/main.js" => "web/main.js",
                "gitignore" => ".gitignore"),
            Template::Std => template!("std":
                "Cargo.toml.in" => "Cargo.toml",
                "src/main.rs" => "src/main.rs",
                "gitignore" => ".gitignore"),
            Template::Freestanding => template!("freestanding":
                "Cargo.toml.in" => "Cargo.toml",
                "src/lib.rs" => "src/lib.rs",
                "gitignore" => ".gitignore"),
        }
    }

    fn next(self) -> &'static str {
        match self {
            Template::Browser => "cargo wasm serve --open",
            Template::Std => "cargo wasm run",
            Template::Freestanding => "cargo wasm run --profile freestanding",
        }
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let name = match (&args.name, args.path.file_name().and_then(|name| name.to_str())) {
        (Some(name), _) => name,
        (None, Some(name)) => name,
        (None, None) => bail!("{} names no package: use --name", args.path.display()),
    };
    check_name(name)?;
    if fs::read_dir(&args.path).is_ok_and(|mut entries| entries.next().is_some()) || args.path.is_file() {
        bail!("{} is already there: take another name, or remove it", args.path.display());
    }
    let files = args.template.files();
    let wasm = if files.iter().any(|(_, text)| text.contains("{{wasm}}")) {
        wasm_crate(args.wasm_path.as_deref())?
    } else {
        String::new()
    };
    let outer = outer_workspace(&args.path);

    for (path, text) in files {
        let mut text =
            text.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_")).replace("{{wasm}}", &wasm);
        if let (&"Cargo.toml", Some(outer)) = (path, &outer) {
            let outer = outer.display();
            text.push_str(&format!(
                "\n# Apart from the workspace {outer}. To make it a member, remove this, and name it there.\n[workspace]\n"
            ));
        }
        let path = args.path.join(path);
        let folder = path.parent().unwrap_or(&args.path);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    anstream::println!("Made {BOLD}{}{BOLD:#}. Next:", shown(&args.path));
    anstream::println!("  cd {} && {}", args.path.display(), args.template.next());
    Ok(crate::OK)
}

/// What cargo takes as a package's name, in words.
fn check_name(name: &str) -> anyhow::Result<()> {
    let starts_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        bail!("`{name}` cannot be a package's name: it begins with a letter, and has letters, digits, `-` and `_`");
    }
    if ["test", "core", "std", "alloc", "proc_macro", "wasm"].contains(&name) {
        bail!("`{name}` is the name of a crate that programs use: take another one, or --name");
    }
    Ok(())
}

/// The folder of the crate `wasm`, as TOML takes it within quotes.
fn wasm_crate(given: Option<&Path>) -> anyhow::Result<String> {
    let path = given.unwrap_or(Path::new(WASM_CRATE));
    let found = path.canonicalize().ok().filter(|path| path.join("Cargo.toml").is_file());
    match (found, given) {
        (Some(path), _) => Ok(path.display().to_string().replace('\\', "/").replace('"', "\\\"")),
        (None, Some(path)) => bail!("there is no crate in {}", path.display()),
        (None, None) => bail!(
            "the checkout that this cargo-wasm was built from is gone ({}): say where the crate `wasm` is with --wasm-path",
            path.display()
        ),
    }
}

/// The manifest of the workspace that `path` will lie in.
fn outer_workspace(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
}
