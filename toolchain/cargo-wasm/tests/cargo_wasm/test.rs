//! `cargo wasm test`.

use crate::common::Folder;

#[test]
fn failures_are_found_one_by_one_in_each_host() {
    let folder = Folder::with("failing", "std");
    folder.write(
        "failing/src/main.rs",
        r#"
fn main() {}
#[cfg(test)]
mod tests {
    #[test] fn a_passes() { println!("unseen"); }
    #[test] fn b_fails() { assert_eq!(1 + 1, 3, "sums are {}", "wrong"); }
    #[test] fn c_passes() {}
    #[test] #[ignore = "slow"] fn d_waits() { panic!() }
    #[test] fn e_fails() { let list: Vec<u32> = Vec::new(); println!("seen"); let _ = list[std::hint::black_box(5)]; }
    #[test] fn f_passes() {}
}
"#,
    );
    let ran = folder.run_in("failing", &["test", "--in", "all"]).ends_with_code(1);
    for (host, out) in ["wasmtime", "node", "Chromium"].iter().zip(ran.stdout.split("running 6 tests").skip(1)) {
        for line in [
            "test tests::a_passes ... ok",
            "test tests::b_fails ... FAILED",
            "sums are wrong",
            "test tests::c_passes ... ok",
            "test tests::d_waits ... ignored, slow",
            "test tests::e_fails ... FAILED",
            "the len is 0 but the index is 5",
            "seen",
            "test tests::f_passes ... ok",
            "test result: FAILED. 3 passed; 2 failed; 1 ignored",
        ] {
            assert!(out.contains(line), "{host} has no {line:?}:\n{}\n{}", ran.stdout, ran.stderr);
        }
        assert!(!out.contains("unseen"), "{host}: {out}");
        assert!(ran.stderr.contains(&format!("tests::b_fails (src/main.rs, {host})")), "{}", ran.stderr);
    }
    assert_eq!(ran.stdout.matches("test result:").count(), 3);

    // A filter that leaves out what fails.
    let ran = folder.run_in("failing", &["test", "-q", "--", "passes"]).succeeds();
    assert!(ran.stdout.contains("3 passed"), "{}", ran.stdout);
}

#[test]
fn a_library_that_knows_nothing_of_wasm_is_tested() {
    let folder = Folder::new();
    folder.write("plain/Cargo.toml", "[package]\nname = \"plain-lib\"\nedition = \"2024\"\n");
    folder.write("plain/src/lib.rs", "pub fn one() -> u32 { 1 }\n");
    folder.write("plain/tests/outer.rs", "#[test] fn is_one() { assert_eq!(plain_lib::one(), 1); }\n");
    let ran = folder.run_in("plain", &["test", "--test", "outer"]).succeeds();
    assert!(ran.stdout.contains("test is_one ... ok"), "{}", ran.stdout);
    assert!(ran.stderr.contains("Running tests/outer.rs in wasmtime"), "{}", ran.stderr);
}
