//! The page grid: the memory in cells, coloured by what they are used for, with the bounds of its 64 KiB pages.

use std::ops::Range;
use std::sync::Arc;

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Align2, Color32, FontId, PointerButton, Pos2, Rect, Sense, Shape, Stroke, pos2, vec2};
use memviz::draw::Grid;
use memviz::{IMAGE_PAGE, MemoryRead as _, Use};

use super::{ColorBy, select};
use crate::context::Context;
use crate::model::{Filter, Survey};
use crate::strings::{Language, Text};
use crate::theme;
use crate::widgets;

/// Room for addresses at the left, in points.
const GUTTER: f32 = 74.0;
/// A page of the specification, in bytes.
const PAGE: u64 = 1 << 16;
/// Bands that have a name for those who do not see the picture.
const MAX_NAMED: usize = 300;

/// What was drawn last, and what is being dragged.
#[derive(Default)]
pub(super) struct PageGrid {
    drawn: Option<Drawn>,
    dragged_from: Option<u64>,
}

struct Drawn {
    of: Of,
    survey: Arc<Survey>,
    grid: Grid,
    mesh: Arc<Mesh>,
}

/// What a drawing depends on, beside the survey.
#[derive(Clone, PartialEq)]
struct Of {
    screen: Rect,
    range: Range<u64>,
    color: ColorBy,
    is_dark: bool,
    search: String,
    live: u64,
}

impl PageGrid {
    pub(super) fn ui(&mut self, context: &mut Context<'_>, survey: &Arc<Survey>, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Tree, true, context.text(Text::MemoryMap)));
        let screen = response.rect;
        if screen.width() < GUTTER + 40.0 || screen.height() < 20.0 || survey.layout.len == 0 {
            return;
        }
        let len = survey.layout.len;
        let of = Of {
            screen,
            range: context.state.memory.shown(len),
            color: context.state.memory.color,
            is_dark: ui.visuals().dark_mode,
            search: context.state.search.clone(),
            live: context.documents.live.as_ref().map_or(0, |live| live.revision),
        };
        if self.drawn.as_ref().is_none_or(|drawn| drawn.of != of || !Arc::ptr_eq(&drawn.survey, survey)) {
            let live = context.documents.live.as_ref();
            let live_heat = live.filter(|_| context.state.memory.is_now()).and_then(|live| live.heat(survey.memory));
            self.drawn = Some(Drawn::new(of, survey, context.filter, live_heat));
        }
        let Some(drawn) = &self.drawn else { return };
        painter.add(Shape::Mesh(drawn.mesh.clone()));
        drawn.addresses(&painter, ui.visuals().weak_text_color());
        drawn.outline_pages(&painter);
        if let Some((memory, range)) = &context.linked.memory
            && *memory == survey.memory
        {
            drawn.outline(&painter, range, ui.visuals().selection.stroke.color);
        }
        drawn.name_bands(context.state.language, ui);
        self.interact(context, &response, ui);
    }

