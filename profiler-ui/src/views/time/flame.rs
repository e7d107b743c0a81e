//! The flame graph: drawn as one mesh, seen through a window that moves over its width and its rows.

use std::sync::Arc;

use egui::epaint::text::{LayoutJob, TextWrapping};
use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{
    Align2, Color32, FontId, Key, Modifiers, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, pos2, vec2,
};
use wasm_profile::{Axis, FunctionId, Rectangle};

use super::span::Span;
use super::strip::dragged;
use super::summary::change;
use super::{ChartKind, Settings, Shown, select};
use crate::context::Context;
use crate::strings::Text;
use crate::views::ViewId;
use crate::{theme, widgets};

/// The height of a row, in points.
const ROW: f32 = 18.0;
/// The height of the ruler, in points.
const RULER: f32 = 15.0;
/// How long a zoom takes, in seconds.
const ZOOM_SECS: f64 = 0.18;
/// Tiles that have a name for those who do not see the picture.
const MAX_NAMED: usize = 300;
/// Tiles that have a title.
const MAX_TITLES: usize = 1500;

/// A function's rectangle; callers are above row 0.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tile {
    row: i32,
    start: u64,
    end: u64,
    function: FunctionId,
    node: u32,
}

/// The flame graph's own state: what is seen, and what was drawn last.
#[derive(Default)]
pub(super) struct Flame {
    seen: Option<Span>,
    motion: Option<Motion>,
    followed: Option<(ChartKind, Option<[f64; 2]>)>,
    drawn: Option<Drawn>,
    dragged_from: Option<Pos2>,
    /// Where the keyboard is.
    at: Option<Tile>,
}

struct Motion {
    from: Span,
    to: Span,
    started_secs: f64,
}

/// What was drawn, kept as long as nothing it depends on changes.
struct Drawn {
    chart: ChartKind,
    seen: Span,
    top_row: f32,
    screen: Rect,
    is_dark: bool,
    mesh: Arc<Mesh>,
    tiles: Vec<(Tile, Rect)>,
}

impl Flame {
    /// Draws anew: something that it shows changed.
    pub(super) fn repaint(&mut self) {
        self.drawn = None;
        self.at = None;
    }

    /// The part of the width that is seen.
    pub(super) fn seen(&self) -> Option<Span> {
        self.seen
    }

    /// Shows a part of the width at once.
    pub(super) fn see(&mut self, context: &mut Context<'_>, span: Span) {
        let settings = &mut context.state.time;
        settings.zoom = Some([span.start, span.end]);
        self.followed = Some((settings.chart, settings.zoom));
        self.seen = Some(span);
        self.motion = None;
    }

    /// Goes to what is around: from what is zoomed to, to all.
    pub(super) fn up(&mut self, context: &mut Context<'_>) {
        context.state.time.zoom = None;
    }

    pub(super) fn ui(&mut self, context: &mut Context<'_>, shown: &Shown, ui: &mut egui::Ui) {
        let chart = context.state.time.chart;
        let Some(whole) = width(shown, chart) else {
            ui.weak(context.text(Text::NothingMatches));
            return;
        };
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        let mut screen = response.rect;
        if chart == ChartKind::TimeOrder {
            screen.min.y += RULER;
        }
        if screen.width() < 4.0 || screen.height() < ROW {
            return;
        }
        let now_secs = ui.input(|input| input.time);
        self.follow(&context.state.time, whole, now_secs);
        self.move_window(context, shown, whole, screen, ui, &response, now_secs);
        let seen = self.seen.unwrap_or(whole).kept_in(whole);
        self.keys(context, shown, ui.ctx());

        let is_dark = ui.visuals().dark_mode;
        let top_row = top_row(&context.state.time, shown, screen);
        let is_current = self.drawn.as_ref().is_some_and(|drawn| {
            (drawn.chart, drawn.seen, drawn.top_row) == (chart, seen, top_row)
                && drawn.screen == screen
                && drawn.is_dark == is_dark
        });
        if !is_current {
            let tiles = placed(shown, chart, seen, top_row, screen);
            let mesh = Arc::new(mesh(&tiles, shown, chart, screen, is_dark));
            self.drawn = Some(Drawn { chart, seen, top_row, screen, is_dark, mesh, tiles });
        }
        let Some(drawn) = &self.drawn else { return };
        painter.with_clip_rect(screen).add(Shape::Mesh(drawn.mesh.clone()));
        let clipped = painter.with_clip_rect(screen);
        titles(&clipped, drawn, shown);
        outline(&clipped, drawn, shown, self.at, ui.visuals());
        if chart == ChartKind::TimeOrder {
            ruler(&painter, response.rect, seen, shown, ui.visuals().weak_text_color());
            if let Some(range) = &shown.summary.key.range {
                shade_outside(&clipped, Span::of(range), seen, screen, is_dark);
            }
        }
        name_tiles(context.text(Text::FlameGraph), ui, &response, drawn, shown);
        let hit = interact(context, shown, drawn, &response, &mut self.dragged_from, &clipped, ui.visuals());
        self.at = hit.or(self.at);
    }

