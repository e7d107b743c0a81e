//! The sunburst: a ring for each level below what is zoomed to.

use std::f32::consts::TAU;

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Align2, FontId, Pos2, Rect, Sense, Shape, Vec2};

use super::{Asked, Shown, Sizes, size_text};
use crate::context::Context;
use crate::model::{NodeId, SizeTree};
use crate::theme;
use crate::widgets;

/// Rings that are drawn at the most.
const RINGS: u32 = 6;
/// Narrower arcs are left out, in radians.
const MIN_ANGLE: f32 = 0.002;

/// The sunburst; it keeps nothing yet that another frame needs.
#[derive(Default)]
pub(super) struct Sunburst;

/// A node's place: ring from the middle, angles from the top clockwise.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Arc {
    node: NodeId,
    ring: u32,
    from: f32,
    to: f32,
}

impl Sunburst {
    pub(super) fn ui(&mut self, context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) -> Option<Asked> {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click());
        let screen = response.rect;
        let tree = &*shown.tree;
        if screen.area() < 4.0 || tree.is_empty() {
            return None;
        }
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Tree, true, "sunburst"));
        let centre = screen.center();
        let root = Sizes::zoomed(context, tree);
        let arcs = arcs(tree, root);
        let rings = arcs.iter().map(|arc| arc.ring).max().unwrap_or(1);
        let width = ring_width(screen, rings);
        let is_dark = ui.visuals().dark_mode;
        let mut mesh = Mesh::default();
        for arc in &arcs {
            let color =
                if shown.matches.keeps(arc.node) { color(shown, arc.node, is_dark) } else { theme::dimmed(is_dark) };
            add_arc(&mut mesh, centre, arc, width, color);
        }
        painter.add(Shape::mesh(mesh));
        let stroke = egui::Stroke::new(2.0, ui.visuals().selection.stroke.color);
        for arc in arcs.iter().filter(|arc| shown.chosen.is_top(tree, arc.node)) {
            painter.add(Shape::closed_line(outline(centre, arc, width), stroke));
        }
        let font = FontId::proportional(12.0);
        let whole = widgets::size(tree.node(root).size_bytes);
        painter.text(centre, Align2::CENTER_CENTER, whole, font, ui.visuals().text_color());

        let under = arc_at(&arcs, response.hover_pos()? - centre, width);
        match under {
            None if response.clicked() => {
                context.state.location.zoom.pop();
                None
            }
            None => None,
            Some(node) if response.double_clicked() => Some(Asked::Zoom(node)),
            Some(node) if response.clicked() => Some(Asked::Select(node)),
            Some(node) => {
                response.on_hover_ui_at_pointer(|ui| {
                    ui.strong(&tree.node(node).name);
                    ui.label(size_text(shown, node));
                });
                None
            }
        }
    }
}

/// The middle is as wide as a ring.
fn ring_width(screen: Rect, rings: u32) -> f32 {
    screen.width().min(screen.height()) / 2.0 / (rings + 1) as f32
}

/// A heading without a colour of its own has that of its largest leaf.
fn color(shown: &Shown, node: NodeId, is_dark: bool) -> egui::Color32 {
    let mut at = node;
    if shown.colors.has_headings() {
        return shown.colors.of(node, is_dark);
    }
    while let Some(largest) = shown.tree.children(at).next() {
        at = largest;
    }
    shown.colors.of(at, is_dark)
}

/// The arcs below a node.
fn arcs(tree: &SizeTree, root: NodeId) -> Vec<Arc> {
    let mut arcs = Vec::new();
    let mut open = vec![(root, 0, 0.0, TAU)];
    while let Some((node, ring, from, to)) = open.pop() {
        if ring > 0 {
            arcs.push(Arc { node, ring, from, to });
        }
        let whole = tree.node(node).size_bytes;
        if ring == RINGS || whole == 0 {
            continue;
        }
        let mut at = from;
        for child in tree.children(node) {
            let angle = (to - from) * (tree.node(child).size_bytes as f64 / whole as f64) as f32;
            if angle >= MIN_ANGLE {
                open.push((child, ring + 1, at, at + angle));
            }
            at += angle;
        }
    }
    arcs
}

/// The node at a distance from the middle.
fn arc_at(arcs: &[Arc], from_centre: Vec2, ring_width: f32) -> Option<NodeId> {
    let ring = (from_centre.length() / ring_width) as u32;
    let angle = from_centre.x.atan2(-from_centre.y).rem_euclid(TAU);
    arcs.iter().find(|arc| arc.ring == ring && arc.from <= angle && angle < arc.to).map(|arc| arc.node)
}

fn add_arc(mesh: &mut Mesh, centre: Pos2, arc: &Arc, width: f32, color: egui::Color32) {
    let gap = (0.5 / (arc.ring as f32 * width)).min((arc.to - arc.from) * 0.2);
    let (from, to) = (arc.from + gap, arc.to - gap);
    let steps = ((to - from) * arc.ring as f32 * width / 4.0).ceil().clamp(1.0, 200.0) as u32;
    let (inner, outer) = (arc.ring as f32 * width + 0.5, (arc.ring + 1) as f32 * width - 0.5);
    let first = mesh.vertices.len() as u32;
    for step in 0..=steps {
        let angle = from + (to - from) * step as f32 / steps as f32;
        let direction = Vec2::new(angle.sin(), -angle.cos());
        for radius in [inner, outer] {
            mesh.vertices.push(Vertex { pos: centre + direction * radius, uv: WHITE_UV, color });
        }
        if step > 0 {
            let at = first + step * 2;
            mesh.indices.extend([at - 2, at - 1, at, at, at - 1, at + 1]);
        }
    }
}

/// The line around an arc.
fn outline(centre: Pos2, arc: &Arc, width: f32) -> Vec<Pos2> {
    let steps = ((arc.to - arc.from) * arc.ring as f32 * width / 4.0).ceil().clamp(1.0, 200.0) as u32;
    let angles = (0..=steps).map(|step| arc.from + (arc.to - arc.from) * step as f32 / steps as f32);
    let at = |angle: f32, ring: u32| centre + Vec2::new(angle.sin(), -angle.cos()) * (ring as f32 * width);
    let outer = angles.clone().map(|angle| at(angle, arc.ring + 1));
    outer.chain(angles.rev().map(|angle| at(angle, arc.ring))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_analyzer::tree::Branch;

    #[test]
    fn arcs_go_round_in_proportion_and_are_found_again() {
        let leaf = |name: &str, size| Branch { name: name.into(), size, ..Branch::default() };
        let root = Branch { name: "file".into(), size: 4, item: None, children: vec![leaf("a", 3), leaf("b", 1)] };
        let tree = SizeTree::of_branch(root);
        let arcs = arcs(&tree, NodeId(0));
        assert_eq!(arcs.len(), 2);
        let sum: f32 = arcs.iter().map(|arc| arc.to - arc.from).sum();
        assert!((sum - TAU).abs() < 1e-4);
        let name = |x, y| arc_at(&arcs, Vec2::new(x, y), 10.0).map(|node| tree.node(node).name.clone());
        assert_eq!(name(15.0, 0.0).as_deref(), Some("a"), "three o'clock");
        assert_eq!(name(-10.0, -11.0).as_deref(), Some("b"), "half past ten");
        assert_eq!(name(1.0, 1.0), None, "the middle");
    }
}
