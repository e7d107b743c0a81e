//! The findings as a page.

use std::fmt::Write;

use super::measure::{BuildTime, Call, Size};
use super::{Findings, Language, PROGRAMS};

/// The mistakes of `samples/safety`, as the page calls them.
const MISTAKES: [(&str, &str); 12] = [
    ("use-after-free", "use after free"),
    ("dangling-reference", "reference to what is gone"),
    ("changed-while-iterated", "list changed while iterated"),
    ("data-race", "data race between threads"),
    ("null", "use of what may be null"),
    ("uninitialised", "use of what may not be set"),
    ("wrong-type", "bytes taken for another type"),
    ("constant-index", "constant index out of bounds"),
    ("forgotten-case", "forgotten case"),
    ("ignored-error", "ignored error"),
    ("forgotten-resource", "resource not given back on a path"),
    ("foreign-reference-moved", "the host's reference moved to another thread"),
];

pub(crate) fn markdown(findings: &Findings) -> String {
    let mut out = String::new();
    // Writing to a String never fails.
    let _ = write(findings, &mut out);
    out
}

fn write(findings: &Findings, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# Comparison\n")?;
    writeln!(
        out,
        "Written by `cargo xtask compare`, in one run on one machine. Read the ratios; times are that machine's, with \
         whatever else it was doing. The programs and how they are built: [samples](../samples/README.md).\n"
    )?;
    for version in findings.tools.versions() {
        writeln!(out, "- {version}")?;
    }
    for missing in findings.tools.missing() {
        writeln!(out, "- not measured, because it is missing: {missing}")?;
    }
    claims(findings, out)?;
    sizes(findings, out)?;
    build_times(findings, out)?;
    safety(findings, out)?;
    calls(findings, out)?;
    kernels(findings, out)
}

fn header(out: &mut String, first: &str, columns: &[String]) -> std::fmt::Result {
    writeln!(out, "| {first} | {} |", columns.join(" | "))?;
    writeln!(out, "| --- |{}", " ---: |".repeat(columns.len()))
}

fn find<'a>(findings: &'a Findings, language: Language, program: &str) -> Option<&'a Size> {
    named(findings, &language.program(program))
}

fn named<'a>(findings: &'a Findings, program: &str) -> Option<&'a Size> {
    findings.sizes.iter().find(|size| size.program == program)
}

/// `1,234`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The nanoseconds of one kind of call.
fn call(findings: &Findings, engine: &str, way: &str, what: &str) -> Option<f64> {
    let mut calls = findings.calls.iter();
    calls.find(|call| call.engine == engine && call.way == way && call.what == what).map(|call| call.ns)
}

/// Different values in the order in which they come.
fn in_order<'a>(calls: &'a [Call], of: impl Fn(&'a Call) -> &'a str) -> Vec<&'a str> {
    calls.iter().map(of).fold(Vec::new(), |mut all, one| {
        if !all.contains(&one) {
            all.push(one);
        }
        all
    })
}

fn claims(findings: &Findings, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## What the vision claims, and what was measured\n")?;
    writeln!(out, "| claim | measured | |\n| --- | --- | --- |")?;
    let mut line = |claim: &str, measured: String, holds: bool| {
        writeln!(out, "| {claim} | {measured} | {} |", if holds { "holds" } else { "does not hold" })
    };

    for (program, most) in
        [("hello-import", 160), ("hello-fd-write", 250), ("hello-wasm", 7 * 1024), ("hello-std", 36 * 1024)]
    {
        if let Some(size) = named(findings, program) {
            let claim = format!("`{program}` is at most {} bytes", thousands(most));
            line(&claim, format!("{} bytes", thousands(size.shipped())), size.shipped() <= most)?;
        }
    }
    for program in PROGRAMS {
        if let (Some(rust), Some(c)) = (find(findings, Language::Rust, program), find(findings, Language::C, program)) {
            let ratio = rust.shipped() as f64 / c.shipped() as f64;
            line(&format!("{program}: at most 3 × C"), format!("{ratio:.2} × C"), ratio <= 3.0)?;
        }
    }
    for engine in in_order(&findings.calls, |call| &call.engine) {
        for way in ["loader", "glue"] {
            for what in in_order(&findings.calls, |call| &call.what) {
                let Some(ns) = call(findings, engine, way, what).filter(|_| !what.contains("3 calls")) else {
                    continue;
                };
                let claim = format!("a call is under 100 ns: {what}, {way}, {engine}");
                line(&claim, format!("{ns:.1} ns"), ns < 100.0)?;
            }
            for what in ["scalars to JavaScript", "scalars from JavaScript"] {
                let (own, wat) = (call(findings, engine, way, what), call(findings, engine, "wat", what));
                let (Some(own), Some(wat)) = (own, wat) else { continue };
                let over = (own / wat - 1.0) * 100.0;
                let claim = format!("0 % (within 10 %) over hand-written wat: {what}, {way}, {engine}");
                line(&claim, format!("{over:+.0} %"), over <= 10.0)?;
            }
        }
    }
    Ok(())
}

