//! Which proposals the code uses.

/// The proposals beyond the first version of WebAssembly whose instructions the code uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(pub(super) u32);

macro_rules! features {
    ($($bit:literal $proposal:ident $name:literal,)*) => {
        /// The bit of a proposal, by wasmparser's name of it; none for the first version.
        macro_rules! feature_bit {
            (mvp) => { 0 };
            $(($proposal) => { 1 << $bit };)*
        }

        impl Features {
            /// Their names, as in `target_features` where LLVM has one.
            pub fn names(self) -> Vec<&'static str> {
                [$(($bit, $name)),*].into_iter().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, n)| n).collect()
            }
        }
    };
}

features! {
    0 sign_extension "sign-ext",
    1 saturating_float_to_int "nontrapping-fptoint",
    2 bulk_memory "bulk-memory",
    3 reference_types "reference-types",
    4 simd "simd128",
    5 relaxed_simd "relaxed-simd",
    6 threads "atomics",
    7 tail_call "tail-call",
    8 exceptions "exception-handling",
    9 legacy_exceptions "legacy-exception-handling",
    10 function_references "function-references",
    11 gc "gc",
    12 stack_switching "stack-switching",
    13 wide_arithmetic "wide-arithmetic",
    14 memory_control "memory-control",
    15 shared_everything_threads "shared-everything-threads",
    16 custom_descriptors "custom-descriptors",
    17 acquire_release_atomics "acquire-release-atomics",
}
