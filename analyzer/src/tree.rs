//! The hierarchy: every byte of the file, under the heading that the user asks for.

use crate::analysis::Analysis;
use crate::symbol::is_std;
use crate::text::{Style, bytes, more, percent, plural};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use wasm_binary::{ItemId, ItemKind, ModuleId};

/// What the first levels of the tree are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// Module, section, item: the file as it lies.
    #[default]
    Section,
    /// Crate and path of functions; what has no crate by kind.
    Crate,
    /// Kind of item.
    Kind,
    /// Generic family and its instances; what is no instance by kind.
    Generic,
}

/// A heading or a leaf.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Branch {
    /// What stands here.
    pub name: String,
    /// Bytes of all below.
    pub size: u64,
    /// The item, at a leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// By falling size.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Branch>,
}

/// Which part of the tree to show.
#[derive(Clone, Debug)]
pub struct View {
    /// Levels below the file.
    pub depth: usize,
    /// Branches smaller than this are summed up.
    pub min_size: u64,
    /// Children of one heading that are shown.
    pub limit: usize,
}

/// Builds the tree of the items that `keep` lets through.
pub fn build(analysis: &Analysis<'_>, by: GroupBy, keep: impl Fn(ItemId) -> bool) -> Branch {
    build_named(analysis, by, keep, |id| analysis.map.label(id))
}

/// As [`build`], with other names of its leaves: none, where they are made one by one later. Leaves of one size and one
/// name are in the order of the file.
pub fn build_named(
    analysis: &Analysis<'_>,
    by: GroupBy,
    keep: impl Fn(ItemId) -> bool,
    name: impl Fn(ItemId) -> String,
) -> Branch {
    let mut root = Node::default();
    match by {
        GroupBy::Section => by_section(analysis, &mut root, &keep),
        _ => {
            for (id, item) in analysis.map.iter().filter(|(id, _)| keep(*id)) {
                root.add(&headings(analysis, by, id), id, u64::from(item.size));
            }
        }
    }
    root.into_branch(analysis.map.kind().noun().to_string(), &name)
}

/// Module → section → item, by the place of each byte: a function has bytes in three sections.
fn by_section(analysis: &Analysis<'_>, root: &mut Node, keep: &impl Fn(ItemId) -> bool) {
    let map = &analysis.map;
    let mut next_section = 0;
    let mut path = Vec::new();
    // Sections start in file order, and so do parts: the innermost that has begun and not ended is the last.
    let mut open: Vec<usize> = Vec::new();
    for (at, part) in map.parts().iter().enumerate() {
        let range = map.part_range(at);
        open.retain(|&section| map.sections()[section].range.end > range.start);
        while map.sections().get(next_section).is_some_and(|s| s.range.start <= range.start) {
            open.push(next_section);
            next_section += 1;
        }
        if !keep(part.item) {
            continue;
        }
        path.clear();
        let module = map.item(part.item).module;
        path.extend(modules_to(analysis, module));
        if map.item(part.item).kind != ItemKind::Header
            && let Some(section) = open.last().map(|&s| &map.sections()[s]).filter(|s| s.module == module)
        {
            path.push(section.label());
        }
        root.add(&path, part.item, u64::from(range.end - range.start));
    }
}

/// Labels of the modules from below the file down to this one.
fn modules_to(analysis: &Analysis<'_>, module: ModuleId) -> Vec<String> {
    let mut labels = Vec::new();
    let mut at = module;
    while let Some(parent) = analysis.map.module(at).parent {
        labels.push(analysis.map.module_label(at));
        at = parent;
    }
    labels.reverse();
    labels
}

fn headings(analysis: &Analysis<'_>, by: GroupBy, id: ItemId) -> Vec<String> {
    let kind = kind_heading(analysis.map.item(id).kind);
    let Some(symbol) = analysis.symbol(id) else { return vec![kind] };
    match by {
        GroupBy::Crate => match symbol.crate_name() {
            Some(name) if is_std(name) => vec!["standard library".to_string(), name.to_string()],
            Some(name) => vec![name.to_string()],
            None => vec![kind],
        },
        GroupBy::Generic => {
            let family = symbol.family();
            if family == symbol.name { vec!["not generic".to_string()] } else { vec![family] }
        }
        GroupBy::Kind | GroupBy::Section => vec![kind],
    }
}

