//! The treemap: drawn as one mesh, seen through a camera.

use std::fmt::Write as _;
use std::sync::Arc;

use egui::epaint::Mesh;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Key, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, Vec2, vec2};

use super::layout::{Camera, Plane, Tile};
use super::mesh::{add_line, add_rect};
use super::shown::Shown;
use super::{Asked, Sizes, colors};
use crate::context::Context;
use crate::model::NodeId;
use crate::theme;
use crate::views::ViewId;
use crate::widgets;

/// How long a zoom takes, in seconds.
const ZOOM_SECS: f64 = 0.18;
/// Tiles that have a name for those who do not see the picture.
const MAX_NAMED: usize = 300;
/// Tiles that have a title.
const MAX_TITLES: usize = 600;

/// The treemap's own state: where the camera is, and what was drawn last.
#[derive(Default)]
pub(super) struct Treemap {
    plane: Plane,
    camera: Option<Camera>,
    motion: Option<Motion>,
    /// What of the state the camera stands for: what fills the chart, and what part of it is seen.
    zoom: Vec<String>,
    seen: Option<[f64; 4]>,
    drawn: Option<Drawn>,
    dragged_from: Option<Pos2>,
}

struct Motion {
    from: Camera,
    to: Camera,
    started_secs: f64,
}

/// What was drawn, kept as long as nothing it depends on changes.
struct Drawn {
    camera: Camera,
    screen: Rect,
    is_dark: bool,
    only: Option<u32>,
    mesh: Arc<Mesh>,
    tiles: Vec<Tile>,
    /// The largest tiles, the largest first.
    largest: Vec<Tile>,
}

impl Treemap {
    /// Forgets all: there is another tree.
    pub(super) fn reset(&mut self) {
        *self = Treemap::default();
    }

    /// Draws anew: colours changed.
    pub(super) fn repaint(&mut self) {
        self.drawn = None;
    }

    /// Shows all of what is zoomed to.
    pub(super) fn fit(&mut self) {
        self.zoom = vec![String::new()];
    }

    pub(super) fn ui(&mut self, context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) -> Option<Asked> {
        let tree = &*shown.tree;
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        let screen = response.rect;
        if screen.area() < 4.0 || tree.is_empty() {
            return None;
        }
        if (self.plane.size() - screen.size()).length() > 0.5 {
            self.plane = Plane::new(screen.size());
            self.camera = None;
            self.zoom = vec![String::new()];
        }
        let now_secs = ui.input(|input| input.time);
        self.follow_zoom(context, shown, now_secs);
        self.move_camera(context, shown, ui, &response, now_secs);
        let camera = self.camera.unwrap_or(Camera { seen: self.plane.rect() });

        let is_dark = ui.visuals().dark_mode;
        let only = shown.colors.only(context);
        let is_current = self.drawn.as_ref().is_some_and(|drawn| {
            drawn.camera == camera && drawn.screen == screen && drawn.is_dark == is_dark && drawn.only == only
        });
        if !is_current {
            // The tiles of the frame before have the room for this one's.
            let mut tiles = self.drawn.take().map(|drawn| drawn.tiles).unwrap_or_default();
            self.plane.tiles(shown.areas(), &camera, screen, &mut tiles);
            let mesh = Arc::new(mesh(&tiles, shown, only, screen, is_dark));
            let largest = largest(&tiles);
            self.drawn = Some(Drawn { camera, screen, is_dark, only, mesh, tiles, largest });
        }
        let drawn = self.drawn.as_ref()?;
        painter.add(Shape::Mesh(drawn.mesh.clone()));
        titles(&painter, drawn, shown, screen);
        name_tiles(context, ui, &response, drawn, shown);
        outline_selection(&painter, drawn, shown, ui.visuals().selection.stroke.color);
        let asked = interact(context, &response, &drawn.tiles, shown, &mut self.dragged_from, &painter);
        minimap(&mut self.camera, &mut self.plane, shown, ui, screen, is_dark);
        self.keep_camera(context, shown);
        asked
    }

