//! The report on a file, from this machine.

fn main() -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        print!("{}", wasm32_report::report(&std::fs::read(path)?));
    }
    Ok(())
}
