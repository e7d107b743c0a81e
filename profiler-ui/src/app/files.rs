//! Files on their way in: dropped, picked or given, read off the UI's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use bytes::Bytes;

use super::App;
use crate::context::Request;
use crate::jobs::{Job, Poll};
#[cfg(target_arch = "wasm32")]
use crate::model::check_size;
use crate::model::{Binary, DebugFile, Opened, common_share, describe, open};
use crate::notices::Severity;
use crate::strings::{Language, Text, Wording};
use crate::views::ViewId;
use crate::widgets;

/// More files than that nobody looks through.
const MAX_RECENT: usize = 12;

/// Of a file's problems so many are told.
const MAX_PROBLEMS: usize = 5;

/// Two builds of one program have more of their code in common, even after a rewrite of half of it.
const OTHER_PROGRAM: f64 = 0.2;

/// A file that is to be opened.
#[derive(Debug)]
pub struct Incoming {
    /// Its name, for people.
    pub name: String,
    /// Where it is, if it is a file of this machine.
    pub path: Option<PathBuf>,
    /// Its contents, or why they can't be read.
    pub bytes: Result<Vec<u8>, Wording>,
    /// Whether to compare what is open with it.
    pub compare: bool,
}

/// What comes in from elsewhere.
#[derive(Debug)]
enum Arrival {
    File(Incoming),
    Notice(Severity, Text),
}

/// Where files are put, from any thread.
#[derive(Clone, Debug)]
pub struct Inbox {
    sender: Sender<Arrival>,
    ctx: egui::Context,
}

impl Inbox {
    /// Puts a file in; the app opens it in its next frame.
    pub fn put(&self, file: Incoming) {
        self.send(Arrival::File(file));
    }

    /// Tells the user why no file comes.
    pub fn notify(&self, severity: Severity, text: Text) {
        self.send(Arrival::Notice(severity, text));
    }

    fn send(&self, arrival: Arrival) {
        // The app is gone: nobody wants the file.
        let _ = self.sender.send(arrival);
        self.ctx.request_repaint();
    }
}

/// Files on their way in.
pub(super) struct Files {
    inbox: Inbox,
    incoming: Receiver<Arrival>,
    reading: Vec<Reading>,
    /// What describes the program, until it has been read again with it.
    debug: Vec<DebugFile>,
    kinship: Option<Kinship>,
}

/// Two builds of which it is being found out whether they are of one program.
struct Kinship {
    new: Arc<Binary>,
    old: Arc<Binary>,
    job: Job<Option<f64>>,
}

/// A file that is being read.
struct Reading {
    job: Job<Result<Opened, Wording>>,
    path: Option<PathBuf>,
    compare: bool,
}

impl Files {
    pub(super) fn new(ctx: &egui::Context) -> Files {
        let (sender, incoming) = mpsc::channel();
        Files {
            inbox: Inbox { sender, ctx: ctx.clone() },
            incoming,
            reading: Vec::new(),
            debug: Vec::new(),
            kinship: None,
        }
    }

    pub(super) fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.reading.is_empty() || !self.debug.is_empty() || self.kinship.is_some()
    }

    /// Shows what is being read and found out; it may be cancelled.
    pub(super) fn show_work(&self, ui: &mut egui::Ui, language: Language) {
        for Reading { job, .. } in &self.reading {
            if ui.horizontal(|ui| widgets::work(ui, job, language, true)).inner {
                job.cancel();
            }
        }
        if let Some(Kinship { job, .. }) = &self.kinship
            && ui.horizontal(|ui| widgets::work(ui, job, language, true)).inner
        {
            job.cancel();
        }
    }
}

