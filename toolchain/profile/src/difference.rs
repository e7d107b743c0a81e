//! Two profiles side by side: what became slower, what faster.
//!
//! Functions are the same if name and module are, without what changes from build to build and from engine to engine: the
//! hash of a Rust symbol, a wasm module's directory, ending and V8's hash. What has then no partner is matched by its name
//! alone, where that name is alone on both sides.
//!
//! Cost: O(stacks of functions) of both.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Profile;
use crate::tree::{Draft, Tree};
use crate::{CallId, FunctionId, Weights};

/// A weight in both profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair {
    /// In the first profile; in a normalised difference scaled so that both sums are the same.
    pub before: u64,
    /// In the second.
    pub after: u64,
}

/// A function that is in at least one of the profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionDifference {
    /// Its name, as the second profile has it if it is there.
    pub name: Arc<str>,
    /// Its module's name.
    pub module: Option<Arc<str>>,
    /// Which it is in the first profile.
    pub before: Option<FunctionId>,
    /// Which it is in the second.
    pub after: Option<FunctionId>,
    /// Weight in itself.
    pub own: Pair,
    /// Weight with what it calls, recursion once.
    pub total: Pair,
}

/// The difference of two profiles.
#[derive(Debug, Clone)]
pub struct Difference {
    functions: Vec<FunctionDifference>,
    tree: Tree,
    own: Vec<Pair>,
    total: Vec<Pair>,
    sum: Pair,
}

impl Pair {
    /// After − before.
    #[must_use]
    pub fn delta(self) -> i128 {
        i128::from(self.after) - i128::from(self.before)
    }

    /// The change as a share of what was before; `None` for what is new.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        (self.before > 0).then(|| self.delta() as f64 / self.before as f64)
    }
}

impl Difference {
    /// Compares two profiles, each with its own filter; the measures should be the same. Normalised, the first is scaled
    /// to the second's sum, which shows what shifted, whatever the number of samples.
    #[must_use]
    pub fn new(before: (&Profile, &Weights), after: (&Profile, &Weights), normalised: bool) -> Self {
        let (mut functions, first, second) = match_functions(before.0, after.0);
        let (from, to) = (before.1.sum(), after.1.sum());
        let scaled = |value: u64| match normalised && from > 0 {
            true => u64::try_from(u128::from(value) * u128::from(to) / u128::from(from)).unwrap_or(u64::MAX),
            false => value,
        };

        // Both call trees as one.
        let mut drafts: Vec<Draft> = Vec::new();
        let mut pairs: Vec<Pair> = Vec::new();
        let mut index: HashMap<(Option<u32>, FunctionId), u32> = HashMap::new();
        for (is_after, (profile, weights), ids) in [(false, before, &first), (true, after, &second)] {
            let mut number: Vec<u32> = Vec::with_capacity(profile.calls().len());
            for (at, call) in profile.calls().iter().enumerate() {
                let id = CallId::new(at);
                if weights.total(id) == 0 {
                    number.push(u32::MAX);
                    continue;
                }
                let parent = call.parent.map(|parent| number[parent.index()]);
                let function = ids[call.function.index()];
                let next = drafts.len() as u32;
                let node = *index.entry((parent, function)).or_insert(next);
                if node == next {
                    drafts.push(Draft { parent, function, call: None, total: 0 });
                    pairs.push(Pair::default());
                }
                number.push(node);
                let (own, pair) = (weights.own(id), &mut pairs[node as usize]);
                match is_after {
                    true => pair.after += own,
                    false => pair.before += own,
                }
            }
        }
        for pair in &mut pairs {
            pair.before = scaled(pair.before);
        }
        let own = pairs.clone();
        for node in (0..drafts.len()).rev() {
            let Pair { before, after } = pairs[node];
            if let Some(parent) = drafts[node].parent {
                let parent = &mut pairs[parent as usize];
                parent.before += before;
                parent.after += after;
            }
            drafts[node].total = before.saturating_add(after);
        }
        let (tree, order) = Tree::lay_out(&drafts, |id| &functions[id.index()].name);
        let own: Vec<Pair> = order.iter().map(|&draft| own[draft as usize]).collect();
        let total: Vec<Pair> = order.iter().map(|&draft| pairs[draft as usize]).collect();

        // Recursion counts once: the outermost nodes of each function, in the tree's order.
        let parents = tree.nodes().iter().map(|node| node.parent.map(|parent| parent as usize));
        let forest = crate::forest::Forest::new(parents);
        let outermost = forest.outermost(functions.len(), |node| Some(tree.nodes()[node].function.index()));
        for (number, node) in tree.nodes().iter().enumerate() {
            let function = &mut functions[node.function.index()];
            function.own.before += own[number].before;
            function.own.after += own[number].after;
            if outermost[number] {
                function.total.before += total[number].before;
                function.total.after += total[number].after;
            }
        }
        Self { functions, tree, own, total, sum: Pair { before: scaled(from), after: to } }
    }