    /// Starts a move when the setting leads elsewhere; another chart is there at once.
    fn follow(&mut self, settings: &Settings, whole: Span, now_secs: f64) {
        let wanted = (settings.chart, settings.zoom);
        if self.followed == Some(wanted) && self.seen.is_some() {
            return;
        }
        let to = settings.zoom.map_or(whole, |[start, end]| Span { start, end: end.max(start + 1e-3) }.kept_in(whole));
        match (self.seen, self.followed) {
            (Some(from), Some((chart, _))) if chart == settings.chart => {
                self.motion = Some(Motion { from, to, started_secs: now_secs });
            }
            _ => {
                self.seen = Some(to);
                self.motion = None;
                self.at = None;
            }
        }
        self.followed = Some(wanted);
    }

    /// Carries a move on, and takes wheel, drag and keys; any of these ends a move.
    #[allow(clippy::too_many_arguments)]
    fn move_window(
        &mut self,
        context: &mut Context<'_>,
        shown: &Shown,
        whole: Span,
        screen: Rect,
        ui: &egui::Ui,
        response: &Response,
        now_secs: f64,
    ) {
        let Some(mut seen) = self.seen else { return };
        if let Some(motion) = &self.motion {
            let t = ((now_secs - motion.started_secs) / ZOOM_SECS).min(1.0);
            seen = Span::between(motion.from, motion.to, t);
            if t >= 1.0 {
                self.motion = None;
            } else {
                ui.ctx().request_repaint();
            }
        } else {
            seen = seen.kept_in(whole);
        }
        self.seen = Some(seen);
        let before = seen;
        let mut rows = 0.0;
        let units = |points: f32, seen: Span| f64::from(points / screen.width()) * seen.width();
        if let Some(pointer) = response.hover_pos() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            let factor = f64::from(zoom) * f64::from(scroll.y / 200.0).exp();
            if (factor - 1.0).abs() > 1e-4 {
                let share = f64::from((pointer.x - screen.left()) / screen.width());
                seen = seen.zoomed(factor, share, whole);
            }
            if scroll.x.abs() > 0.01 {
                seen = seen.moved(units(-scroll.x, seen), whole);
            }
        }
        let pans = context.state.time.chart != ChartKind::TimeOrder && response.dragged_by(PointerButton::Primary);
        if pans || response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary) {
            let delta = response.drag_delta();
            seen = seen.moved(units(-delta.x, seen), whole);
            rows -= delta.y / ROW;
        }
        if context.has_focus(ViewId::Time) && !ui.ctx().text_edit_focused() {
            let (is_down, dt) = ui.input(|input| {
                let keys = [Key::W, Key::S, Key::A, Key::D];
                (keys.map(|key| input.key_down(key) && input.modifiers.is_none()), input.stable_dt.min(0.1))
            });
            let [w, s, a, d] = is_down.map(|down| if down { 1.0 } else { 0.0 });
            if w != s {
                seen = seen.zoomed(f64::from((w - s) * dt * 3.0).exp(), 0.5, whole);
            }
            if a != d {
                seen = seen.moved(units((d - a) * dt * 600.0, seen), whole);
            }
            if is_down.contains(&true) {
                ui.ctx().request_repaint();
            }
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let page = (screen.height() / ROW - 1.0).max(1.0);
            rows += if pressed(Key::PageDown) { page } else { 0.0 } - if pressed(Key::PageUp) { page } else { 0.0 };
        }
        if rows != 0.0 {
            let from = top_row(&context.state.time, shown, screen);
            context.state.time.top_row = Some(from + rows);
            let kept = top_row(&context.state.time, shown, screen);
            context.state.time.top_row = Some(kept);
        }
        if before != seen {
            self.see(context, seen);
        }
    }

    /// Walks by arrows, zooms by Enter, centres and fits by F, chooses what is seen by R.
    fn keys(&mut self, context: &mut Context<'_>, shown: &Shown, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Time) || ctx.text_edit_focused() {
            return;
        }
        let Some(drawn) = &self.drawn else { return };
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let tiles = || drawn.tiles.iter().map(|(tile, _)| *tile);
        let widest = |tiles: &mut dyn Iterator<Item = Tile>| {
            tiles.max_by_key(|tile| (tile.end - tile.start, std::cmp::Reverse(tile.start)))
        };
        let is_chosen = |tile: &Tile| {
            own_function(shown, drawn.chart, tile.function).is_some_and(|own| shown.chosen.binary_search(&own).is_ok())
        };
        let now = self.at.or_else(|| widest(&mut tiles().filter(is_chosen)));
        let mut to = None;
        let keys = [Key::ArrowRight, Key::ArrowLeft, Key::ArrowUp, Key::ArrowDown];
        if let Some(key) = keys.into_iter().find(|key| pressed(*key)) {
            to = match (now, key) {
                (None, _) => widest(&mut tiles().filter(|tile| tile.row == 0)),
                (Some(now), Key::ArrowRight) => {
                    tiles().filter(|tile| tile.row == now.row && tile.start >= now.end).min_by_key(|tile| tile.start)
                }
                (Some(now), Key::ArrowLeft) => {
                    tiles().filter(|tile| tile.row == now.row && tile.end <= now.start).max_by_key(|tile| tile.start)
                }
                (Some(now), key) => {
                    let row = now.row + if key == Key::ArrowDown { 1 } else { -1 };
                    widest(&mut tiles().filter(|tile| tile.row == row && tile.start < now.end && tile.end > now.start))
                }
            };
        }
        if let Some(tile) = to {
            self.at = Some(tile);
            choose(context, shown, drawn.chart, tile);
        }
        if pressed(Key::Enter)
            && let Some(tile) = now
        {
            context.state.time.zoom = Some([tile.start as f64, tile.end as f64]);
        }
        let seen = drawn.seen;
        if pressed(Key::F)
            && let Some(tile) = now
        {
            let (start, end) = (tile.start as f64, tile.end as f64);
            let middle = (start + end) / 2.0;
            let is_centred = (middle - (seen.start + seen.end) / 2.0).abs() < seen.width() * 0.002;
            let half = if is_centred { (end - start) / 2.0 } else { seen.width() / 2.0 };
            context.state.time.zoom = Some([middle - half, middle + half]);
        }
        if drawn.chart == ChartKind::TimeOrder && pressed(Key::R) {
            let range = seen.range();
            let wanted = Some([range.start, range.end]);
            context.state.time.range = if context.state.time.range == wanted { None } else { wanted };
        }
    }
}

