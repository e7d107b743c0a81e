//! Builds of one program for hosts that can do different things, and the script that picks among them.

use crate::glue::{LOADER, THREADS};
use serde::{Serialize, Serializer};

/// What a build uses of its host, beyond what every host can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variant {
    /// Several threads: atomics, and a shared memory that the host gives.
    pub threads: bool,
    /// Vectors of 128 bits.
    pub simd: bool,
}

impl Variant {
    /// Runs everywhere.
    pub const PLAIN: Variant = Variant { threads: false, simd: false };

    /// The builds that a page needs so that each host gets what it can do, the plain one first, the one that uses most
    /// last.
    pub fn up_to(most: Variant) -> Vec<Variant> {
        let all = [(false, false), (false, true), (true, false), (true, true)];
        let all = all.map(|(threads, simd)| Variant { threads, simd }).into_iter();
        all.filter(|it| (most.threads || !it.threads) && (most.simd || !it.simd)).collect()
    }

    /// The loader's name for it.
    pub fn name(self) -> &'static str {
        match (self.threads, self.simd) {
            (false, false) => "plain",
            (false, true) => "simd",
            (true, false) => "threads",
            (true, true) => "threads+simd",
        }
    }

    /// What stands between a program's name and `.wasm`.
    pub fn suffix(self) -> &'static str {
        match (self.threads, self.simd) {
            (false, false) => "",
            (false, true) => ".simd",
            (true, false) => ".mt",
            (true, true) => ".mt.simd",
        }
    }
}

impl Serialize for Variant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Scripts that stand once in a folder, for all programs there.
pub(crate) const SHARED: [&str; 2] = ["loader.mjs", "threads.mjs"];

/// The script that loads, of several builds of a program in its folder, the one that uses most of its host. It needs
/// `loader.mjs` (and for threads `threads.mjs`) beside it. Its default export is that of [`glue`](crate::glue()).
pub fn picker<'a>(builds: impl IntoIterator<Item = (Variant, &'a str)>) -> String {
    let url = |file: &str| serde_json::Value::from(encoded(file)).to_string();
    let line = |(variant, file): (Variant, &str)| {
        format!("  {:?}: new URL({}, import.meta.url),\n", variant.name(), url(file))
    };
    let builds: String = builds.into_iter().map(line).collect();
    format!(
        "// Made by cargo wasm\nimport {{ load }} from \"./loader.mjs\";\n\nconst builds = {{\n{builds}}};\n\n\
         /** Loads and starts the program: the build that uses most of this host. */\n\
         export default (imports, source = builds, options) => load(source, imports, options);\n"
    )
}

/// A file name as a relative URL.
fn encoded(file: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    format!("./{}", file.bytes().map(encode).collect::<String>())
}

/// [`picker`] and what it needs, as the files that go beside the builds of the program `name`.
pub(crate) fn files(name: &str, builds: &[(Variant, String)]) -> Vec<(String, Vec<u8>)> {
    let script = picker(builds.iter().map(|(variant, file)| (*variant, file.as_str())));
    let mut files = vec![(format!("{name}.mjs"), script.into_bytes()), ("loader.mjs".into(), LOADER.into())];
    if builds.iter().any(|(variant, _)| variant.threads) {
        files.push(("threads.mjs".into(), THREADS.into()));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_build() {
        let names = |threads, simd| -> Vec<_> {
            Variant::up_to(Variant { threads, simd }).into_iter().map(Variant::name).collect()
        };
        assert_eq!(names(false, false), ["plain"]);
        assert_eq!(names(false, true), ["plain", "simd"]);
        assert_eq!(names(true, false), ["plain", "threads"]);
        assert_eq!(names(true, true), ["plain", "simd", "threads", "threads+simd"]);
    }

    #[test]
    fn a_file_name_is_no_code_and_no_other_file() {
        let script = picker([(Variant::PLAIN, "a\"+alert(1)+\"#?.wasm")]);
        assert!(script.contains(r#""plain": new URL("./a%22%2Balert%281%29%2B%22%23%3F.wasm","#), "{script}");
    }
}