    /// Starts a move when breadcrumbs or a link lead elsewhere.
    fn follow_zoom(&mut self, context: &Context<'_>, shown: &Shown, now_secs: f64) {
        let (zoom, seen) = (&context.state.location.zoom, context.state.sizes.camera);
        if self.zoom == *zoom && self.seen == seen && self.camera.is_some() {
            return;
        }
        self.zoom.clone_from(zoom);
        self.seen = seen;
        let place = self.plane.place(shown.areas(), Sizes::zoomed(context, &shown.tree));
        let to = Camera::on(place, seen, self.plane.rect());
        match self.camera {
            Some(from) => self.motion = Some(Motion { from, to, started_secs: now_secs }),
            None => self.camera = Some(to),
        }
    }

    /// Puts where the camera rests into the state.
    fn keep_camera(&mut self, context: &mut Context<'_>, shown: &Shown) {
        let Some(camera) = self.camera.filter(|_| self.motion.is_none()) else { return };
        let place = self.plane.place(shown.areas(), Sizes::zoomed(context, &shown.tree));
        self.seen = camera.part_of(place);
        context.state.sizes.camera = self.seen;
    }

    /// Carries a move on, and takes wheel, drag and keys; any of these ends a move.
    fn move_camera(&mut self, context: &Context<'_>, shown: &Shown, ui: &egui::Ui, response: &Response, now_secs: f64) {
        let (screen, plane) = (response.rect, self.plane.rect());
        let Some(mut camera) = self.camera else { return };
        if let Some(motion) = &self.motion {
            let t = ((now_secs - motion.started_secs) / ZOOM_SECS).min(1.0);
            camera = Camera::between(motion.from, motion.to, t);
            if t >= 1.0 {
                self.motion = None;
            } else {
                ui.ctx().request_repaint();
            }
        }
        let before = camera;
        if let Some(pointer) = response.hover_pos() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            let factor = f64::from(zoom) * f64::from(scroll.y / 200.0).exp();
            if (factor - 1.0).abs() > 1e-4 {
                camera = camera.zoomed(factor, pointer, screen, plane);
            }
        }
        if response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary) {
            camera = camera.moved(-response.drag_delta(), screen, plane);
        }
        if context.has_focus(ViewId::Sizes) && !ui.ctx().text_edit_focused() {
            let (is_down, dt) = ui.input(|input| {
                let keys = [Key::W, Key::S, Key::A, Key::D];
                (keys.map(|key| input.key_down(key) && input.modifiers.is_none()), input.stable_dt.min(0.1))
            });
            let [w, s, a, d] = is_down.map(|down| if down { 1.0 } else { 0.0 });
            if w != s {
                let factor = f64::from((w - s) * dt * 3.0).exp();
                camera = camera.zoomed(factor, screen.center(), screen, plane);
            }
            if a != d {
                camera = camera.moved(vec2((d - a) * dt * 600.0, 0.0), screen, plane);
            }
            if is_down.contains(&true) {
                ui.ctx().request_repaint();
            }
            if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::F)) {
                self.centre_selection(shown, screen, now_secs);
            }
        }
        if before != camera {
            self.motion = None;
        }
        self.camera = Some(camera);
    }

    /// The first press centres what is chosen, the second lets it fill the screen.
    fn centre_selection(&mut self, shown: &Shown, screen: Rect, now_secs: f64) {
        let (Some(camera), Some(node)) = (self.camera, shown.chosen.node) else { return };
        let rect = camera.to_screen(self.plane.place(shown.areas(), node), screen);
        let off_centre = rect.center() - screen.center();
        let plane = self.plane.rect();
        let to = if off_centre.length() > 2.0 {
            let moved = camera.moved(off_centre, screen, plane);
            if moved == camera { fitted(camera, rect, screen, plane) } else { moved }
        } else {
            fitted(camera, rect, screen, plane)
        };
        self.motion = Some(Motion { from: camera, to, started_secs: now_secs });
    }
}

/// The camera that fills the screen with a rectangle of it.
fn fitted(camera: Camera, rect: Rect, screen: Rect, plane: wasm_analyzer::treemap::Rect) -> Camera {
    let factor = (screen.width() / rect.width().max(1.0)).min(screen.height() / rect.height().max(1.0)) * 0.9;
    camera.moved(rect.center() - screen.center(), screen, plane).zoomed(
        f64::from(factor),
        screen.center(),
        screen,
        plane,
    )
}

