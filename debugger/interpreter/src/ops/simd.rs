//! Vector operators. Vectors are `u128` here, lane 0 in the low bits; lanes are
//! taken apart and put together by generic functions that compilers see through.
//! Relaxed operators do what their strict equals do (`relaxed_madd` rounds once).

use super::numeric::{Slot, f32_max, f32_min, f32_round, f64_max, f64_min, f64_round};
use crate::Trap;
use crate::machine::run::{SLOTS, Stack};
use crate::memory::{Memory, Stored};
use std::array::from_fn;

const MASK: usize = SLOTS - 1;

/// A lane's type: its width and its bits.
trait Lane: Copy {
    const BITS: usize;
    fn of(bits: u64) -> Self;
    fn bits(self) -> u64;
}

macro_rules! lane {
    ($($ty:ty, $unsigned:ty, $bits:literal;)*) => {
        $(impl Lane for $ty {
            const BITS: usize = $bits;
            #[inline(always)]
            fn of(bits: u64) -> Self { bits as Self }
            #[inline(always)]
            fn bits(self) -> u64 { u64::from(self as $unsigned) }
        })*
    };
}

lane! { i8, u8, 8; u8, u8, 8; i16, u16, 16; u16, u16, 16; i32, u32, 32; u32, u32, 32; i64, u64, 64; u64, u64, 64; }