/// The width of a chart; none if there is nothing in it.
fn width(shown: &Shown, chart: ChartKind) -> Option<Span> {
    let summary = &shown.summary;
    let range = match chart {
        ChartKind::TimeOrder => summary.profile().range(),
        ChartKind::LeftHeavy => 0..summary.tree.width(),
        ChartKind::Sandwich => 0..shown.sandwich.as_ref()?.callees.width(),
        ChartKind::Difference => 0..summary.difference.as_ref()?.tree().width(),
    };
    (!range.is_empty()).then(|| Span::of(&range))
}

/// The first row and the one after the last.
fn row_range(shown: &Shown, chart: ChartKind) -> (i32, i32) {
    let rows = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    match chart {
        ChartKind::TimeOrder => (0, rows(shown.summary.rows)),
        ChartKind::LeftHeavy => (0, rows(shown.summary.tree.rows())),
        ChartKind::Sandwich => shown
            .sandwich
            .as_ref()
            .map_or((0, 0), |sandwich| (1 - rows(sandwich.callers.rows()).max(1), rows(sandwich.callees.rows()))),
        ChartKind::Difference => {
            (0, shown.summary.difference.as_ref().map_or(0, |difference| rows(difference.tree().rows())))
        }
    }
}

/// The row at the upper edge, so that no more than needed is empty.
fn top_row(settings: &Settings, shown: &Shown, screen: Rect) -> f32 {
    let (first, end) = row_range(shown, settings.chart);
    let fitting = (screen.height() / ROW).floor();
    let first_view = (first as f32).max(-(fitting / 2.0).floor());
    let last = (end as f32 - fitting).max(first as f32);
    settings.top_row.unwrap_or(first_view).clamp(first as f32, last.max(first_view))
}