/// All tiles as one mesh: a frame and a face each, and the lines that hatch it.
fn mesh(tiles: &[Tile], shown: &Shown, only: Option<u32>, screen: Rect, is_dark: bool) -> Mesh {
    let mut mesh = Mesh::default();
    let has_frame = |rect: Rect| rect.width() > 3.0 && rect.height() > 3.0;
    let rects = tiles.len() + tiles.iter().filter(|tile| has_frame(tile.rect.intersect(screen))).count();
    mesh.reserve_triangles(rects * 2);
    mesh.reserve_vertices(rects * 4);
    let line = if is_dark { Color32::from_gray(20) } else { Color32::from_gray(250) };
    for tile in tiles {
        let rect = tile.rect.intersect(screen);
        let color = face(tile, shown, only, is_dark);
        if !has_frame(rect) {
            add_rect(&mut mesh, rect, color);
            continue;
        }
        add_rect(&mut mesh, rect, line);
        let rect = rect.shrink(0.5);
        add_rect(&mut mesh, rect, color);
        if let Some(change) = shown.hatch(tile.node, only).filter(|_| tile.is_closed) {
            let color = colors::hatch_color(change, is_dark);
            for ends in colors::hatch_lines(rect, change) {
                add_line(&mut mesh, ends, color);
            }
        }
    }
    mesh
}

/// The colour of a tile.
fn face(tile: &Tile, shown: &Shown, only: Option<u32>, is_dark: bool) -> Color32 {
    match tile.is_closed {
        _ if !is_kept(tile, shown, only) => theme::dimmed(is_dark),
        true => shown.colors.of(tile.node, is_dark),
        false => heading(tile.depth, is_dark),
    }
}

/// Whether a tile keeps its colour: the legend leaves headings theirs.
fn is_kept(tile: &Tile, shown: &Shown, only: Option<u32>) -> bool {
    if tile.is_closed { shown.keeps(tile.node, only) } else { shown.matches.keeps(tile.node) }
}

/// The colour of a heading, by how deep it is.
fn heading(depth: u32, is_dark: bool) -> Color32 {
    let step = (depth.min(6) * 7) as u8;
    Color32::from_gray(if is_dark { 34 + step } else { 236 - step })
}

/// The names of tiles that have room for them.
fn titles(painter: &egui::Painter, drawn: &Drawn, shown: &Shown, screen: Rect) {
    let font = FontId::proportional(11.0);
    let has_room = |tile: &&Tile| tile.rect.width() > 34.0 && tile.rect.height() > 11.0;
    for tile in drawn.tiles.iter().filter(has_room).take(MAX_TITLES) {
        let seen = tile.rect.intersect(screen).shrink2(vec2(3.0, 0.0));
        if seen.width() < 28.0 || seen.height() < 11.0 {
            continue;
        }
        let is_cut = tile.rect.top() < screen.top() - 14.0 || tile.rect.height() < 120.0;
        if !tile.is_closed && is_cut {
            continue;
        }
        let face = face(tile, shown, drawn.only, drawn.is_dark);
        let is_kept = is_kept(tile, shown, drawn.only);
        let color = if is_kept { theme::text_on(face) } else { Color32::GRAY };
        let is_gone = shown.is_gone(tile.node);
        // Between the lines of a hatch nobody reads: the text has ground of its own.
        let is_hatched = tile.is_closed && shown.hatch(tile.node, drawn.only).is_some();
        let clip = painter.with_clip_rect(seen);
        let write = |at: Pos2, text: &str, is_struck: bool| {
            let strikethrough = if is_struck { Stroke::new(1.0, color) } else { Stroke::NONE };
            let format = TextFormat { font_id: font.clone(), color, strikethrough, ..TextFormat::default() };
            let galley = painter.layout_job(LayoutJob::single_section(text.to_string(), format));
            if is_hatched {
                clip.rect_filled(Rect::from_min_size(at, galley.size()).expand2(vec2(2.0, 0.0)), 2.0, face);
            }
            clip.galley(at, galley, color);
        };
        write(seen.left_top(), shown.title(tile.node), is_gone);
        if tile.is_closed && seen.height() > 26.0 {
            let bytes = shown.areas().bytes(tile.node);
            write(seen.left_top() + vec2(0.0, 13.0), &widgets::size(bytes), false);
        }
    }
}

