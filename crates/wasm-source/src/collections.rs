//! Collections whose elements do not lie one after another: hash tables, trees,
//! rings, lists.
//!
//! A walk reads as much as it is asked for. What a walk finds in a damaged
//! memory may be wrong, but it ends: each one has a bound on the nodes that it
//! visits, which comes from what was asked for.

use std::ops::Range;

use crate::location::ValueError;
use crate::machine::Machine;
use crate::types::TypeId;
use crate::value::{Elements, Inspector, Shape, Value};

/// A collection of a standard library.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// What it is a collection of.
    pub kind: CollectionKind,
    /// How many elements it says it has.
    pub count: u64,
    pub(crate) walk: Walk,
}

/// What a collection is a collection of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionKind {
    /// Elements in an order.
    List,
    /// Elements that are there once.
    Set,
    /// Values by keys.
    Map,
}

/// An element of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its key, in a map.
    pub key: Option<Value>,
    /// The element, in a map the value.
    pub value: Value,
}

/// How the elements are found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Walk {
    /// In a buffer that goes on at its start where it ends.
    Ring { elements: Elements, front: u64 },
    /// From node to node, by `next`.
    Linked { first: u64, node: TypeId },
    /// In the buckets before an array of control bytes (hashbrown), those whose
    /// byte has its highest bit clear.
    Hash { control: u64, mask: u64, entry: TypeId },
    /// In Rust's B-tree.
    BTree { root: u64, height: u64, leaf: TypeId },
    /// In libc++'s red-black tree, from its leftmost node.
    RedBlack { first: u64, node: TypeId },
}

/// How many control bytes are read at a time, and how many in all.
const CHUNK: usize = 4096;
const MAX_BUCKETS: u64 = 1 << 24;
/// The height of a B-tree with more elements than memory has bytes.
const MAX_HEIGHT: u64 = 24;
/// How many keys a node of a B-tree has room for.
const BTREE_CAPACITY: u64 = 11;
/// How far a node may be from the next one in a red-black tree.
const MAX_CLIMB: usize = 128;

impl<M: Machine + ?Sized> Inspector<'_, '_, M> {
    /// The elements of a collection at these places of its order; fewer where
    /// it has fewer, or its memory can't be read on.
    pub fn items(&self, collection: &Collection, places: Range<u64>) -> Result<Vec<Item>, ValueError> {
        let places = places.start..places.end.min(collection.count);
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let is_map = collection.kind == CollectionKind::Map;
        match &collection.walk {
            Walk::Ring { elements, front } => Ok(places
                .map_while(|place| {
                    let place = front.checked_add(place)?.checked_rem(elements.count)?;
                    Some(Item { key: None, value: self.element(elements, place)? })
                })
                .collect()),
            Walk::Linked { first, node } => self.linked(*first, *node, places),
            Walk::Hash { control, mask, entry } => {
                let size = self.source.size_of(*entry).ok_or(ValueError::Size)?;
                let buckets = self.full_buckets(*control, *mask, &places)?;
                let items = buckets.into_iter().map(|bucket| {
                    let before = (bucket + 1).checked_mul(size).ok_or(ValueError::Size)?;
                    let entry = self.at(*entry, control.checked_sub(before).ok_or(ValueError::Size)?);
                    self.entry_item(&entry, is_map, ["__0", "__1"])
                });
                items.collect()
            }
            Walk::BTree { root, height, leaf } => {
                let mut climb = Climb {
                    leaf: *leaf,
                    leaf_size: self.source.size_of(*leaf).ok_or(ValueError::Size)?,
                    is_map,
                    nodes: places.end + height + 1,
                    skip: places.start,
                    wanted: (places.end - places.start) as usize,
                    items: Vec::new(),
                };
                if *height <= MAX_HEIGHT && *root != 0 {
                    self.climb(&mut climb, *root, *height)?;
                }
                Ok(climb.items)
            }
            Walk::RedBlack { first, node } => self.red_black(*first, *node, is_map, places),
        }
    }

    /// A key and a value, or an element, out of a pair of them.
    fn entry_item(&self, entry: &Value, is_map: bool, names: [&str; 2]) -> Result<Item, ValueError> {
        let Some(first) = self.find(entry, names[0])? else {
            return Ok(Item { key: None, value: entry.clone() });
        };
        match self.find(entry, names[1])? {
            Some(second) if is_map => Ok(Item { key: Some(first), value: second }),
            _ => Ok(Item { key: None, value: first }),
        }
    }

    fn linked(&self, first: u64, node: TypeId, places: Range<u64>) -> Result<Vec<Item>, ValueError> {
        let mut items = Vec::new();
        let mut address = first;
        for place in 0..places.end {
            if address == 0 {
                break;
            }
            let here = self.at(node, address);
            let (Some(next), Some(element)) = (self.field(&here, "next")?, self.field(&here, "element")?) else {
                break;
            };
            if place >= places.start {
                items.push(Item { key: None, value: element });
            }
            match self.unsigned(&next) {
                Ok(next) => address = next,
                Err(_) => break,
            }
        }
        Ok(items)
    }

