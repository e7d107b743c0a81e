//! The panes. Each is a module of the same few files: `mod` (the view and its settings), what it computes, what it draws.

pub mod advice;
pub mod code;
#[cfg(not(target_arch = "wasm32"))]
pub mod debugger;
pub mod memory;
pub mod page;
pub mod sizes;
mod source;
pub mod time;

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::context::Context;
use crate::strings::Text;

/// Which view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewId {
    /// What fills the file.
    #[default]
    Sizes,
    /// What fills a memory.
    Memory,
    /// Where the time goes.
    Time,
    /// Source and wasm text.
    Code,
    /// What would make the program better.
    Advice,
    /// A program under control; only on a desktop.
    Debugger,
    /// The page that is inspected; only in a panel of the browser's developer tools.
    Page,
}

impl ViewId {
    /// All that are here but the page, in the order of menus.
    #[cfg(not(target_arch = "wasm32"))]
    pub const ALL: &'static [ViewId] =
        &[ViewId::Sizes, ViewId::Memory, ViewId::Time, ViewId::Advice, ViewId::Debugger, ViewId::Code];
    /// All that are here but the page, in the order of menus.
    #[cfg(target_arch = "wasm32")]
    pub const ALL: &'static [ViewId] = &[ViewId::Sizes, ViewId::Memory, ViewId::Time, ViewId::Advice, ViewId::Code];

    /// Its title.
    pub fn text(self) -> Text {
        match self {
            ViewId::Sizes => Text::Sizes,
            ViewId::Memory => Text::Memory,
            ViewId::Time => Text::Time,
            ViewId::Code => Text::Code,
            ViewId::Advice => Text::Advice,
            ViewId::Debugger => Text::Debugger,
            ViewId::Page => Text::Page,
        }
    }
}

impl ViewId {
    /// How its files are called.
    pub fn file_stem(self) -> &'static str {
        match self {
            ViewId::Sizes => "sizes",
            ViewId::Memory => "memory",
            ViewId::Time => "time",
            ViewId::Code => "code",
            ViewId::Advice => "advice",
            ViewId::Debugger => "debugger",
            ViewId::Page => "page",
        }
    }
}

/// Keys that the views take, beside those of the commands.
pub const KEYS: &[(Text, &str)] = &[
    (Text::ZoomKeys, "W S"),
    (Text::PanKeys, "A D"),
    (Text::WalkKeys, "← → ↑ ↓"),
    (Text::CentreKey, "F"),
    (Text::MomentKeys, "[ ]"),
    (Text::GoToAddress, "G"),
    (Text::FollowPointer, "Enter"),
    (Text::ColorKeys, "1 2 3 4 5"),
    (Text::TimeOrder, "T"),
    (Text::LeftHeavy, "L"),
    (Text::Sandwich, "N"),
    (Text::Diff, "X"),
    (Text::ScrollKeys, "Page ↑ ↓"),
    (Text::CountSeen, "R"),
    (Text::InstructionKeys, "↑ ↓"),
];

/// What a view's contents can be saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A picture in pixels.
    Png,
    /// A drawing.
    Svg,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

impl Format {
    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
            Format::Json => "json",
            Format::Csv => "csv",
        }
    }
}

/// A pane.
pub trait View {
    /// Takes in what has been computed for it; with each frame, whichever view is in front.
    fn update(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// Draws it and takes what the user does in it.
    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui);

    /// Carries out a command that means something here; whether it did.
    fn command(&mut self, context: &mut Context<'_>, command: Command) -> bool {
        let _ = (context, command);
        false
    }

    /// Whether it still computes what it shows.
    fn is_busy(&self) -> bool {
        false
    }

    /// Its contents, if there are any. Of a picture nothing means that it has none of its own: then what is seen of it
    /// is saved.
    fn export(&self, context: &Context<'_>, format: Format) -> Option<String> {
        let _ = (context, format);
        None
    }
}

/// Where a desktop has a view that a page has not: a link may come from there.
#[cfg(target_arch = "wasm32")]
#[derive(Default)]
struct Elsewhere;

#[cfg(target_arch = "wasm32")]
impl View for Elsewhere {
    fn ui(&mut self, context: &mut Context<'_>, ui: &mut egui::Ui) {
        ui.weak(context.text(Text::OnDesktop));
    }
}

/// All views.
#[derive(Default)]
pub struct Views {
    sizes: sizes::Sizes,
    memory: memory::Memory,
    time: time::Time,
    code: code::Code,
    advice: advice::AdviceView,
    #[cfg(not(target_arch = "wasm32"))]
    debugger: debugger::Debugger,
    #[cfg(target_arch = "wasm32")]
    debugger: Elsewhere,
    page: page::PageView,
}

impl Views {
    /// One of them.
    pub fn get(&mut self, id: ViewId) -> &mut dyn View {
        match id {
            ViewId::Sizes => &mut self.sizes,
            ViewId::Memory => &mut self.memory,
            ViewId::Time => &mut self.time,
            ViewId::Code => &mut self.code,
            ViewId::Advice => &mut self.advice,
            ViewId::Debugger => &mut self.debugger,
            ViewId::Page => &mut self.page,
        }
    }

    /// Takes in what has been computed for any of them.
    pub fn update(&mut self, context: &mut Context<'_>) {
        for id in ViewId::ALL {
            self.get(*id).update(context);
        }
    }

    /// Whether one of them still computes what it shows.
    pub fn is_busy(&mut self) -> bool {
        ViewId::ALL.iter().any(|id| self.get(*id).is_busy())
    }
}
