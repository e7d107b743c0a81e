//! What would make the program better: one ranked list, the evidence behind each line, and a button that does it on a
//! copy.

mod applying;
mod details;
mod list;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wasm_advice::{Advice, Unit};

use super::{Format, View, ViewId};
use crate::command::Command;
use crate::context::{Context, Request};
use crate::jobs::{Job, Poll};
use crate::model::{Grounds, Selection};
use crate::strings::Text;
use crate::widgets;
use applying::Applying;

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// The advice whose details are shown, if not the first.
    pub chosen: Option<Choice>,
    /// Gains of which unit are listed.
    pub gains: Gains,
    /// Whether only what a button can do is listed.
    pub only_applicable: bool,
}

/// An advice, found again after a reload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Choice {
    /// Its kind.
    pub kind: String,
    /// Its title in English, by which advice of one kind is told apart.
    pub title: String,
}

/// Gains of one unit, or all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gains {
    /// All.
    #[default]
    All,
    /// Bytes of the file.
    Size,
    /// Bytes of memory.
    Memory,
    /// Time of a run.
    Time,
}

impl Gains {
    const ALL: [Gains; 4] = [Gains::All, Gains::Size, Gains::Memory, Gains::Time];

    fn has(self, unit: Unit) -> bool {
        match self {
            Gains::All => true,
            Gains::Size => unit == Unit::FileBytes,
            Gains::Memory => unit == Unit::MemoryBytes,
            Gains::Time => matches!(unit, Unit::Nanoseconds | Unit::Samples),
        }
    }

    /// What a unit is a gain of.
    fn of(unit: Unit) -> Gains {
        Gains::ALL.into_iter().skip(1).find(|gains| gains.has(unit)).unwrap_or_default()
    }

    fn text(self) -> Text {
        match self {
            Gains::All => Text::AllGains,
            Gains::Size => Text::Size,
            Gains::Memory => Text::Memory,
            Gains::Time => Text::Time,
        }
    }
}

impl Choice {
    fn of(advice: &Advice) -> Choice {
        Choice { kind: advice.kind.to_string(), title: advice.title.to_string() }
    }

    fn is(&self, advice: &Advice) -> bool {
        self.kind == advice.kind.as_str() && self.title == advice.title.to_string()
    }
}

/// The view.
#[derive(Default)]
pub struct AdviceView {
    all: Option<(u64, Arc<[Advice]>)>,
    loading: Option<(u64, Job<Vec<Advice>>)>,
    applying: Applying,
}

impl AdviceView {
    /// Looks for advice when what it rests upon is another.
    fn refresh(&mut self, context: &Context<'_>, ctx: &egui::Context) {
        let generation = context.documents.generation;
        if self.all.as_ref().is_none_or(|(of, _)| *of != generation)
            && self.loading.as_ref().is_none_or(|(of, _)| *of != generation)
        {
            let grounds = Grounds::of(context.documents);
            self.all = None;
            let job = Job::start(ctx, context.text(Text::Working), move |_| grounds.gather());
            self.loading = Some((generation, job));
        }
    }

    fn toolbar(context: &mut Context<'_>, ui: &mut egui::Ui) {
        let language = context.state.language;
        let settings = &mut context.state.advice;
        ui.horizontal_wrapped(|ui| {
            for gains in Gains::ALL {
                ui.selectable_value(&mut settings.gains, gains, gains.text().in_language(language));
            }
            ui.separator();
            ui.checkbox(&mut settings.only_applicable, Text::OnlyApplicable.in_language(language));
        });
    }

    /// The advice that the filters let through, by rank.
    fn listed<'a>(context: &Context<'_>, all: &'a [Advice]) -> Vec<&'a Advice> {
        let settings = &context.state.advice;
        let is_found = |advice: &Advice| {
            let phrases = std::iter::once(&advice.title).chain(advice.evidence.iter().map(|evidence| &evidence.label));
            let words: Vec<String> =
                phrases.map(|phrase| context.phrase(phrase)).chain([advice.kind.to_string()]).collect();
            context.filter.matches_name(&words.join(" "))
        };
        all.iter()
            .filter(|advice| settings.gains.has(advice.gain.unit))
            .filter(|advice| !settings.only_applicable || applying::is_offered(advice, all))
            .filter(|advice| context.filter.is_empty() || is_found(advice))
            .collect()
    }

    /// The listed advice whose details are shown.
    fn chosen(context: &Context<'_>, listed: &[&Advice]) -> Option<usize> {
        let chosen = context.state.advice.chosen.as_ref();
        let found = chosen.and_then(|chosen| listed.iter().position(|advice| chosen.is(advice)));
        found.or((!listed.is_empty()).then_some(0))
    }

