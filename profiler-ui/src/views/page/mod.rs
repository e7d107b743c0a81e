//! The page that the panel of the browser's developer tools inspects: its modules, instances and memories, the calls
//! between them and JavaScript, and what can't be seen.

mod details;
mod lists;

use egui::{Key, Modifiers};
use serde::{Deserialize, Serialize};

use super::{Format, View, ViewId};
use crate::context::{Context, Request};
use crate::page::{AlwaysOn, Hook, Id, Page, PageCommand};
use crate::strings::Text;
use crate::widgets;

/// How the view is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// The list that is shown.
    pub section: Section,
    /// What the calls are sorted by.
    pub calls: SortCalls,
}

/// A list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// The memories.
    #[default]
    Memories,
    /// The modules, with their instances.
    Modules,
    /// The calls across the boundary.
    Calls,
    /// The tables.
    Tables,
    /// The places that are watched.
    Watched,
    /// What can't be seen.
    Unseen,
}

impl Section {
    const ALL: [Section; 6] =
        [Section::Memories, Section::Modules, Section::Calls, Section::Tables, Section::Watched, Section::Unseen];

    fn text(self) -> Text {
        match self {
            Section::Memories => Text::Memories,
            Section::Modules => Text::Modules,
            Section::Calls => Text::Calls,
            Section::Tables => Text::Tables,
            Section::Watched => Text::Watched,
            Section::Unseen => Text::Unseen,
        }
    }

    fn count(self, page: &Page) -> usize {
        match self {
            Section::Memories => page.memories.len(),
            Section::Modules => page.modules.len(),
            Section::Calls => page.calls.len(),
            Section::Tables => page.tables.len(),
            Section::Watched => page.watches.len(),
            Section::Unseen => page.unseen.len(),
        }
    }
}

/// What calls are sorted by, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortCalls {
    /// Time without what they called.
    #[default]
    Own,
    /// Time with what they called.
    Total,
    /// How many.
    Count,
    /// Bytes of arguments and results.
    Bytes,
}

/// The view.
#[derive(Default)]
pub struct PageView {
    /// In each list the row that is chosen.
    chosen: [usize; Section::ALL.len()],
    /// In which load of the page that was.
    load: u64,
}

impl PageView {
    /// What can be done with the page as a whole.
    fn head(context: &mut Context<'_>, page: &Page, ui: &mut egui::Ui) {
        let language = context.state.language;
        let text = |text: Text| text.in_language(language);
        let said = match page.hook {
            Hook::None => Text::HookNone,
            Hook::Late => Text::HookLate,
            Hook::Start if page.modules.is_empty() && page.memories.is_empty() => Text::HookNothing,
            Hook::Start => Text::HookStart,
            Hook::Unreachable => Text::HookUnreachable,
        };
        ui.horizontal_wrapped(|ui| {
            for (label, count_calls) in [(Text::ReloadWithHook, false), (Text::ReloadAndCount, true)] {
                if ui.button(text(label)).clicked() {
                    context.requests.push(Request::Page(PageCommand::Reload { count_calls }));
                }
            }
            if page.always_on != AlwaysOn::NotThere {
                let mut enabled = page.always_on == AlwaysOn::Granted;
                let hint = text(Text::AlwaysOnHint);
                if ui.checkbox(&mut enabled, text(Text::AlwaysOn)).on_hover_text(hint).changed() {
                    context.requests.push(Request::Page(PageCommand::AlwaysOn { enabled }));
                }
            }
        });
        ui.add(egui::Label::new(text(said)).wrap());
        ui.horizontal(|ui| {
            if page.cost_ms > 0.0 {
                ui.weak(format!("{:.1} ms/s", page.cost_ms)).on_hover_text(text(Text::PanelCost));
            }
            ui.add(egui::Label::new(egui::RichText::new(&page.url).weak()).truncate());
        });
    }

    fn sections(context: &mut Context<'_>, page: &Page, ui: &mut egui::Ui) {
        ui.horizontal_wrapped(|ui| {
            for section in Section::ALL {
                let name = context.text(section.text());
                let name = match section.count(page) {
                    0 => name.to_string(),
                    count => format!("{name} {}", widgets::grouped(count as u64)),
                };
                ui.selectable_value(&mut context.state.page.section, section, name);
            }
        });
    }

