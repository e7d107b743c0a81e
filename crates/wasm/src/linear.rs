//! Linear types: values that must be used up.

/// What `#[wasm::linear]` implements for a struct, together with `Drop` and a
/// private `consume(self)` that ends the value and gives its fields as a
/// tuple.
///
/// Compiled for wasm with `panic = "abort"`, a path on which such a value is
/// dropped is a build error that names the type. Elsewhere (tests on the
/// development machine, where unwinding drops values that the program never
/// would) the drop panics.
///
/// With `--cfg wasm_linear_imports` the drop calls an import that names the
/// type instead: what is left of it after the link is a path that forgets a
/// value, and debug information says where.
///
/// Not found: `core::mem::forget` and what is built on it (`ManuallyDrop`,
/// `Box::leak`, cycles of `Rc`). Rejected although right: a path on which the
/// compiler cannot see that the value is gone, like popping all values off a
/// `Vec` that is dropped afterwards.
pub trait Linear {
    /// What a forgotten value is reported with.
    const MESSAGE: &'static str;
}

/// What `drop` does, by its type's name.
#[cfg(not(all(target_family = "wasm", wasm_linear_imports)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __dropped {
    ($ty:ident) => {
        $crate::__rt::dropped::<$ty>()
    };
}

/// What `drop` does, by its type's name: calls an import that no host has.
#[cfg(all(target_family = "wasm", wasm_linear_imports))]
#[doc(hidden)]
#[macro_export]
macro_rules! __dropped {
    ($ty:ident) => {{
        #[link(wasm_import_module = "wasmrust:linear")]
        unsafe extern "C" {
            #[link_name = ::core::concat!(::core::module_path!(), "::", ::core::stringify!($ty))]
            safe fn dropped();
        }
        dropped()
    }};
}
