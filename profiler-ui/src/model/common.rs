//! How much of its code a program has in common with another: whether they are two builds of one.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use wasm_binary::{ItemId, ItemKind};

use super::binary::Binary;
use crate::jobs::Progress;

/// Of a program's code, without the standard library's, the share that the other one has, too: functions of the same name
/// or the same bytes. Nothing without code, and when it was cancelled.
pub fn common_share(new: &Binary, old: &Binary, progress: &Progress) -> Option<f64> {
    let known: HashSet<u64> = functions(old, progress).into_iter().flat_map(|function| function.keys).collect();
    progress.tell(0.5);
    let (mut common, mut all) = (0, 0);
    for Function { keys, bytes } in functions(new, progress) {
        all += bytes;
        common += if keys.iter().any(|key| known.contains(key)) { bytes } else { 0 };
    }
    (all > 0 && !progress.is_cancelled()).then(|| common as f64 / all as f64)
}

/// What tells a function again in another build.
struct Function {
    /// Hashes of its name, if it has one, and of its bytes, if it is not too small for them to tell anything.
    keys: Vec<u64>,
    bytes: u64,
}

/// Bytes of a body that another program would not have by chance.
const TELLING_BYTES: usize = 16;

/// Those with a body that are not of the standard library.
fn functions(binary: &Binary, progress: &Progress) -> Vec<Function> {
    let hash = |what: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        what(&mut hasher);
        hasher.finish()
    };
    binary.with(|analysis, _| {
        let map = &analysis.map;
        let ids = (0..map.items().len() as u32).map(ItemId).filter(|id| map.item(*id).kind == ItemKind::Function);
        ids.take_while(|_| !progress.is_cancelled())
            .filter_map(|id| {
                let range = map.item(id).range();
                let body = binary.bytes().get(range.start as usize..range.end as usize);
                let body = body.filter(|body| !body.is_empty())?;
                let mut keys = Vec::new();
                if let Some(symbol) = analysis.symbol(id) {
                    // Any two programs of Rust have that in common.
                    if symbol.crate_name().is_some_and(wasm_analyzer::symbol::is_std) {
                        return None;
                    }
                    keys.push(hash(&|hasher| symbol.name.hash(hasher)));
                }
                if body.len() >= TELLING_BYTES {
                    keys.push(hash(&|hasher| body.hash(hasher)));
                }
                Some(Function { keys, bytes: body.len() as u64 })
            })
            .collect()
    })
}