impl App {
    /// Takes in what was dropped or came through the inbox, and what has been read.
    pub(super) fn take_files(&mut self, ctx: &egui::Context) {
        let dropped = ctx.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
        for file in dropped {
            read_dropped(file, self.files.inbox());
        }
        while let Ok(arrival) = self.files.incoming.try_recv() {
            let Incoming { name, path, bytes, compare } = match arrival {
                Arrival::File(file) => file,
                Arrival::Notice(severity, text) => {
                    self.notices.add(severity, text.in_language(self.state.language));
                    continue;
                }
            };
            match bytes {
                Ok(bytes) => {
                    let label = format!("{} {name}", Text::Working.in_language(self.state.language));
                    let from = path.clone();
                    let job = Job::start(ctx, label, move |progress| open(&name, from, Bytes::from(bytes), progress));
                    self.files.reading.push(Reading { job, path, compare });
                }
                Err(reason) => {
                    let text = Text::FileFailed.with("file", name).with("reason", reason);
                    self.notices.add(Severity::Error, text.in_language(self.state.language));
                }
            }
        }
        for reading in std::mem::take(&mut self.files.reading) {
            if reading.compare && !self.files.reading.is_empty() {
                // What it is compared with is still being read.
                self.files.reading.push(reading);
                continue;
            }
            match reading.job.poll() {
                Poll::Running => self.files.reading.push(reading),
                Poll::Done(Ok(opened)) => {
                    self.note_recent(reading.path);
                    self.take(opened, reading.compare);
                }
                Poll::Done(Err(error)) => self.notices.add(Severity::Error, error.in_language(self.state.language)),
                Poll::Gone => {}
            }
        }
        self.describe(ctx);
        self.note_other_program();
    }

    /// Reads the program again with the files that describe it, when all that is on its way is there.
    fn describe(&mut self, ctx: &egui::Context) {
        if !self.files.reading.is_empty() || self.files.debug.is_empty() {
            return;
        }
        let files = std::mem::take(&mut self.files.debug);
        let Some(binary) = self.documents.binary.clone() else {
            for file in files {
                let text = Text::DebugFileAlone.with("file", file.name);
                self.notices.add(Severity::Error, text.in_language(self.state.language));
            }
            return;
        };
        let (fitting, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.misfit(&binary).is_none());
        for misfit in others.iter().filter_map(|file| file.misfit(&binary)) {
            self.notices.add(Severity::Error, misfit.in_language(self.state.language));
        }
        for file in &fitting {
            let text = Text::DebugFileUsed.with("file", file.name.as_str()).with("program", binary.name());
            self.notices.add(Severity::Info, text.in_language(self.state.language));
        }
        if !fitting.is_empty() {
            let label = format!("{} {}", Text::Working.in_language(self.state.language), binary.name());
            let job = Job::start(ctx, label, move |progress| describe(&binary, fitting, progress));
            self.files.reading.push(Reading { job, path: None, compare: false });
        }
    }

    fn note_problems(&mut self, binary: &Binary) {
        let problems = binary.problems();
        if problems.is_empty() {
            return;
        }
        let said: Vec<String> =
            problems.iter().take(MAX_PROBLEMS).map(|problem| problem.in_language(self.state.language)).collect();
        let mut text = format!("{}: {}", binary.name(), said.join("\n"));
        if let Some(more) = problems.len().checked_sub(MAX_PROBLEMS).filter(|more| *more > 0) {
            text.push_str(&format!("\n… +{more}"));
        }
        self.notices.add(Severity::Warning, text);
    }

    /// Takes in what has been read.
    fn take(&mut self, opened: Opened, compare: bool) {
        let opened = match opened {
            Opened::Debug(file) => return self.files.debug.push(file),
            Opened::Binary(binary) if !compare => match self.as_description(&binary) {
                Some(file) => return self.files.debug.push(file),
                None => Opened::Binary(binary),
            },
            other => other,
        };
        if let Opened::Described(binary) = &opened {
            self.note_problems(binary);
        }
        if let Opened::Binary(binary) = &opened {
            self.note_problems(binary);
            self.seek_debug_file(binary);
        }
        let show = match &opened {
            Opened::Moment(_) => Some(ViewId::Memory),
            Opened::Profile(_) if !compare => Some(ViewId::Time),
            Opened::Binary(_) if compare && self.documents.binary.is_some() => Some(ViewId::Sizes),
            _ => None,
        };
        if let Opened::Profile(profile) = &opened {
            for note in profile.profile().notes() {
                self.notices.add(Severity::Info, format!("{}: {note}", profile.name()));
            }
        }
        let is_compared = compare && matches!(opened, Opened::Binary(_));
        let is_profile = matches!(opened, Opened::Profile(_));
        self.documents.take(opened, compare);
        if is_compared {
            self.compare_programs();
        }
        if is_profile {
            self.note_compared_profiles();
        }
        for moment in self.documents.moments_of_another_build() {
            let text = Text::MomentOfOtherBuild.with("file", moment.name.as_str());
            self.notices.add(Severity::Warning, text.in_language(self.state.language));
        }
        if let Some(view) = show {
            self.show(view);
        }
    }