/// What is seen, with its place on the screen: parents before their children.
fn placed(shown: &Shown, chart: ChartKind, seen: Span, top_row: f32, screen: Rect) -> Vec<(Tile, Rect)> {
    let summary = &*shown.summary;
    let pixel = (seen.width() / f64::from(screen.width())).max(0.0) as u64;
    let view = seen.range();
    let down = |it: Rectangle| Tile {
        row: it.depth as i32,
        start: it.start,
        end: it.end,
        function: it.function,
        node: it.node,
    };
    let tiles: Vec<Tile> = match chart {
        ChartKind::TimeOrder => summary
            .chart()
            .map(|chart| chart.rectangles(view, pixel))
            .unwrap_or_default()
            .into_iter()
            .map(down)
            .collect(),
        ChartKind::LeftHeavy => summary.tree.rectangles(view, pixel).map(down).collect(),
        ChartKind::Difference => {
            summary.difference.iter().flat_map(|it| it.tree().rectangles(view.clone(), pixel)).map(down).collect()
        }
        ChartKind::Sandwich => shown
            .sandwich
            .iter()
            .flat_map(|sandwich| {
                let callers = sandwich.callers.rectangles(view.clone(), pixel).filter(|it| it.depth > 0);
                let up = move |it: Rectangle| Tile { row: -(it.depth as i32), ..down(it) };
                callers.map(up).chain(sandwich.callees.rectangles(view.clone(), pixel).map(down))
            })
            .collect(),
    };
    let place = |tile: Tile| {
        let x = |at: u64| screen.left() + seen.to_screen(at as f64, screen.width());
        let y = screen.top() + (tile.row as f32 - top_row) * ROW;
        let rect = Rect::from_min_max(pos2(x(tile.start), y), pos2(x(tile.end), y + ROW));
        let is_seen = rect.bottom() > screen.top() && rect.top() < screen.bottom();
        is_seen.then(|| {
            let (left, right) = (rect.left().max(screen.left()), rect.right().min(screen.right()));
            (tile, Rect::from_min_max(pos2(left, rect.top()), pos2(right.max(left), rect.bottom())))
        })
    };
    tiles.into_iter().filter_map(place).collect()
}

/// What a tile is called.
fn label(shown: &Shown, chart: ChartKind, function: FunctionId) -> &str {
    match (&shown.summary.difference, chart) {
        (Some(difference), ChartKind::Difference) => shown.summary.difference_label(difference, function),
        _ => shown.summary.recording.label(function),
    }
}

/// The function of the shown profile that a tile is.
fn own_function(shown: &Shown, chart: ChartKind, function: FunctionId) -> Option<FunctionId> {
    match (&shown.summary.difference, chart) {
        (Some(difference), ChartKind::Difference) => difference.functions()[function.index()].after,
        _ => Some(function),
    }
}

