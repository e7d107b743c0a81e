//! What operators do, apart from control: numbers, vectors, memory, tables.

pub(crate) mod atomic;
pub(crate) mod bulk;
pub(crate) mod numeric;
pub(crate) mod simd;