fn sizes(findings: &Findings, out: &mut String) -> std::fmt::Result {
    let columns = findings.tools.languages();
    writeln!(out, "\n## Size\n")?;
    writeln!(
        out,
        "Bytes, stripped → after `wasm-opt -Oz`, and over C. All built for size with the link-time optimiser; Rust with \
         std and the allocator of the crate `wasm`, C with wasi-libc, its malloc and printf, Zig without WASI and with \
         `std.heap.wasm_allocator`, AssemblyScript with its garbage collector. hello: Rust with the print, allocator and \
         panic handler of `wasm`; C with `puts`; Zig calls `fd_write` itself; AssemblyScript's and wasm-bindgen's host \
         prints. With wasm-bindgen: std's allocator, and its JavaScript is added.\n"
    )?;
    header(out, "program", &columns.iter().map(|language| language.name().to_string()).collect::<Vec<_>>())?;
    for program in PROGRAMS {
        write!(out, "| {program} |")?;
        let c = find(findings, Language::C, program).map(Size::shipped);
        for language in &columns {
            match find(findings, *language, program) {
                Some(size) => {
                    write!(out, " {}", thousands(size.stripped))?;
                    if let Some(optimised) = size.optimised {
                        write!(out, " → {}", thousands(optimised))?;
                    }
                    if size.glue > 0 {
                        write!(out, " + {} JS", thousands(size.glue))?;
                    }
                    if let Some(c) = c.filter(|_| *language != Language::C) {
                        write!(out, ", {:.2} ×", size.shipped() as f64 / c as f64)?;
                    }
                    write!(out, " |")?;
                }
                None => write!(out, " – |")?,
            }
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\nThese programs pass plain numbers and bytes. One whose signatures have strings, structs or references needs \
         `crates/wasm/js/loader.mjs` too: {} bytes as it stands, not minified.",
        thousands(findings.loader_bytes)
    )?;
    writeln!(out, "\nThe other hellos in Rust:\n")?;
    header(out, "program", &["stripped".into(), "after `wasm-opt -Oz`".into()])?;
    for program in ["hello-import", "hello-fd-write", "hello-std"] {
        if let Some(size) = named(findings, program) {
            let optimised = size.optimised.map_or("–".into(), thousands);
            writeln!(out, "| `{program}` | {} | {optimised} |", thousands(size.stripped))?;
        }
    }
    Ok(())
}

fn build_times(findings: &Findings, out: &mut String) -> std::fmt::Result {
    let columns = findings.tools.languages();
    writeln!(out, "\n## Build time\n")?;
    writeln!(
        out,
        "Seconds from nothing (no caches of the compiler, dependencies included) / after an edit, for size, without \
         `wasm-opt`; the least of three edits.\n"
    )?;
    header(out, "program", &columns.iter().map(|language| language.name().to_string()).collect::<Vec<_>>())?;
    for program in PROGRAMS {
        write!(out, "| {program} |")?;
        for language in &columns {
            let found = |time: &&BuildTime| time.language == *language && time.program == program;
            match findings.builds.iter().find(found) {
                Some(time) => write!(out, " {:.2} / {:.2} |", time.cold_secs, time.warm_secs)?,
                None => write!(out, " – |")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn safety(findings: &Findings, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Safety\n")?;
    writeln!(
        out,
        "✓: the compiler refused the program of [samples/safety](../samples/safety) with the message that its first line \
         names; \"warns\": with its usual warnings it only warned; ✗: it said nothing; –: there is no such program in the \
         language (AssemblyScript has no threads, and its objects are garbage collected: its use after free is that of `heap.free`). Rust is the same compiler with \
         wasm-bindgen, but for the row of the resource: there it stands for code without `#[wasm::linear]`.\n"
    )?;
    let columns = [
        ("Rust + `wasm`", "rs"),
        ("Rust without it", "plain.rs"),
        ("C", "c"),
        ("Zig", "zig"),
        ("AssemblyScript", "ts"),
    ];
    header(out, "mistake", &columns.map(|(name, _)| name.to_string()))?;
    for (row, name) in MISTAKES {
        write!(out, "| {name} |")?;
        let verdict = |language: &str| {
            let mut verdicts = findings.safety.iter();
            verdicts.find(|verdict| verdict.row == row && verdict.language == language).map(|v| v.verdict.as_str())
        };
        for (_, language) in columns {
            // Where no program of its own shows otherwise, Rust is Rust.
            let needs_wasm = ["data-race", "foreign-reference-moved"].contains(&row);
            let verdict = match verdict(language) {
                None if language == "plain.rs" && !needs_wasm => verdict("rs"),
                found => found,
            };
            let mark = match verdict {
                Some("refused") => "✓",
                Some("warned") => "warns",
                Some(_) => "✗",
                None => "–",
            };
            write!(out, " {mark} |")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn calls(findings: &Findings, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Calls between JavaScript and wasm\n")?;
    writeln!(
        out,
        "Nanoseconds a call, the least of some 150 rounds of 100,000 calls (10,000 of slow ones), all kinds in turn: through \
         `crates/wasm/js/loader.mjs`, through the glue that `cargo wasm build` writes, the same by hand \
         ([calls.wat](../samples/calls/calls.wat)), and with wasm-bindgen."
    )?;
    let ways = in_order(&findings.calls, |call| &call.way);
    for engine in in_order(&findings.calls, |call| &call.engine) {
        writeln!(out)?;
        header(out, &format!("call, {engine}"), &ways.iter().map(|way| way.to_string()).collect::<Vec<_>>())?;
        for what in in_order(&findings.calls, |call| &call.what) {
            write!(out, "| {what} |")?;
            for way in &ways {
                match call(findings, engine, way, what) {
                    Some(ns) => write!(out, " {ns:.1} |")?,
                    None => write!(out, " – |")?,
                }
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn kernels(findings: &Findings, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## The same kernels in JavaScript\n")?;
    writeln!(
        out,
        "How many times as fast as JavaScript (min of 75 rounds, in node), built for speed, without SIMD: what a hot path \
         gains by moving to wasm.\n"
    )?;
    let columns = ["JavaScript", "Rust", "C", "Zig", "AssemblyScript"];
    header(out, "kernel", &columns.map(String::from))?;
    let mut kernels: Vec<&str> = findings.kernels.iter().map(|kernel| kernel.kernel.as_str()).collect();
    kernels.dedup();
    for kernel in kernels {
        write!(out, "| {kernel} |")?;
        let ms = |what: &str| {
            findings.kernels.iter().find(|found| found.kernel == kernel && found.what == what).map(|found| found.ms)
        };
        for what in columns {
            match (ms("JavaScript"), ms(what)) {
                (Some(_), Some(own)) if what == "JavaScript" => write!(out, " 1 ({own:.1} ms) |")?,
                (Some(javascript), Some(own)) => write!(out, " {:.2} |", javascript / own)?,
                _ => write!(out, " – |")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
