//! References to values of the host, and to functions of this module.

use core::fmt;
use core::marker::PhantomData;

/// An owned reference to a value of the host (in JavaScript: any value). `T`
/// is a name for what it refers to; no value of `T` need exist.
///
/// It is an index in the host's table of references; dropping it frees the
/// slot. It belongs to the thread that got it: each thread has its own table.
#[repr(transparent)]
pub struct ExternRef<T: ?Sized>(u32, PhantomData<*const T>);

#[cfg(target_family = "wasm")]
mod host {
    #[link(wasm_import_module = "wasmrust:ref")]
    unsafe extern "C" {
        pub(super) safe fn drop(index: u32);
        pub(super) safe fn clone(index: u32) -> u32;
        pub(super) safe fn live() -> u32;
    }
}

impl<T: ?Sized> ExternRef<T> {
    pub(crate) fn from_index(index: u32) -> Self {
        ExternRef(index, PhantomData)
    }

    /// The index in the host's table, still owned by this value.
    #[inline]
    pub fn index(&self) -> u32 {
        self.0
    }

    /// Whether the host's value is `null` or `undefined`.
    #[inline]
    pub fn is_null(&self) -> bool {
        self.0 == 0
    }

    /// The same reference under another name, unchecked: names are for the
    /// reader and the compiler, the host's value knows what it is.
    #[inline]
    pub fn cast<U: ?Sized>(self) -> ExternRef<U> {
        ExternRef(crate::__rt::into_index(self), PhantomData)
    }
}

impl ExternRef<()> {
    /// How many references of this thread are in use.
    pub fn live() -> u32 {
        #[cfg(target_family = "wasm")]
        return host::live();
        #[cfg(not(target_family = "wasm"))]
        0
    }
}

impl<T: ?Sized> Clone for ExternRef<T> {
    /// A second reference to the same value, in a slot of its own.
    fn clone(&self) -> Self {
        #[cfg(target_family = "wasm")]
        return ExternRef(host::clone(self.0), PhantomData);
        #[cfg(not(target_family = "wasm"))]
        ExternRef(self.0, PhantomData)
    }
}

impl<T: ?Sized> Drop for ExternRef<T> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(target_family = "wasm")]
        host::drop(self.0);
    }
}

impl<T: ?Sized> fmt::Debug for ExternRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({})", self.0)
    }
}

/// A function of this module that the host can call: its index in the
/// module's function table, which the build must export (`--export-table`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct FuncRef(usize);

impl FuncRef {
    /// The function's index in `__indirect_function_table`.
    #[inline]
    pub fn index(self) -> usize {
        self.0
    }
}

macro_rules! function {
    ($($parameter:ident)*) => {
        impl<Output, $($parameter),*> From<extern "C" fn($($parameter),*) -> Output> for FuncRef {
            fn from(function: extern "C" fn($($parameter),*) -> Output) -> Self {
                FuncRef(function as usize)
            }
        }
    };
}

function!();
function!(A);
function!(A B);
function!(A B C);
function!(A B C D);
