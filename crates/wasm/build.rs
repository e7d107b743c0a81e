//! Knows the crate's `cfg`s; sets `wasm_threads` where the build asks for atomics: rustc does not tell
//! (the target feature is unstable, so `cfg(target_feature)` hides it).

fn main() {
    println!("cargo::rustc-check-cfg=cfg(wasm_threads)");
    println!("cargo::rustc-check-cfg=cfg(wasm_linear_imports)");
    println!("cargo::rerun-if-changed=build.rs");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_wasm = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    let atomics = flags.split(['\u{1f}', ',', '=', ' ']).rfind(|flag| *flag == "+atomics" || *flag == "-atomics");
    if is_wasm && atomics == Some("+atomics") {
        println!("cargo::rustc-cfg=wasm_threads");
    }
}
