//! The whole time as a strip. In time order it is the minimap of what is seen; else a part of it can be chosen there.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Color32, Pos2, Rect, Sense, Shape, Stroke, pos2, vec2};

use super::ChartKind;
use super::flame::{Flame, add_rect};
use super::span::Span;
use super::summary::Summary;
use crate::context::Context;
use crate::strings::Text;
use crate::theme;

const HEIGHT: f32 = 34.0;

/// The strip's own state.
#[derive(Default)]
pub(super) struct Strip {
    drawn: Option<(Rect, bool, Arc<Mesh>)>,
    dragged_from: Option<Pos2>,
}

impl Strip {
    pub(super) fn repaint(&mut self) {
        self.drawn = None;
    }

    pub(super) fn ui(&mut self, context: &mut Context<'_>, summary: &Summary, flame: &mut Flame, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
        let rect = response.rect;
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ScrollBar, true, context.text(Text::Minimap)));
        let is_dark = ui.visuals().dark_mode;
        if self.drawn.as_ref().is_none_or(|(of, dark, _)| *of != rect || *dark != is_dark) {
            self.drawn = Some((rect, is_dark, Arc::new(mesh(summary, rect, is_dark))));
        }
        if let Some((_, _, mesh)) = &self.drawn {
            painter.add(Shape::Mesh(mesh.clone()));
        }
        let whole = Span::of(&summary.profile().range());
        let is_minimap = context.state.time.chart == ChartKind::TimeOrder;
        let mark = |span: Span, stroke: Stroke| {
            let x = |at: f64| rect.left() + whole.to_screen(at, rect.width());
            let area = Rect::from_min_max(pos2(x(span.start), rect.top()), pos2(x(span.end), rect.bottom()));
            painter.rect(area, 0.0, Color32::from_white_alpha(20), stroke, egui::StrokeKind::Inside);
        };
        if let Some(range) = &summary.key.range {
            mark(Span::of(range), Stroke::new(1.5, ui.visuals().selection.stroke.color));
        }
        if is_minimap {
            if let Some(seen) = flame.seen().filter(|seen| seen.width() < whole.width() * 0.999) {
                mark(seen, Stroke::new(2.0, ui.visuals().strong_text_color()));
                if let Some(pointer) = response.interact_pointer_pos() {
                    let at = whole.at(pointer.x - rect.left(), rect.width());
                    let to = seen.moved(at - (seen.start + seen.end) / 2.0, whole);
                    flame.see(context, to);
                }
            }
            return;
        }
        if response.drag_started() {
            self.dragged_from = response.interact_pointer_pos();
        }
        if let (Some(from), Some(to)) = (self.dragged_from, response.interact_pointer_pos()) {
            let span = dragged(whole, rect, from, to);
            mark(span, Stroke::new(1.0, ui.visuals().strong_text_color()));
            if response.drag_stopped() {
                self.dragged_from = None;
                let range = span.range();
                context.state.time.set_range(Some([range.start, range.end]));
            }
        } else if response.clicked() {
            context.state.time.set_range(None);
        }
    }
}

/// The part of the axis between two places of a screen.
pub(super) fn dragged(seen: Span, screen: Rect, from: Pos2, to: Pos2) -> Span {
    let [a, b] =
        [from, to].map(|at| seen.at(at.x.clamp(screen.left(), screen.right()) - screen.left(), screen.width()));
    Span { start: a.min(b), end: a.max(b) }
}

fn mesh(summary: &Summary, rect: Rect, is_dark: bool) -> Mesh {
    let mut mesh = Mesh::default();
    add_rect(&mut mesh, rect, theme::dimmed(is_dark));
    let width = rect.width() / summary.activity.len().max(1) as f32;
    for (at, depth) in summary.activity.iter().enumerate().filter(|(_, depth)| **depth > 0.0) {
        let left = rect.left() + at as f32 * width;
        let top = rect.bottom() - (rect.height() - 3.0) * depth;
        let bar = Rect::from_min_max(pos2(left, top), pos2(left + width, rect.bottom()));
        add_rect(&mut mesh, bar, theme::mix(theme::dimmed(is_dark), theme::category(0, is_dark), 0.35 + 0.45 * depth));
    }
    mesh
}
