//! A tree that is shown, and what depends on it: what it was in another build, its colours, what a search finds, what is
//! chosen.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use wasm_binary::{ItemId, Node};

use super::chosen::Chosen;
use super::colors::{ColorBy, Colors};
use super::layout::Areas;
use crate::context::Context;
use crate::jobs::Progress;
use crate::model::{Binary, Change, Comparison, Filter, Grouping, Metric, NodeId, Selection, SizeTree, transfer_sizes};
use crate::strings::{Language, Text};
use crate::widgets;

/// What a tree is made from: documents, grouping, metric, and whether the other build is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeKey {
    pub(super) generation: u64,
    pub(super) grouping: Grouping,
    pub(super) metric: Metric,
    pub(super) is_compared: bool,
}

/// The sizes of one build or of two.
#[derive(Default)]
pub(super) struct Measured {
    tree: SizeTree,
    /// What it was in the other build, if there is one.
    comparison: Option<Comparison>,
    /// Its colours, unless they are of something else than the tree.
    colors: Option<(Coloring, Colors)>,
}

/// What colours mean, and in which language the legend says so.
pub(super) type Coloring = (ColorBy, Language);

/// What colours are to be now.
pub(super) fn coloring(context: &Context<'_>, is_compared: bool) -> Coloring {
    (context.state.sizes.color(is_compared), context.state.language)
}

impl Measured {
    /// Measures a binary, and the build that it is compared with; of no use if it was cancelled.
    pub(super) fn new(
        binary: &Binary,
        before: Option<&Binary>,
        key: TreeKey,
        coloring: Coloring,
        progress: &Progress,
    ) -> Measured {
        let tree = measured(binary, key);
        let Some(before) = before else { return Measured::colored(binary, tree, None, coloring) };
        progress.tell(0.2);
        if progress.is_cancelled() {
            return Measured::default();
        }
        let old = measured(before, key);
        progress.tell(0.4);
        if progress.is_cancelled() {
            return Measured::default();
        }
        let items = binary.old_items(before);
        progress.tell(0.9);
        if progress.is_cancelled() {
            return Measured::default();
        }
        let old_item = |item: ItemId| items.get(item.0 as usize).copied().flatten();
        let (tree, comparison) = Comparison::new(&tree, &old, old_item);
        Measured::colored(binary, tree, Some(comparison), coloring)
    }

    fn colored(binary: &Binary, tree: SizeTree, comparison: Option<Comparison>, coloring: Coloring) -> Measured {
        let (by, language) = coloring;
        let colors = |by| Colors::new(binary, None, &tree, comparison.as_ref(), by, language);
        let colors = Some(by).filter(|by| *by != ColorBy::Heat).map(|by| (coloring, colors(by)));
        Measured { tree, comparison, colors }
    }
}

/// The tree of a binary's sizes, as they are measured.
fn measured(binary: &Binary, key: TreeKey) -> SizeTree {
    let tree = binary.tree(key.grouping);
    match key.metric {
        // Who holds whom is measured by what is held already.
        Metric::Retained if key.grouping == Grouping::Retained => tree,
        Metric::Raw => tree,
        Metric::Retained => binary.with(|analysis, _| {
            let node = |item: ItemId| Node::from(item);
            tree.with_sizes(|item| analysis.dominators.retained(node(item)))
        }),
        Metric::Transfer => {
            let sizes: HashMap<ItemId, u64> = binary.with(|analysis, _| transfer_sizes(analysis)).unwrap_or_default();
            tree.with_sizes(|item| sizes.get(&item).copied().unwrap_or(0))
        }
    }
}

/// A tree with what depends on it.
pub(super) struct Shown {
    pub(super) key: TreeKey,
    /// What the tree is of: what is open may already be another.
    binary: Arc<Binary>,
    before: Option<Arc<Binary>>,
    pub(super) tree: Arc<SizeTree>,
    pub(super) comparison: Option<Comparison>,
    /// What it is spoken of in.
    language: Language,
    pub(super) colors: Colors,
    /// What the colours are, and the documents that they are of if that is not the tree.
    colored: Option<(Coloring, Option<u64>)>,
    pub(super) matches: Matches,
    pub(super) matched: String,
    pub(super) chosen: Chosen,
    /// The node that the user chose last, with the selection that it made.
    picked: Option<(NodeId, Selection)>,
}