    /// Click chooses what owns the cell, dragging a range; the wheel and a double click zoom.
    fn interact(&mut self, context: &mut Context<'_>, response: &egui::Response, ui: &egui::Ui) {
        let Some(drawn) = &self.drawn else { return };
        let survey = &drawn.survey;
        let under = response.hover_pos().and_then(|at| drawn.cell_at(at)).map(|cell| drawn.grid.cell_range(cell));
        if response.drag_started_by(PointerButton::Primary) {
            let from = ui.input(|input| input.pointer.press_origin()).and_then(|at| drawn.cell_at(at));
            self.dragged_from = from.map(|cell| drawn.grid.cell_range(cell).start);
        }
        if let (Some(from), Some(at)) = (self.dragged_from, response.interact_pointer_pos()) {
            let to = drawn.cell_at(at).map(|cell| drawn.grid.cell_range(cell));
            let range = to.map(|to| from.min(to.start)..to.end.max(from + drawn.grid.cell_bytes));
            if let Some(range) = &range {
                drawn.outline(&ui.painter_at(response.rect), range, ui.visuals().strong_text_color());
            }
            if response.drag_stopped() {
                self.dragged_from = None;
                if let Some(range) = range {
                    select(context, survey, range.start..range.end.min(survey.layout.len));
                }
            }
            return;
        }
        let Some(under) = under else { return };
        let shown = context.state.memory.shown(survey.layout.len);
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel.abs() > 0.5 {
            let factor = 2f64.powf(-f64::from(wheel) / 60.0);
            context.state.memory.zoom_by(factor, under.start, survey.layout.len);
        } else if response.double_clicked() {
            context.state.memory.zoom_by(0.25, under.start, survey.layout.len);
        } else if response.clicked() {
            let exact = drawn.grid.cell_bytes > 256;
            select(context, survey, owner_range(survey, &under, exact));
        } else {
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.strong(format!("{:#x}", under.start));
                ui.label(context.phrase(&survey.owner(under.start)));
                let changes = survey.heat.changes(under.clone());
                let cell = widgets::size(drawn.grid.cell_bytes);
                ui.weak(format!("{cell}, {changes}× changed, {} shown", widgets::size(shown.end - shown.start)));
            });
        }
    }
}

/// What owns a cell: the block or variable that begins in it or covers it; of coarse cells the cell itself.
fn owner_range(survey: &Survey, cell: &Range<u64>, is_coarse: bool) -> Range<u64> {
    if is_coarse {
        return cell.clone();
    }
    if let Some((_, block)) = survey.layout.block_at(cell.start) {
        return block.range();
    }
    let program = survey.known.program();
    let symbol = program.symbol_at(cell.start).filter(|_| survey.memory == 0);
    symbol.map_or(cell.clone(), |symbol| symbol.range())
}

impl Drawn {
    fn new(of: Of, survey: &Arc<Survey>, filter: &Filter, live: Option<&memviz::Heat>) -> Drawn {
        let room = of.screen.width() - GUTTER;
        // A power of two in a row, so that pages end where rows do.
        let mut columns = 32;
        while columns < 256 && room / (columns as f32 * 2.0) >= 5.0 {
            columns *= 2;
        }
        let cell_side = room / columns as f32;
        let rows = (of.screen.height() / cell_side.min(14.0)).floor().max(1.0) as usize;
        let grid = Grid::fitting(&survey.layout, of.range.clone(), columns, rows);
        let grid = with_zeros(grid.with_heat(&survey.heat), survey);
        let mut drawn = Drawn { of, survey: survey.clone(), grid, mesh: Arc::default() };
        drawn.mesh = Arc::new(drawn.mesh(filter, live));
        drawn
    }

    fn mesh(&self, filter: &Filter, live: Option<&memviz::Heat>) -> Mesh {
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(self.grid.cells.len() * 4);
        mesh.reserve_triangles(self.grid.cells.len() * 2);
        let is_dark = self.of.is_dark;
        let ground = if is_dark { Color32::from_gray(27) } else { Color32::from_gray(248) };
        let changes = |index: usize| {
            let seen = live.map_or(0, |heat| heat.changes(self.grid.cell_range(index)));
            self.grid.cells[index].changes.max(seen)
        };
        let hottest = (0..self.grid.cells.len()).map(changes).max().unwrap_or(0).max(1);
        for (index, cell) in self.grid.cells.iter().enumerate() {
            let range = self.grid.cell_range(index);
            let own = use_color(cell.of, is_dark);
            // What is zero holds nothing yet: paler.
            let own = if cell.zero { theme::mix(own, ground, 0.55) } else { own };
            let color = match self.of.color {
                ColorBy::Use => own,
                ColorBy::Heat => {
                    let hot = (1.0 + changes(index) as f32).ln() / (1.0 + hottest as f32).ln();
                    theme::heat(hot, is_dark)
                }
                ColorBy::Change => match &self.survey.difference {
                    Some(difference) if touches(&difference.changed, &range) => theme::grown(1.0, is_dark),
                    _ => theme::mix(own, ground, 0.8),
                },
            };
            let is_kept = filter.is_empty() || {
                let band = self.survey.layout.band_at(range.start).map_or("", |band| &band.name);
                filter.matches_name(&format!("{} {band}", cell.of.name()))
            };
            let color = if is_kept { color } else { theme::dimmed(is_dark) };
            add_rect(&mut mesh, self.cell_rect(index).shrink(0.5), color);
        }
        mesh
    }

