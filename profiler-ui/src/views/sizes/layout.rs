//! Where the tiles of the treemap are. The whole tree has its place in the plane once; zooming moves a camera over it, so
//! that nothing jumps. Only what the camera sees is laid out.

use std::collections::HashMap;

use egui::{Pos2, Rect, Vec2, pos2, vec2};
use wasm_analyzer::treemap;
use wasm_binary::ItemId;

use crate::model::{Comparison, NodeId, SizeTree};

/// The nodes of a tree, of one build or of two, and how much room they have in a chart.
#[derive(Clone, Copy)]
pub(super) struct Areas<'a> {
    pub(super) tree: &'a SizeTree,
    pub(super) comparison: Option<&'a Comparison>,
    /// Whether what is gone has room, as much as it had bytes.
    pub(super) has_gone: bool,
}

impl<'a> Areas<'a> {
    /// Those of one build.
    #[cfg(test)]
    pub(super) fn of(tree: &'a SizeTree) -> Areas<'a> {
        Areas { tree, comparison: None, has_gone: false }
    }

    /// Whether a node is only in the other build.
    pub(super) fn is_gone(self, id: NodeId) -> bool {
        self.comparison.is_some_and(|comparison| comparison.is_gone(id))
    }

    /// The item at a node: of this build, or of the other one if it is gone.
    pub(super) fn item(self, id: NodeId) -> Option<ItemId> {
        self.tree.node(id).item.or_else(|| self.comparison?.gone_item(id))
    }

    /// The bytes that a node has room for.
    pub(super) fn bytes(self, id: NodeId) -> u64 {
        let gone = self.comparison.filter(|_| self.has_gone).map_or(0, |comparison| comparison.gone_bytes(id));
        self.tree.node(id).size_bytes + gone
    }

    /// The nearest of a node and those that it is in that has room.
    pub(super) fn with_room(self, id: NodeId) -> NodeId {
        let mut at = id;
        while self.bytes(at) == 0 && at != NodeId(0) {
            at = self.tree.node(at).parent;
        }
        at
    }

    /// What is drawn right below a node, the largest first.
    pub(super) fn below(self, id: NodeId) -> Vec<NodeId> {
        let children = self.tree.children(id);
        if self.comparison.is_none() {
            return children.collect();
        }
        let mut below: Vec<NodeId> = children.filter(|child| self.has_gone || !self.is_gone(*child)).collect();
        // What is gone stands behind the others in the tree.
        below.sort_by_key(|child| std::cmp::Reverse(self.bytes(*child)));
        below
    }
}

/// A tile that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tile {
    pub(super) node: NodeId,
    /// On the screen, not clipped.
    pub(super) rect: Rect,
    pub(super) depth: u32,
    /// Whether what is below it is not drawn: there is nothing, or it is too small.
    pub(super) is_closed: bool,
}

/// Tiles less wide or high are not opened, in points.
const MIN_OPEN: f32 = 6.0;
/// Tiles with less area are not drawn at all, in square points.
const MIN_AREA: f32 = 0.6;
/// The share of a heading's smaller side that is left around what is below it.
const MARGIN: f64 = 0.012;
/// The share of a heading's height that is its title, and the most of it in the plane.
const TITLE: f64 = 0.09;
const MAX_TITLE: f64 = 14.0;

/// The places of all nodes that were looked at, in a plane of a fixed size.
#[derive(Debug, Default)]
pub(super) struct Plane {
    size: Vec2,
    below: HashMap<NodeId, Vec<(NodeId, treemap::Rect)>>,
}

impl Plane {
    /// A plane of a size in points.
    pub(super) fn new(size: Vec2) -> Plane {
        Plane { size, below: HashMap::new() }
    }

    pub(super) fn size(&self) -> Vec2 {
        self.size
    }

    /// All of it.
    pub(super) fn rect(&self) -> treemap::Rect {
        treemap::Rect { x: 0.0, y: 0.0, width: f64::from(self.size.x), height: f64::from(self.size.y) }
    }

    /// Where the children of a node are that lies in `rect`.
    fn open(&mut self, areas: Areas<'_>, node: NodeId, rect: treemap::Rect) -> &[(NodeId, treemap::Rect)] {
        self.below.entry(node).or_insert_with(|| {
            let below = areas.below(node);
            let sizes: Vec<f64> = below.iter().map(|child| areas.bytes(*child) as f64).collect();
            let margin = rect.width.min(rect.height) * MARGIN;
            let title = (rect.height * TITLE).min(MAX_TITLE);
            let places = treemap::squarify(&sizes, rect.inside(margin, margin + title));
            below.into_iter().zip(places).collect()
        })
    }

