//! Data within a segment: a linked module has one segment for all constants of a kind, so what goes with some functions
//! must be told from addresses. An object is taken to begin at each address that the code or the data itself refers to,
//! and to end where the next begins. That is a guess: savings with it are estimates.

use super::facts::Data;
use std::collections::HashMap;
use wasm_binary::{ItemId, ItemKind, Map, ModuleId};
use wasmparser::{VisitOperator, VisitSimdOperator};

/// Who refers to which address in the data.
#[derive(Debug)]
pub(super) struct DataObjects {
    /// Where objects begin; sorted.
    starts: Vec<u64>,
    /// Bytes of each object.
    sizes: Vec<u64>,
    /// The objects that each object refers to.
    refers: Vec<Vec<u32>>,
    /// The objects that functions refer to.
    used: Vec<(ItemId, u32)>,
}

impl DataObjects {
    /// Finds the objects in the data of the file's own module; there are none in a component.
    pub(super) fn new(map: &Map<'_>, data: &[Data<'_>]) -> DataObjects {
        let segments = Segments::new(map, data);
        let code = addresses(map, &segments);
        let words = segments.words();
        let mut starts: Vec<u64> = code.iter().map(|(_, to)| *to).chain(words.iter().map(|(_, to)| *to)).collect();
        starts.sort_unstable();
        starts.dedup();
        let end_of = |start: u64, next: Option<&u64>| {
            let end = segments.end(start).unwrap_or(start);
            next.map_or(end, |next| end.min(*next))
        };
        let sizes = starts.iter().enumerate().map(|(at, &start)| end_of(start, starts.get(at + 1)) - start).collect();
        let index: HashMap<u64, u32> = starts.iter().enumerate().map(|(at, start)| (*start, at as u32)).collect();
        let mut refers = vec![Vec::new(); starts.len()];
        for (from, to) in words {
            let holder = starts.partition_point(|&start| start <= from);
            if let (Some(holder), Some(&to)) = (holder.checked_sub(1), index.get(&to)) {
                refers[holder].push(to);
            }
        }
        let used = code.into_iter().filter_map(|(function, to)| Some((function, *index.get(&to)?))).collect();
        DataObjects { starts, sizes, refers, used }
    }

    /// Bytes of the objects that only the functions in `gone` (sorted) refer to, directly or through other objects.
    pub(super) fn freed(&self, gone: &[ItemId]) -> u64 {
        let is_gone = |function: &ItemId| gone.binary_search(function).is_ok();
        let kept = self.reach(self.used.iter().filter(|(function, _)| !is_gone(function)).map(|(_, object)| *object));
        let all = self.reach(self.used.iter().map(|(_, object)| *object));
        let objects = all.iter().zip(&kept).zip(&self.sizes);
        objects.filter(|((all, kept), _)| **all && !**kept).map(|(_, size)| size).sum()
    }

    /// The functions that refer to addresses in a range, by id.
    pub(super) fn users(&self, range: std::ops::Range<u64>) -> Vec<ItemId> {
        let is_inside = |object: u32| self.starts.get(object as usize).is_some_and(|start| range.contains(start));
        let mut users: Vec<ItemId> =
            self.used.iter().filter(|(_, object)| is_inside(*object)).map(|(function, _)| *function).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    fn reach(&self, from: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.starts.len()];
        let mut stack: Vec<u32> = from.collect();
        while let Some(object) = stack.pop() {
            if !std::mem::replace(&mut reached[object as usize], true) {
                stack.extend(&self.refers[object as usize]);
            }
        }
        reached
    }
}

/// Active segments with a known address, sorted by it.
struct Segments<'a> {
    all: Vec<(u64, &'a [u8])>,
}

impl<'a> Segments<'a> {
    fn new(map: &Map<'_>, data: &[Data<'a>]) -> Segments<'a> {
        let mut all: Vec<(u64, &[u8])> = match map.modules().len() {
            1 => data.iter().filter_map(|d| Some((d.address?, d.bytes))).collect(),
            _ => Vec::new(),
        };
        all.sort_by_key(|(at, bytes)| (*at, bytes.len()));
        Segments { all }
    }

    /// End of the segment that holds an address; `None` if none does.
    fn end(&self, address: u64) -> Option<u64> {
        let (start, bytes) = self.all[..self.all.partition_point(|(at, _)| *at <= address)].last()?;
        let end = start.saturating_add(bytes.len() as u64);
        (address < end).then_some(end)
    }

    /// Aligned words that are addresses in the data: where they are, and the address.
    fn words(&self) -> Vec<(u64, u64)> {
        let words = self.all.iter().flat_map(|(address, bytes)| {
            let skip = (address.wrapping_neg() % 4) as usize;
            let words = bytes.get(skip..).unwrap_or(&[]).chunks_exact(4).enumerate();
            words.map(move |(at, word)| {
                let value = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
                (address.saturating_add((skip + at * 4) as u64), u64::from(value))
            })
        });
        words.filter(|(_, to)| is_address(*to) && self.end(*to).is_some()).collect()
    }
}

/// Small constants are rarely addresses: linkers put data above the first kilobyte.
fn is_address(value: u64) -> bool {
    value >= 1024
}

/// Function and address of each constant in the code that lies in the data, once for each function.
fn addresses(map: &Map<'_>, segments: &Segments<'_>) -> Vec<(ItemId, u64)> {
    let read = |at: usize| {
        let id = ItemId(at as u32);
        let mut found = Constants { segments, found: Vec::new() };
        let item = map.item(id);
        let body = map.function_body(id).filter(|_| item.kind == ItemKind::Function && item.module == ModuleId(0));
        if let Some(mut reader) = body.and_then(|body| body.get_operators_reader().ok()) {
            // What comes before the damage of a damaged body still counts.
            while !reader.eof() && reader.visit_operator(&mut found).is_ok() {}
        }
        found.found.sort_unstable();
        found.found.dedup();
        found.found.into_iter().map(|to| (id, to)).collect::<Vec<_>>()
    };
    let items = 0..map.items().len();
    #[cfg(feature = "parallel")]
    let all = {
        use rayon::prelude::*;
        items.into_par_iter().with_min_len(64).map(read).flatten_iter().collect()
    };
    #[cfg(not(feature = "parallel"))]
    let all = items.flat_map(read).collect();
    all
}

/// Collects `i32.const`, `i64.const` and the offsets of memory instructions.
struct Constants<'s, 'a> {
    segments: &'s Segments<'a>,
    found: Vec<u64>,
}

impl Constants<'_, '_> {
    fn add(&mut self, address: u64) {
        if is_address(address) && self.segments.end(address).is_some() {
            self.found.push(address);
        }
    }
}

/// What an immediate of an instruction may be, by its name in wasmparser's list.
macro_rules! constant {
    ($self:ident I32Const value $value:ident) => {
        $self.add(u64::from($value as u32))
    };
    ($self:ident I64Const value $value:ident) => {
        $self.add($value as u64)
    };
    ($self:ident $op:ident memarg $memarg:ident) => {
        $self.add($memarg.offset)
    };
    ($self:ident $op:ident $name:ident $value:ident) => {};
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* $(,)? })? => $visit:ident ($($ann:tt)*))*) => {$(
        #[inline]
        #[allow(unused_variables)]
        fn $visit(&mut self $($(, $arg: $argty)*)?) {
            $($(constant!(self $op $arg $arg);)*)?
        }
    )*};
}

impl<'a> VisitOperator<'a> for Constants<'_, '_> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> VisitSimdOperator<'a> for Constants<'_, '_> {
    wasmparser::for_each_visit_simd_operator!(visit);
}