impl Lane for f32 {
    const BITS: usize = 32;
    #[inline(always)]
    fn of(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
    #[inline(always)]
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

impl Lane for f64 {
    const BITS: usize = 64;
    #[inline(always)]
    fn of(bits: u64) -> Self {
        Self::from_bits(bits)
    }
    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

#[inline(always)]
fn lanes<T: Lane, const N: usize>(vector: u128) -> [T; N] {
    from_fn(|lane| T::of((vector >> (lane * T::BITS)) as u64))
}

#[inline(always)]
fn vector<T: Lane, const N: usize>(lanes: [T; N]) -> u128 {
    lanes.into_iter().rev().fold(0, |vector, lane| (vector << (T::BITS % 128)) | u128::from(lane.bits()))
}

/// A vector in two slots.
#[inline(always)]
fn get(stack: &Stack, slot: usize) -> u128 {
    u128::from(stack[slot & MASK]) | (u128::from(stack[(slot + 1) & MASK]) << 64)
}

#[inline(always)]
fn put(stack: &mut Stack, slot: usize, vector: u128) {
    stack[slot & MASK] = vector as u64;
    stack[(slot + 1) & MASK] = (vector >> 64) as u64;
}

/// Whether an operator has a memory immediate.
#[inline(always)]
pub(crate) fn has_address(operator: u32) -> bool {
    matches!(operator, 0..=11 | 84..=93)
}

/// Whether a lane follows the memory immediate.
#[inline(always)]
pub(crate) fn has_lane(operator: u32) -> bool {
    matches!(operator, 84..=91)
}

/// An operator that accesses memory; returns the new stack pointer.
#[inline(never)]
pub(crate) fn access<const READS: bool>(
    operator: u32,
    memory: &mut Memory,
    stack: &mut Stack,
    sp: usize,
    offset: u64,
    lane: Option<u8>,
) -> Result<usize, Trap> {
    macro_rules! load {
        ($len:literal, $at:expr) => {{
            let address = stack[$at & MASK].saturating_add(offset);
            if READS {
                memory.note_read(address, $len);
            }
            memory.load::<$len>(address).ok_or(Trap::MemoryOutOfBounds)?
        }};
    }
    // Loads half a vector and widens its lanes.
    macro_rules! extend {
        ($from:ty => $to:ty, $count:literal) => {{
            let bytes = load!(8, sp - 1);
            let narrow: [$from; $count] = lanes(u128::from(u64::from_le_bytes(bytes)));
            put(stack, sp - 1, vector::<$to, $count>(narrow.map(<$to>::from)));
            Ok(sp + 1)
        }};
    }
    macro_rules! splat {
        ($ty:ty, $count:literal, $len:literal) => {{
            let bytes = load!($len, sp - 1);
            put(stack, sp - 1, vector([<$ty>::from_le_bytes(bytes); $count]));
            Ok(sp + 1)
        }};
    }
    let lane = usize::from(lane.unwrap_or(0));
    macro_rules! load_lane {
        ($ty:ty, $count:literal, $len:literal) => {{
            let bytes = load!($len, sp - 3);
            let mut lanes: [$ty; $count] = lanes(get(stack, sp - 2));
            lanes[lane % $count] = <$ty>::from_le_bytes(bytes);
            put(stack, sp - 3, vector(lanes));
            Ok(sp - 1)
        }};
    }
    macro_rules! store {
        ($bytes:expr) => {{
            let address = stack[(sp - 3) & MASK].saturating_add(offset);
            match memory.store(address, $bytes) {
                Stored::OutOfBounds => Err(Trap::MemoryOutOfBounds),
                Stored::Done | Stored::Watched => Ok(sp - 3),
            }
        }};
    }
    macro_rules! store_lane {
        ($ty:ty, $count:literal) => {{
            let lanes: [$ty; $count] = lanes(get(stack, sp - 2));
            store!(lanes[lane % $count].to_le_bytes())
        }};
    }
    match operator {
        0 => {
            let bytes = load!(16, sp - 1);
            put(stack, sp - 1, u128::from_le_bytes(bytes));
            Ok(sp + 1)
        }
        1 => extend!(i8 => i16, 8),
        2 => extend!(u8 => u16, 8),
        3 => extend!(i16 => i32, 4),
        4 => extend!(u16 => u32, 4),
        5 => extend!(i32 => i64, 2),
        6 => extend!(u32 => u64, 2),
        7 => splat!(u8, 16, 1),
        8 => splat!(u16, 8, 2),
        9 => splat!(u32, 4, 4),
        10 => splat!(u64, 2, 8),
        11 => store!(get(stack, sp - 2).to_le_bytes()),
        84 => load_lane!(u8, 16, 1),
        85 => load_lane!(u16, 8, 2),
        86 => load_lane!(u32, 4, 4),
        87 => load_lane!(u64, 2, 8),
        88 => store_lane!(u8, 16),
        89 => store_lane!(u16, 8),
        90 => store_lane!(u32, 4),
        91 => store_lane!(u64, 2),
        92 => {
            let bytes = load!(4, sp - 1);
            put(stack, sp - 1, u32::from_le_bytes(bytes).into());
            Ok(sp + 1)
        }
        _ => {
            let bytes = load!(8, sp - 1);
            put(stack, sp - 1, u64::from_le_bytes(bytes).into());
            Ok(sp + 1)
        }
    }
}

#[inline(always)]
fn q15mulr(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 0x4000) >> 15).clamp(-0x8000, 0x7FFF) as i16
}

#[inline(always)]
fn swizzle(a: u128, b: u128) -> u128 {
    let (bytes, indices): ([u8; 16], [u8; 16]) = (lanes(a), lanes(b));
    vector(indices.map(|index| bytes.get(usize::from(index)).copied().unwrap_or(0)))
}

#[inline(always)]
fn bit_select(a: u128, b: u128, mask: u128) -> u128 {
    (a & mask) | (b & !mask)
}

/// Products of all byte lanes, summed in pairs with saturation.
#[inline(always)]
fn dot_bytes(a: u128, b: u128) -> [i16; 8] {
    let (a, b): ([i8; 16], [i8; 16]) = (lanes(a), lanes(b));
    let product = |lane: usize| i16::from(a[lane]) * i16::from(b[lane]);
    from_fn(|lane| product(2 * lane).saturating_add(product(2 * lane + 1)))
}

/// An operator on operands alone; returns the new stack pointer and position.
#[inline(never)]
pub(crate) fn compute(operator: u32, stack: &mut Stack, sp: usize, code: &[u8], pc: usize) -> (usize, usize) {
    // One vector to one.
    macro_rules! unary {
        ($ty:ty, $count:literal, $operator:expr) => {{
            let a: [$ty; $count] = lanes(get(stack, sp - 2));
            put(stack, sp - 2, vector(a.map($operator)));
            (sp, pc)
        }};
    }
    // Two vectors to one, lane by lane.
    macro_rules! binary {
        ($ty:ty, $count:literal, $operator:expr) => {{
            let a: [$ty; $count] = lanes(get(stack, sp - 4));
            let b: [$ty; $count] = lanes(get(stack, sp - 2));
            put(stack, sp - 4, vector::<_, $count>(from_fn(|lane| $operator(a[lane], b[lane]))));
            (sp - 2, pc)
        }};
    }
    macro_rules! compare {
        ($ty:ty, $mask:ty, $count:literal, $operator:tt) => {
            binary!($ty, $count, |a: $ty, b: $ty| if a $operator b { <$mask>::MAX } else { 0 })
        };
    }
    // Two whole vectors to one.
    macro_rules! whole {
        (|$a:ident, $b:ident| $value:expr) => {{
            let ($a, $b) = (get(stack, sp - 4), get(stack, sp - 2));
            put(stack, sp - 4, $value);
            (sp - 2, pc)
        }};
    }
    // Three whole vectors to one.
    macro_rules! ternary {
        (|$a:ident, $b:ident, $c:ident| $value:expr) => {{
            let ($a, $b, $c) = (get(stack, sp - 6), get(stack, sp - 4), get(stack, sp - 2));
            put(stack, sp - 6, $value);
            (sp - 4, pc)
        }};
    }
    // A fused multiplication and addition.
    macro_rules! madd {
        ($ty:ty, $count:literal, $operator:expr) => {
            ternary!(|a, b, c| {
                let (a, b, c): ([$ty; $count], [$ty; $count], [$ty; $count]) = (lanes(a), lanes(b), lanes(c));
                vector::<$ty, $count>(from_fn(|lane| $operator(a[lane], b[lane], c[lane])))
            })
        };
    }
    macro_rules! shift {
        ($ty:ty, $count:literal, $operator:ident) => {{
            let by = stack[(sp - 1) & MASK] as u32;
            let a: [$ty; $count] = lanes(get(stack, sp - 3));
            put(stack, sp - 3, vector(a.map(|a| a.$operator(by))));
            (sp - 1, pc)
        }};
    }
    macro_rules! splat {
        ($ty:ty, $count:literal) => {{
            put(stack, sp - 1, vector([<$ty>::of(stack[(sp - 1) & MASK]); $count]));
            (sp + 1, pc)
        }};
    }
    let lane = || usize::from(code[pc]);
    macro_rules! extract {
        ($ty:ty, $count:literal, |$lane:ident| $value:expr) => {{
            let lanes: [$ty; $count] = lanes(get(stack, sp - 2));
            let $lane = lanes[lane() % $count];
            stack[(sp - 2) & MASK] = Slot::put($value);
            (sp - 1, pc + 1)
        }};
    }
    macro_rules! replace {
        ($ty:ty, $count:literal) => {{
            let mut lanes: [$ty; $count] = lanes(get(stack, sp - 3));
            lanes[lane() % $count] = <$ty>::of(stack[(sp - 1) & MASK]);
            put(stack, sp - 3, vector(lanes));
            (sp - 1, pc + 1)
        }};
    }
    macro_rules! all_true {
        ($ty:ty, $count:literal) => {{
            let lanes: [$ty; $count] = lanes(get(stack, sp - 2));
            stack[(sp - 2) & MASK] = lanes.iter().all(|lane| *lane != 0).into();
            (sp - 1, pc)
        }};
    }
    macro_rules! bitmask {
        ($ty:ty, $count:literal) => {{
            let lanes: [$ty; $count] = lanes(get(stack, sp - 2));
            let bit = |mask, (lane, value): (usize, &$ty)| mask | (u64::from(*value < 0) << lane);
            stack[(sp - 2) & MASK] = lanes.iter().enumerate().fold(0, bit);
            (sp - 1, pc)
        }};
    }
    macro_rules! narrow {
        ($from:ty, $to:ty, $half:literal, $count:literal) => {
            whole!(|a, b| {
                let (a, b): ([$from; $half], [$from; $half]) = (lanes(a), lanes(b));
                let narrow = |lane: usize| if lane < $half { a[lane] } else { b[lane - $half] };
                let clamp = |value: $from| value.clamp(<$to>::MIN as $from, <$to>::MAX as $from) as $to;
                vector::<$to, $count>(from_fn(|lane| clamp(narrow(lane))))
            })
        };
    }
    // Widens the lower or upper half.
    macro_rules! extend {
        ($from:ty, $to:ty, $half:literal, $first:literal) => {{
            let a: [$from; $half] = lanes(get(stack, sp - 2) >> ($first * 64));
            put(stack, sp - 2, vector(a.map(<$to>::from)));
            (sp, pc)
        }};
    }
    macro_rules! extended_multiply {
        ($from:ty, $to:ty, $half:literal, $first:literal) => {
            whole!(|a, b| {
                let (a, b): ([$from; $half], [$from; $half]) = (lanes(a >> ($first * 64)), lanes(b >> ($first * 64)));
                vector::<$to, $half>(from_fn(|lane| <$to>::from(a[lane]).wrapping_mul(<$to>::from(b[lane]))))
            })
        };
    }
    macro_rules! add_pairs {
        ($from:ty, $to:ty, $count:literal, $half:literal) => {{
            let a: [$from; $count] = lanes(get(stack, sp - 2));
            let pair = |lane: usize| <$to>::from(a[2 * lane]).wrapping_add(<$to>::from(a[2 * lane + 1]));
            put(stack, sp - 2, vector::<$to, $half>(from_fn(pair)));
            (sp, pc)
        }};
    }
    // Converts lanes; those of the result beyond the operand's are zero.
    macro_rules! convert {
        ($from:ty, $to:ty, $count:literal, $operator:expr) => {{
            let a: [$from; $count] = lanes(get(stack, sp - 2));
            put(stack, sp - 2, vector::<$to, $count>(a.map($operator)));
            (sp, pc)
        }};
    }
    match operator {
        12 => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&code[pc..pc + 16]);
            put(stack, sp, u128::from_le_bytes(bytes));
            (sp + 2, pc + 16)
        }
        13 => {
            let (a, b): ([u8; 16], [u8; 16]) = (lanes(get(stack, sp - 4)), lanes(get(stack, sp - 2)));
            let pick = |index: usize| if index < 16 { a[index] } else { b[index % 16] };
            put(stack, sp - 4, vector::<u8, 16>(from_fn(|lane| pick(usize::from(code[pc + lane])))));
            (sp - 2, pc + 16)
        }
        14 | 0x100 => whole!(|a, b| swizzle(a, b)),
        77 => {
            put(stack, sp - 2, !get(stack, sp - 2));
            (sp, pc)
        }
        78 => whole!(|a, b| a & b),
        79 => whole!(|a, b| a & !b),
        80 => whole!(|a, b| a | b),
        81 => whole!(|a, b| a ^ b),
        82 | 0x109..=0x10C => ternary!(|a, b, c| bit_select(a, b, c)),
        83 => {
            stack[(sp - 2) & MASK] = u64::from(get(stack, sp - 2) != 0);
            (sp - 1, pc)
        }
        15 => splat!(u8, 16),
        16 => splat!(u16, 8),
        17 => splat!(u32, 4),
        18 => splat!(u64, 2),
        19 => splat!(f32, 4),
        20 => splat!(f64, 2),
        21 => extract!(i8, 16, |lane| i32::from(lane)),
        22 => extract!(u8, 16, |lane| u32::from(lane)),
        23 => replace!(u8, 16),
        24 => extract!(i16, 8, |lane| i32::from(lane)),
        25 => extract!(u16, 8, |lane| u32::from(lane)),
        26 => replace!(u16, 8),
        27 => extract!(u32, 4, |lane| lane),
        28 => replace!(u32, 4),
        29 => extract!(u64, 2, |lane| lane),
        30 => replace!(u64, 2),
        31 => extract!(f32, 4, |lane| lane),
        32 => replace!(f32, 4),
        33 => extract!(f64, 2, |lane| lane),
        34 => replace!(f64, 2),
        35 => compare!(u8, u8, 16, ==),
        36 => compare!(u8, u8, 16, !=),
        37 => compare!(i8, u8, 16, <),
        38 => compare!(u8, u8, 16, <),
        39 => compare!(i8, u8, 16, >),
        40 => compare!(u8, u8, 16, >),
        41 => compare!(i8, u8, 16, <=),
        42 => compare!(u8, u8, 16, <=),
        43 => compare!(i8, u8, 16, >=),
        44 => compare!(u8, u8, 16, >=),
        45 => compare!(u16, u16, 8, ==),
        46 => compare!(u16, u16, 8, !=),
        47 => compare!(i16, u16, 8, <),
        48 => compare!(u16, u16, 8, <),
        49 => compare!(i16, u16, 8, >),
        50 => compare!(u16, u16, 8, >),
        51 => compare!(i16, u16, 8, <=),
        52 => compare!(u16, u16, 8, <=),
        53 => compare!(i16, u16, 8, >=),
        54 => compare!(u16, u16, 8, >=),
        55 => compare!(u32, u32, 4, ==),
        56 => compare!(u32, u32, 4, !=),
        57 => compare!(i32, u32, 4, <),
        58 => compare!(u32, u32, 4, <),
        59 => compare!(i32, u32, 4, >),
        60 => compare!(u32, u32, 4, >),
        61 => compare!(i32, u32, 4, <=),
        62 => compare!(u32, u32, 4, <=),
        63 => compare!(i32, u32, 4, >=),
        64 => compare!(u32, u32, 4, >=),
        65 => compare!(f32, u32, 4, ==),
        66 => compare!(f32, u32, 4, !=),
        67 => compare!(f32, u32, 4, <),
        68 => compare!(f32, u32, 4, >),
        69 => compare!(f32, u32, 4, <=),
        70 => compare!(f32, u32, 4, >=),
        71 => compare!(f64, u64, 2, ==),
        72 => compare!(f64, u64, 2, !=),
        73 => compare!(f64, u64, 2, <),
        74 => compare!(f64, u64, 2, >),
        75 => compare!(f64, u64, 2, <=),
        76 => compare!(f64, u64, 2, >=),
        214 => compare!(u64, u64, 2, ==),
        215 => compare!(u64, u64, 2, !=),
        216 => compare!(i64, u64, 2, <),
        217 => compare!(i64, u64, 2, >),
        218 => compare!(i64, u64, 2, <=),
        219 => compare!(i64, u64, 2, >=),
        94 => {
            let a: [f64; 2] = lanes(get(stack, sp - 2));
            put(stack, sp - 2, vector(a.map(|a| a as f32)));
            (sp, pc)
        }
        95 => convert!(f32, f64, 2, f64::from),
        96 => unary!(i8, 16, i8::wrapping_abs),
        97 => unary!(i8, 16, i8::wrapping_neg),
        98 => unary!(u8, 16, |a: u8| a.count_ones() as u8),
        99 => all_true!(u8, 16),
        100 => bitmask!(i8, 16),
        101 => narrow!(i16, i8, 8, 16),
        102 => narrow!(i16, u8, 8, 16),
        107 => shift!(u8, 16, wrapping_shl),
        108 => shift!(i8, 16, wrapping_shr),
        109 => shift!(u8, 16, wrapping_shr),
        110 => binary!(u8, 16, u8::wrapping_add),
        113 => binary!(u8, 16, u8::wrapping_sub),
        111 => binary!(i8, 16, i8::saturating_add),
        112 => binary!(u8, 16, u8::saturating_add),
        114 => binary!(i8, 16, i8::saturating_sub),
        115 => binary!(u8, 16, u8::saturating_sub),
        123 => binary!(u8, 16, |a: u8, b: u8| (u32::from(a) + u32::from(b)).div_ceil(2) as u8),
        118 => binary!(i8, 16, |a: i8, b: i8| a.min(b)),
        119 => binary!(u8, 16, |a: u8, b: u8| a.min(b)),
        120 => binary!(i8, 16, |a: i8, b: i8| a.max(b)),
        121 => binary!(u8, 16, |a: u8, b: u8| a.max(b)),
        128 => unary!(i16, 8, i16::wrapping_abs),
        129 => unary!(i16, 8, i16::wrapping_neg),
        130 | 0x111 => binary!(i16, 8, q15mulr),
        131 => all_true!(u16, 8),
        132 => bitmask!(i16, 8),
        133 => narrow!(i32, i16, 4, 8),
        134 => narrow!(i32, u16, 4, 8),
        135 => extend!(i8, i16, 8, 0),
        136 => extend!(i8, i16, 8, 1),
        137 => extend!(u8, u16, 8, 0),
        138 => extend!(u8, u16, 8, 1),
        156 => extended_multiply!(i8, i16, 8, 0),
        157 => extended_multiply!(i8, i16, 8, 1),
        158 => extended_multiply!(u8, u16, 8, 0),
        159 => extended_multiply!(u8, u16, 8, 1),
        139 => shift!(u16, 8, wrapping_shl),
        140 => shift!(i16, 8, wrapping_shr),
        141 => shift!(u16, 8, wrapping_shr),
        142 => binary!(u16, 8, u16::wrapping_add),
        145 => binary!(u16, 8, u16::wrapping_sub),
        143 => binary!(i16, 8, i16::saturating_add),
        144 => binary!(u16, 8, u16::saturating_add),
        146 => binary!(i16, 8, i16::saturating_sub),
        147 => binary!(u16, 8, u16::saturating_sub),
        155 => binary!(u16, 8, |a: u16, b: u16| (u32::from(a) + u32::from(b)).div_ceil(2) as u16),
        149 => binary!(u16, 8, u16::wrapping_mul),
        150 => binary!(i16, 8, |a: i16, b: i16| a.min(b)),
        151 => binary!(u16, 8, |a: u16, b: u16| a.min(b)),
        152 => binary!(i16, 8, |a: i16, b: i16| a.max(b)),
        153 => binary!(u16, 8, |a: u16, b: u16| a.max(b)),
        160 => unary!(i32, 4, i32::wrapping_abs),
        161 => unary!(i32, 4, i32::wrapping_neg),
        163 => all_true!(u32, 4),
        164 => bitmask!(i32, 4),
        167 => extend!(i16, i32, 4, 0),
        168 => extend!(i16, i32, 4, 1),
        169 => extend!(u16, u32, 4, 0),
        170 => extend!(u16, u32, 4, 1),
        188 => extended_multiply!(i16, i32, 4, 0),
        189 => extended_multiply!(i16, i32, 4, 1),
        190 => extended_multiply!(u16, u32, 4, 0),
        191 => extended_multiply!(u16, u32, 4, 1),
        171 => shift!(u32, 4, wrapping_shl),
        172 => shift!(i32, 4, wrapping_shr),
        173 => shift!(u32, 4, wrapping_shr),
        174 => binary!(u32, 4, u32::wrapping_add),
        177 => binary!(u32, 4, u32::wrapping_sub),
        181 => binary!(u32, 4, u32::wrapping_mul),
        182 => binary!(i32, 4, |a: i32, b: i32| a.min(b)),
        183 => binary!(u32, 4, |a: u32, b: u32| a.min(b)),
        184 => binary!(i32, 4, |a: i32, b: i32| a.max(b)),
        185 => binary!(u32, 4, |a: u32, b: u32| a.max(b)),
        192 => unary!(i64, 2, i64::wrapping_abs),
        193 => unary!(i64, 2, i64::wrapping_neg),
        195 => all_true!(u64, 2),
        196 => bitmask!(i64, 2),
        199 => extend!(i32, i64, 2, 0),
        200 => extend!(i32, i64, 2, 1),
        201 => extend!(u32, u64, 2, 0),
        202 => extend!(u32, u64, 2, 1),
        220 => extended_multiply!(i32, i64, 2, 0),
        221 => extended_multiply!(i32, i64, 2, 1),
        222 => extended_multiply!(u32, u64, 2, 0),
        223 => extended_multiply!(u32, u64, 2, 1),
        203 => shift!(u64, 2, wrapping_shl),
        204 => shift!(i64, 2, wrapping_shr),
        205 => shift!(u64, 2, wrapping_shr),
        206 => binary!(u64, 2, u64::wrapping_add),
        209 => binary!(u64, 2, u64::wrapping_sub),
        213 => binary!(u64, 2, u64::wrapping_mul),
        124 => add_pairs!(i8, i16, 16, 8),
        125 => add_pairs!(u8, u16, 16, 8),
        126 => add_pairs!(i16, i32, 8, 4),
        127 => add_pairs!(u16, u32, 8, 4),
        186 => whole!(|a, b| {
            let (a, b): ([i16; 8], [i16; 8]) = (lanes(a), lanes(b));
            let product = |lane: usize| i32::from(a[lane]) * i32::from(b[lane]);
            vector::<i32, 4>(from_fn(|lane| product(2 * lane).wrapping_add(product(2 * lane + 1))))
        }),
        103 => unary!(f32, 4, |a| f32_round(a, f32::ceil)),
        104 => unary!(f32, 4, |a| f32_round(a, f32::floor)),
        105 => unary!(f32, 4, |a| f32_round(a, f32::trunc)),
        106 => unary!(f32, 4, |a| f32_round(a, f32::round_ties_even)),
        116 => unary!(f64, 2, |a| f64_round(a, f64::ceil)),
        117 => unary!(f64, 2, |a| f64_round(a, f64::floor)),
        122 => unary!(f64, 2, |a| f64_round(a, f64::trunc)),
        148 => unary!(f64, 2, |a| f64_round(a, f64::round_ties_even)),
        224 => unary!(f32, 4, f32::abs),
        225 => unary!(f32, 4, |a: f32| -a),
        227 => unary!(f32, 4, f32::sqrt),
        228 => binary!(f32, 4, |a: f32, b: f32| a + b),
        229 => binary!(f32, 4, |a: f32, b: f32| a - b),
        230 => binary!(f32, 4, |a: f32, b: f32| a * b),
        231 => binary!(f32, 4, |a: f32, b: f32| a / b),
        232 | 0x10D => binary!(f32, 4, f32_min),
        233 | 0x10E => binary!(f32, 4, f32_max),
        234 => binary!(f32, 4, |a: f32, b: f32| if b < a { b } else { a }),
        235 => binary!(f32, 4, |a: f32, b: f32| if a < b { b } else { a }),
        236 => unary!(f64, 2, f64::abs),
        237 => unary!(f64, 2, |a: f64| -a),
        239 => unary!(f64, 2, f64::sqrt),
        240 => binary!(f64, 2, |a: f64, b: f64| a + b),
        241 => binary!(f64, 2, |a: f64, b: f64| a - b),
        242 => binary!(f64, 2, |a: f64, b: f64| a * b),
        243 => binary!(f64, 2, |a: f64, b: f64| a / b),
        244 | 0x10F => binary!(f64, 2, f64_min),
        245 | 0x110 => binary!(f64, 2, f64_max),
        246 => binary!(f64, 2, |a: f64, b: f64| if b < a { b } else { a }),
        247 => binary!(f64, 2, |a: f64, b: f64| if a < b { b } else { a }),
        248 | 0x101 => convert!(f32, i32, 4, |a: f32| a as i32),
        249 | 0x102 => convert!(f32, u32, 4, |a: f32| a as u32),
        250 => convert!(i32, f32, 4, |a: i32| a as f32),
        251 => convert!(u32, f32, 4, |a: u32| a as f32),
        252 | 0x103 => convert!(f64, i32, 2, |a: f64| a as i32),
        253 | 0x104 => convert!(f64, u32, 2, |a: f64| a as u32),
        254 => convert!(i32, f64, 2, f64::from),
        255 => convert!(u32, f64, 2, f64::from),
        0x105 => madd!(f32, 4, |a: f32, b: f32, c: f32| a.mul_add(b, c)),
        0x106 => madd!(f32, 4, |a: f32, b: f32, c: f32| (-a).mul_add(b, c)),
        0x107 => madd!(f64, 2, |a: f64, b: f64, c: f64| a.mul_add(b, c)),
        0x108 => madd!(f64, 2, |a: f64, b: f64, c: f64| (-a).mul_add(b, c)),
        0x112 => whole!(|a, b| vector(dot_bytes(a, b))),
        0x113 => ternary!(|a, b, c| {
            let (pairs, c): ([i16; 8], [i32; 4]) = (dot_bytes(a, b), lanes(c));
            let sum = |lane: usize| i32::from(pairs[2 * lane]) + i32::from(pairs[2 * lane + 1]);
            vector::<i32, 4>(from_fn(|lane| sum(lane).wrapping_add(c[lane])))
        }),
        // The validator lets no other operator pass.
        _ => (sp, pc),
    }
}