    /// Keys that mean something here.
    fn keys(context: &mut Context<'_>, listed: &[&Advice], ctx: &egui::Context) {
        use egui::{Key, Modifiers};
        let Some(at) = Self::chosen(context, listed) else { return };
        let is_elsewhere = ctx.memory(|memory| memory.focused().is_some());
        if !context.has_focus(ViewId::Advice) || is_elsewhere {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let mut to = at;
        if pressed(Key::ArrowDown) {
            to = (at + 1).min(listed.len() - 1);
        }
        if pressed(Key::ArrowUp) {
            to = at.saturating_sub(1);
        }
        if to != at {
            context.state.advice.chosen = Some(Choice::of(listed[to]));
        }
        if pressed(Key::Enter) {
            show(context, listed[to]);
        }
    }
}

impl View for AdviceView {
    fn update(&mut self, context: &mut Context<'_>) {
        if let Some((generation, job)) = &self.loading {
            match job.poll() {
                Poll::Running => {}
                Poll::Gone => self.loading = None,
                Poll::Done(advice) => {
                    self.all = Some((*generation, advice.into()));
                    self.loading = None;
                }
            }
        }
        self.applying.refresh(context);
    }

    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.refresh(context, ui.ctx());
        Self::toolbar(context, ui);
        self.applying.ui(context, ui);
        let Some((_, all)) = self.all.clone().filter(|_| !Grounds::of(context.documents).is_empty()) else {
            match &self.loading {
                Some((_, job)) => {
                    ui.horizontal(|ui| {
                        ui.spinner();
                        ui.weak(&job.label);
                    });
                }
                None => {
                    ui.weak(context.text(Text::NoBinary));
                }
            }
            return;
        };
        let listed = Self::listed(context, &all);
        if listed.is_empty() {
            self.applying.is_asked = false;
            let text = if all.is_empty() { Text::NothingToImprove } else { Text::NothingMatches };
            ui.weak(context.text(text));
            return;
        }
        Self::keys(context, &listed, ui.ctx());
        let Some(at) = Self::chosen(context, &listed) else { return };
        let is_narrow = ui.available_width() < 640.0;
        widgets::side_panel(ui, "advice-details", is_narrow, 0.6, 0.45).show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                details::ui(context, listed[at], &all, &mut self.applying, ui);
            });
        });
        list::ui(context, &listed, &all, at, ui);
    }

    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        match command {
            Command::Apply => {
                self.applying.is_asked = true;
                context.requests.push(Request::Show(ViewId::Advice));
                return true;
            }
            Command::TakeBack => return self.applying.take_back(context),
            Command::SaveCopy => return self.applying.save(context),
            _ => {}
        }
        let Some((_, all)) = &self.all else { return false };
        let listed = Self::listed(context, all);
        match (command, Self::chosen(context, &listed)) {
            (Command::NextMatch, Some(at)) => {
                context.state.advice.chosen = Some(Choice::of(listed[(at + 1) % listed.len()]));
                true
            }
            _ => false,
        }
    }

    fn is_busy(&self) -> bool {
        self.loading.is_some() || self.applying.is_busy()
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let (_, all) = self.all.as_ref()?;
        let listed = Self::listed(context, all);
        match format {
            Format::Png => None,
            Format::Svg => Some(list::svg(context, &listed)),
            Format::Json => Some(format!("{:#}\n", serde_json::json!({ "advice": listed }))),
            Format::Csv => Some(list::csv(&listed)),
        }
    }
}

/// What a gain is, for people: `~12,345 B`.
fn gain_text(gain: wasm_advice::Gain) -> String {
    let about = if gain.certainty == wasm_advice::Certainty::Estimate { "~" } else { "" };
    let amount = amount_text(gain.amount, gain.unit);
    format!("{about}{amount}")
}

/// An amount with its unit.
fn amount_text(amount: u64, unit: Unit) -> String {
    match unit {
        Unit::FileBytes | Unit::MemoryBytes => widgets::bytes(amount),
        Unit::Nanoseconds => widgets::duration(amount),
        Unit::Samples => widgets::grouped(amount),
    }
}

/// Chooses what an advice rests upon, and brings the view that shows it to the front.
fn show(context: &mut Context<'_>, advice: &Advice) {
    if let Some((selection, view)) = selection_of(&advice.evidence) {
        if let Selection::Memory { memory, .. } = &selection {
            // Advice is on the newest moment.
            context.state.memory.memory = *memory;
            context.state.memory.moment = super::memory::Chosen::Latest;
        }
        context.select(selection);
        context.requests.push(Request::Show(view));
    }
}

/// What evidence means, and where that is seen best: addresses, else a function that ran, else items, else bytes.
fn selection_of(evidence: &[wasm_advice::Evidence]) -> Option<(Selection, ViewId)> {
    if let Some(at) = evidence.iter().find_map(|evidence| evidence.memory.clone()) {
        return Some((Selection::Memory { memory: at.memory, range: at.range }, ViewId::Memory));
    }
    if let Some(name) = evidence.iter().find_map(|evidence| evidence.function.clone()) {
        return Some((Selection::Function(name), ViewId::Time));
    }
    let mut items: Vec<_> = evidence.iter().filter_map(|evidence| evidence.item).map(wasm_binary::ItemId).collect();
    items.sort_unstable();
    items.dedup();
    let selection = match items[..] {
        [] => Selection::Bytes(evidence.iter().find_map(|evidence| evidence.range.clone())?),
        [item] => Selection::Item(item),
        _ => Selection::Items(items),
    };
    Some((selection, ViewId::Sizes))
}