/// The largest tiles below the whole, the largest first.
fn largest(tiles: &[Tile]) -> Vec<Tile> {
    let by_area = |a: &Tile, b: &Tile| b.rect.area().total_cmp(&a.rect.area()).then(a.node.cmp(&b.node));
    let mut largest: Vec<Tile> = Vec::with_capacity(2 * MAX_NAMED);
    for tile in tiles.iter().filter(|tile| tile.depth > 0) {
        largest.push(*tile);
        if largest.len() == 2 * MAX_NAMED {
            largest.select_nth_unstable_by(MAX_NAMED, by_area);
            largest.truncate(MAX_NAMED);
        }
    }
    largest.sort_unstable_by(by_area);
    largest.truncate(MAX_NAMED);
    largest
}

/// Names for those who do not see the picture: the largest tiles are widgets.
fn name_tiles(context: &Context<'_>, ui: &egui::Ui, response: &Response, drawn: &Drawn, shown: &Shown) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Tree, true, "treemap"));
    for tile in &drawn.largest {
        let id = ui.scope_id().with(("tile", tile.node.0));
        let rect = tile.rect.intersect(drawn.screen);
        let label = shown.label(context, tile.node);
        ui.interact(rect, id, Sense::focusable_noninteractive())
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TreeItem, true, label.as_str()));
    }
}

/// A line around what is chosen; where that is too small to be drawn, around what it is in.
fn outline_selection(painter: &egui::Painter, drawn: &Drawn, shown: &Shown, color: Color32) {
    let tree = &*shown.tree;
    let outline = |tile: &Tile| {
        painter.rect_stroke(tile.rect, 0.0, Stroke::new(2.0, color), egui::StrokeKind::Inside);
    };
    let mut is_drawn = false;
    for tile in drawn.tiles.iter().filter(|tile| shown.chosen.is_top(tree, tile.node)).take(2000) {
        is_drawn |= shown.chosen.node == Some(tile.node);
        outline(tile);
    }
    if let Some(chosen) = shown.chosen.node.filter(|_| !is_drawn) {
        let path = tree.path(chosen);
        let around = drawn.tiles.iter().filter(|tile| path.get(tile.depth as usize) == Some(&tile.node));
        if let Some(tile) = around.max_by_key(|tile| tile.depth).filter(|tile| tile.depth > 0) {
            outline(tile);
        }
    }
}

/// Click chooses, double click zooms, dragging chooses all that is touched; what is under the pointer says what it is.
fn interact(
    context: &Context<'_>,
    response: &Response,
    tiles: &[Tile],
    shown: &Shown,
    dragged_from: &mut Option<Pos2>,
    painter: &egui::Painter,
) -> Option<Asked> {
    let under = |at: Pos2| tiles.iter().rev().find(|tile| tile.rect.contains(at)).map(|tile| tile.node);
    if response.drag_started_by(PointerButton::Primary) {
        *dragged_from = response.interact_pointer_pos();
    }
    if let (Some(from), Some(to)) = (*dragged_from, response.interact_pointer_pos()) {
        let area = Rect::from_two_pos(from, to);
        painter.rect_stroke(area, 0.0, Stroke::new(1.0, Color32::WHITE), egui::StrokeKind::Middle);
        if !response.drag_stopped() {
            return None;
        }
        *dragged_from = None;
        let touched = tiles.iter().filter(|tile| tile.is_closed && tile.rect.intersects(area));
        return Some(Asked::SelectAll(touched.map(|tile| tile.node).collect()));
    }
    let node = under(response.hover_pos()?)?;
    if response.double_clicked() {
        Some(Asked::Zoom(node))
    } else if response.clicked() {
        Some(Asked::Select(node))
    } else {
        response.clone().on_hover_ui_at_pointer(|ui| tooltip(context, ui, shown, node));
        None
    }
}

fn tooltip(context: &Context<'_>, ui: &mut egui::Ui, shown: &Shown, id: NodeId) {
    let tree = &*shown.tree;
    let node = tree.node(id);
    ui.label(shown.name(id).strong());
    let size = shown.size_text(context, id);
    ui.label(if shown.is_gone(id) {
        size
    } else {
        format!("{size} · {}", widgets::share(node.size_bytes, tree.node(NodeId(0)).size_bytes))
    });
    let path = tree.names(node.parent);
    if !path.is_empty() {
        ui.weak(path.join(" › "));
    }
}

