//! Numbers in slots, and the numeric operators that Rust has no direct equal of.

use crate::Trap;

/// A number as it lies in a slot.
pub(crate) trait Slot: Copy {
    fn get(slot: u64) -> Self;
    fn put(self) -> u64;
}

macro_rules! slot {
    ($($ty:ty: |$slot:ident| $get:expr, |$value:ident| $put:expr;)*) => {
        $(impl Slot for $ty {
            #[inline(always)]
            fn get($slot: u64) -> Self { $get }
            #[inline(always)]
            fn put(self) -> u64 { let $value = self; $put }
        })*
    };
}

slot! {
    u64: |slot| slot, |value| value;
    i64: |slot| slot as i64, |value| value as u64;
    u32: |slot| slot as u32, |value| u64::from(value);
    i32: |slot| slot as i32, |value| u64::from(value as u32);
    f32: |slot| f32::from_bits(slot as u32), |value| u64::from(value.to_bits());
    f64: |slot| f64::from_bits(slot), |value| value.to_bits();
    bool: |slot| slot != 0, |value| u64::from(value);
}

#[inline(always)]
pub(crate) fn unary<A: Slot, R: Slot>(a: u64, operator: impl FnOnce(A) -> R) -> u64 {
    operator(A::get(a)).put()
}

#[inline(always)]
pub(crate) fn binary<A: Slot, R: Slot>(a: u64, b: u64, operator: impl FnOnce(A, A) -> R) -> u64 {
    operator(A::get(a), A::get(b)).put()
}

#[inline(always)]
pub(crate) fn try_unary<A: Slot, R: Slot>(a: u64, operator: impl FnOnce(A) -> Result<R, Trap>) -> Result<u64, Trap> {
    operator(A::get(a)).map(R::put)
}

#[inline(always)]
pub(crate) fn try_binary<A: Slot, R: Slot>(
    a: u64,
    b: u64,
    operator: impl FnOnce(A, A) -> Result<R, Trap>,
) -> Result<u64, Trap> {
    operator(A::get(a), A::get(b)).map(R::put)
}

macro_rules! integer {
    ($div_s:ident, $rem_s:ident, $div_u:ident, $rem_u:ident, $signed:ty, $unsigned:ty) => {
        #[inline(always)]
        pub(crate) fn $div_s(a: $signed, b: $signed) -> Result<$signed, Trap> {
            if b == 0 { Err(Trap::DivideByZero) } else { a.checked_div(b).ok_or(Trap::IntegerOverflow) }
        }

        #[inline(always)]
        pub(crate) fn $rem_s(a: $signed, b: $signed) -> Result<$signed, Trap> {
            if b == 0 { Err(Trap::DivideByZero) } else { Ok(a.wrapping_rem(b)) }
        }

        #[inline(always)]
        pub(crate) fn $div_u(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_div(b).ok_or(Trap::DivideByZero)
        }

        #[inline(always)]
        pub(crate) fn $rem_u(a: $unsigned, b: $unsigned) -> Result<$unsigned, Trap> {
            a.checked_rem(b).ok_or(Trap::DivideByZero)
        }
    };
}

integer!(i32_div_s, i32_rem_s, i32_div_u, i32_rem_u, i32, u32);
integer!(i64_div_s, i64_rem_s, i64_div_u, i64_rem_u, i64, u64);

macro_rules! float {
    ($min:ident, $max:ident, $round:ident, $ty:ty) => {
        /// Rounds by a function of Rust's, which may leave a signalling NaN as it is.
        #[inline(always)]
        pub(crate) fn $round(a: $ty, function: impl FnOnce($ty) -> $ty) -> $ty {
            if a.is_nan() { a + a } else { function(a) }
        }

        /// The lesser one; NaN if one is NaN; -0 is less than 0.
        #[inline(always)]
        pub(crate) fn $min(a: $ty, b: $ty) -> $ty {
            if a.is_nan() || b.is_nan() {
                a + b
            } else if a == b {
                <$ty>::from_bits(a.to_bits() | b.to_bits())
            } else {
                if a < b { a } else { b }
            }
        }

        /// The greater one; NaN if one is NaN; 0 is greater than -0.
        #[inline(always)]
        pub(crate) fn $max(a: $ty, b: $ty) -> $ty {
            if a.is_nan() || b.is_nan() {
                a + b
            } else if a == b {
                <$ty>::from_bits(a.to_bits() & b.to_bits())
            } else {
                if a > b { a } else { b }
            }
        }
    };
}

float!(f32_min, f32_max, f32_round, f32);
float!(f64_min, f64_max, f64_round, f64);

macro_rules! truncate {
    ($($name:ident: $from:ty => $to:ty, above $low:expr, below $high:expr;)*) => {
        $(
            /// Truncates toward zero.
            #[inline(always)]
            pub(crate) fn $name(value: $from) -> Result<$to, Trap> {
                if value.is_nan() {
                    Err(Trap::InvalidConversion)
                } else if value > $low && value < $high {
                    Ok(value as $to)
                } else {
                    Err(Trap::IntegerOverflow)
                }
            }
        )*
    };
}

// The bounds are the nearest floats outside of what truncates into the type:
// for wide types the lower bound itself is still inside, hence the odd ones.
truncate! {
    i32_trunc_f32_s: f32 => i32, above -2_147_483_904.0_f32, below 2_147_483_648.0_f32;
    i32_trunc_f32_u: f32 => u32, above -1.0_f32, below 4_294_967_296.0_f32;
    i32_trunc_f64_s: f64 => i32, above -2_147_483_649.0_f64, below 2_147_483_648.0_f64;
    i32_trunc_f64_u: f64 => u32, above -1.0_f64, below 4_294_967_296.0_f64;
    i64_trunc_f32_s: f32 => i64, above -9_223_373_136_366_403_584.0_f32, below 9_223_372_036_854_775_808.0_f32;
    i64_trunc_f32_u: f32 => u64, above -1.0_f32, below 18_446_744_073_709_551_616.0_f32;
    i64_trunc_f64_s: f64 => i64, above -9_223_372_036_854_777_856.0_f64, below 9_223_372_036_854_775_808.0_f64;
    i64_trunc_f64_u: f64 => u64, above -1.0_f64, below 18_446_744_073_709_551_616.0_f64;
}
