//! The app as a panel of the browser's developer tools: the page that is inspected, and the bridge to it.

use std::sync::Arc;

use super::App;
use super::dock::Dock;
use crate::notices::Severity;
use crate::page::{Page, PageCommand};
use crate::state::Theme;
use crate::views::ViewId;

/// What takes commands for the page.
pub(super) type Bridge = Box<dyn FnMut(&PageCommand)>;

impl App {
    /// Shows the panel's layout; what the user asks of the page goes to the bridge.
    pub fn start_panel(&mut self, bridge: impl FnMut(&PageCommand) + 'static) {
        self.bridge = Some(Box::new(bridge));
        self.documents.page = Some(Arc::default());
        if self.state.layout.is_none() {
            self.dock = Dock::panel();
            self.show(ViewId::Page);
        }
    }

    /// Takes in what was found in the page.
    pub fn set_page(&mut self, json: &str) {
        match Page::parse(json) {
            Ok(page) => self.documents.page = Some(Arc::new(page)),
            Err(error) => self.notices.add(Severity::Error, error.in_language(self.state.language)),
        }
    }

    /// Dark or light, whatever the system says.
    pub fn set_dark(&mut self, ctx: &egui::Context, is_dark: bool) {
        self.state.theme = if is_dark { Theme::Dark } else { Theme::Light };
        self.set_theme(ctx);
    }

    pub(super) fn ask_page(&mut self, command: &PageCommand) {
        if let Some(bridge) = &mut self.bridge {
            bridge(command);
        }
    }
}