/// Where the camera is, when it does not see all; dragging in it moves the camera.
fn minimap(camera: &mut Option<Camera>, plane: &mut Plane, shown: &Shown, ui: &egui::Ui, screen: Rect, is_dark: bool) {
    let Some(now) = *camera else { return };
    let whole = plane.rect();
    if now.seen.width > whole.width * 0.98 || screen.width() < 300.0 {
        return;
    }
    let size = vec2(screen.width() * 0.16, screen.height() * 0.16);
    let rect = Rect::from_min_size(screen.right_bottom() - size - Vec2::splat(8.0), size);
    let response = ui.interact(rect, ui.scope_id().with("minimap"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, "minimap"));
    let all = Camera { seen: whole };
    let mut tiles = Vec::new();
    plane.tiles(shown.areas(), &all, rect, &mut tiles);
    let painter = ui.painter_at(rect);
    painter.add(Shape::mesh(mesh(&tiles, shown, None, rect, is_dark)));
    let seen = all.to_screen(now.seen, rect);
    painter.rect_stroke(seen, 0.0, Stroke::new(2.0, Color32::WHITE), egui::StrokeKind::Middle);
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, Color32::GRAY), egui::StrokeKind::Inside);
    if let Some(pointer) = response.interact_pointer_pos() {
        let factor = screen.width() / rect.width();
        let by = (pointer - seen.center()) * factor * (now.scale(screen).0 / all.scale(screen).0) as f32;
        *camera = Some(now.moved(by, screen, whole));
    }
}

/// The treemap as a drawing, of a fixed size.
pub(super) fn svg(context: &Context<'_>, shown: &Shown) -> String {
    let screen = Rect::from_min_size(Pos2::ZERO, vec2(1200.0, 750.0));
    let mut plane = Plane::new(screen.size());
    let areas = shown.areas();
    let place = plane.place(areas, Sizes::zoomed(context, areas.tree));
    let mut tiles = Vec::new();
    let camera = Camera::on(place, context.state.sizes.camera, plane.rect());
    plane.tiles(areas, &camera, screen, &mut tiles);
    let only = shown.colors.only(context);
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 750\" font-family=\"sans-serif\" font-size=\"11\">\n",
    );
    for tile in tiles {
        let rect = tile.rect.intersect(screen);
        let color = face(&tile, shown, only, false);
        let (x, y, w, h) = (rect.left(), rect.top(), rect.width(), rect.height());
        let title = widgets::xml(&shown.label(context, tile.node));
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{}\" \
             stroke=\"#fff\" stroke-width=\"0.5\"><title>{title}</title></rect>",
            hex(color)
        );
        if let Some(change) = shown.hatch(tile.node, only).filter(|_| tile.is_closed) {
            out.push_str("<path d=\"");
            for [from, to] in colors::hatch_lines(rect, change) {
                let _ = write!(out, "M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y);
            }
            let line = colors::hatch_color(change, false);
            let opacity = f32::from(line.a()) / 255.0;
            let line = hex(line.to_opaque());
            let _ = writeln!(out, "\" stroke=\"{line}\" stroke-opacity=\"{opacity:.2}\" pointer-events=\"none\"/>");
        }
        if w > 40.0 && h > 13.0 && (tile.is_closed || h > 120.0) {
            let fits = ((w - 6.0) / 6.0) as usize;
            let text: String = shown.title(tile.node).chars().take(fits).collect();
            let (x, y) = (x + 3.0, y + 11.0);
            let ink = if theme::text_on(color) == Color32::BLACK { "#000" } else { "#fff" };
            let struck = if shown.is_gone(tile.node) { " text-decoration=\"line-through\"" } else { "" };
            let text = widgets::xml(&text);
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{ink}\"{struck}>{text}</text>");
        }
    }
    out.push_str("</svg>\n");
    out
}

/// A colour without its opacity.
fn hex(color: Color32) -> String {
    let [r, g, b, _] = color.to_array();
    format!("#{r:02x}{g:02x}{b:02x}")
}
