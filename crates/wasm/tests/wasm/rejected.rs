//! Programs that must not build: the message, and the line it points to.
//!
//! Each file begins with `// error: TEXT`, and `//~` stands on the line that
//! the error must name. `// build: link` compiles to the end, for errors that
//! come after type checking.

use crate::build::{Build, UNKNOWN, rejection, source};

#[test]
fn misuse_is_explained_where_it_stands() {
    let mut files: Vec<_> = std::fs::read_dir(source("rejected"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect();
    files.sort();
    assert!(files.len() > 20);
    let mut wrong = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("// error: ")).collect();
        assert!(!expected.is_empty(), "{} expects nothing", path.display());
        let emit = if text.contains("// build: link") { "link" } else { "metadata" };
        let said = rejection(&path, &Build { opt_level: "0", ..Build::of(UNKNOWN) }, emit);
        for expected in expected {
            if !said.contains(expected) {
                wrong += &format!("{}: expected {expected:?}\n{said}\n", path.display());
            }
        }
        if let Some(line) = text.lines().position(|line| line.contains("//~")) {
            let place = format!("{}:{}:", path.file_name().unwrap().to_string_lossy(), line + 1);
            if !said.contains(&place) {
                wrong += &format!("expected an error at {place}\n{said}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
