//! A map as a sorted list, generic over keys and values: the family of instances that `wasm-size generics` shows.

/// A sorted map for a few entries.
pub struct Index<K, V> {
    entries: Vec<(K, V)>,
}

impl<K: Ord, V> Index<K, V> {
    pub const fn new() -> Self {
        Index { entries: Vec::new() }
    }

    /// The value of `key`, put there by `make` if there was none.
    #[inline(never)]
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.entries.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(at) => at,
            Err(at) => {
                self.entries.insert(at, (key, make()));
                at
            }
        };
        &mut self.entries[at].1
    }

    #[inline(never)]
    pub fn contains(&self, key: &K) -> bool {
        self.entries.binary_search_by(|(k, _)| k.cmp(key)).is_ok()
    }

    /// All entries by rising key.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.entries.iter()
    }
}
