//! The two sides, each a table that draws only what is in sight.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, TextStyle};
use egui_extras::{Column, TableBuilder};
use serde_json::json;

use super::listing::{Listing, Row, describe};
use super::wat::Kind;
use super::{Chosen, Hovered, ShownFile};
use crate::context::Context;
use crate::model::Selection;
use crate::strings::Text;
use crate::theme;
use crate::views::source::Source;
use crate::widgets;

/// Bytes of an instruction that are shown; the rest is for those who hover.
const SHOWN_BYTES: usize = 6;

/// What both sides draw from.
pub(super) struct Panes<'p> {
    pub(super) listing: &'p Listing,
    pub(super) chosen: &'p Chosen,
    pub(super) hovered: &'p Hovered,
    /// Whether what is chosen is to be brought into sight.
    pub(super) scrolls: bool,
}

impl Panes<'_> {
    /// The line of a file that is chosen.
    fn chosen_line(&self, file: &ShownFile) -> Option<u32> {
        if let Some(bytes) = &self.chosen.bytes {
            return self.listing.source_line(self.listing.wat.line_at(bytes.start)?, &file.path);
        }
        self.chosen.line.as_ref().filter(|(path, _)| *path == file.path).map(|(_, line)| *line)
    }

    fn hovered_line(&self, file: &ShownFile) -> Option<u32> {
        match self.hovered {
            Hovered::Nothing => None,
            Hovered::Source(line) => Some(*line),
            Hovered::Wasm(at) => self.listing.source_line(*at, &file.path),
        }
    }

    /// The source, or what is known of it.
    pub(super) fn source(&self, context: &mut Context<'_>, file: &ShownFile, hovered: &mut Hovered, ui: &mut egui::Ui) {
        ui.add(egui::Label::new(egui::RichText::new(&file.path).weak().small()).truncate());
        let text = match &file.source {
            Source::Read(text) => Some(text),
            Source::Reading(_) => {
                ui.spinner();
                return;
            }
            Source::Missing => {
                // A page has no command line.
                let text = if cfg!(target_arch = "wasm32") { Text::SourceMissingInPage } else { Text::SourceMissing };
                ui.label(context.text(text));
                ui.strong(context.text(Text::LinesWithCode));
                None
            }
        };
        let chosen_line = self.chosen_line(file);
        let hovered_line = self.hovered_line(file);
        let is_dark = ui.visuals().dark_mode;
        let font = TextStyle::Monospace.resolve(ui.style());
        let row_height = ui.text_style_height(&TextStyle::Monospace) + 2.0;
        let digits = font.size * 0.62;
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        let mut table = TableBuilder::new(ui)
            .id_salt("source")
            .sense(egui::Sense::click())
            .column(Column::exact(digits * 6.0))
            .column(Column::exact(digits * 8.0))
            .column(Column::remainder().clip(true));
        let row_count = text.map_or(file.numbers.len(), |text| text.len());
        let row_of = |line: u32| match text {
            Some(_) => (line as usize).checked_sub(1),
            None => file.numbers.binary_search(&line).ok(),
        };
        if self.scrolls
            && let Some(row) = chosen_line.or(file.numbers.first().copied()).and_then(row_of)
        {
            table = table.scroll_to_row(row.min(row_count.saturating_sub(1)), Some(Align::Center));
        }
        let mut picked = None;
        table.body(|body| {
            body.rows(row_height, row_count, |mut row| {
                let line = match text {
                    Some(_) => row.index() as u32 + 1,
                    None => file.numbers[row.index()],
                };
                let found = file.lines.get(&line);
                let tint = found.and_then(|_| tint(file, line, is_dark));
                row.set_selected(chosen_line == Some(line));
                row.set_hovered(hovered_line == Some(line));
                row.col(|ui| {
                    fill(ui, tint);
                    let number = egui::RichText::new(line.to_string()).monospace().weak();
                    ui.add(egui::Label::new(number).selectable(false));
                });
                row.col(|ui| {
                    fill(ui, tint);
                    let size = found.map(|found| widgets::bytes(found.size_bytes)).unwrap_or_default();
                    ui.add(egui::Label::new(egui::RichText::new(size).small().weak()).selectable(false));
                });
                row.col(|ui| {
                    fill(ui, tint);
                    let text = match text {
                        Some(text) => text.line(line).unwrap_or_default().replace('\t', "    "),
                        None => found.and_then(|found| found.function.clone()).unwrap_or_default(),
                    };
                    let text = egui::RichText::new(text).font(font.clone());
                    ui.add(egui::Label::new(text).truncate().selectable(false));
                });
                let response = row.response();
                if response.hovered() {
                    *hovered = Hovered::Source(line);
                }
                if response.clicked() {
                    picked = Some(line);
                }
            });
        });
        if let Some(line) = picked {
            context.select(Selection::Line { file: file.path.clone(), line });
        }
    }

    /// The wasm text with the calls that are inlined.
    pub(super) fn wasm(
        &self,
        context: &mut Context<'_>,
        file: Option<&ShownFile>,
        hovered: &mut Hovered,
        ui: &mut egui::Ui,
    ) {
        let listing = self.listing;
        ui.horizontal(|ui| {
            ui.weak(context.text(Text::WasmText));
            ui.weak(widgets::bytes(listing.size_bytes()));
            let line = file.and_then(|file| Some((file, self.chosen_line(file)?)));
            if let Some(found) = line.and_then(|(file, line)| file.lines.get(&line)) {
                let size = widgets::bytes(found.size_bytes);
                let ranges: Vec<String> =
                    found.ranges.iter().take(8).map(|range| format!("{:#x}", range.start)).collect();
                ui.weak(format!("■ {size}: {}", ranges.join(", ")));
            }
        });
        let chosen_line = file.and_then(|file| self.chosen_line(file));
        let hovered_line = file.and_then(|file| self.hovered_line(file));
        let is_dark = ui.visuals().dark_mode;
        let colors = Colors::new(ui);
        let font = TextStyle::Monospace.resolve(ui.style());
        let row_height = ui.text_style_height(&TextStyle::Monospace) + 2.0;
        let digits = font.size * 0.62;
        let bytes = context.documents.binary.as_ref().map(|binary| binary.bytes().clone()).unwrap_or_default();
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        let mut table = TableBuilder::new(ui)
            .id_salt("wasm")
            .sense(egui::Sense::click())
            .column(Column::exact(digits * 9.0))
            .column(Column::exact(digits * (SHOWN_BYTES as f32 * 3.0 + 1.0)))
            .column(Column::remainder().clip(true));
        if self.scrolls
            && let Some(row) = self.first_chosen(chosen_line, file).and_then(|at| listing.row_of(at))
        {
            table = table.scroll_to_row(row, Some(Align::Center));
        }
        let mut picked = None;
        table.body(|body| {
            body.rows(row_height, listing.rows.len(), |mut row| match listing.rows[row.index()] {
                Row::Place(chain) => {
                    let chain = listing.chains.get(chain as usize).map_or(&[][..], Vec::as_slice);
                    for _ in 0..2 {
                        row.col(|_| {});
                    }
                    row.col(|ui| {
                        let text = egui::RichText::new(describe(chain)).weak();
                        ui.add(egui::Label::new(text).truncate().selectable(false));
                    });
                }
                Row::Line(at) => {
                    let at = at as usize;
                    let line = &listing.wat.lines[at];
                    let source_line = file.and_then(|file| listing.source_line(at, &file.path));
                    let tint = file.zip(source_line).and_then(|(file, line)| tint(file, line, is_dark));
                    let is_chosen = match &self.chosen.bytes {
                        Some(chosen) => chosen.start < line.bytes.end && line.bytes.start < chosen.end,
                        None => source_line.is_some() && source_line == chosen_line,
                    };
                    row.set_selected(is_chosen && line.is_instruction);
                    row.set_hovered(source_line.is_some() && source_line == hovered_line);
                    row.col(|ui| {
                        fill(ui, tint);
                        let offset = egui::RichText::new(format!("{:#08x}", line.bytes.start)).monospace().weak();
                        ui.add(egui::Label::new(offset).selectable(false));
                    });
                    row.col(|ui| {
                        fill(ui, tint);
                        if line.is_instruction {
                            let range = line.bytes.start as usize..line.bytes.end as usize;
                            let text = hex(bytes.get(range).unwrap_or_default());
                            let text = egui::RichText::new(text).monospace().weak();
                            ui.add(egui::Label::new(text).truncate().selectable(false));
                        }
                    });
                    row.col(|ui| {
                        fill(ui, tint);
                        let job = layout(listing, at, &font, &colors);
                        let raw = listing.wat.text(line).1;
                        let is_raw = job.text.trim_start() == raw;
                        let label = ui.add(egui::Label::new(job).truncate().selectable(false));
                        if !is_raw {
                            label.on_hover_text(raw);
                        }
                    });
                    let response = row.response();
                    if response.hovered() {
                        *hovered = Hovered::Wasm(at);
                    }
                    if response.clicked() && line.is_instruction {
                        picked = Some(line.bytes.clone());
                    }
                }
            });
        });
        if let Some(bytes) = picked {
            context.select(Selection::Bytes(bytes));
        }
    }

    /// The first line of the text that is chosen.
    fn first_chosen(&self, chosen_line: Option<u32>, file: Option<&ShownFile>) -> Option<usize> {
        let offset = match &self.chosen.bytes {
            Some(bytes) => bytes.start,
            None => file?.lines.get(&chosen_line?)?.ranges.first()?.start,
        };
        self.listing.wat.line_at(offset)
    }
}