    /// Where a node is; one without room where what it is in is.
    pub(super) fn place(&mut self, areas: Areas<'_>, node: NodeId) -> treemap::Rect {
        let mut rect = self.rect();
        for pair in areas.tree.path(node).windows(2) {
            let below = self.open(areas, pair[0], rect);
            let has_room = |place: &treemap::Rect| place.width > 0.0 && place.height > 0.0;
            match below.iter().find(|(child, _)| *child == pair[1]).filter(|(_, place)| has_room(place)) {
                Some((_, place)) => rect = *place,
                None => break,
            }
        }
        rect
    }

    /// Puts what a camera sees into `tiles`: parents before their children.
    pub(super) fn tiles(&mut self, areas: Areas<'_>, camera: &Camera, screen: Rect, tiles: &mut Vec<Tile>) {
        tiles.clear();
        if areas.tree.is_empty() {
            return;
        }
        let mut open = vec![(NodeId(0), self.rect(), 0)];
        while let Some((node, place, depth)) = open.pop() {
            let rect = camera.to_screen(place, screen);
            if !rect.intersects(screen) || rect.area() < MIN_AREA {
                continue;
            }
            let is_leaf = areas.tree.node(node).children.is_empty();
            let is_closed = is_leaf || rect.width() < MIN_OPEN || rect.height() < MIN_OPEN;
            tiles.push(Tile { node, rect, depth, is_closed });
            if !is_closed {
                let below = self.open(areas, node, place);
                open.extend(below.iter().map(|(child, place)| (*child, *place, depth + 1)).rev());
            }
        }
    }
}

/// The part of the plane that fills the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    pub(super) seen: treemap::Rect,
}

impl Camera {
    /// The camera that sees a part of a place: left, top, width and height in parts of it; without one, all of it.
    pub(super) fn on(place: treemap::Rect, part: Option<[f64; 4]>, plane: treemap::Rect) -> Camera {
        let is_part = |part: &[f64; 4]| part.iter().all(|value| value.is_finite()) && part[2] > 0.0 && part[3] > 0.0;
        let Some([x, y, width, height]) = part.filter(is_part) else { return Camera { seen: place } };
        let seen = treemap::Rect {
            x: place.x + x * place.width,
            y: place.y + y * place.height,
            width: (width * place.width).max(plane.width * 1e-7),
            height: (height * place.height).max(plane.height * 1e-7),
        };
        Camera { seen }.kept_in(plane)
    }

    /// What part of a place is seen, rounded; nothing if it is all of it.
    pub(super) fn part_of(self, place: treemap::Rect) -> Option<[f64; 4]> {
        let (across, down) = (place.width.max(f64::MIN_POSITIVE), place.height.max(f64::MIN_POSITIVE));
        let seen = self.seen;
        let part = [(seen.x - place.x) / across, (seen.y - place.y) / down, seen.width / across, seen.height / down];
        let part = part.map(|value| (value * 1e9).round() / 1e9);
        let is_all = part.iter().zip([0.0, 0.0, 1.0, 1.0]).all(|(value, all)| (value - all).abs() < 1e-6);
        (!is_all).then_some(part)
    }

    pub(super) fn to_screen(self, place: treemap::Rect, screen: Rect) -> Rect {
        let (x, y) = self.scale(screen);
        let at = |px: f64, py: f64| -> Pos2 {
            pos2(screen.left() + ((px - self.seen.x) * x) as f32, screen.top() + ((py - self.seen.y) * y) as f32)
        };
        Rect::from_min_max(at(place.x, place.y), at(place.x + place.width, place.y + place.height))
    }

    /// Points on the screen for one of the plane, by axis.
    pub(super) fn scale(self, screen: Rect) -> (f64, f64) {
        (
            f64::from(screen.width()) / self.seen.width.max(f64::MIN_POSITIVE),
            f64::from(screen.height()) / self.seen.height.max(f64::MIN_POSITIVE),
        )
    }

    /// Zooms by a factor around a point of the screen, within the plane.
    #[must_use]
    pub(super) fn zoomed(self, factor: f64, at: Pos2, screen: Rect, plane: treemap::Rect) -> Camera {
        let width = (self.seen.width / factor).clamp(plane.width * 1e-7, plane.width);
        let factor = self.seen.width / width;
        let height = self.seen.height / factor;
        let share = (at - screen.min) / vec2(screen.width().max(1.0), screen.height().max(1.0));
        let x = self.seen.x + f64::from(share.x) * (self.seen.width - width);
        let y = self.seen.y + f64::from(share.y) * (self.seen.height - height);
        Camera { seen: treemap::Rect { x, y, width, height } }.kept_in(plane)
    }

    /// Moves by a distance on the screen, within the plane.
    #[must_use]
    pub(super) fn moved(self, by: Vec2, screen: Rect, plane: treemap::Rect) -> Camera {
        let (x, y) = self.scale(screen);
        let mut seen = self.seen;
        seen.x += f64::from(by.x) / x;
        seen.y += f64::from(by.y) / y;
        Camera { seen }.kept_in(plane)
    }

