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

fn call<'a>(findings: &'a Findings, engine: &str, what: &str) -> Option<&'a Call> {
    findings.calls.iter().find(|call| call.engine == engine && call.what == what)
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
    for engine in ["node", "Chromium"] {
        for what in [
            "scalars to JavaScript",
            "scalars from JavaScript",
            "reference lent to JavaScript",
            "32-byte string to JavaScript",
            "Result from JavaScript",
            "Result to JavaScript",
        ] {
            if let Some(call) = call(findings, engine, what) {
                line(
                    &format!("a call is under 100 ns: {what}, {engine}"),
                    format!("{:.1} ns", call.ns),
                    call.ns < 100.0,
                )?;
            }
        }
        for what in ["scalars to JavaScript", "scalars from JavaScript"] {
            if let (Some(rust), Some(wat)) =
                (call(findings, engine, what), call(findings, engine, &format!("wat: {what}")))
            {
                let over = (rust.ns / wat.ns - 1.0) * 100.0;
                line(
                    &format!("0 % (within 10 %) over hand-written wat: {what}, {engine}"),
                    format!("{over:+.0} %"),
                    over <= 10.0,
                )?;
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
        "Nanoseconds a call, the least of some 150 rounds of 100,000 calls (10,000 of slow ones), all kinds in turn; through \
         `crates/wasm/js/loader.mjs`. \"wat\" is the same by hand ([calls.wat](../samples/calls/calls.wat)).\n"
    )?;
    let mut engines: Vec<&str> = findings.calls.iter().map(|call| call.engine.as_str()).collect();
    engines.dedup();
    header(out, "call", &engines.iter().map(|engine| engine.to_string()).collect::<Vec<_>>())?;
    let first = engines.first().copied().unwrap_or_default();
    for row in findings.calls.iter().filter(|call| call.engine == first) {
        write!(out, "| {} |", row.what)?;
        for engine in &engines {
            match call(findings, engine, &row.what) {
                Some(call) => write!(out, " {:.1} |", call.ns)?,
                None => write!(out, " – |")?,
            }
        }
        writeln!(out)?;
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