/// The first bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > SHOWN_BYTES { "…" } else { "" };
    shown.join(" ") + more
}

/// The colour by which a source line and its instructions are found side by side.
fn tint(file: &ShownFile, line: u32, is_dark: bool) -> Option<Color32> {
    let at = file.numbers.binary_search(&line).ok()?;
    Some(theme::category(at as u32, is_dark).gamma_multiply(if is_dark { 0.22 } else { 0.28 }))
}

fn fill(ui: &egui::Ui, tint: Option<Color32>) {
    if let Some(tint) = tint {
        ui.painter().rect_filled(ui.max_rect(), 0.0, tint);
    }
}

/// Colours of the text format.
struct Colors {
    plain: Color32,
    keyword: Color32,
    name: Color32,
    literal: Color32,
    comment: Color32,
}

impl Colors {
    fn new(ui: &egui::Ui) -> Colors {
        let visuals = ui.visuals();
        let ground = if visuals.dark_mode { Color32::WHITE } else { Color32::BLACK };
        let readable = |index| theme::mix(theme::category(index, visuals.dark_mode), ground, 0.4);
        Colors {
            plain: visuals.text_color(),
            keyword: visuals.strong_text_color(),
            name: readable(0),
            literal: readable(5),
            comment: visuals.weak_text_color(),
        }
    }

