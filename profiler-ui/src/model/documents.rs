//! All that is open at one time.

use std::sync::Arc;

use wasm_binary::{ItemId, ItemKind};

use super::binary::Binary;
use super::live::Live;
use super::memory::{Moment, Origin};
use super::open::Opened;
use super::recording::{Matched, Recording};
use super::selection::{Linked, Selection};
use crate::page::Page;

/// Moments of a program that runs that are kept: the oldest go.
const MAX_LIVE_MOMENTS: usize = 64;
/// Bytes of memory that they may have together.
const MAX_LIVE_BYTES: u64 = 256 << 20;

/// All that is open.
#[derive(Default)]
pub struct Documents {
    /// The program.
    pub binary: Option<Arc<Binary>>,
    /// The build that it is compared with.
    pub before: Option<Arc<Binary>>,
    /// Memories at moments, in order of time.
    pub moments: Vec<Arc<Moment>>,
    /// The program that runs, if one was attached to.
    pub live: Option<Live>,
    /// What was found in the page that a panel of the browser's developer tools inspects.
    pub page: Option<Arc<Page>>,
    /// What was recorded of a run.
    pub profile: Option<Arc<Recording>>,
    /// The run that it is compared with.
    pub profile_before: Option<Arc<Recording>>,
    /// Which functions of the profile are which of the program, once that is known.
    pub matched: Option<Arc<Matched>>,
    /// Source files that were given, by name.
    pub texts: Vec<(String, Arc<str>)>,
    /// Changes with each file that comes or goes: what a view's cache is of.
    pub generation: u64,
}

impl Documents {
    /// Takes a file in. A second binary is compared with the first.
    pub fn take(&mut self, opened: Opened, compare: bool) {
        if !matches!(opened, Opened::Source { .. }) {
            self.generation += 1;
        }
        match opened {
            Opened::Binary(binary) if compare && self.binary.is_some() => self.before = Some(binary),
            Opened::Moment(moment) => {
                self.moments.push(moment);
                self.forget_old_moments();
                // By time where that is known, else as they came.
                if self.moments.iter().all(|moment| moment.snapshot.header.taken_at_ms.is_some()) {
                    self.moments.sort_by_key(|moment| moment.snapshot.header.taken_at_ms);
                }
            }
            Opened::Binary(binary) | Opened::Described(binary) => {
                self.binary = Some(binary);
                self.matched = None;
            }
            // It waits for the program to be read again with it.
            Opened::Debug(_) => {}
            Opened::Profile(profile) if compare && self.profile.is_some() => self.profile_before = Some(profile),
            // A second run is compared with the first.
            Opened::Profile(profile) => {
                self.profile_before = self.profile.replace(profile);
                self.matched = None;
            }
            Opened::Source { name, text } => {
                self.texts.retain(|(known, _)| *known != name);
                self.texts.push((name, text));
            }
        }
    }

    /// Keeps of the program that runs no more than there is room for, and the last two moments at least.
    fn forget_old_moments(&mut self) {
        let is_live = |moment: &Arc<Moment>| moment.origin == Origin::Live;
        loop {
            let live = || self.moments.iter().filter(|moment| is_live(moment));
            let bytes: u64 = live().map(|moment| moment.bytes()).sum();
            let count = live().count();
            if count <= 2 || (count <= MAX_LIVE_MOMENTS && bytes <= MAX_LIVE_BYTES) {
                return;
            }
            let Some(oldest) = self.moments.iter().position(is_live) else { return };
            self.moments.remove(oldest);
        }
    }

    /// Opens a binary in place of the one that is open, compared with another.
    pub fn replace(&mut self, binary: Arc<Binary>, before: Option<Arc<Binary>>) {
        self.generation += 1;
        self.binary = Some(binary);
        self.before = before;
        self.matched = None;
    }

    /// Closes everything.
    pub fn close(&mut self) {
        *self = Documents { generation: self.generation + 1, page: self.page.take(), ..Documents::default() };
    }