    /// The buckets of a hash table that are in use, at these places among them.
    fn full_buckets(&self, control: u64, mask: u64, places: &Range<u64>) -> Result<Vec<u64>, ValueError> {
        let buckets = mask.saturating_add(1).min(MAX_BUCKETS);
        let mut found = Vec::new();
        let mut seen = 0;
        let mut bytes = [0; CHUNK];
        let mut at = 0;
        while at < buckets && seen < places.end {
            let length = (buckets - at).min(CHUNK as u64) as usize;
            let chunk = bytes.get_mut(..length).unwrap_or_default();
            if !self.machine.read_memory(control.saturating_add(at), chunk) {
                if found.is_empty() {
                    return Err(ValueError::NoMemory(control.saturating_add(at)));
                }
                break;
            }
            for (bucket, byte) in (at..).zip(chunk.iter()) {
                if *byte & 0x80 == 0 {
                    if places.contains(&seen) {
                        found.push(bucket);
                    }
                    seen += 1;
                }
            }
            at += length as u64;
        }
        Ok(found)
    }

    /// Through a node of a B-tree, keys in order with the nodes between them.
    fn climb(&self, climb: &mut Climb, address: u64, height: u64) -> Result<(), ValueError> {
        if climb.nodes == 0 || climb.items.len() >= climb.wanted {
            return Ok(());
        }
        climb.nodes -= 1;
        let node = self.at(climb.leaf, address);
        let Some(length) = self.find_number(&node, "len")? else { return Err(ValueError::Size) };
        let length = length.min(BTREE_CAPACITY);
        // An inner node is a leaf, and then the edges.
        let width = self.address_size(climb.leaf);
        let edges = address.saturating_add(climb.leaf_size);
        for place in 0..=length {
            if height > 0 {
                let mut bytes = [0; 8];
                let edge = bytes.get_mut(..width.min(8) as usize).unwrap_or_default();
                let from = edges.saturating_add(place * width);
                if !self.machine.read_memory(from, edge) {
                    return Err(ValueError::NoMemory(from));
                }
                self.climb(climb, u64::from_le_bytes(bytes), height - 1)?;
            }
            if climb.items.len() >= climb.wanted || place == length {
                break;
            }
            if climb.skip > 0 {
                climb.skip -= 1;
                continue;
            }
            let key = self.slot(&node, "keys", place)?;
            let item = match climb.is_map {
                true => Item { key: Some(key), value: self.slot(&node, "vals", place)? },
                false => Item { key: None, value: key },
            };
            climb.items.push(item);
        }
        Ok(())
    }

    fn slot(&self, node: &Value, array: &str, place: u64) -> Result<Value, ValueError> {
        let array = self.field(node, array)?.ok_or(ValueError::Size)?;
        let Shape::Elements(elements) = self.shape(&array)? else { return Err(ValueError::Size) };
        self.peel(self.element(&elements, place).ok_or(ValueError::Size)?)
    }

    fn red_black(&self, first: u64, node: TypeId, is_map: bool, places: Range<u64>) -> Result<Vec<Item>, ValueError> {
        let width = self.address_size(node);
        let link = |address: u64, which: u64| {
            let mut bytes = [0; 8];
            let into = bytes.get_mut(..width.min(8) as usize)?;
            let from = address.checked_add(which * width)?;
            self.machine.read_memory(from, into).then(|| u64::from_le_bytes(bytes))
        };
        const LEFT: u64 = 0;
        const RIGHT: u64 = 1;
        const PARENT: u64 = 2;
        let mut items = Vec::new();
        let mut address = first;
        for place in 0..places.end {
            if place >= places.start {
                let here = self.at(node, address);
                let Some(value) = self.find(&here, "__value_")? else { break };
                items.push(self.entry_item_or_all(value, is_map)?);
            }
            let next = match link(address, RIGHT) {
                Some(0) => {
                    // Up, until this is on the left.
                    let mut child = address;
                    (0..MAX_CLIMB).find_map(|_| {
                        let parent = link(child, PARENT).filter(|parent| *parent != 0)?;
                        if link(parent, LEFT) == Some(child) {
                            return Some(parent);
                        }
                        child = parent;
                        None
                    })
                }
                Some(right) => {
                    let mut lowest = right;
                    for _ in 0..MAX_CLIMB {
                        match link(lowest, LEFT) {
                            Some(0) | None => break,
                            Some(left) => lowest = left,
                        }
                    }
                    Some(lowest)
                }
                None => None,
            };
            match next {
                Some(next) => address = next,
                None => break,
            }
        }
        Ok(items)
    }

    fn entry_item_or_all(&self, value: Value, is_map: bool) -> Result<Item, ValueError> {
        if is_map { self.entry_item(&value, true, ["first", "second"]) } else { Ok(Item { key: None, value }) }
    }
}

/// A walk through a B-tree.
struct Climb {
    leaf: TypeId,
    leaf_size: u64,
    is_map: bool,
    /// How many nodes may still be visited: each has a key, but for a root.
    nodes: u64,
    skip: u64,
    wanted: usize,
    items: Vec<Item>,
}
