//! The sunburst: a ring for each level below what is zoomed to.

use std::f32::consts::TAU;

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Align2, FontId, Pos2, Rect, Sense, Shape, Vec2};

use super::layout::Areas;
use super::mesh::add_line;
use super::shown::Shown;
use super::{Asked, Sizes, colors};
use crate::context::Context;
use crate::model::{Change, NodeId};
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
        let areas = shown.areas();
        let root = areas.with_room(Sizes::zoomed(context, tree));
        let arcs = arcs(areas, root);
        let rings = arcs.iter().map(|arc| arc.ring).max().unwrap_or(1);
        let width = ring_width(screen, rings);
        let is_dark = ui.visuals().dark_mode;
        let mut mesh = Mesh::default();
        let only = shown.colors.only(context);
        for arc in &arcs {
            let colored = colored_as(shown, arc.node);
            let is_kept =
                shown.matches.keeps(arc.node) && only.is_none_or(|only| shown.colors.category(colored) == Some(only));
            let color = if is_kept { shown.colors.of(colored, is_dark) } else { theme::dimmed(is_dark) };
            add_arc(&mut mesh, centre, arc, width, color);
            if let Some(change) = shown.hatch(arc.node, only) {
                for line in hatch_lines(centre, arc, width, change) {
                    add_line(&mut mesh, line, colors::hatch_color(change, is_dark));
                }
            }
        }
        painter.add(Shape::mesh(mesh));
        let stroke = egui::Stroke::new(2.0, ui.visuals().selection.stroke.color);
        for arc in arcs.iter().filter(|arc| shown.chosen.is_top(tree, arc.node)) {
            painter.add(Shape::closed_line(outline(centre, arc, width), stroke));
        }
        let font = FontId::proportional(12.0);
        let whole = match (&shown.comparison, tree.node(root).size_bytes) {
            (Some(comparison), after) => {
                let before = comparison.before_bytes(root).unwrap_or(0);
                format!("{}\n→ {}", widgets::size(before), widgets::size(after))
            }
            (None, size) => widgets::size(size),
        };
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
                    ui.label(shown.name(node).strong());
                    ui.label(shown.size_text(context, node));
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

/// The node that an arc has its colour of: a heading without one that of its largest leaf.
fn colored_as(shown: &Shown, node: NodeId) -> NodeId {
    let mut at = node;
    if !shown.colors.has_headings() {
        while let Some(largest) = shown.tree.children(at).next() {
            at = largest;
        }
    }
    at
}

/// The arcs below a node.
fn arcs(areas: Areas<'_>, root: NodeId) -> Vec<Arc> {
    let mut arcs = Vec::new();
    let mut open = vec![(root, 0, 0.0, TAU)];
    while let Some((node, ring, from, to)) = open.pop() {
        if ring > 0 {
            arcs.push(Arc { node, ring, from, to });
        }
        let whole = areas.bytes(node);
        if ring == RINGS || whole == 0 {
            continue;
        }
        let mut at = from;
        for child in areas.below(node) {
            let angle = (to - from) * (areas.bytes(child) as f64 / whole as f64) as f32;
            if angle < MIN_ANGLE {
                // Those behind it are no larger.
                break;
            }
            open.push((child, ring + 1, at, at + angle));
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

/// From one line of a hatch to the next, in points along the middle of the ring.
const HATCH_STEP: f32 = 7.0;

/// The lines that hatch an arc whose contents are only in one of two builds: what is new leans one way, what is gone the
/// other.
fn hatch_lines(centre: Pos2, arc: &Arc, width: f32, change: Change) -> impl Iterator<Item = [Pos2; 2]> {
    let (inner, outer) = (arc.ring as f32 * width, (arc.ring + 1) as f32 * width);
    let middle = (inner + outer) / 2.0;
    // A line of 45° in the middle of the ring turns so far on its way out.
    let turn = width / middle;
    let step = HATCH_STEP / middle;
    let count = ((arc.to - arc.from + turn) / step).ceil() as u32;
    let (from, to) = (arc.from, arc.to);
    (0..count).map(move |at| {
        let start = from - turn + at as f32 * step;
        // Cut where the arc begins and ends.
        [(from - start).max(0.0), (to - start).min(turn)].map(|along| {
            let out = if change == Change::Gone { turn - along } else { along };
            let angle = start + along;
            centre + Vec2::new(angle.sin(), -angle.cos()) * (inner + width * out / turn)
        })
    })
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
    use crate::model::SizeTree;
    use wasm_analyzer::tree::Branch;

    #[test]
    fn arcs_go_round_in_proportion_and_are_found_again() {
        let leaf = |name: &str, size| Branch { name: name.into(), size, ..Branch::default() };
        let root = Branch { name: "file".into(), size: 4, item: None, children: vec![leaf("a", 3), leaf("b", 1)] };
        let tree = SizeTree::of_branch(root);
        let arcs = arcs(Areas::of(&tree), NodeId(0));
        assert_eq!(arcs.len(), 2);
        let sum: f32 = arcs.iter().map(|arc| arc.to - arc.from).sum();
        assert!((sum - TAU).abs() < 1e-4);
        let name = |x, y| arc_at(&arcs, Vec2::new(x, y), 10.0).map(|node| tree.name(node));
        assert_eq!(name(15.0, 0.0), Some("a"), "three o'clock");
        assert_eq!(name(-10.0, -11.0), Some("b"), "half past ten");
        assert_eq!(name(1.0, 1.0), None, "the middle");
    }
}