    fn kept_in(self, plane: treemap::Rect) -> Camera {
        let mut seen = self.seen;
        seen.width = seen.width.min(plane.width);
        seen.height = seen.height.min(plane.height);
        seen.x = seen.x.clamp(0.0, plane.width - seen.width);
        seen.y = seen.y.clamp(0.0, plane.height - seen.height);
        Camera { seen }
    }

    /// Between two cameras, at `t` from 0 to 1, slower towards the ends.
    pub(super) fn between(from: Camera, to: Camera, t: f64) -> Camera {
        let t = t * t * (3.0 - 2.0 * t);
        let mix = |a: f64, b: f64| a + (b - a) * t;
        Camera {
            seen: treemap::Rect {
                x: mix(from.seen.x, to.seen.x),
                y: mix(from.seen.y, to.seen.y),
                width: mix(from.seen.width, to.seen.width),
                height: mix(from.seen.height, to.seen.height),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wasm_analyzer::tree::Branch;

    fn tree() -> SizeTree {
        let leaf = |size: u64| Branch { name: size.to_string(), size, ..Branch::default() };
        let group = |sizes: &[u64]| Branch {
            name: "g".into(),
            size: sizes.iter().sum(),
            item: None,
            children: sizes.iter().map(|size| leaf(*size)).collect(),
        };
        let (a, b) = (group(&[500, 300, 100]), group(&[90, 10]));
        SizeTree::of_branch(Branch { name: "file".into(), size: 1000, item: None, children: vec![a, b] })
    }

    proptest! {
        #[test]
        fn the_point_under_the_pointer_stays_there(
            factor in 1.0..9.0f64, x in 10.0..790.0f32, y in 10.0..390.0f32,
        ) {
            let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 400.0));
            let plane = Plane::new(screen.size()).rect();
            let before = Camera { seen: plane };
            let after = before.zoomed(factor, pos2(x, y), screen, plane);
            let point = treemap::Rect { x: f64::from(x), y: f64::from(y), width: 0.0, height: 0.0 };
            let (old, new) = (before.to_screen(point, screen).min, after.to_screen(point, screen).min);
            prop_assert!((old - new).length() < 0.01, "{old:?} {new:?}");
        }
    }

    proptest! {
        #[test]
        fn a_camera_is_found_again_by_its_part(factor in 1.0..900.0f64, x in 10.0..790.0f32, y in 10.0..390.0f32) {
            let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 400.0));
            let plane = Plane::new(screen.size()).rect();
            let place = treemap::Rect { x: 100.0, y: 20.0, width: 300.0, height: 200.0 };
            let camera = Camera { seen: place }.zoomed(factor, pos2(x, y), screen, plane);
            let again = Camera::on(place, camera.part_of(place), plane);
            let differs = |a: f64, b: f64| (a - b).abs() > 1e-3;
            prop_assert!(!differs(camera.seen.x, again.seen.x) && !differs(camera.seen.width, again.seen.width));
        }
    }

    #[test]
    fn a_part_that_is_none_sees_all() {
        let plane = treemap::Rect { x: 0.0, y: 0.0, width: 80.0, height: 60.0 };
        let place = treemap::Rect { x: 1.0, y: 2.0, width: 30.0, height: 20.0 };
        for part in [None, Some([f64::NAN, 0.0, 1.0, 1.0]), Some([0.0, 0.0, -1.0, 1.0]), Some([0.0, 0.0, 1.0, 1.0])] {
            assert_eq!(Camera::on(place, part, plane), Camera { seen: place });
        }
        assert_eq!(Camera { seen: place }.part_of(place), None);
    }

    #[test]
    fn tiles_lie_in_their_parents_and_small_ones_are_not_drawn() {
        let tree = tree();
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0));
        let mut plane = Plane::new(screen.size());
        let whole = Camera { seen: plane.rect() };
        let mut tiles = Vec::new();
        plane.tiles(Areas::of(&tree), &whole, screen, &mut tiles);
        assert_eq!(tiles.len(), tree.len());
        for tile in &tiles[1..] {
            let parent = tiles.iter().find(|other| other.node == tree.node(tile.node).parent);
            assert!(parent.is_some_and(|parent| parent.rect.expand(0.1).contains_rect(tile.rect)));
        }
        let tiny = Rect::from_min_size(pos2(0.0, 0.0), vec2(5.0, 5.0));
        plane.tiles(Areas::of(&tree), &whole, tiny, &mut tiles);
        assert_eq!(tiles.len(), 1);
    }

    #[test]
    fn fitting_a_node_fills_the_screen_with_it() {
        let tree = tree();
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0));
        let mut plane = Plane::new(screen.size());
        let node = tree.resolve(["g", "500"]);
        let place = plane.place(Areas::of(&tree), node);
        let rect = Camera { seen: place }.to_screen(place, screen);
        assert!((rect.min - screen.min).length() < 0.01 && (rect.max - screen.max).length() < 0.01);
    }
}