    fn cell_side(&self) -> (f32, f32) {
        let width = (self.of.screen.width() - GUTTER) / self.grid.columns as f32;
        (width, width.min(14.0).min(self.of.screen.height() / self.grid.rows().max(1) as f32))
    }

    fn cell_rect(&self, index: usize) -> Rect {
        let (width, height) = self.cell_side();
        let at = vec2((index % self.grid.columns) as f32 * width, (index / self.grid.columns) as f32 * height);
        Rect::from_min_size(self.of.screen.min + vec2(GUTTER, 0.0) + at, vec2(width, height))
    }

    fn cell_at(&self, at: Pos2) -> Option<usize> {
        let (width, height) = self.cell_side();
        let at = at - (self.of.screen.min + vec2(GUTTER, 0.0));
        let column = (at.x.max(0.0) / width) as usize;
        let row = (at.y.max(0.0) / height) as usize;
        let index = row * self.grid.columns + column.min(self.grid.columns - 1);
        (index < self.grid.cells.len()).then_some(index)
    }

    /// The address of a row here and there.
    fn addresses(&self, painter: &egui::Painter, color: Color32) {
        let (_, height) = self.cell_side();
        let every = (16.0 / height).ceil().max(1.0) as usize;
        for row in (0..self.grid.rows()).step_by(every) {
            let address = self.grid.range.start + (row * self.grid.columns) as u64 * self.grid.cell_bytes;
            let at = pos2(self.of.screen.left() + GUTTER - 6.0, self.of.screen.top() + row as f32 * height);
            painter.text(at, Align2::RIGHT_TOP, format!("{address:#x}"), FontId::monospace(10.0), color);
        }
    }

    /// A line where a page begins, while pages are large enough to be seen.
    fn outline_pages(&self, painter: &egui::Painter) {
        let row_bytes = self.grid.cell_bytes * self.grid.columns as u64;
        let (width, height) = self.cell_side();
        let left = self.of.screen.left() + GUTTER;
        let ink = if self.of.is_dark { Color32::from_white_alpha(70) } else { Color32::from_black_alpha(90) };
        let stroke = Stroke::new(1.0, ink);
        if row_bytes <= PAGE {
            let mut page = self.grid.range.start.next_multiple_of(PAGE);
            while page < self.grid.range.end {
                let offset = page - self.grid.range.start;
                let y = self.of.screen.top() + (offset / row_bytes) as f32 * height;
                let x = left + (offset % row_bytes / self.grid.cell_bytes) as f32 * width;
                painter.hline(x..=left + width * self.grid.columns as f32, y, stroke);
                if x > left {
                    painter.hline(left..=x, y + height, stroke);
                    painter.vline(x, y..=y + height, stroke);
                }
                page += PAGE;
            }
        } else if self.grid.cell_bytes * 4 <= PAGE {
            let bottom = self.of.screen.top() + self.grid.rows() as f32 * height;
            for column in (0..self.grid.columns).step_by((PAGE / self.grid.cell_bytes) as usize) {
                painter.vline(left + column as f32 * width, self.of.screen.top()..=bottom, stroke);
            }
        }
    }