fn color(shown: &Shown, chart: ChartKind, tile: Tile, is_dark: bool) -> Color32 {
    let summary = &shown.summary;
    let own = own_function(shown, chart, tile.function);
    if own.is_some_and(|function| !shown.found.keeps(function)) {
        return theme::dimmed(is_dark);
    }
    if let (ChartKind::Difference, Some(difference)) = (chart, &summary.difference) {
        let change = change(difference.total(tile.node));
        let strength = change.abs().sqrt();
        return if change >= 0.0 { theme::grown(strength, is_dark) } else { theme::shrunk(strength, is_dark) };
    }
    theme::category(summary.colors.category(tile.function), is_dark)
}

fn mesh(tiles: &[(Tile, Rect)], shown: &Shown, chart: ChartKind, screen: Rect, is_dark: bool) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.reserve_triangles(tiles.len() * 2);
    mesh.reserve_vertices(tiles.len() * 4);
    add_rect(&mut mesh, screen, if is_dark { Color32::from_gray(20) } else { Color32::from_gray(250) });
    for (tile, rect) in tiles {
        let mut face = *rect;
        face.max.y -= 1.0;
        face.max.x = if rect.width() > 3.0 { face.max.x - 1.0 } else { face.max.x.max(face.min.x + 0.5) };
        add_rect(&mut mesh, face, color(shown, chart, *tile, is_dark));
    }
    mesh
}

pub(super) fn add_rect(mesh: &mut Mesh, rect: Rect, color: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.indices.extend([first, first + 1, first + 2, first + 2, first + 1, first + 3]);
    for pos in [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()] {
        mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color });
    }
}

/// The names of tiles that have room for them: the last part of a path where the whole has none.
fn titles(painter: &egui::Painter, drawn: &Drawn, shown: &Shown) {
    let font = FontId::proportional(11.0);
    for (tile, rect) in drawn.tiles.iter().filter(|(_, rect)| rect.width() > 26.0).take(MAX_TITLES) {
        let whole = label(shown, drawn.chart, tile.function);
        let room = rect.width() - 6.0;
        let name = if whole.len() as f32 * 6.0 > room { last_part(whole) } else { whole };
        let ink = theme::text_on(color(shown, drawn.chart, *tile, drawn.is_dark));
        let mut job = LayoutJob::simple_singleline(name.to_string(), font.clone(), ink);
        job.wrap = TextWrapping::truncate_at_width(room);
        let galley = painter.layout_job(job);
        let at = pos2(rect.left() + 3.0, rect.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, ink);
    }
    if drawn.chart == ChartKind::Difference {
        hatches(painter, drawn, shown);
    }
}

/// The last part of a path: `draw` of `ui::chart::draw`, not within `<…>`.
fn last_part(name: &str) -> &str {
    let (mut depth, mut from) = (0_i32, 0);
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' => depth += 1,
            b'>' | b')' => depth -= 1,
            b':' if depth == 0 && at > 0 && bytes[at - 1] == b':' => from = at + 1,
            _ => {}
        }
    }
    if from < name.len() { &name[from..] } else { name }
}

/// What is only in one of two runs is hatched.
fn hatches(painter: &egui::Painter, drawn: &Drawn, shown: &Shown) {
    let Some(difference) = &shown.summary.difference else { return };
    let is_hatched =
        |(tile, rect): &&(Tile, Rect)| rect.width() > 6.0 && change(difference.total(tile.node)).abs() == 1.0;
    for (_, rect) in drawn.tiles.iter().filter(is_hatched).take(300) {
        let clip = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
        let mut x = rect.left() - rect.height();
        while x < rect.right() {
            let ends = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
            clip.line_segment(ends, Stroke::new(1.0, Color32::from_black_alpha(70)));
            x += 8.0;
        }
    }
}