    /// Keys that mean something here; whether what is chosen is to be opened.
    fn keys(&mut self, context: &mut Context<'_>, page: &Page, ctx: &egui::Context) -> bool {
        if !context.has_focus(ViewId::Page) || ctx.text_edit_focused() {
            return false;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let at = Section::ALL.iter().position(|section| *section == context.state.page.section).unwrap_or(0);
        for (key, to) in [(Key::ArrowRight, at + 1), (Key::ArrowLeft, at + Section::ALL.len() - 1)] {
            if pressed(key)
                && let Some(section) = Section::ALL.get(to % Section::ALL.len())
            {
                context.state.page.section = *section;
            }
        }
        let section = context.state.page.section;
        let last = section.count(page).saturating_sub(1);
        let chosen = &mut self.chosen[section as usize];
        if pressed(Key::ArrowDown) {
            *chosen = (*chosen + 1).min(last);
        }
        if pressed(Key::ArrowUp) {
            *chosen = chosen.saturating_sub(1);
        }
        pressed(Key::Enter)
    }
}

/// What opening an entry asks for.
fn opening(page: &Page, section: Section, at: usize) -> Option<PageCommand> {
    match section {
        Section::Memories => {
            let memory = page.memories.get(at).filter(|memory| !memory.is_gone)?;
            Some(PageCommand::Attach { memory: Some(memory.id) })
        }
        Section::Modules => {
            let module = page.modules.get(at).filter(|module| module.has_bytes)?;
            Some(PageCommand::LoadModule { module: module.id })
        }
        Section::Watched => {
            let watch = page.watches.get(at)?;
            Some(PageCommand::Attach { memory: Some(watch.memory) })
        }
        Section::Calls | Section::Tables | Section::Unseen => None,
    }
}

/// Asks the bridge, and brings the view to the front that shows what will come.
fn open(context: &mut Context<'_>, command: PageCommand) {
    let view = match command {
        PageCommand::LoadModule { .. } => ViewId::Sizes,
        _ => ViewId::Memory,
    };
    context.requests.push(Request::Page(command));
    context.requests.push(Request::Show(view));
}

/// What to call a memory.
fn memory_label(page: &Page, id: Id) -> String {
    let name = page.memories.iter().find(|memory| memory.id == id).and_then(|memory| memory.name.clone());
    name.unwrap_or_else(|| format!("memory {id}"))
}

/// What to call the module of an instance.
fn instance_label(page: &Page, id: Id) -> String {
    let instance = page.instances.iter().find(|instance| instance.id == id);
    let module = instance.and_then(|instance| page.module(instance.module));
    module.map_or_else(|| format!("instance {id}"), |module| page.module_label(module))
}

impl View for PageView {
    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        let Some(page) = context.documents.page.clone() else { return };
        if self.load != page.load {
            *self = PageView { load: page.load, ..PageView::default() };
        }
        let is_entered = self.keys(context, &page, ui.ctx());
        Self::head(context, &page, ui);
        Self::sections(context, &page, ui);
        let section = context.state.page.section;
        let chosen = &mut self.chosen[section as usize];
        *chosen = (*chosen).min(section.count(&page).saturating_sub(1));
        if is_entered && let Some(command) = opening(&page, section, *chosen) {
            open(context, command);
        }
        if section.count(&page) == 0 {
            let empty = match section {
                Section::Memories | Section::Modules => Text::NoWasm,
                Section::Calls if page.counts_calls => Text::NoCallsYet,
                Section::Calls => Text::NoCalls,
                Section::Tables => Text::NoTables,
                Section::Watched => Text::NoWatches,
                Section::Unseen => Text::NothingUnseen,
            };
            ui.add(egui::Label::new(egui::RichText::new(context.text(empty)).weak()).wrap());
            return;
        }
        if matches!(section, Section::Memories | Section::Modules) {
            let at = *chosen;
            let height = ui.available_height() * 0.5;
            egui::Panel::bottom("page-details").resizable(true).default_size(height).show(ui, |ui| {
                ui.set_min_height(ui.available_height());
                details::ui(context, &page, section, at, ui);
            });
        }
        lists::ui(context, &page, section, chosen, ui);
    }

    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let page = context.documents.page.as_ref()?;
        let section = context.state.page.section;
        match format {
            Format::Png | Format::Svg => None,
            Format::Json => Some(lists::json(page, section)),
            Format::Csv => Some(lists::csv(page, section)),
        }
    }
}
