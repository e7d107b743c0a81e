//! The hexdump: only the rows that are seen are read. Its scroll bar is the heat strip: the whole memory at one glance.

use std::ops::Range;
use std::sync::Arc;

use egui::epaint::Mesh;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Key, Modifiers, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, pos2, vec2};
use memviz::draw::Grid;
use memviz::{Image, MemoryRead};

use super::grid::{add_rect, use_color};
use super::select;
use crate::context::Context;
use crate::model::Survey;
use crate::strings::Text;
use crate::theme;
use crate::views::ViewId;

/// The heat strip's width, in points.
const STRIP: f32 = 22.0;
/// How long bytes that changed are seen to flash, in seconds.
const FLASH_SECS: f64 = 1.2;

/// Where it is, and what was seen last.
#[derive(Default)]
pub(super) struct Hexdump {
    top_row: u64,
    visible_rows: u64,
    row_bytes: u64,
    carried: f32,
    followed: Option<Range<u64>>,
    anchor: Option<u64>,
    /// What is dragged over; it is chosen when the drag ends.
    dragged: Option<Range<u64>>,
    strip: Option<Strip>,
    seen: Seen,
}

/// The strip, kept as long as nothing it depends on changes.
struct Strip {
    survey: Arc<Survey>,
    live: u64,
    rect: Rect,
    is_dark: bool,
    mesh: Arc<Mesh>,
}

/// The bytes that were shown last, to see which changed.
#[derive(Default)]
struct Seen {
    address: u64,
    bytes: Vec<u8>,
    /// Where bytes changed, and when, in seconds.
    changed: Vec<(u64, f64)>,
}

impl Seen {
    /// Takes the bytes that are shown now; bytes of the same addresses that differ begin to flash.
    fn look(&mut self, address: u64, bytes: &[u8], now_secs: f64) {
        self.changed.retain(|(_, since)| now_secs - since < FLASH_SECS);
        for (offset, byte) in bytes.iter().enumerate() {
            let at = address + offset as u64;
            let before = at.checked_sub(self.address).and_then(|offset| self.bytes.get(offset as usize));
            if before.is_some_and(|before| before != byte) {
                self.changed.retain(|(changed, _)| *changed != at);
                self.changed.push((at, now_secs));
            }
        }
        self.address = address;
        self.bytes = bytes.to_vec();
    }

    /// How strongly a byte flashes, from 0 to 1.
    fn flash(&self, address: u64, now_secs: f64) -> f32 {
        let since = self.changed.iter().find(|(changed, _)| *changed == address).map(|(_, since)| now_secs - since);
        since.map_or(0.0, |since| (1.0 - since / FLASH_SECS).max(0.0) as f32)
    }
}

/// Where things are in a row.
struct Columns {
    char_width: f32,
    row_height: f32,
    left: f32,
    top: f32,
    address_chars: usize,
    row_bytes: u64,
}

impl Columns {
    fn hex_x(&self, byte: u64) -> f32 {
        let gap = usize::from(byte >= 8);
        self.left + self.char_width * (self.address_chars + 2 + byte as usize * 3 + gap) as f32
    }

    fn text_x(&self, byte: u64) -> f32 {
        self.hex_x(self.row_bytes) + self.char_width * (1 + byte) as f32
    }

    /// The byte of a row at a place, in its hexadecimal digits or its text.
    fn byte_at(&self, x: f32) -> u64 {
        if x >= self.text_x(0) {
            return (((x - self.text_x(0)) / self.char_width) as u64).min(self.row_bytes - 1);
        }
        (0..self.row_bytes).rev().find(|byte| x >= self.hex_x(*byte)).unwrap_or(0)
    }
}

impl Hexdump {
    /// The addresses that are seen.
    pub(super) fn visible(&self) -> Range<u64> {
        let start = self.top_row.saturating_mul(self.row_bytes);
        start..start.saturating_add(self.visible_rows.saturating_mul(self.row_bytes))
    }

