//! The third stage: binaryen's wasm-opt on each core module, with its address map.

use crate::error::Error;
use crate::place;
use crate::rewrite::{Rewritten, core_modules};
use crate::rustc::is_interrupted;
use crate::toolchain::{self, Program};
use crate::trace::{self, Instructions};
use std::path::Path;
use std::sync::OnceLock;
use wasm_binary::{AddressMap, Map, ModuleId, target_features};

/// Runs this machine's wasm-opt with these passes on a module, or on each core module of a component. Names are kept if
/// there are any.
///
/// # Errors
/// If there is no wasm-opt, or it fails.
pub fn wasm_opt(bytes: &[u8], passes: &[String]) -> Result<Vec<u8>, Error> {
    let output = || "the module".to_string();
    let Some(wasm_opt) = WasmOpt::find() else {
        let cure = "cargo wasm setup binaryen".to_string();
        return Err(Error::ToolMissing { output: output(), tool: "wasm-opt".into(), cure });
    };
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir_in(&temporary).map_err(Error::write(&temporary))?;
    Ok(wasm_opt.run(bytes, passes, folder.path(), &output())?.bytes)
}

/// A wasm-opt that is there.
#[derive(Clone, Debug)]
pub(crate) struct WasmOpt {
    program: Program,
    /// The `--enable-…` options that it knows; asked for when they are needed.
    features: OnceLock<Vec<String>>,
}

/// What a module of a component must have to be worth a run: its adapters and shims have less.
const MIN_NESTED_BYTES: usize = 1024;

/// What `rustc` 1.95 takes for granted; said where a module does not list its features.
const RUSTC_FEATURES: [&str; 6] =
    ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-fptoint", "reference-types", "sign-ext"];

impl WasmOpt {
    /// The one of this machine.
    pub(crate) fn find() -> Option<WasmOpt> {
        Some(WasmOpt { program: toolchain::wasm_opt()?, features: OnceLock::new() })
    }

    pub(crate) fn version(&self) -> &str {
        &self.program.version
    }

    /// Optimises each core module that is worth it. `Err(Error::Tool)` says that wasm-opt could not.
    pub(crate) fn run(&self, bytes: &[u8], args: &[String], folder: &Path, output: &str) -> Result<Rewritten, Error> {
        let is_component = wasmparser::Parser::is_component(bytes);
        core_modules(bytes, &mut |module| match is_component && module.len() < MIN_NESTED_BYTES {
            true => Ok(Rewritten::same(module)),
            false => self.run_module(module, args, folder, output),
        })
    }

    fn run_module(&self, module: &[u8], args: &[String], folder: &Path, output: &str) -> Result<Rewritten, Error> {
        let old = Map::parse(module).map_err(|error| self.failed(output, error.to_string()))?;
        let instructions = Instructions::of(&old);
        let work = tempfile::tempdir_in(folder).map_err(Error::write(folder))?;
        let path = |name: &str| work.path().join(name);
        place::write(&path("in.wasm"), module)?;
        place::write(&path("in.map"), instructions.source_map().as_bytes())?;
        let mut command = self.program.command();
        command.current_dir(work.path()).args(args).args(["-g", "in.wasm", "-o", "out.wasm"]);
        command.args(["--input-source-map", "in.map", "--output-source-map", "out.map"]);
        command.arg("--mvp-features").args(self.feature_args(&old));
        let done = command.output();
        let done = done.map_err(|source| Error::Spawn { program: self.program.name.to_string(), source })?;
        if is_interrupted(done.status) {
            return Err(Error::Interrupted);
        }
        if !done.status.success() {
            return Err(self.failed(output, String::from_utf8_lossy(&done.stderr).trim().to_string()));
        }
        let bytes = place::read(&path("out.wasm"))?;
        let source_map = String::from_utf8_lossy(&place::read(&path("out.map"))?).into_owned();
        let new = Map::parse(&bytes).map_err(|error| self.failed(output, error.to_string()))?;
        let mut runs = trace::code_runs(&instructions, &Instructions::of(&new), &source_map)
            .ok_or_else(|| self.failed(output, "its source map cannot be read".to_string()))?;
        runs.extend(trace::data_runs(&old, &new));
        Ok(Rewritten { addresses: AddressMap::new(runs), bytes })
    }

    /// The module's own features, as far as this wasm-opt knows them.
    fn feature_args(&self, module: &Map<'_>) -> Vec<String> {
        let mut features = target_features(module, ModuleId(0));
        if features.is_empty() {
            features = RUSTC_FEATURES.to_vec();
        }
        let known = self.features.get_or_init(|| self.known_features());
        features.into_iter().map(option).filter(|option| known.contains(option)).collect()
    }