    fn of(&self, kind: Kind) -> Color32 {
        match kind {
            Kind::Plain => self.plain,
            Kind::Keyword => self.keyword,
            Kind::Name => self.name,
            Kind::Literal | Kind::Type => self.literal,
            Kind::Comment => self.comment,
        }
    }
}

fn layout(listing: &Listing, at: usize, font: &FontId, colors: &Colors) -> LayoutJob {
    let line = &listing.wat.lines[at];
    let (indent, _) = listing.wat.text(line);
    let mut job = LayoutJob::default();
    let format = |kind| TextFormat { font_id: font.clone(), color: colors.of(kind), ..TextFormat::default() };
    job.append(&" ".repeat(indent), 0.0, format(Kind::Plain));
    for (kind, piece) in listing.wat.readable(line) {
        job.append(&piece, 0.0, format(kind));
    }
    job
}

impl Listing {
    fn size_bytes(&self) -> u64 {
        let lines = &self.wat.lines;
        lines.first().zip(lines.last()).map_or(0, |(first, last)| u64::from(last.bytes.end - first.bytes.start))
    }
}

/// The function, for programs.
pub(super) fn json(listing: &Listing) -> String {
    let lines = listing.wat.lines.iter().enumerate().map(|(at, line)| {
        let frames = listing.chain(at).iter().map(|frame| {
            json!({
                "function": frame.function,
                "file": frame.place.as_ref().map(|place| &place.file),
                "line": frame.place.as_ref().and_then(|place| place.line),
            })
        });
        json!({
            "offset": line.bytes.start,
            "size_bytes": line.bytes.end - line.bytes.start,
            "text": listing.wat.text(line).1,
            "frames": frames.collect::<Vec<_>>(),
        })
    });
    format!("{:#}\n", json!({ "function": listing.name, "lines": lines.collect::<Vec<_>>() }))
}

/// The function, for spreadsheets: the innermost place of each line.
pub(super) fn csv(listing: &Listing) -> String {
    let rows = listing.wat.lines.iter().enumerate().map(|(at, line)| {
        let place = listing.chain(at).first().and_then(|frame| frame.place.as_ref());
        [
            line.bytes.start.to_string(),
            (line.bytes.end - line.bytes.start).to_string(),
            listing.wat.text(line).1.to_string(),
            place.map(|place| place.file.clone()).unwrap_or_default(),
            place.and_then(|place| place.line).map(|line| line.to_string()).unwrap_or_default(),
        ]
    });
    widgets::csv(["offset", "size_bytes", "text", "file", "line"], rows)
}

/// Lines of a drawing; what comes after them nobody prints.
const MAX_DRAWN: usize = 5_000;

/// The function as a drawing: offsets and text, each run of instructions below where it stems from.
pub(super) fn svg(listing: &Listing) -> String {
    use std::fmt::Write as _;
    const ROW: usize = 15;
    let rows = &listing.rows[..listing.rows.len().min(MAX_DRAWN)];
    let height = (rows.len() + 2) * ROW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 {height}\" font-family=\"monospace\" \
         font-size=\"11\" xml:space=\"preserve\">\n<rect width=\"1000\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"8\" y=\"{ROW}\" font-weight=\"bold\">{}</text>\n",
        widgets::xml(&listing.name)
    );
    for (at, row) in rows.iter().enumerate() {
        let y = (at + 2) * ROW;
        // Writing to a text does not fail.
        let _ = match row {
            Row::Place(chain) => {
                let chain = listing.chains.get(*chain as usize).map_or(&[][..], Vec::as_slice);
                writeln!(out, "<text x=\"90\" y=\"{y}\" fill=\"#667\">{}</text>", widgets::xml(&describe(chain)))
            }
            Row::Line(line) => {
                let line = &listing.wat.lines[*line as usize];
                let (indent, _) = listing.wat.text(line);
                let text: String = listing.wat.readable(line).map(|(_, piece)| piece).collect();
                let (start, x, text) = (line.bytes.start, 90 + indent * 7, widgets::xml(&text));
                writeln!(
                    out,
                    "<text x=\"8\" y=\"{y}\" fill=\"#889\">{start:#08x}</text><text x=\"{x}\" y=\"{y}\">{text}</text>"
                )
            }
        };
    }
    out.push_str("</svg>\n");
    out
}