impl Shown {
    pub(super) fn new(key: TreeKey, binary: Arc<Binary>, before: Option<Arc<Binary>>, measured: Measured) -> Shown {
        let (coloring, colors) = measured.colors.unzip();
        Shown {
            key,
            binary,
            before,
            tree: Arc::new(measured.tree),
            comparison: measured.comparison,
            language: coloring.map(|(_, language)| language).unwrap_or_default(),
            colors: colors.unwrap_or_default(),
            colored: coloring.map(|coloring| (coloring, None)),
            matches: Matches::default(),
            matched: String::new(),
            chosen: Chosen::default(),
            picked: None,
        }
    }

    /// Brings colours up to date; whether they are others now.
    pub(super) fn color(&mut self, context: &Context<'_>) -> bool {
        let coloring = coloring(context, self.comparison.is_some());
        let (by, language) = coloring;
        // Only heat is of something else than the tree.
        let heat_of = (by == ColorBy::Heat).then_some(context.documents.generation);
        let colored = Some((coloring, heat_of));
        if self.colored == colored {
            return false;
        }
        let heat = context.documents.matched.as_deref();
        let comparison = self.comparison.as_ref();
        self.colors = Colors::new(&self.binary, heat, &self.tree, comparison, by, language);
        (self.colored, self.language) = (colored, language);
        true
    }

    /// Brings what a search finds up to date; whether that is something else now.
    pub(super) fn search(&mut self, context: &Context<'_>) -> bool {
        if self.matched == context.state.search {
            return false;
        }
        self.matches = Matches::new(context.filter, self);
        self.matched.clone_from(&context.state.search);
        true
    }

    /// Finds the selection in the tree; whether it is another one now.
    pub(super) fn follow(&mut self, context: &Context<'_>) -> bool {
        let linked = context.linked;
        if self.chosen.is_of(&linked.items, &linked.gone) {
            return false;
        }
        let picked = self.picked.as_ref().filter(|(_, selection)| *selection == context.state.location.selection);
        self.chosen = Chosen::new(self.areas(), &linked.items, &linked.gone, picked.map(|(id, _)| *id));
        true
    }

    /// The node that is chosen, also where it was not drawn since.
    pub(super) fn at(&self, context: &Context<'_>) -> Option<NodeId> {
        let picked = self.picked.as_ref().filter(|(_, selection)| *selection == context.state.location.selection);
        picked.map(|(id, _)| *id).or(self.chosen.node)
    }

    /// Chooses a node: its item, or all items below it.
    pub(super) fn pick(&mut self, id: NodeId) -> Selection {
        let selection = self.selection_of(id);
        let (items, gone): (&[ItemId], &[ItemId]) = match &selection {
            Selection::Item(item) => (std::slice::from_ref(item), &[]),
            Selection::Items(items) => (items, &[]),
            Selection::Gone(items) => (&[], items),
            _ => (&[], &[]),
        };
        // The same items may stand elsewhere, too.
        if self.chosen.is_of(items, gone) {
            self.chosen.node = Some(id);
        }
        self.picked = Some((id, selection.clone()));
        selection
    }

