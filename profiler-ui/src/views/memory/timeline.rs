//! Memory over time: its growth as a line, the moments whose bytes are known as marks; a mark that is chosen moves map
//! and hexdump through time.

use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, pos2, vec2};

use super::Chosen;
use crate::context::Context;
use crate::model::{Moment, Survey};
use crate::strings::Text;
use crate::theme;
use crate::widgets;

/// Its height, in points.
const HEIGHT: f32 = 44.0;

/// Growth and moments on one axis.
#[derive(Debug, Default, PartialEq)]
struct Axis {
    /// Time (milliseconds) or, where times are not known, order; and the memory's size from then on, in bytes.
    sizes: Vec<(f64, u64)>,
    /// Of each moment, where it is.
    moments: Vec<(f64, Chosen)>,
    /// Whether the axis is of time.
    is_timed: bool,
}

impl Axis {
    fn new<'m>(
        start: Option<&'m Moment>,
        moments: impl Iterator<Item = &'m Moment> + Clone,
        live: &[memviz::snapshot::Growth],
        memory: u32,
    ) -> Axis {
        let bytes_of =
            |moment: &Moment| moment.snapshot.header.memories.get(memory as usize).map_or(0, |memory| memory.bytes);
        let is_timed = moments.clone().all(|moment| moment.snapshot.header.taken_at_ms.is_some());
        let mut axis = Axis { is_timed, ..Axis::default() };
        let all = moments.clone().flat_map(|moment| &moment.snapshot.header.growth).chain(live);
        let mut growth: Vec<(f64, u64)> =
            all.filter(|growth| growth.memory == memory).map(|growth| (growth.at_ms as f64, growth.bytes)).collect();
        growth.sort_by(|a, b| a.0.total_cmp(&b.0));
        growth.dedup();
        let time = |at: usize, moment: &Moment| match moment.snapshot.header.taken_at_ms.filter(|_| is_timed) {
            Some(at_ms) => at_ms as f64,
            None => at as f64 + 1.0,
        };
        for (at, moment) in moments.enumerate() {
            let at_x = time(at, moment);
            axis.moments.push((at_x, Chosen::Moment(at)));
            axis.sizes.push((at_x, bytes_of(moment)));
        }
        if is_timed {
            axis.sizes.extend(growth);
        }
        axis.sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(start) = start {
            // Before all that has a time: a twentieth of the whole earlier.
            let first = axis.sizes.first().map_or(1.0, |size| size.0);
            let last = axis.sizes.last().map_or(1.0, |size| size.0);
            let at = if is_timed { first - ((last - first) / 20.0).max(1.0) } else { 0.0 };
            axis.moments.insert(0, (at, Chosen::Start));
            axis.sizes.insert(0, (at, bytes_of(start)));
        }
        axis
    }

    fn bounds(&self) -> (f64, f64) {
        let first = self.sizes.first().map_or(0.0, |size| size.0);
        let last = self.sizes.last().map_or(1.0, |size| size.0);
        (first, if last > first { last } else { first + 1.0 })
    }

    /// The moment that is nearest to a place.
    fn nearest(&self, at: f64) -> Option<Chosen> {
        let distance = |moment: &&(f64, Chosen)| (moment.0 - at).abs();
        self.moments.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|moment| moment.1)
    }

    /// The moment so many steps from another.
    fn step(&self, from: Chosen, by: isize) -> Option<Chosen> {
        let at = match from {
            Chosen::Latest => self.moments.len().saturating_sub(1),
            from => self.moments.iter().position(|moment| moment.1 == from)?,
        };
        self.moments.get(at.checked_add_signed(by)?).map(|moment| moment.1)
    }
}

fn axis(context: &Context<'_>, start: Option<&Moment>, memory: u32) -> Axis {
    let live = context.documents.live.as_ref().map_or(&[][..], |live| live.growth.as_slice());
    Axis::new(start, context.documents.moments.iter().map(|moment| &**moment), live, memory)
}

/// One moment on or back.
pub(super) fn step(context: &mut Context<'_>, start: Option<&Moment>, by: isize) {
    let axis = axis(context, start, context.state.memory.memory);
    if let Some(to) = axis.step(context.state.memory.moment, by) {
        context.state.memory.moment = to;
    }
}