fn outline(painter: &egui::Painter, drawn: &Drawn, shown: &Shown, at: Option<Tile>, visuals: &egui::Visuals) {
    let ink = visuals.strong_text_color();
    if !shown.chosen.is_empty() {
        let is_chosen = |tile: &Tile| {
            own_function(shown, drawn.chart, tile.function).is_some_and(|own| shown.chosen.binary_search(&own).is_ok())
        };
        for (_, rect) in drawn.tiles.iter().filter(|(tile, _)| is_chosen(tile)).take(2000) {
            painter.rect_stroke(*rect, 0.0, Stroke::new(1.5, ink), egui::StrokeKind::Inside);
        }
    }
    if let Some((_, rect)) = drawn.tiles.iter().find(|(tile, _)| Some(*tile) == at) {
        painter.rect_stroke(*rect, 0.0, Stroke::new(2.5, visuals.selection.stroke.color), egui::StrokeKind::Inside);
    }
}

/// Ticks of the axis.
fn ruler(painter: &egui::Painter, area: Rect, seen: Span, shown: &Shown, ink: Color32) {
    let least = seen.width() * 90.0 / f64::from(area.width());
    let magnitude = 10_f64.powf(least.max(1.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * magnitude).find(|step| *step >= least).unwrap_or(least);
    let step = step.max(1.0);
    let origin = shown.summary.profile().range().start as f64;
    let origin = if shown.summary.profile().axis() == Axis::Time { origin } else { 0.0 };
    let mut tick = ((seen.start - origin) / step).ceil() * step;
    for _ in 0..200 {
        let x = area.left() + seen.to_screen(origin + tick, area.width());
        if x > area.right() {
            break;
        }
        painter.line_segment([pos2(x, area.top()), pos2(x, area.top() + RULER)], Stroke::new(1.0, ink));
        let text = shown.summary.distance(tick.max(0.0) as u64);
        painter.text(pos2(x + 3.0, area.top()), Align2::LEFT_TOP, text, FontId::proportional(10.0), ink);
        tick += step;
    }
}

fn shade_outside(painter: &egui::Painter, range: Span, seen: Span, screen: Rect, is_dark: bool) {
    let shade = if is_dark { Color32::from_black_alpha(140) } else { Color32::from_white_alpha(170) };
    let x = |at: f64| (screen.left() + seen.to_screen(at, screen.width())).clamp(screen.left(), screen.right());
    for (left, right) in [(screen.left(), x(range.start)), (x(range.end), screen.right())] {
        let area = Rect::from_min_max(pos2(left, screen.top()), pos2(right, screen.bottom()));
        painter.rect_filled(area, 0.0, shade);
    }
}

/// Names for those who do not see the picture: the largest tiles are widgets.
fn name_tiles(graph: &str, ui: &egui::Ui, response: &Response, drawn: &Drawn, shown: &Shown) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Tree, true, graph));
    let mut largest: Vec<&(Tile, Rect)> = drawn.tiles.iter().filter(|(_, rect)| rect.width() > 2.0).collect();
    largest.sort_by(|a, b| b.1.width().total_cmp(&a.1.width()));
    for (tile, rect) in largest.into_iter().take(MAX_NAMED) {
        let id = ui.scope_id().with(("tile", tile.row, tile.start, tile.node));
        let name = format!("{}, {}", label(shown, drawn.chart, tile.function), extent(shown, drawn.chart, *tile));
        ui.interact(*rect, id, Sense::focusable_noninteractive())
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TreeItem, true, name.as_str()));
    }
}

/// How much a tile is.
fn extent(shown: &Shown, chart: ChartKind, tile: Tile) -> String {
    let width = tile.end - tile.start;
    match (&shown.summary.difference, chart) {
        (_, ChartKind::TimeOrder) => shown.summary.distance(width),
        (Some(difference), ChartKind::Difference) => {
            // Two runs are seldom as long as each other: what is compared is the share of each.
            let (pair, sum) = (difference.total(tile.node), shown.summary.weights.sum());
            let [before, after] = [pair.before, pair.after].map(|weight| widgets::share(weight, sum));
            format!("{before} → {after} ({})", shown.summary.weight(pair.after))
        }
        _ => shown.summary.weight(width),
    }
}