    /// Takes in which functions of the profile are which of the program.
    pub fn take_match(&mut self, matched: Matched) {
        self.generation += 1;
        self.matched = Some(Arc::new(matched));
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.binary.is_none()
            && self.moments.is_empty()
            && self.live.is_none()
            && self.profile.is_none()
            && self.page.is_none()
    }

    /// The moments that are of another build than the module, which is open too.
    pub fn moments_of_another_build(&self) -> impl Iterator<Item = &Moment> {
        let build_id = self.binary.as_ref().map(|binary| binary.build_id());
        let of_another = move |moment: &&Moment| build_id.is_some_and(|id| moment.is_of_another_build(id));
        self.moments.iter().map(|moment| &**moment).filter(of_another)
    }

    /// What a selection means everywhere.
    pub fn link(&self, selection: &Selection) -> Linked {
        let mut linked = Linked::default();
        if let Selection::Memory { memory, range } = selection {
            linked.memory = Some((*memory, range.clone()));
        }
        let Some(binary) = &self.binary else {
            match selection {
                Selection::Function(name) => linked.function = Some(name.clone()),
                Selection::Line { file, line } => linked.line = Some((file.clone(), *line)),
                _ => {}
            }
            return linked;
        };
        if let (Selection::Gone(items), Some(before)) = (selection, &self.before) {
            linked.gone = items.iter().copied().filter(|item| before.has(*item)).collect();
        }
        binary.with(|analysis, sources| {
            let map = &analysis.map;
            let known = |item: &ItemId| (item.0 as usize) < map.items().len();
            match selection {
                Selection::Nothing | Selection::Gone(_) => {}
                Selection::Item(item) => linked.items = vec![*item],
                Selection::Items(items) => linked.items.clone_from(items),
                Selection::Bytes(range) => {
                    linked.bytes = Some(range.clone());
                    linked.items.extend(map.item_at(range.start));
                }
                // The data segment that wrote there.
                Selection::Memory { memory, range } => {
                    let wrote = map.modules().iter().flat_map(|module| &module.data).find(|segment| {
                        let size = u64::from(segment.contents.end - segment.contents.start);
                        let covers = |start: u64| start <= range.start && range.start - start < size;
                        segment.memory == Some(*memory) && segment.address.is_some_and(covers)
                    });
                    linked.items.extend(wrote.map(|segment| segment.item));
                }
                Selection::Line { file, line } => {
                    linked.line = Some((file.clone(), *line));
                    // The functions that have code of it, inlined or not.
                    linked.items =
                        sources.code_of(file, *line).iter().filter_map(|code| map.item_at(code.start)).collect();
                    linked.items.sort_unstable();
                    linked.items.dedup();
                }
                Selection::Function(name) => {
                    linked.function = Some(name.clone());
                    if let (Some(matched), Some(profile)) = (&self.matched, &self.profile) {
                        linked.items = matched.items_of(profile, name);
                    }
                    if linked.items.is_empty() {
                        let is_function = |id: &ItemId| map.item(*id).kind == ItemKind::Function;
                        linked.items.extend(analysis.find(name).into_iter().filter(is_function).take(1));
                    }
                }
            }
            linked.items.retain(known);
            if let [item] = linked.items[..] {
                let range = map.item(item).range();
                if linked.bytes.is_none() && !range.is_empty() {
                    linked.bytes = Some(range);
                }
                if linked.function.is_none() && map.item(item).kind == ItemKind::Function {
                    linked.function = Some(map.label(item));
                }
            }
            if linked.memory.is_none()
                && let [item] = linked.items[..]
                && let Some(segment) = map.modules().iter().flat_map(|m| &m.data).find(|segment| segment.item == item)
                && let (Some(memory), Some(start)) = (segment.memory, segment.address)
            {
                let size = u64::from(segment.contents.end - segment.contents.start);
                linked.memory = Some((memory, start..start.saturating_add(size)));
            }
            if linked.line.is_none()
                && let Some(range) = &linked.bytes
                && let Some(place) = sources.places(map, range.start).first()
            {
                linked.line = place.line.map(|line| (place.file.clone(), line));
            }
        });
        linked
    }
}