    /// The cells of a range, as one outline a row.
    fn outline(&self, painter: &egui::Painter, range: &Range<u64>, color: Color32) {
        let start = range.start.max(self.grid.range.start);
        let end = range.end.min(self.grid.range.end);
        if start >= end {
            return;
        }
        let cell = |address: u64| ((address - self.grid.range.start) / self.grid.cell_bytes) as usize;
        let (first, last) = (cell(start), cell(end - 1));
        for row in first / self.grid.columns..=last / self.grid.columns {
            let from = first.max(row * self.grid.columns);
            let to = last.min((row + 1) * self.grid.columns - 1);
            let rect = self.cell_rect(from).union(self.cell_rect(to));
            painter.rect_filled(rect, 0.0, color.gamma_multiply(0.25));
            painter.rect_stroke(rect, 0.0, Stroke::new(1.5, color), egui::StrokeKind::Middle);
        }
    }

    /// Names for those who do not see the picture: the bands are widgets.
    fn name_bands(&self, language: Language, ui: &egui::Ui) {
        let shown = &self.grid.range;
        let bands = self.survey.layout.bands.iter().filter(|band| band.start < shown.end && band.end > shown.start);
        for band in bands.take(MAX_NAMED) {
            let cell = |address: u64| ((address - shown.start) / self.grid.cell_bytes) as usize;
            let first = cell(band.start.max(shown.start));
            let last = cell(band.end.min(shown.end) - 1);
            let end_of_row = (first / self.grid.columns + 1) * self.grid.columns - 1;
            let rect = self.cell_rect(first).union(self.cell_rect(last.min(end_of_row)));
            let label = format!("{}, {}", band_label(band, language), widgets::bytes(band.end - band.start));
            ui.interact(rect, ui.scope_id().with(("band", band.start)), Sense::focusable_noninteractive())
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TreeItem, true, label.as_str()));
        }
    }
}

/// A band in words.
pub(super) fn band_label(band: &memviz::Band, language: Language) -> String {
    let kind = language.word(band.kind.name());
    match band.kind.name() == band.name || band.name.is_empty() {
        true => format!("{kind} {:#x}", band.start),
        // One that has no name of its own says where it is.
        false => format!("{kind} {} {:#x}", language.word(&band.name), band.start),
    }
}

/// Finds out which cells are all zero: of large ones by the pages that are kept, so that nothing is read.
fn with_zeros(mut grid: Grid, survey: &Survey) -> Grid {
    let Some(image) = survey.image() else { return grid };
    if grid.cell_bytes < IMAGE_PAGE {
        return grid.with_zeros(image);
    }
    grid.cells.iter_mut().for_each(|cell| cell.zero = true);
    for (number, _) in image.pages() {
        let address = number * IMAGE_PAGE;
        let cell = address.checked_sub(grid.range.start).map(|offset| offset / grid.cell_bytes);
        if let Some(cell) = cell.and_then(|cell| grid.cells.get_mut(cell as usize)) {
            cell.zero = false;
        }
    }
    debug_assert!(image.len() >= grid.range.end);
    grid
}

/// Whether one of sorted ranges touches another.
fn touches(ranges: &[Range<u64>], other: &Range<u64>) -> bool {
    let at = ranges.partition_point(|range| range.end <= other.start);
    ranges.get(at).is_some_and(|range| range.start < other.end)
}

/// The colour of a use.
pub(super) fn use_color(of: Use, is_dark: bool) -> Color32 {
    let [r, g, b] = memviz::draw::color(of, is_dark);
    Color32::from_rgb(r, g, b)
}

/// Adds a rectangle of one colour.
pub(super) fn add_rect(mesh: &mut Mesh, rect: Rect, color: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.indices.extend([first, first + 1, first + 2, first + 2, first + 1, first + 3]);
    for pos in [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()] {
        mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_found() {
        let ranges = [10..20, 30..40];
        assert!(touches(&ranges, &(19..25)));
        assert!(touches(&ranges, &(0..100)));
        assert!(!touches(&ranges, &(20..30)));
        assert!(!touches(&ranges, &(40..50)));
    }
}
