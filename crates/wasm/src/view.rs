//! Memory that the host looks at, and values that it names.

use core::marker::PhantomData;
use core::{fmt, hash};

use crate::Pod;

/// A borrowed piece of the program's memory that the host may look at without
/// a copy (in JavaScript: a typed array over the memory). Returned by an
/// exported function it must outlive the call, so it is mostly
/// `View<'static, T>`; the host keeps it only until memory grows.
#[derive(Clone, Copy)]
pub struct View<'a, T: Pod>(&'a [T]);

impl<'a, T: Pod> View<'a, T> {
    /// A view of `slice`.
    #[inline]
    pub fn new(slice: &'a [T]) -> Self {
        View(slice)
    }

    /// What is looked at.
    #[inline]
    pub fn as_slice(&self) -> &'a [T] {
        self.0
    }
}

impl<'a, T: Pod> From<&'a [T]> for View<'a, T> {
    fn from(slice: &'a [T]) -> Self {
        View(slice)
    }
}

/// The name under which the host knows a value of type `T`: a number that
/// owns nothing. `wasm::Table` gives them out and finds stale ones.
#[repr(transparent)]
pub struct Handle<T: ?Sized>(u32, PhantomData<fn() -> *const T>);

impl<T: ?Sized> Handle<T> {
    /// The handle with this number, from whoever kept it.
    #[inline]
    pub const fn from_bits(bits: u32) -> Self {
        Handle(bits, PhantomData)
    }

    /// The handle's number.
    #[inline]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

impl<T: ?Sized> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Handle<T> {}

impl<T: ?Sized> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: ?Sized> Eq for Handle<T> {}

impl<T: ?Sized> hash::Hash for Handle<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:#x})", self.0)
    }
}

// SAFETY: a transparent `u32`.
unsafe impl<T: ?Sized + 'static> Pod for Handle<T> {
    const RECORD: &'static crate::__rt::Record = <u32 as Pod>::RECORD;
}
