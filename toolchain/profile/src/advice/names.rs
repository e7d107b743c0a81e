//! What functions are for, by their demangled names.

/// The allocators of Rust, C, C++, emscripten, AssemblyScript and TinyGo.
pub(super) fn allocates(name: &str) -> bool {
    const WHOLE: &[&str] = &[
        "malloc",
        "free",
        "calloc",
        "realloc",
        "memalign",
        "aligned_alloc",
        "posix_memalign",
        "dlmalloc",
        "dlfree",
        "dlcalloc",
        "dlrealloc",
        "sbrk",
        "runtime.alloc",
    ];
    const BEGINNINGS: &[&str] = &[
        "__rust_alloc",
        "__rust_dealloc",
        "__rust_realloc",
        "__rdl_",
        "__rg_",
        "__rustc::__r",
        "dlmalloc::",
        "<dlmalloc::",
        "emmalloc",
        "mi_malloc",
        "mi_free",
        "operator new",
        "operator delete",
        "talc::",
        "wee_alloc::",
        "~lib/rt/tlsf/",
        "~lib/rt/itcms/",
    ];
    let name = without_crate_hash(name);
    WHOLE.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// What moves or fills memory, and is one instruction with bulk memory.
pub(super) fn copies(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    let is_own = ["memcpy", "memmove", "memset", "__memcpy", "__memset"].contains(&name);
    let is_rust = name.starts_with("compiler_builtins::mem::") && ["memcpy", "memmove", "memset"].contains(&last);
    is_own || is_rust || name.starts_with("~lib/util/memory/mem")
}

/// What makes text of values, and what panics do before they end.
pub(super) fn formats(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "core::fmt::",
        "alloc::fmt::",
        "std::fmt::",
        "core::num::flt2dec",
        "core::num::fmt",
        "core::panicking::",
        "std::panicking::",
        "::basic_ostream<",
    ];
    const WHOLE: &[&str] = &["printf_core", "fmt_fp", "pad", "vfprintf", "vsnprintf", "snprintf", "sprintf", "printf"];
    PARTS.iter().any(|part| name.contains(part)) || WHOLE.contains(&name)
}

/// `core[1234]::fmt` is `core::fmt`.
fn without_crate_hash(name: &str) -> &str {
    name.strip_prefix('_').filter(|rest| rest.starts_with("__rustc")).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_told_by_what_they_are_for() {
        for name in ["malloc", "__rdl_dealloc", "__rustc::__rust_alloc", "<dlmalloc::dlmalloc::Dlmalloc>::malloc"] {
            assert!(allocates(name), "{name}");
        }
        for name in ["malloc_info", "freeze", "app::free", "core::fmt::write"] {
            assert!(!allocates(name), "{name}");
        }
        assert!(copies("memcpy") && copies("compiler_builtins::mem::memset") && !copies("app::memcpy_all"));
        assert!(formats("<f64 as core::fmt::Display>::fmt") && formats("printf_core") && !formats("app::format_date"));
    }
}
