//! What views share: one context, passed by reference.

use std::path::PathBuf;
use std::sync::Arc;

use wasm_advice::Phrase;

use crate::command::Command;
use crate::live::Ask;
#[cfg(not(target_arch = "wasm32"))]
use crate::model::Debuggee;
use crate::model::{Binary, Documents, Filter, Linked, Selection};
use crate::notices::Severity;
use crate::page::PageCommand;
use crate::state::State;
use crate::strings::Text;
use crate::views::ViewId;

/// What a view asks of the app.
#[derive(Clone, Debug)]
pub enum Request {
    /// As if the user had asked for it.
    Run(Command),
    /// Bring a view to the front.
    Show(ViewId),
    /// Open this in place of what is open, compared with what it was before.
    Replace {
        /// The binary.
        binary: Arc<Binary>,
        /// What it is compared with.
        before: Option<Arc<Binary>>,
    },
    /// Save a file where the user wants it.
    Save {
        /// How it is called.
        name: String,
        /// Its contents.
        bytes: Vec<u8>,
    },
    /// Tell the user.
    Notify(Severity, String),
    /// Open a file that was open before.
    Open(PathBuf),
    /// Ask the program that runs.
    Ask(Ask),
    /// Ask the bridge to the page that is inspected.
    Page(PageCommand),
}

/// What views share.
pub struct Context<'a> {
    /// What is open.
    pub documents: &'a Documents,
    /// What a link carries.
    pub state: &'a mut State,
    /// What the selection means.
    pub linked: &'a Linked,
    /// The search.
    pub filter: &'a Filter,
    /// The program that is debugged, if one is.
    #[cfg(not(target_arch = "wasm32"))]
    pub debuggee: &'a mut Option<Debuggee>,
    /// Whether a menu or a list of choices is open: keys are its own.
    pub is_choosing: bool,
    /// What is asked of the app; it is done after all views were drawn.
    pub requests: &'a mut Vec<Request>,
}

impl Context<'_> {
    /// A text in the user's language.
    pub fn text(&self, text: Text) -> &'static str {
        text.in_language(self.state.language)
    }

    /// What the tools say, in the user's language.
    pub fn phrase(&self, phrase: &Phrase) -> String {
        self.state.language.say(phrase)
    }

    /// Chooses something, for all views.
    pub fn select(&mut self, selection: Selection) {
        self.state.location.selection = selection;
    }

    /// Tells the user.
    pub fn notify(&mut self, severity: Severity, text: impl Into<String>) {
        self.requests.push(Request::Notify(severity, text.into()));
    }

    /// Whether keys go to this view.
    pub fn has_focus(&self, view: ViewId) -> bool {
        self.state.focus == view && !self.is_choosing
    }
}
