//! A profile that is open, and which of its functions are which of the program.

use std::collections::{BTreeMap, HashMap};

use wasm_binary::{ItemId, demangle};
use wasm_profile::{FunctionId, Match, MatchKind, MatchReport, MeasureId, Profile, Weights, hot_functions};

use super::binary::Binary;
use crate::strings::{Text, Wording};

/// A profile.
#[derive(Debug)]
pub struct Recording {
    name: String,
    profile: Profile,
    labels: Vec<String>,
}

impl Recording {
    /// A profile from a file of this name.
    pub fn new(name: String, profile: Profile) -> Recording {
        let labels = profile.functions().iter().map(|function| demangle(&function.name).to_string()).collect();
        Recording { name, profile, labels }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was recorded.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What to call a function.
    pub fn label(&self, function: FunctionId) -> &str {
        self.labels.get(function.index()).map_or("", String::as_str)
    }

    /// All functions.
    pub fn functions(&self) -> impl Iterator<Item = FunctionId> + use<> {
        (0..self.labels.len()).map(FunctionId::new)
    }

    /// The functions that are called so.
    pub fn named<'a>(&'a self, label: &'a str) -> impl Iterator<Item = FunctionId> + 'a {
        self.functions().filter(move |function| self.label(*function) == label)
    }
}

/// Which functions of a profile are which functions of a program.
#[derive(Debug)]
pub struct Matched {
    found: Match,
    functions: BTreeMap<ItemId, Vec<FunctionId>>,
    own: HashMap<ItemId, u64>,
    hottest: u64,
    report: MatchReport,
}

impl Matched {
    /// Looks all functions of a profile up in a program.
    pub fn new(recording: &Recording, binary: &Binary) -> Matched {
        let profile = recording.profile();
        let weights = Weights::new(profile, MeasureId::default(), &wasm_profile::Filter::default());
        let found = binary.with(|analysis, _| Match::new(profile, &analysis.map));
        let mut functions: BTreeMap<ItemId, Vec<FunctionId>> = BTreeMap::new();
        for function in recording.functions() {
            if let Some((item, _)) = found.item(function) {
                functions.entry(item).or_default().push(function);
            }
        }
        let mut own: HashMap<ItemId, u64> = HashMap::new();
        for hot in hot_functions(profile, &weights) {
            if let Some((item, _)) = found.item(hot.function) {
                *own.entry(item).or_default() += hot.own;
            }
        }
        let hottest = own.values().copied().max().unwrap_or(0);
        let report = found.report(profile, &weights);
        Matched { found, functions, own, hottest, report }
    }

    /// The match itself.
    pub fn found(&self) -> &Match {
        &self.found
    }

    /// The program's function, and how it was recognised.
    pub fn item(&self, function: FunctionId) -> Option<(ItemId, MatchKind)> {
        self.found.item(function)
    }

    /// The program's functions that the profile calls so.
    pub fn items_of(&self, recording: &Recording, label: &str) -> Vec<ItemId> {
        let mut items: Vec<ItemId> =
            recording.named(label).filter_map(|function| Some(self.item(function)?.0)).collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    /// The profile's functions that an item is.
    pub fn functions(&self, item: ItemId) -> &[FunctionId] {
        self.functions.get(&item).map_or(&[], Vec::as_slice)
    }

    /// How hot an item is by its own weight: 1 for the hottest, 0 for what never ran.
    pub fn heat(&self, item: ItemId) -> f32 {
        match self.hottest {
            0 => 0.0,
            hottest => (self.own.get(&item).copied().unwrap_or(0) as f32 / hottest as f32).sqrt(),
        }
    }

    /// How much of the profile is in the program.
    pub fn report(&self) -> &MatchReport {
        &self.report
    }

    /// What to tell the user if the profile is of another build.
    pub fn warning(&self, recording: &Recording, binary: &Binary) -> Option<Wording> {
        let report = &self.report;
        let all = report.found.functions + report.missing.functions;
        report.is_other_build().then(|| {
            let text = Text::ProfileOfOtherBuild.with("profile", recording.name()).with("program", binary.name());
            let text = text.with("found", report.found.functions.to_string()).with("all", all.to_string());
            text.with("moved", report.moved.to_string())
        })
    }
}
