//! What the host can do, found out at load.

use core::fmt;

/// What the host can do: a set of the constants below.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Host(u32);

macro_rules! abilities {
    ($($name:ident $method:ident $bit:literal $what:literal)*) => {
        impl Host {
            $(
                #[doc = $what]
                pub const $name: Host = Host(1 << $bit);
            )*

            $(
                #[doc = $what]
                #[inline]
                pub const fn $method(self) -> bool {
                    self.has(Self::$name)
                }
            )*
        }

        impl fmt::Debug for Host {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut set = f.debug_set();
                $(if self.$method() { set.entry(&format_args!(stringify!($method))); })*
                set.finish()
            }
        }
    };
}

abilities! {
    JAVASCRIPT javascript 0 "The host is a JavaScript engine with the loader."
    BROWSER browser 1 "The host is a browser (a page or one of its workers)."
    NODE node 2 "The host is node."
    WASI wasi 3 "The host gives the functions of WASI."
    THREADS threads 4 "Worker threads run the jobs of a scope."
    BLOCKING blocking 5 "This thread may wait; a browser's main thread may not."
    SIMD simd 6 "The engine has 128-bit vectors."
    MULTI_MEMORY multi_memory 7 "The engine has more than one memory in a module."
    MEMORY64 memory64 8 "The engine has memories with 64-bit addresses."
    EXCEPTIONS exceptions 9 "The engine has exception handling with `exnref`."
    GC gc 10 "The engine has garbage-collected types."
    JSPI jspi 11 "A call of the host may suspend the program."
}

impl Host {
    /// Whether all of `abilities` are there.
    #[inline]
    pub const fn has(self, abilities: Host) -> bool {
        self.0 & abilities.0 == abilities.0
    }
}

impl core::ops::BitOr for Host {
    type Output = Host;

    fn bitor(self, other: Host) -> Host {
        Host(self.0 | other.0)
    }
}

#[cfg(all(target_family = "wasm", not(target_os = "wasi")))]
mod import {
    #[link(wasm_import_module = "wasmrust:host")]
    unsafe extern "C" {
        pub(super) safe fn features() -> u32;
    }
}

/// What the host can do. The loader looks once, when it loads the program.
pub fn host() -> Host {
    #[cfg(all(target_family = "wasm", not(target_os = "wasi")))]
    return Host(import::features());
    #[cfg(target_os = "wasi")]
    return Host::WASI | Host::BLOCKING;
    #[cfg(not(target_family = "wasm"))]
    Host::BLOCKING
}