/// Draws it, if there is more than one thing to see in it.
pub(super) fn ui(context: &mut Context<'_>, start: Option<&Moment>, survey: &Survey, ui: &mut egui::Ui) {
    let axis = axis(context, start, survey.memory);
    if axis.sizes.len() < 2 {
        return;
    }
    let (response, painter) = ui.allocate_painter(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, context.text(Text::Growth)));
    let rect = response.rect.shrink2(vec2(8.0, 3.0));
    let (first, last) = axis.bounds();
    let largest = axis.sizes.iter().map(|size| size.1).max().unwrap_or(0).max(1);
    let x = |at: f64| rect.left() + ((at - first) / (last - first)) as f32 * rect.width();
    let y = |bytes: u64| rect.bottom() - (bytes as f64 / largest as f64) as f32 * (rect.height() - 12.0);
    let is_dark = ui.visuals().dark_mode;
    let color = theme::category(2, is_dark);
    // Steps: a size holds until the next.
    let mut line: Vec<Pos2> = Vec::new();
    for (at, (time, bytes)) in axis.sizes.iter().enumerate() {
        let to = axis.sizes.get(at + 1).map_or(last, |next| next.0);
        line.extend([pos2(x(*time), y(*bytes)), pos2(x(to), y(*bytes))]);
        let below = Rect::from_min_max(pos2(x(*time), y(*bytes)), pos2(x(to).max(x(*time) + 1.0), rect.bottom()));
        painter.rect_filled(below, 0.0, color.gamma_multiply(0.25));
    }
    painter.line(line, Stroke::new(1.5, color));
    let shown = shown(context, survey, start.is_some());
    for (time, moment) in &axis.moments {
        let is_shown = *moment == shown;
        let ink = if is_shown { ui.visuals().selection.stroke.color } else { ui.visuals().weak_text_color() };
        let width = if is_shown { 3.0 } else { 1.0 };
        painter.vline(x(*time), rect.y_range(), Stroke::new(width, ink));
        painter.circle_filled(pos2(x(*time), rect.bottom()), width + 1.5, ink);
    }
    let label = widgets::size(largest);
    painter.text(
        rect.left_top() + vec2(4.0, -3.0),
        Align2::LEFT_TOP,
        label,
        FontId::proportional(10.0),
        ui.visuals().weak_text_color(),
    );
    if let Some(at) = response.interact_pointer_pos() {
        let time = first + f64::from((at.x - rect.left()) / rect.width()) * (last - first);
        if let Some(nearest) = axis.nearest(time) {
            context.state.memory.moment = nearest;
        }
    }
}

/// Which of the moments a survey is of.
fn shown(context: &Context<'_>, survey: &Survey, has_start: bool) -> Chosen {
    let moments = &context.documents.moments;
    match moments.iter().position(|moment| std::sync::Arc::ptr_eq(moment, &survey.moment)) {
        Some(at) => Chosen::Moment(at),
        None if has_start => Chosen::Start,
        None => Chosen::Latest,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::model::Origin;
    use memviz::snapshot::{Growth, MemoryState, Snapshot};

    fn moment(taken_at_ms: Option<u64>, bytes: u64, growth: &[(u64, u64)]) -> Moment {
        let mut snapshot = Snapshot::default();
        snapshot.header.taken_at_ms = taken_at_ms;
        snapshot.header.memories.push(MemoryState { bytes, ..MemoryState::default() });
        let of = |(at_ms, bytes): &(u64, u64)| Growth { at_ms: *at_ms, memory: 0, bytes: *bytes, stack: Vec::new() };
        snapshot.header.growth = growth.iter().map(of).collect();
        Moment { name: String::new(), origin: Origin::Snapshot, snapshot }
    }

    #[test]
    fn growth_and_moments_share_one_axis() {
        let start = moment(None, 10, &[]);
        let moments = [moment(Some(1000), 10, &[]), moment(Some(3000), 40, &[(2000, 20), (2500, 40)])];
        let axis = Axis::new(Some(&start), moments.iter(), &[], 0);
        assert_eq!(axis.sizes, [(900.0, 10), (1000.0, 10), (2000.0, 20), (2500.0, 40), (3000.0, 40)]);
        assert_eq!(axis.nearest(0.0), Some(Chosen::Start));
        assert_eq!(axis.nearest(1900.0), Some(Chosen::Moment(0)));
        assert_eq!(axis.step(Chosen::Latest, -1), Some(Chosen::Moment(0)));
        assert_eq!(axis.step(Chosen::Start, -1), None);
    }

    #[test]
    fn moments_without_a_time_are_in_order() {
        let moments = [moment(None, 10, &[]), moment(Some(5), 20, &[])];
        let axis = Axis::new(None, moments.iter(), &[], 0);
        assert_eq!(axis.sizes, [(1.0, 10), (2.0, 20)]);
        assert!(!axis.is_timed);
    }
}