    /// A node as a selection: its item, or all items below it.
    fn selection_of(&self, id: NodeId) -> Selection {
        if let Some(item) = self.tree.node(id).item {
            return Selection::Item(item);
        }
        let is_gone = self.is_gone(id);
        let mut items = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            items.extend(self.item(id).filter(|_| self.is_gone(id) == is_gone));
            open.extend(self.tree.children(id));
        }
        items.sort_unstable();
        items.dedup();
        if is_gone { Selection::Gone(items) } else { Selection::Items(items) }
    }

    /// The item at a node: of this build, or of the other one if it is gone.
    pub(super) fn item(&self, id: NodeId) -> Option<ItemId> {
        self.areas().item(id)
    }

    /// Whether a node is only in the other build.
    pub(super) fn is_gone(&self, id: NodeId) -> bool {
        self.areas().is_gone(id)
    }

    /// What is drawn, and how large.
    pub(super) fn areas(&self) -> Areas<'_> {
        Areas { tree: &self.tree, comparison: self.comparison.as_ref(), has_gone: self.colors.by == ColorBy::Diff }
    }

    /// Whether a node keeps its colour; `only` is the category of the legend that alone has its colour.
    pub(super) fn keeps(&self, id: NodeId, only: Option<u32>) -> bool {
        self.matches.keeps(id) && only.is_none_or(|only| self.colors.category(id) == Some(only))
    }

    /// How a node is hatched, if it is only in one of the two builds and keeps its colour.
    pub(super) fn hatch(&self, id: NodeId, only: Option<u32>) -> Option<Change> {
        self.colors.hatch(id).filter(|_| self.keeps(id, only))
    }

    /// A node's size; with another build, before and after.
    pub(super) fn size_text(&self, context: &Context<'_>, id: NodeId) -> String {
        let after = widgets::bytes(self.tree.node(id).size_bytes);
        let Some(comparison) = &self.comparison else { return after };
        let before = widgets::bytes(comparison.before_bytes(id).unwrap_or(0));
        let (change, delta) = comparison.change(&self.tree, id);
        let after = if change == Change::Gone { context.text(Text::Gone) } else { &after };
        format!("{before} → {after} ({})", widgets::signed(delta))
    }

    /// A node's name; a heading that is the tools' own word is in the user's language.
    pub(super) fn title(&self, id: NodeId) -> &str {
        let name = self.tree.name(id);
        // Crates and folders are called what they are called.
        let is_heading = self.tree.node(id).parent == NodeId(0) && self.item(id).is_none();
        let is_own =
            is_heading && matches!(self.key.grouping, Grouping::Crate | Grouping::Generic | Grouping::Retained);
        if is_own { self.language.kind(name) } else { name }
    }

    /// A node in one line, for those who do not see the picture.
    pub(super) fn label(&self, context: &Context<'_>, id: NodeId) -> String {
        let name = self.title(id);
        match self.comparison.as_ref().filter(|comparison| comparison.is_gone(id)) {
            Some(comparison) => {
                let before = widgets::bytes(comparison.before_bytes(id).unwrap_or(0));
                format!("{name}, {}, {before}", context.text(Text::Gone))
            }
            None => format!("{name}, {}", widgets::bytes(self.tree.node(id).size_bytes)),
        }
    }

    /// A name, struck through if it is gone.
    pub(super) fn name(&self, id: NodeId) -> egui::RichText {
        let name = egui::RichText::new(self.title(id));
        if self.is_gone(id) { name.strikethrough() } else { name }
    }
}

/// What a search finds in a tree.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// By node, whether it or something below it matches; empty without a search.
    is_match: Vec<bool>,
    /// The leaves that match, by falling size; of this build first.
    pub(super) leaves: Vec<NodeId>,
    pub(super) size_bytes: u64,
}

impl Matches {
    fn new(filter: &Filter, shown: &Shown) -> Matches {
        let mut matches = Matches::default();
        if filter.is_empty() {
            return matches;
        }
        let tree = &*shown.tree;
        matches.is_match = vec![false; tree.len()];
        matches.find(filter, shown, &shown.binary, false);
        if let Some(before) = &shown.before {
            matches.find(filter, shown, before, true);
        }
        for id in tree.ids().rev().filter(|id| *id != NodeId(0)) {
            if matches.is_match[id.0 as usize] {
                matches.is_match[tree.node(id).parent.0 as usize] = true;
            }
        }
        let areas = Areas { has_gone: true, ..shown.areas() };
        matches.leaves.sort_by_key(|id| (Reverse(tree.node(*id).size_bytes), Reverse(areas.bytes(*id)), *id));
        matches.size_bytes = matches.leaves.iter().map(|id| tree.node(*id).size_bytes).sum();
        matches
    }

    /// Finds the leaves of one build.
    fn find(&mut self, filter: &Filter, shown: &Shown, build: &Binary, is_gone: bool) {
        let tree = &*shown.tree;
        build.with(|analysis, _| {
            for id in tree.ids() {
                if !tree.node(id).children.is_empty() || shown.is_gone(id) != is_gone {
                    continue;
                }
                let is_match = match shown.item(id) {
                    Some(item) => filter.matches_item(analysis, item, tree.name(id)),
                    None => filter.matches_name(tree.name(id)),
                };
                if is_match {
                    self.is_match[id.0 as usize] = true;
                    self.leaves.push(id);
                }
            }
        });
    }

    /// Whether something is searched.
    pub(super) fn is_searching(&self) -> bool {
        !self.is_match.is_empty()
    }

    /// Whether a node keeps its colour.
    pub(super) fn keeps(&self, id: NodeId) -> bool {
        self.is_match.get(id.0 as usize).copied().unwrap_or(true)
    }
}