    /// All functions of both profiles; a [`FunctionId`] of [`Difference::tree`] is a place in it.
    #[must_use]
    pub fn functions(&self) -> &[FunctionDifference] {
        &self.functions
    }

    /// The functions whose own weight changed, the largest change first.
    #[must_use]
    pub fn changed(&self) -> Vec<FunctionId> {
        let mut changed: Vec<usize> =
            (0..self.functions.len()).filter(|&at| self.functions[at].own.delta() != 0).collect();
        let key = |at: usize| std::cmp::Reverse(self.functions[at].own.delta().unsigned_abs());
        changed.sort_by(|&a, &b| key(a).cmp(&key(b)).then_with(|| self.functions[a].name.cmp(&self.functions[b].name)));
        changed.into_iter().map(FunctionId::new).collect()
    }

    /// Both call trees as one. A node is as wide as both weights together, so that what is gone is seen too.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The own weight of a node of the tree.
    #[must_use]
    pub fn own(&self, node: u32) -> Pair {
        self.own[node as usize]
    }

    /// The total weight of a node of the tree.
    #[must_use]
    pub fn total(&self, node: u32) -> Pair {
        self.total[node as usize]
    }

    /// All that counted.
    #[must_use]
    pub fn sum(&self) -> Pair {
        self.sum
    }
}

/// One table of both profiles' functions, and the place in it of each function of the first and of the second.
fn match_functions(before: &Profile, after: &Profile) -> (Vec<FunctionDifference>, Vec<FunctionId>, Vec<FunctionId>) {
    let mut functions: Vec<FunctionDifference> = Vec::new();
    let mut exact: HashMap<(String, String), FunctionId> = HashMap::new();
    let mut second = Vec::with_capacity(after.functions().len());
    let row = |profile: &Profile, at: usize| FunctionDifference {
        name: profile.functions()[at].name.clone(),
        module: profile.module_of(FunctionId::new(at)).map(|module| module.name.clone()),
        before: None,
        after: None,
        own: Pair::default(),
        total: Pair::default(),
    };
    let key = |profile: &Profile, at: usize| {
        let module = profile.module_of(FunctionId::new(at)).map_or("", |module| &module.name);
        (stable_name(&profile.functions()[at].name).to_owned(), stable_module(module).to_owned())
    };
    for at in 0..after.functions().len() {
        let id = *exact.entry(key(after, at)).or_insert_with(|| {
            functions.push(FunctionDifference { after: Some(FunctionId::new(at)), ..row(after, at) });
            FunctionId::new(functions.len() - 1)
        });
        second.push(id);
    }
    let mut first: Vec<Option<FunctionId>> =
        (0..before.functions().len()).map(|at| exact.get(&key(before, at)).copied()).collect();
    for (at, id) in first.iter().enumerate() {
        if let Some(id) = id {
            functions[id.index()].before.get_or_insert(FunctionId::new(at));
        }
    }
    // By name alone.
    let mut alone: HashMap<&str, Vec<FunctionId>> = HashMap::new();
    for (at, function) in functions.iter().enumerate().filter(|(_, function)| function.before.is_none()) {
        alone.entry(stable_name(&function.name)).or_default().push(FunctionId::new(at));
    }
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for at in (0..first.len()).filter(|&at| first[at].is_none()) {
        by_name.entry(stable_name(&before.functions()[at].name)).or_default().push(at);
    }
    let pairs: Vec<(usize, FunctionId)> = by_name
        .iter()
        .filter_map(|(name, left)| match (&left[..], &alone.get(name)?[..]) {
            (&[at], &[id]) => Some((at, id)),
            _ => None,
        })
        .collect();
    for (at, id) in pairs {
        first[at] = Some(id);
        functions[id.index()].before = Some(FunctionId::new(at));
    }
    // What is only in the first.
    for (at, id) in first.iter_mut().enumerate() {
        id.get_or_insert_with(|| {
            *exact.entry(key(before, at)).or_insert_with(|| {
                functions.push(FunctionDifference { before: Some(FunctionId::new(at)), ..row(before, at) });
                FunctionId::new(functions.len() - 1)
            })
        });
    }
    (functions, first.into_iter().flatten().collect(), second)
}

/// A function's name without the hash of a Rust symbol (`::h` and 16 hexadecimal digits).
pub(crate) fn stable_name(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => path,
        _ => name,
    }
}

/// A wasm module's name without its directory, its ending and the hash that V8 adds: `work` for `wasm://wasm/work-HASH`
/// and for `https://example.org/work.wasm`; nothing for `wasm://wasm/HASH`.
fn stable_module(name: &str) -> &str {
    if !crate::import::is_wasm(name) {
        return name;
    }
    let path = name.split(['?', '#']).next().unwrap_or(name);
    let Some(rest) = path.strip_prefix("wasm://wasm/") else {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        return file.strip_suffix(".wasm").unwrap_or(file);
    };
    let is_hash = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match rest.rsplit_once('-') {
        Some((module, hash)) if is_hash(hash) => module,
        _ if is_hash(rest) => "",
        _ => rest,
    }
}