    pub(super) fn ui(&mut self, context: &mut Context<'_>, survey: &Arc<Survey>, image: &Image, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Grid, true, context.text(Text::Hexdump)));
        let font = FontId::monospace(12.0);
        let glyph = painter.layout_no_wrap("0".into(), font.clone(), Color32::WHITE).size();
        let len = image.len();
        let address_chars = if len > 1 << 32 { 14 } else { 10 };
        let room = response.rect.width() - STRIP - 8.0;
        let row_bytes = if room >= glyph.x * (address_chars + 2 + 16 * 3 + 1 + 1 + 16) as f32 { 16 } else { 8 };
        let (left, top) = (response.rect.left() + 6.0, response.rect.top());
        let columns = Columns { char_width: glyph.x, row_height: glyph.y + 2.0, left, top, address_chars, row_bytes };
        if self.row_bytes != row_bytes {
            self.top_row = self.top_row * self.row_bytes.max(1) / row_bytes;
            self.row_bytes = row_bytes;
        }
        self.visible_rows = (response.rect.height() / columns.row_height).floor().max(1.0) as u64;
        self.follow(context, survey.memory);
        self.scroll(&response, ui, &columns);
        self.keys(context, survey, len, ui.ctx());
        self.top_row = self.top_row.min(len.div_ceil(row_bytes).saturating_sub(self.visible_rows.min(2)));
        self.rows(context, survey, image, ui, &painter, &columns);
        self.choose(context, survey, &response, ui, &columns, len);
        self.strip_ui(context, survey, ui, &painter, response.rect);
    }

    /// A choice that was made elsewhere is brought into sight.
    fn follow(&mut self, context: &Context<'_>, memory: u32) {
        let chosen = context.linked.memory.as_ref().filter(|(of, _)| *of == memory).map(|(_, range)| range.clone());
        if self.followed == chosen {
            return;
        }
        if let Some(range) = &chosen {
            let row = range.start / self.row_bytes;
            let is_seen = (self.top_row..self.top_row + self.visible_rows).contains(&row);
            if !is_seen {
                self.top_row = row.saturating_sub(self.visible_rows / 3);
            }
        }
        self.followed = chosen;
    }

    fn scroll(&mut self, response: &egui::Response, ui: &egui::Ui, columns: &Columns) {
        if response.hovered() {
            self.carried -= ui.input(|input| input.smooth_scroll_delta().y);
            let rows = (self.carried / columns.row_height).trunc();
            self.carried -= rows * columns.row_height;
            self.top_row = self.top_row.saturating_add_signed(rows as i64);
        }
    }

    /// Arrows move what is chosen, with Shift they extend it; page keys move by what is seen.
    fn keys(&mut self, context: &mut Context<'_>, survey: &Survey, len: u64, ctx: &egui::Context) {
        if !context.has_focus(ViewId::Memory) || ctx.text_edit_focused() || len == 0 {
            return;
        }
        let page = self.row_bytes.saturating_mul(self.visible_rows.saturating_sub(1).max(1)) as i64;
        let row = self.row_bytes as i64;
        let steps = [
            (Key::ArrowRight, 1),
            (Key::ArrowLeft, -1),
            (Key::ArrowDown, row),
            (Key::ArrowUp, -row),
            (Key::PageDown, page),
            (Key::PageUp, -page),
            (Key::Home, i64::MIN),
            (Key::End, i64::MAX),
        ];
        for (key, step) in steps {
            for modifiers in [Modifiers::SHIFT, Modifiers::NONE] {
                if !ctx.input_mut(|input| input.consume_key(modifiers, key)) {
                    continue;
                }
                let chosen = context.linked.memory.as_ref().filter(|(of, _)| *of == survey.memory);
                let chosen = chosen.map(|(_, range)| range.clone());
                let visible = self.visible().start;
                let now = chosen.clone().unwrap_or(visible..visible);
                let anchor = self.anchor.filter(|at| *at == now.start || *at + 1 == now.end).unwrap_or(now.start);
                let is_extended = modifiers == Modifiers::SHIFT;
                // The end that moves.
                let head = if is_extended && anchor == now.start { now.end.saturating_sub(1) } else { now.start };
                let head = if chosen.is_none() { now.start } else { head.saturating_add_signed(step).min(len - 1) };
                if is_extended {
                    self.anchor = Some(anchor);
                    select(context, survey, anchor.min(head)..anchor.max(head) + 1);
                } else {
                    self.anchor = Some(head);
                    select(context, survey, head..head + 1);
                }
                return;
            }
        }
    }