    fn known_features(&self) -> Vec<String> {
        let help = self.program.command().arg("--help").output().map(|output| output.stdout).unwrap_or_default();
        let text = String::from_utf8_lossy(&help);
        text.split_whitespace().filter(|word| word.starts_with("--enable-")).map(str::to_string).collect()
    }

    fn failed(&self, output: &str, message: String) -> Error {
        Error::Tool { tool: "wasm-opt".to_string(), output: output.to_string(), message }
    }
}

/// wasm-opt's option for a feature of LLVM's name.
fn option(feature: &str) -> String {
    let name = match feature {
        "atomics" => "threads",
        "nontrapping-fptoint" => "nontrapping-float-to-int",
        "simd128" => "simd",
        same => same,
    };
    format!("--enable-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::path::PathBuf;
    use wasm_binary::{FunctionId, ItemKind};
    use wasmparser::Operator;

    /// What calls are known by in both modules: the name of the import or function.
    fn marks(map: &Map<'_>) -> HashMap<u32, String> {
        let mut marks = HashMap::new();
        for (id, item) in map.iter().filter(|(_, item)| item.kind == ItemKind::Function) {
            let Some(mut reader) = map.function_body(id).and_then(|body| body.get_operators_reader().ok()) else {
                continue;
            };
            let imports = &map.module(item.module).imports;
            while !reader.eof() {
                let offset = reader.original_position() as u32;
                let mark = match reader.read() {
                    Ok(Operator::Call { function_index }) => {
                        let callee = map.module(item.module).item(FunctionId(function_index));
                        let import = imports.iter().find(|import| Some(import.item) == callee);
                        let import = import.map(|import| format!("{} {}", import.module, import.name));
                        import.or_else(|| map.raw_name(callee?).map(str::to_string))
                    }
                    Ok(_) => None,
                    Err(_) => break,
                };
                if let Some(mark) = mark {
                    marks.insert(offset, mark);
                }
            }
        }
        marks
    }

    fn is_followed(bytes: &[u8], wasm_opt: &WasmOpt, least: usize) {
        let folder = tempfile::tempdir().expect("a folder");
        let done = wasm_opt.run(bytes, &["-Oz".to_string()], folder.path(), "module").expect("wasm-opt runs");
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&done.bytes)
            .expect("a sound module");
        let (old, new) = (Map::parse(bytes).expect("a module"), Map::parse(&done.bytes).expect("a module"));
        let (before, after) = (marks(&old), marks(&new));
        let same = |offset: u32, mark: &String| done.addresses.to_old(offset).any(|at| before.get(&at) == Some(mark));
        let followed = after.iter().filter(|(offset, mark)| same(**offset, mark)).count();
        assert!(after.len() >= least, "only {} calls to tell by", after.len());
        // The rest call one of several functions that were the same.
        assert!(followed * 100 >= after.len() * 95, "{followed} of {} calls are followed", after.len());
        // No new instruction is said to stem from the middle of an old one.
        let starts = Instructions::of(&old);
        let instructions = Instructions::of(&new);
        let (mut known, mut all) = (0, 0);
        for (start, _) in instructions.within(0, u32::MAX) {
            all += 1;
            let mut olds = done.addresses.to_old(start).peekable();
            known += usize::from(olds.peek().is_some());
            assert!(olds.all(|at| starts.len_at(at).is_some() || old.modules().len() > 1), "offset {start:#x}");
        }
        assert!(known * 10 >= all * 9, "{known} of {all} instructions are known");
    }

    fn sample(name: &str) -> Vec<u8> {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
        std::fs::read(samples.join(name)).expect("a sample")
    }

    #[test]
    fn instructions_are_followed_through_wasm_opt() {
        let Some(wasm_opt) = WasmOpt::find() else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "wasm-opt is missing");
            eprintln!("not run: wasm-opt is missing (cargo wasm setup binaryen)");
            return;
        };
        for (name, least) in [("rust-markdown/rust-markdown.wasm", 50), ("component-words/component-words.wasm", 10)] {
            let bytes = crate::post_link::post_link(&sample(name), crate::Profile::Release, false);
            is_followed(&bytes.expect("a sound module").bytes, &wasm_opt, least);
        }
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/wasm-corpus"));
        let corpus = std::env::var_os("WASM_CORPUS").map(PathBuf::from).or(home).unwrap_or_default();
        match std::fs::read(corpus.join("webtreesitter.wasm")) {
            Ok(bytes) => is_followed(&bytes, &wasm_opt, 10),
            Err(_) => eprintln!("not run: webtreesitter.wasm is not in the corpus (corpus/fetch)"),
        }
    }
}