fn kind_heading(kind: ItemKind) -> String {
    match kind {
        ItemKind::SectionOverhead | ItemKind::Unreadable => kind.noun().to_string(),
        _ => plural(kind.noun()),
    }
}

#[derive(Default)]
struct Node {
    headings: BTreeMap<String, Node>,
    leaves: BTreeMap<ItemId, u64>,
}

impl Node {
    fn add(&mut self, path: &[String], item: ItemId, size: u64) {
        match path {
            [] => *self.leaves.entry(item).or_default() += size,
            [first, rest @ ..] => match self.headings.get_mut(first) {
                Some(node) => node.add(rest, item, size),
                None => self.headings.entry(first.clone()).or_default().add(rest, item, size),
            },
        }
    }

    fn into_branch(self, name: String, leaf_name: &impl Fn(ItemId) -> String) -> Branch {
        let headings = self.headings.into_iter().map(|(name, node)| node.into_branch(name, leaf_name));
        let leaves = self.leaves.into_iter().map(|(id, size)| Branch {
            name: leaf_name(id),
            size,
            item: Some(id),
            children: Vec::new(),
        });
        let mut children: Vec<Branch> = headings.chain(leaves).collect();
        children.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        Branch { name, size: children.iter().map(|c| c.size).sum(), item: None, children }
    }
}

impl Branch {
    /// The tree as indented lines, with shares of `whole`.
    pub fn to_text(&self, view: &View, whole: u64, style: Style) -> String {
        let mut text = String::new();
        let _ =
            writeln!(text, "{:>13}  {:>7}  {}", bytes(self.size), percent(self.size, whole), style.bold(&self.name));
        self.write_children(&mut text, view, style, whole, 1);
        text
    }

    fn write_children(&self, text: &mut String, view: &View, style: Style, whole: u64, level: usize) {
        if level > view.depth {
            return;
        }
        let shown = self.children.iter().take_while(|c| c.size >= view.min_size).count().min(view.limit);
        for child in &self.children[..shown] {
            let name = line(&"  ".repeat(level), &child.name, style);
            let _ = writeln!(text, "{:>13}  {:>7}  {name}", bytes(child.size), percent(child.size, whole));
            child.write_children(text, view, style, whole, level + 1);
        }
        let rest = &self.children[shown..];
        if !rest.is_empty() {
            let sum = rest.iter().map(|c| c.size).sum();
            let name = style.dim(&format!("{}{}", "  ".repeat(level), more(rest.len())));
            let _ = writeln!(text, "{:>13}  {:>7}  {name}", bytes(sum), percent(sum, whole));
        }
    }

    /// The tree without what `view` leaves out, for machines.
    pub fn cut(mut self, view: &View) -> Branch {
        self.cut_at(view, 1);
        self
    }

    fn cut_at(&mut self, view: &View, level: usize) {
        if level > view.depth {
            self.children.clear();
            return;
        }
        let shown = self.children.iter().take_while(|c| c.size >= view.min_size).count().min(view.limit);
        let rest = self.children.split_off(shown);
        if !rest.is_empty() {
            let size = rest.iter().map(|c| c.size).sum();
            let name = more(rest.len());
            self.children.push(Branch { name, size, item: None, children: Vec::new() });
        }
        for child in &mut self.children[..shown] {
            child.cut_at(view, level + 1);
        }
    }
}

fn line(indent: &str, name: &str, style: Style) -> String {
    let room = style.width.map(|width| width.saturating_sub(24 + indent.len()).max(20));
    format!("{indent}{}", room.map_or(name.to_string(), |room| crate::text::shorten(name, room)))
}