    fn rows(
        &mut self,
        context: &Context<'_>,
        survey: &Survey,
        image: &Image,
        ui: &egui::Ui,
        painter: &egui::Painter,
        columns: &Columns,
    ) {
        let now_secs = ui.input(|input| input.time);
        let visible = self.visible();
        let visible = visible.start..visible.end.min(image.len());
        let mut bytes = vec![0; visible.end.saturating_sub(visible.start) as usize];
        if !image.read(visible.start, &mut bytes) {
            return;
        }
        self.seen.look(visible.start, &bytes, now_secs);
        let is_dark = ui.visuals().dark_mode;
        let (ink, weak) = (ui.visuals().text_color(), ui.visuals().weak_text_color());
        let linked = context.linked.memory.as_ref().filter(|(of, _)| *of == survey.memory).map(|(_, range)| range);
        let chosen = self.dragged.as_ref().or(linked);
        let selected = ui.visuals().selection.bg_fill.gamma_multiply(0.6);
        let before = survey.before();
        let mut older = vec![0; bytes.len()];
        // What has come since was zero.
        if let Some(before) = before {
            let common = before.len().saturating_sub(visible.start).min(older.len() as u64) as usize;
            before.read(visible.start, &mut older[..common]);
        }
        for (row, row_bytes) in bytes.chunks(columns.row_bytes as usize).enumerate() {
            let start = visible.start + row as u64 * columns.row_bytes;
            let y = columns.top + row as f32 * columns.row_height;
            let cell = |x: f32, chars: f32| {
                Rect::from_min_size(pos2(x, y), vec2(columns.char_width * chars, columns.row_height))
            };
            for index in 0..row_bytes.len() as u64 {
                let address = start + index;
                let offset = (address - visible.start) as usize;
                let of = use_color(survey.use_at(address), is_dark);
                let under = Rect::from_min_size(
                    pos2(columns.hex_x(index), y + columns.row_height - 2.0),
                    vec2(columns.char_width * 2.6, 2.0),
                );
                painter.rect_filled(under, 0.0, of);
                let flash = self.seen.flash(address, now_secs);
                let is_changed = before.is_some() && bytes.get(offset) != older.get(offset);
                let is_chosen = chosen.is_some_and(|chosen| chosen.contains(&address));
                let fill = if flash > 0.0 {
                    Some(theme::grown(1.0, is_dark).gamma_multiply(flash))
                } else if is_chosen {
                    Some(selected)
                } else if is_changed {
                    Some(theme::grown(0.8, is_dark).gamma_multiply(0.5))
                } else {
                    None
                };
                if let Some(fill) = fill {
                    painter.rect_filled(cell(columns.hex_x(index) - 1.0, 2.6), 0.0, fill);
                    painter.rect_filled(cell(columns.text_x(index), 1.0), 0.0, fill);
                }
            }
            let (job, text) = row_text(start, row_bytes, columns, ink, weak);
            painter.galley(pos2(columns.left, y), painter.layout_job(job), ink);
            let rect = Rect::from_min_size(
                pos2(columns.left, y),
                vec2(columns.text_x(columns.row_bytes) - columns.left, columns.row_height),
            );
            ui.interact(rect, ui.scope_id().with(("row", row)), Sense::focusable_noninteractive())
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Row, true, text.as_str()));
        }
        if !self.seen.changed.is_empty() {
            ui.ctx().request_repaint();
        }
    }

    /// Click chooses a byte, Shift and click extends, dragging chooses a range.
    fn choose(
        &mut self,
        context: &mut Context<'_>,
        survey: &Survey,
        response: &egui::Response,
        ui: &egui::Ui,
        columns: &Columns,
        len: u64,
    ) {
        let is_in_rows = |at: &Pos2| at.x < response.rect.right() - STRIP;
        let address_at = |at: Pos2| {
            let row = ((at.y - columns.top).max(0.0) / columns.row_height) as u64;
            let address = self.top_row.saturating_add(row).saturating_mul(columns.row_bytes) + columns.byte_at(at.x);
            address.min(len.saturating_sub(1))
        };
        let Some(at) = response.interact_pointer_pos().filter(|_| len > 0) else { return };
        let to = address_at(at);
        if response.drag_started() {
            let from = ui.input(|input| input.pointer.press_origin()).filter(is_in_rows).map(address_at);
            self.anchor = from;
            // A drag that began elsewhere chooses nothing.
            if from.is_none() {
                return;
            }
        }
        if response.dragged() {
            self.dragged = self.anchor.map(|anchor| anchor.min(to)..anchor.max(to) + 1);
            return;
        }
        let chosen = if response.drag_stopped() {
            let Some(dragged) = self.dragged.take() else { return };
            dragged
        } else if response.clicked() && is_in_rows(&at) {
            let is_extended = ui.input(|input| input.modifiers.shift);
            let anchor = self.anchor.filter(|_| is_extended).unwrap_or(to);
            self.anchor = Some(anchor);
            anchor.min(to)..anchor.max(to) + 1
        } else {
            return;
        };
        self.followed = Some(chosen.clone());
        select(context, survey, chosen);
    }

    /// The whole memory beside the rows: at the left what it is used for, at the right what changed.
    fn strip_ui(
        &mut self,
        context: &Context<'_>,
        survey: &Arc<Survey>,
        ui: &egui::Ui,
        painter: &egui::Painter,
        all: Rect,
    ) {
        let rect = Rect::from_min_max(pos2(all.right() - STRIP, all.top()), all.max);
        let len = survey.layout.len.max(1);
        let is_dark = ui.visuals().dark_mode;
        let live = context.documents.live.as_ref().filter(|_| context.state.memory.is_now());
        let revision = live.map_or(0, |live| live.revision);
        let is_current = self.strip.as_ref().is_some_and(|strip| {
            Arc::ptr_eq(&strip.survey, survey) && (strip.rect, strip.is_dark, strip.live) == (rect, is_dark, revision)
        });
        if !is_current {
            let heat = live.and_then(|live| live.heat(survey.memory));
            let mesh = Arc::new(strip_mesh(survey, heat, rect, is_dark));
            self.strip = Some(Strip { survey: survey.clone(), live: revision, rect, is_dark, mesh });
        }
        let Some(strip) = &self.strip else { return };
        painter.add(Shape::Mesh(strip.mesh.clone()));
        let y = |address: u64| rect.top() + (address as f64 / len as f64) as f32 * rect.height();
        let visible = self.visible();
        let thumb =
            Rect::from_min_max(pos2(rect.left(), y(visible.start)), pos2(rect.right(), y(visible.end.min(len))));
        let thumb = Rect::from_center_size(thumb.center(), vec2(thumb.width(), thumb.height().max(5.0)));
        painter.rect_stroke(thumb, 1.0, Stroke::new(2.0, ui.visuals().strong_text_color()), StrokeKind::Middle);
        let response = ui.interact(rect, ui.scope_id().with("strip"), Sense::click_and_drag());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, context.text(Text::HexdumpHeat)));
        if let Some(at) = response.interact_pointer_pos() {
            let part = f64::from(((at.y - rect.top()) / rect.height()).clamp(0.0, 1.0));
            let row = (part * len as f64) as u64 / self.row_bytes;
            self.top_row = row.saturating_sub(self.visible_rows / 2);
        }
    }
}

