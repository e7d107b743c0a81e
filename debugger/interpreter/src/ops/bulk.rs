//! Bulk operators of memories and tables.

use crate::Trap;
use crate::memory::Memory;
use crate::store::Table;
use std::ops::Range;
use std::sync::Arc;

/// The range if it lies within `len`.
fn range(start: u64, count: u64, len: usize) -> Option<Range<usize>> {
    let end = start.checked_add(count).filter(|end| *end <= len as u64)?;
    Some(start as usize..end as usize)
}

pub(crate) fn memory_fill(memory: &mut Memory, address: u64, value: u8, len: u64) -> Result<(), Trap> {
    let target = range(address, len, memory.bytes.len()).ok_or(Trap::MemoryOutOfBounds)?;
    memory.update(address, target.len(), |bytes| bytes.fill(value));
    Ok(())
}

pub(crate) fn memory_init(memory: &mut Memory, data: &[u8], address: u64, from: u32, len: u32) -> Result<(), Trap> {
    let source = range(from.into(), len.into(), data.len()).ok_or(Trap::MemoryOutOfBounds)?;
    range(address, len.into(), memory.bytes.len()).ok_or(Trap::MemoryOutOfBounds)?;
    memory.update(address, len as usize, |bytes| bytes.copy_from_slice(&data[source]));
    Ok(())
}

/// Copies between two memories, or within one.
pub(crate) fn memory_copy<const READS: bool>(
    memories: &mut [Memory],
    target: usize,
    source: usize,
    to: u64,
    from: u64,
    len: u64,
) -> Result<(), Trap> {
    let source_range = range(from, len, memories[source].bytes.len()).ok_or(Trap::MemoryOutOfBounds)?;
    range(to, len, memories[target].bytes.len()).ok_or(Trap::MemoryOutOfBounds)?;
    if len == 0 {
        return Ok(());
    }
    if READS {
        memories[source].note_read(from, len);
    }
    if target == source {
        memories[target].update_within(source_range, to);
    } else if let Ok([target, source]) = memories.get_disjoint_mut([target, source]) {
        target.update(to, len as usize, |bytes| bytes.copy_from_slice(&source.bytes[source_range]));
    }
    Ok(())
}

pub(crate) fn table_init(table: &mut Table, items: &[u64], to: u64, from: u32, len: u32) -> Result<(), Trap> {
    let source = range(from.into(), len.into(), items.len()).ok_or(Trap::TableOutOfBounds)?;
    let target = range(to, len.into(), table.elements.len()).ok_or(Trap::TableOutOfBounds)?;
    Arc::make_mut(&mut table.elements)[target].copy_from_slice(&items[source]);
    Ok(())
}

pub(crate) fn table_copy(
    tables: &mut [Table],
    target: usize,
    source: usize,
    to: u64,
    from: u64,
    len: u64,
) -> Result<(), Trap> {
    let source_range = range(from, len, tables[source].elements.len()).ok_or(Trap::TableOutOfBounds)?;
    let target_range = range(to, len, tables[target].elements.len()).ok_or(Trap::TableOutOfBounds)?;
    if target == source {
        Arc::make_mut(&mut tables[target].elements).copy_within(source_range, target_range.start);
    } else if let Ok([target, source]) = tables.get_disjoint_mut([target, source]) {
        Arc::make_mut(&mut target.elements)[target_range].copy_from_slice(&source.elements[source_range]);
    }
    Ok(())
}

pub(crate) fn table_fill(table: &mut Table, to: u64, value: u64, len: u64) -> Result<(), Trap> {
    let target = range(to, len, table.elements.len()).ok_or(Trap::TableOutOfBounds)?;
    Arc::make_mut(&mut table.elements)[target].fill(value);
    Ok(())
}
