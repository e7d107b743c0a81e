//! Trees given by the parent of each node, parents before children: children's lists and a walk without recursion,
//! however deep the input is. All is linear in the nodes.

/// The children of each node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    roots: Vec<u32>,
    /// The children of `i` are `children[first[i]..first[i + 1]]`, ascending.
    first: Vec<u32>,
    children: Vec<u32>,
}

/// A step of [`Forest::walk`].
pub(crate) enum Step {
    Enter(usize),
    Leave(usize),
}

impl Forest {
    /// `parents` gives the parent of each node; it must come before the node, else the node is taken as a root.
    pub(crate) fn new(parents: impl ExactSizeIterator<Item = Option<usize>> + Clone) -> Self {
        let count = parents.len();
        let parent_of = || parents.clone().enumerate().map(|(node, parent)| (node, parent.filter(|&p| p < node)));
        let mut first = vec![0_u32; count + 1];
        let mut roots = Vec::new();
        for (node, parent) in parent_of() {
            match parent {
                Some(parent) => first[parent + 1] += 1,
                None => roots.push(node as u32),
            }
        }
        for node in 0..count {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut children = vec![0; count - roots.len()];
        for (node, parent) in parent_of() {
            if let Some(parent) = parent {
                children[next[parent] as usize] = node as u32;
                next[parent] += 1;
            }
        }
        Self { roots, first, children }
    }

    pub(crate) fn roots(&self) -> &[u32] {
        &self.roots
    }

    pub(crate) fn children(&self, node: usize) -> &[u32] {
        &self.children[self.first[node] as usize..self.first[node + 1] as usize]
    }

    /// Depth first, children ascending.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Step)) {
        // The lowest bit says that the node's children are done.
        let mut todo: Vec<u64> = self.roots.iter().rev().map(|&node| u64::from(node) << 1).collect();
        while let Some(entry) = todo.pop() {
            let node = (entry >> 1) as usize;
            if entry & 1 == 1 {
                visit(Step::Leave(node));
                continue;
            }
            visit(Step::Enter(node));
            todo.push(entry | 1);
            todo.extend(self.children(node).iter().rev().map(|&child| u64::from(child) << 1));
        }
    }

    /// Whether no ancestor of the node has the node's key: whose total counts, so that recursion counts once.
    /// Nodes without a key are never counted. Keys are below `key_count`.
    pub(crate) fn outermost(&self, key_count: usize, key: impl Fn(usize) -> Option<usize>) -> Vec<bool> {
        let mut open = vec![0_u32; key_count];
        let mut outermost = vec![false; self.first.len().saturating_sub(1)];
        self.walk(|step| match step {
            Step::Enter(node) => {
                if let Some(key) = key(node) {
                    outermost[node] = open[key] == 0;
                    open[key] += 1;
                }
            }
            Step::Leave(node) => {
                if let Some(key) = key(node) {
                    open[key] -= 1;
                }
            }
        });
        outermost
    }
}