/// A row's text: address, digits, characters; zeros are pale. Also as one line for those who do not see it.
fn row_text(start: u64, bytes: &[u8], columns: &Columns, ink: Color32, weak: Color32) -> (LayoutJob, String) {
    let font = FontId::monospace(12.0);
    let format = |color| TextFormat::simple(font.clone(), color);
    let mut job = LayoutJob::default();
    let width = columns.address_chars - 2;
    let address = format!("0x{start:0width$x}  ");
    let mut line = address.clone();
    job.append(&address, 0.0, format(weak));
    let color = |byte: u8| if byte == 0 { weak } else { ink };
    // Neighbours of one colour are one section.
    let mut run: Option<(Color32, String)> = None;
    let mut add = |job: &mut LayoutJob, text: &str, color: Color32| match &mut run {
        Some((of, run)) if *of == color => run.push_str(text),
        run => {
            if let Some((of, text)) = run.replace((color, text.to_string())) {
                job.append(&text, 0.0, format(of));
            }
        }
    };
    for index in 0..columns.row_bytes {
        let gap = if index == 7 && columns.row_bytes > 8 { " " } else { "" };
        match bytes.get(index as usize) {
            Some(byte) => {
                let text = format!("{byte:02x} {gap}");
                add(&mut job, &text, color(*byte));
                line += &text;
            }
            None => add(&mut job, &format!("   {gap}"), weak),
        }
    }
    add(&mut job, " ", weak);
    for byte in bytes {
        let is_text = byte.is_ascii_graphic() || *byte == b' ';
        let text = if is_text { char::from(*byte).to_string() } else { ".".to_string() };
        add(&mut job, &text, if is_text { ink } else { weak });
        line += &text;
    }
    if let Some((of, text)) = run {
        job.append(&text, 0.0, format(of));
    }
    (job, line)
}