    /// Starts to find out whether the two builds are of one program.
    fn compare_programs(&mut self) {
        let (Some(new), Some(old)) = (self.documents.binary.clone(), self.documents.before.clone()) else { return };
        let label = format!("{} {} ↔ {}", Text::Working.in_language(self.state.language), new.name(), old.name());
        let (a, b) = (new.clone(), old.clone());
        let job = Job::start(&self.files.inbox.ctx, label, move |progress| common_share(&a, &b, progress));
        self.files.kinship = Some(Kinship { new, old, job });
    }

    /// Says so where the two builds are hardly of one program, once that is known.
    fn note_other_program(&mut self) {
        let Some(Kinship { new, old, job }) = &self.files.kinship else { return };
        let is_open =
            |of: &Arc<Binary>, binary: &Option<Arc<Binary>>| binary.as_ref().is_some_and(|b| Arc::ptr_eq(of, b));
        let share = match job.poll() {
            Poll::Running => return,
            Poll::Done(Some(share)) if is_open(new, &self.documents.binary) && is_open(old, &self.documents.before) => {
                share
            }
            Poll::Done(_) | Poll::Gone => 1.0,
        };
        if share < OTHER_PROGRAM {
            let text = Text::DifferentPrograms.with("new", new.name()).with("old", old.name());
            let text = text.with("share", format!("{:.0} %", share * 100.0));
            self.notices.add(Severity::Warning, text.in_language(self.state.language));
        }
        self.files.kinship = None;
    }

    fn note_compared_profiles(&mut self) {
        let documents = &self.documents;
        if let (Some(new), Some(old)) = (&documents.profile, &documents.profile_before) {
            let text = Text::ProfilesCompared.with("new", new.name()).with("old", old.name());
            self.notices.add(Severity::Info, text.in_language(self.state.language));
        }
    }

    /// A program that is the open one with debug information, as that.
    fn as_description(&self, binary: &Binary) -> Option<DebugFile> {
        DebugFile::of_copy(binary, self.documents.binary.as_deref()?)
    }

    /// Opens the debug information that a program says is beside it; else says where it should be.
    fn seek_debug_file(&mut self, binary: &Binary) {
        let Some(named) = binary.missing_debug_file() else { return };
        let file = named.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let beside = binary.path().and_then(|path| Some(path.parent()?.join(file)));
        match beside.filter(|path| path.is_file()) {
            Some(path) => self.requests.push(Request::Open(path)),
            None => {
                let name = wasm_binary::escape(&named).to_string();
                let text = Text::DebugFileMissing.with("program", binary.name()).with("file", name);
                self.notices.add(Severity::Info, text.in_language(self.state.language));
            }
        }
    }

    /// Notes a file that was opened, for those who come back to it.
    fn note_recent(&mut self, path: Option<PathBuf>) {
        let Some(path) = path else { return };
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(MAX_RECENT);
    }

    pub(super) fn open_sample(&mut self) {
        read_sample(self.files.inbox());
    }
}

fn name_of(file: &egui::DroppedFileHandle) -> String {
    file.path().file_name().unwrap_or(file.path().as_os_str()).to_string_lossy().into_owned()
}

#[cfg(not(target_arch = "wasm32"))]
fn read_dropped(file: egui::DroppedFileHandle, inbox: Inbox) {
    std::thread::spawn(move || {
        let path = Some(file.path().to_path_buf()).filter(|path| path.is_absolute());
        inbox.put(Incoming { name: name_of(&file), path, bytes: file.bytes().map_err(Wording::from), compare: false });
    });
}

#[cfg(target_arch = "wasm32")]
fn read_dropped(file: egui::DroppedFileHandle, inbox: Inbox) {
    wasm_bindgen_futures::spawn_local(async move {
        let size = file.web_file().map_or(0, |file| file.size() as u64);
        let bytes = match check_size(size) {
            Ok(()) => file.bytes_async().await.map_err(Wording::from),
            Err(reason) => Err(reason),
        };
        inbox.put(Incoming { name: name_of(&file), path: None, bytes, compare: false });
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn read_sample(inbox: Inbox) {
    const SAMPLE: &[u8] = include_bytes!("../../../samples/rust-markdown/rust-markdown.wasm");
    inbox.put(Incoming { name: "rust-markdown.wasm".into(), path: None, bytes: Ok(SAMPLE.to_vec()), compare: false });
}

/// In a page the sample lies beside it.
#[cfg(target_arch = "wasm32")]
fn read_sample(inbox: Inbox) {
    crate::web::fetch("samples/rust-markdown.wasm".into(), inbox);
}
