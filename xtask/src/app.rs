//! The app as a web page: one folder with all that it needs, for any static server.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// What may come over the wire of the whole page, in bytes.
const MAX_BROTLI_BYTES: u64 = 2_000_000;

/// What the page offers to try, from the repository.
const SAMPLES: [&str; 2] =
    ["samples/rust-markdown/rust-markdown.wasm", "samples/rust-markdown/rust-markdown-next.wasm"];

/// Builds the page into `target/app`, and says how large it is.
pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let built = Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--locked", "--profile", "web", "--target", "wasm32-unknown-unknown"])
        .args(["--package", "profiler-ui", "--bin", "profiler-ui"])
        .status()?;
    if !built.success() {
        return Err("the build failed; a missing target comes with `cargo wasm setup` or rustup".into());
    }
    let folder = target.join("app");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("samples"))?;
    let bindgen = root.join("target/tools/bin/wasm-bindgen");
    let bindgen = if bindgen.exists() { bindgen } else { PathBuf::from("wasm-bindgen") };
    let bound = Command::new(bindgen)
        .args(["--target", "web", "--remove-name-section", "--remove-producers-section", "--out-dir"])
        .arg(&folder)
        .arg(target.join("wasm32-unknown-unknown/web/profiler-ui.wasm"))
        .status()
        .map_err(|error| format!("wasm-bindgen: {error}; it comes with `tools/setup wasm-bindgen`"))?;
    if !bound.success() {
        return Err("wasm-bindgen failed; the version in Cargo.lock comes with `tools/setup wasm-bindgen`".into());
    }
    for file in fs::read_dir(root.join("profiler-ui/web"))? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    for sample in SAMPLES {
        let sample = root.join(sample);
        let name = sample.file_name().ok_or("a sample has no name")?;
        fs::copy(&sample, folder.join("samples").join(name))?;
    }
    report(&folder)
}

/// The sizes of what a browser loads before the app is up.
fn report(folder: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    files.retain(|file| ["html", "js", "wasm"].iter().any(|ending| file.extension().is_some_and(|own| own == *ending)));
    files.sort();
    let mut total = [0, 0];
    println!("{:>12}  {:>12}", "bytes", "brotli");
    for file in files {
        let bytes = fs::read(&file)?;
        let sizes = [bytes.len() as u64, brotli(&bytes)?];
        total = [total[0] + sizes[0], total[1] + sizes[1]];
        println!("{:>12}  {:>12}  {}", sizes[0], sizes[1], file.file_name().unwrap_or_default().to_string_lossy());
    }
    println!("{:>12}  {:>12}  {}", total[0], total[1], folder.display());
    if total[1] > MAX_BROTLI_BYTES {
        return Err(format!("more than {MAX_BROTLI_BYTES} bytes after brotli").into());
    }
    Ok(())
}

/// The size after brotli at the quality that static servers use.
fn brotli(bytes: &[u8]) -> Result<u64> {
    let mut compressed = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    compressed.write_all(bytes)?;
    Ok(compressed.into_inner().len() as u64)
}