fn strip_mesh(survey: &Survey, live: Option<&memviz::Heat>, rect: Rect, is_dark: bool) -> Mesh {
    let mut mesh = Mesh::default();
    let rows = rect.height().max(1.0) as usize;
    let grid = Grid::fitting(&survey.layout, 0..survey.layout.len, 1, rows).with_heat(&survey.heat);
    let changes = |index: usize| {
        let seen = live.map_or(0, |heat| heat.changes(grid.cell_range(index)));
        grid.cells[index].changes.max(seen)
    };
    let hottest = (0..grid.cells.len()).map(changes).max().unwrap_or(0).max(1);
    let len = survey.layout.len.max(1) as f64;
    for (index, cell) in grid.cells.iter().enumerate() {
        let range = grid.cell_range(index);
        let y = |address: u64| rect.top() + (address as f64 / len) as f32 * rect.height();
        let (top, bottom) = (y(range.start), y(range.end));
        let middle = rect.left() + rect.width() * 0.5;
        let hot = (1.0 + changes(index) as f32).ln() / (1.0 + hottest as f32).ln();
        add_rect(&mut mesh, Rect::from_x_y_ranges(rect.left()..=middle, top..=bottom), use_color(cell.of, is_dark));
        add_rect(&mut mesh, Rect::from_x_y_ranges(middle..=rect.right(), top..=bottom), theme::heat(hot, is_dark));
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_changed_flash_for_a_while() {
        let mut seen = Seen::default();
        seen.look(100, &[1, 2, 3], 0.0);
        assert_eq!(seen.flash(101, 0.0), 0.0);
        // Scrolled by one, and one byte changed.
        seen.look(101, &[2, 9, 4], 1.0);
        assert_eq!(seen.flash(102, 1.0), 1.0);
        assert_eq!(seen.flash(101, 1.0), 0.0);
        assert_eq!(seen.flash(103, 1.0), 0.0);
        seen.look(101, &[2, 9, 4], 1.0 + FLASH_SECS);
        assert!(seen.changed.is_empty());
    }
}
