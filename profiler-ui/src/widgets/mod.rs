//! Small things that several views draw.

use crate::jobs::Job;
use crate::strings::{Language, Text};

/// `1,234,567`.
pub use wasm_analyzer::text::bytes as grouped;
/// `+1,234`, `-1,234`, `0`.
pub use wasm_analyzer::text::signed;

/// A number of bytes, exact and grouped: `12,345 B`.
pub fn bytes(count: u64) -> String {
    format!("{} B", grouped(count))
}

/// The part of a view that stands beside the rest, or below it where there is little room; of the width or the height it
/// has a share at first, and never all: what was set in a larger window leaves room in a smaller one.
pub fn side_panel(ui: &egui::Ui, name: &str, is_narrow: bool, below: f32, beside: f32) -> egui::Panel {
    const MOST: f32 = 0.7;
    let (panel, room, share) = match is_narrow {
        true => (egui::Panel::bottom((name, "below")), ui.available_height(), below),
        false => (egui::Panel::right((name, "beside")), ui.available_width(), beside),
    };
    panel.resizable(true).default_size(room * share).max_size(room * MOST)
}

/// A number of bytes in a unit that fits: `12.1 KiB`.
pub fn size(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A time in a unit that fits: `12.3 ms`.
pub fn duration(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}

/// A share of a whole: `12.3 %`.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

/// Rows as a file for spreadsheets.
pub fn csv<const COLUMNS: usize>(header: [&str; COLUMNS], rows: impl IntoIterator<Item = [String; COLUMNS]>) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header.map(str::to_string)).chain(rows) {
        // Writing to memory does not fail.
        let _ = out.write_record(row);
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A text in a drawing: what means something there, or may not stand there, is written out.
pub fn xml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

/// Work that goes on: how far it is, and what stops it, if it may be stopped; whether that was pressed.
pub fn work<T: Send + 'static>(ui: &mut egui::Ui, job: &Job<T>, language: Language, can_cancel: bool) -> bool {
    match job.done() {
        Some(done) => ui.add(egui::ProgressBar::new(done).desired_width(120.0)),
        None => ui.spinner(),
    };
    ui.label(&job.label);
    can_cancel && ui.button(Text::Cancel.in_language(language)).clicked()
}

/// A box to choose one of several.
pub fn choice<T: Copy + PartialEq>(
    ui: &mut egui::Ui,
    label: &str,
    value: &mut T,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) {
    let shown = format!("{label}: {}", name(*value));
    let current = all.iter().position(|one| one == value);
    if let Some(chosen) = drop_down(ui, label, &shown, all.len(), current, |at| name(all[at]).into()) {
        *value = all[chosen];
    }
}

/// A list that drops from a button; which of its `count` entries was chosen. Enter opens it, arrows, Home and End walk,
/// Enter chooses, Escape leaves all as it was.
pub fn drop_down(
    ui: &mut egui::Ui,
    salt: impl egui::AsIdSalt,
    shown: &str,
    count: usize,
    current: Option<usize>,
    name: impl Fn(usize) -> String,
) -> Option<usize> {
    let salt = egui::IdSalt::new(salt);
    // As the box itself makes it.
    let id = ui.make_persistent_id(egui::IdSalt::new(salt));
    let walked_id = id.with("walked");
    let is_open = egui::ComboBox::is_open(ui.ctx(), id);
    let before = ui.data(|data| data.get_temp::<usize>(walked_id)).filter(|_| is_open);
    let keys = if is_open { Keys::take(ui) } else { Keys::default() };
    let at = keys.walk(before.or(current), count);
    let walked = at.filter(|_| is_open && (keys.is_walking || before.is_some()));
    ui.data_mut(|data| {
        data.remove_temp::<usize>(walked_id);
        if let Some(walked) = walked {
            data.insert_temp(walked_id, walked);
        }
    });
    let mut chosen = None;
    let combo = egui::ComboBox::from_id_salt(salt).selected_text(shown).show_ui(ui, |ui| {
        for entry in 0..count {
            let row = ui.selectable_label(at == Some(entry), name(entry));
            if keys.is_walking && at == Some(entry) {
                row.scroll_to_me(None);
            }
            if row.clicked() || keys.is_entered && at == Some(entry) {
                chosen = Some(entry);
            }
        }
        if keys.is_entered {
            ui.close();
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, shown));
    if is_open {
        // Arrows would go on to the next widget, and Escape to none.
        combo.response.request_focus();
        let own = egui::EventFilter { vertical_arrows: true, escape: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(combo.response.id, own));
    }
    chosen
}

/// The keys that an open list takes.
#[derive(Clone, Copy, Default)]
struct Keys {
    is_walking: bool,
    is_entered: bool,
    /// Where to: -1 and 1 are the one before and behind.
    steps: isize,
    to_first: bool,
    to_last: bool,
}

impl Keys {
    fn take(ui: &egui::Ui) -> Keys {
        use egui::Key;
        ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(egui::Modifiers::NONE, key);
            let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
            let (to_first, to_last) = (pressed(Key::Home), pressed(Key::End));
            let is_entered = pressed(Key::Enter) | pressed(Key::Space);
            let steps = isize::from(down) - isize::from(up);
            Keys { is_walking: down | up | to_first | to_last, is_entered, steps, to_first, to_last }
        })
    }

    fn walk(self, from: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        match from {
            _ if self.to_first => Some(0),
            _ if self.to_last => Some(last),
            None if self.steps == 0 => None,
            None => Some(0),
            Some(at) => Some(at.saturating_add_signed(self.steps).min(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_safe_in_files() {
        assert_eq!(xml("a<b> & \"c\"\u{1b}\u{ffff}"), "a&lt;b&gt; &amp; &quot;c&quot;");
        let rows = [["a,b".to_string(), "1".to_string()]];
        assert_eq!(csv(["name", "size"], rows), "name,size\n\"a,b\",1\n");
    }

    #[test]
    fn sizes_have_a_unit_that_fits() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(12_345), "12.1 KiB");
        assert_eq!(size(49_454_737), "47.2 MiB");
        assert_eq!(bytes(1_234_567), "1,234,567 B");
        assert_eq!(share(1, 8), "12.5 %");
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        assert_eq!(
            [999, 12_345, 12_345_678, 12_345_678_901].map(duration),
            ["999 ns", "12.3 µs", "12.3 ms", "12.35 s"]
        );
    }
}