fn choose(context: &mut Context<'_>, shown: &Shown, chart: ChartKind, tile: Tile) {
    match own_function(shown, chart, tile.function) {
        Some(function) => select(context, &shown.summary, function),
        None => {
            let name = label(shown, chart, tile.function).to_string();
            context.select(crate::model::Selection::Function(name));
        }
    }
}

/// Click chooses, double click lets a function fill the width; in time order dragging lets a part of the time count.
/// What is under the pointer says what it is. Gives the tile that was clicked.
fn interact(
    context: &mut Context<'_>,
    shown: &Shown,
    drawn: &Drawn,
    response: &Response,
    dragged_from: &mut Option<Pos2>,
    painter: &egui::Painter,
    visuals: &egui::Visuals,
) -> Option<Tile> {
    let chart = drawn.chart;
    if chart == ChartKind::TimeOrder {
        if response.drag_started_by(PointerButton::Primary) {
            *dragged_from =
                response.ctx.input(|input| input.pointer.press_origin()).or(response.interact_pointer_pos());
        }
        if let (Some(from), Some(to)) = (*dragged_from, response.interact_pointer_pos()) {
            let span = dragged(drawn.seen, drawn.screen, from, to);
            shade_outside(painter, span, drawn.seen, drawn.screen, visuals.dark_mode);
            let text = shown.summary.distance(span.width() as u64);
            painter.text(
                to + vec2(8.0, -8.0),
                Align2::LEFT_BOTTOM,
                text,
                FontId::proportional(13.0),
                visuals.strong_text_color(),
            );
            if response.drag_stopped() {
                *dragged_from = None;
                let range = span.range();
                context.state.time.set_range(Some([range.start, range.end]));
            }
            return None;
        }
    }
    let pointer = response.hover_pos()?;
    let (tile, _) = *drawn.tiles.iter().rev().find(|(_, rect)| rect.contains(pointer))?;
    if response.double_clicked() {
        if chart == ChartKind::Sandwich && tile.row != 0 {
            context.state.time.function = Some(label(shown, chart, tile.function).to_string());
            context.state.time.zoom = None;
        } else {
            context.state.time.zoom = Some([tile.start as f64, tile.end as f64]);
        }
        return Some(tile);
    }
    if response.clicked() {
        choose(context, shown, chart, tile);
        return Some(tile);
    }
    let texts = [Text::Own, Text::Total].map(|text| context.text(text));
    response.clone().on_hover_ui_at_pointer(|ui| tooltip(ui, shown, chart, tile, texts));
    None
}

fn tooltip(ui: &mut egui::Ui, shown: &Shown, chart: ChartKind, tile: Tile, [own, total]: [&str; 2]) {
    let summary = &*shown.summary;
    ui.strong(label(shown, chart, tile.function));
    ui.label(extent(shown, chart, tile));
    let Some(function) = own_function(shown, chart, tile.function) else { return };
    if let Some(hot) = summary.hot(function) {
        let sum = summary.weights.sum();
        let part = |weight: u64| format!("{} ({})", summary.weight(weight), widgets::share(weight, sum));
        ui.label(format!("{own}: {} · {total}: {}", part(hot.own), part(hot.total)));
    }
    let of = summary.profile().function(function);
    let line = of.line.map(|line| format!(":{line}")).unwrap_or_default();
    match (&of.file, summary.profile().module_of(function)) {
        (Some(file), _) => ui.weak(format!("{file}{line}")),
        (None, Some(module)) => ui.weak(&*module.name),
        (None, None) => return,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shortened_to_its_last_part() {
        assert_eq!(last_part("ui::chart::draw"), "draw");
        assert_eq!(last_part("<a::B as c::D>::e"), "e");
        assert_eq!(last_part("core::ops::Fn<(a::B,)>"), "Fn<(a::B,)>");
        assert_eq!(last_part("main"), "main");
        assert_eq!(last_part("odd::"), "odd::");
    }
}
