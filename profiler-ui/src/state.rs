//! All that a link or `--state` carries: opening the same files with it gives the same picture.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Debugging, Selection};
use crate::strings::{Language, Text, Wording};
use crate::views::{ViewId, advice, code, memory, page, sizes, time};

/// The state of the app without what is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct State {
    /// Where the user is: what Back and Forward walk through.
    pub location: Location,
    /// The search.
    pub search: String,
    /// Light, dark, or as the system.
    pub theme: Theme,
    /// The language of the texts.
    pub language: Language,
    /// How large everything is drawn, if not as the system says: 1.5 is half as large again.
    pub scale: Option<f64>,
    /// The view that keys go to.
    pub focus: ViewId,
    /// The view of sizes.
    pub sizes: sizes::Settings,
    /// The view of memory.
    pub memory: memory::Settings,
    /// The view of time.
    pub time: time::Settings,
    /// The view of code.
    pub code: code::Settings,
    /// The view of advice.
    pub advice: advice::Settings,
    /// What is set for the debugger.
    pub debugging: Debugging,
    /// The view of the page that is inspected.
    pub page: page::Settings,
    /// How the views are docked, if not as at first: egui_tiles' tree.
    pub layout: Option<Value>,
}

/// Where the user is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Location {
    /// What is chosen.
    pub selection: Selection,
    /// What fills the treemap: the names below the file that lead there.
    pub zoom: Vec<String>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl State {
    /// As JSON; what is as at first is left out.
    pub fn to_json(&self) -> Value {
        let [mut own, first] = [self, &State::default()].map(|state| serde_json::to_value(state).unwrap_or_default());
        remove_equal(&mut own, &first);
        own
    }

    /// For a link: JSON in base64 without characters that an address gives a meaning.
    pub fn to_link(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_json().to_string())
    }

    /// Reads either form.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<State, Wording> {
        let unreadable = |error: serde_json::Error| Text::StateUnreadable.with("reason", error.to_string());
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(unreadable);
        }
        let encoding = |error: base64::DecodeError| Text::StateNotEncoded.with("reason", error.to_string());
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim()).map_err(encoding)?).map_err(unreadable)
    }
}

/// Takes out of an object what another one has too.
fn remove_equal(own: &mut Value, other: &Value) {
    let (Value::Object(own), Value::Object(other)) = (own, other) else { return };
    own.retain(|key, value| match other.get(key) {
        Some(same) if same == value => false,
        Some(differing) => {
            remove_equal(value, differing);
            true
        }
        None => true,
    });
}

/// The smallest and the largest scale.
const MIN_SCALE: f64 = 0.5;
const MAX_SCALE: f64 = 4.0;

/// What Back and Forward walk through: where the user is, and what of the time is seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visit {
    location: Location,
    chart: time::ChartKind,
    zoom: Option<[f64; 2]>,
    function: Option<String>,
}

impl State {
    /// How large everything is drawn, within what can be read.
    pub fn scale(&self) -> f64 {
        self.scale.filter(|scale| scale.is_finite()).unwrap_or(1.0).clamp(MIN_SCALE, MAX_SCALE)
    }

    /// Draws everything larger or smaller by tenths.
    pub fn scale_by(&mut self, tenths: f64) {
        let scale = ((self.scale() * 10.0 + tenths).round() / 10.0).clamp(MIN_SCALE, MAX_SCALE);
        self.scale = (scale != 1.0).then_some(scale);
    }

    /// Where the user is now.
    pub fn visit(&self) -> Visit {
        let time = &self.time;
        Visit { location: self.location.clone(), chart: time.chart, zoom: time.zoom, function: time.function.clone() }
    }

    /// Goes to where the user was.
    pub fn return_to(&mut self, visit: Visit) {
        if self.location.zoom != visit.location.zoom {
            self.sizes.camera = None;
        }
        self.location = visit.location;
        (self.time.chart, self.time.zoom, self.time.function) = (visit.chart, visit.zoom, visit.function);
    }
}

/// Back and forward through visits.
#[derive(Debug, Default)]
pub struct History {
    back: Vec<Visit>,
    forward: Vec<Visit>,
    now: Visit,
}

/// More steps than that nobody goes back.
const MAX_HISTORY: usize = 200;

impl History {
    /// Notes where the user is; a new place ends what was forward.
    pub fn note(&mut self, visit: Visit) {
        if self.now == visit {
            return;
        }
        if self.back.len() == MAX_HISTORY {
            self.back.remove(0);
        }
        self.back.push(std::mem::replace(&mut self.now, visit));
        self.forward.clear();
    }

    /// One step back, if there is one.
    pub fn back(&mut self) -> Option<Visit> {
        let to = self.back.pop()?;
        self.forward.push(std::mem::replace(&mut self.now, to));
        Some(self.now.clone())
    }

    /// One step forward, if there is one.
    pub fn forward(&mut self) -> Option<Visit> {
        let to = self.forward.pop()?;
        self.back.push(std::mem::replace(&mut self.now, to));
        Some(self.now.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use wasm_binary::ItemId;

    #[test]
    fn a_link_has_what_was_changed_and_nothing_else() {
        let mut state = State::default();
        assert_eq!(state.to_json().to_string(), "{}");
        state.search = "crate:serde".into();
        state.location.selection = Selection::Item(ItemId(17));
        let json = state.to_json().to_string();
        assert_eq!(json, r#"{"location":{"selection":{"item":17}},"search":"crate:serde"}"#);
        assert_eq!(State::parse(&json).unwrap(), state);
        assert_eq!(State::parse(&state.to_link()).unwrap(), state);
    }

    #[test]
    fn nonsense_is_told() {
        assert!(State::parse("%%%").is_err());
        assert!(State::parse("{\"search\": 7}").is_err());
    }

    #[test]
    fn back_and_forward_lead_to_where_one_was() {
        let at = |name: &str| {
            let location = Location { zoom: vec![name.into()], ..Location::default() };
            Visit { location, ..Visit::default() }
        };
        let mut history = History::default();
        history.note(at("a"));
        history.note(at("b"));
        assert_eq!(history.back(), Some(at("a")));
        assert_eq!(history.back(), Some(Visit::default()));
        assert_eq!(history.back(), None);
        assert_eq!(history.forward(), Some(at("a")));
        history.note(at("c"));
        assert_eq!(history.forward(), None);
    }
}
