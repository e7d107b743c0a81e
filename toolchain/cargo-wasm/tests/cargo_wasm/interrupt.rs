//! Ctrl-C in the middle.

#![cfg(unix)]

use crate::common::{Folder, built};
use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn interrupt(pid: u32) {
    assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
}

/// Waits for what must come about.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come about");
        sleep(Duration::from_millis(20));
    }
}

fn is_running(pid: &str) -> bool {
    // A process that nobody has waited for is none any more.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_build_leaves_the_last_good_file_and_no_process() {
    let folder = Folder::with("stopped", "std");
    folder.run_in("stopped", &["build"]).succeeds();
    let path = built("wasm32-wasip1", "dev", "stopped");
    let good = fs::read(&path).unwrap();

    // A build script that says who it is and then takes its time.
    let pid_file = folder.path().join("pid");
    folder.write(
        "stopped/build.rs",
        &format!(
            "fn main() {{ std::fs::write({pid_file:?}, std::process::id().to_string()).unwrap(); \
             std::thread::sleep(std::time::Duration::from_secs(600)); }}"
        ),
    );
    let mut command = folder.command("stopped", &["build"]);
    let mut child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the build script", || fs::read_to_string(&pid_file).is_ok_and(|pid| !pid.is_empty()));
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let script = fs::read_to_string(&pid_file).unwrap();
    until("the end of the build script", || !is_running(&script));
    assert!(fs::read(&path).unwrap() == good);
}

#[test]
fn a_program_in_node_ends_too() {
    let folder = Folder::with("endless", "std");
    folder.write("endless/src/main.rs", "fn main() { println!(\"up\"); loop { std::hint::spin_loop() } }");
    let mut command = folder.command("endless", &["run", "-q", "--in", "node"]);
    let mut child = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut bytes = [0; 3];
    out.read_exact(&mut bytes).unwrap();
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // The pipe is closed when the last that holds it has ended.
    assert_eq!(out.read(&mut bytes).unwrap(), 0);
}
