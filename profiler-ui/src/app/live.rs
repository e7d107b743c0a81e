//! The program that runs, if one was attached to: what it tells goes into the documents.

use std::sync::Arc;

use super::App;
use crate::live::{Ask, MemorySource, News};
use crate::model::{Live, Moment, Opened, Origin, Run};
use crate::notices::Severity;
use crate::strings::Text;
use crate::views::ViewId;

/// News that are taken in one frame: a program that never stops talking must not stop the window.
const MAX_NEWS: usize = 256;

impl App {
    /// Shows the memories of a program that runs.
    pub fn attach(&mut self, source: Box<dyn MemorySource>) {
        self.source = Some(source);
    }

    /// Lets go of the program that runs; what was seen of it stays.
    pub fn detach(&mut self) {
        self.source = None;
        if let Some(live) = &mut self.documents.live
            && !matches!(live.run, Run::Exited(_))
        {
            live.take_run(Run::Lost(Text::LetGo.into()));
        }
    }

    /// Asks the program that runs.
    pub(super) fn ask(&mut self, ask: Ask) {
        let Some(source) = &mut self.source else { return };
        if let (Ask::Read { memory, address, length }, Some(live)) = (&ask, &mut self.documents.live) {
            live.note_asked(*memory, &(*address..address.saturating_add(u64::from(*length))));
        }
        source.ask(ask);
    }

    /// Takes in what it told.
    pub(super) fn take_news(&mut self, ctx: &egui::Context) {
        for _ in 0..MAX_NEWS {
            let Some(news) = self.source.as_mut().and_then(|source| source.poll()) else { return };
            self.take_one(news);
        }
        ctx.request_repaint();
    }

    fn take_one(&mut self, news: News) {
        let documents = &mut self.documents;
        match news {
            News::Hello { module, engine, memories } => {
                let is_other = documents
                    .binary
                    .as_ref()
                    .is_some_and(|binary| !module.build_id.is_empty() && binary.build_id() != module.build_id);
                if is_other {
                    let text = Text::ProgramOfOtherBuild.in_language(self.state.language);
                    self.notices.add(Severity::Warning, text);
                }
                documents.live = Some(Live::new(module, engine, &memories));
                documents.generation += 1;
                if !self.is_debugging() {
                    self.show(ViewId::Memory);
                }
                self.ask(Ask::Moment);
            }
            News::Moment(snapshot) => {
                let name = match &documents.live {
                    Some(Live { run: Run::Stopped(reason), .. }) => reason.clone(),
                    Some(live) => live.engine.clone(),
                    None => String::new(),
                };
                let moment = Moment { name, origin: Origin::Live, snapshot: *snapshot };
                if let Some(live) = &mut documents.live {
                    live.take_moment(&moment);
                }
                documents.take(Opened::Moment(Arc::new(moment)), false);
            }
            News::Failed(reason) => self.notices.add(Severity::Warning, reason.in_language(self.state.language)),
            News::Lost(reason) => {
                self.source = None;
                // A program that has ended says nothing more: that is no surprise.
                let has_ended = matches!(&documents.live, Some(Live { run: Run::Exited(_), .. }));
                if !has_ended && !self.is_debugging() {
                    let documents = &mut self.documents;
                    if let Some(live) = &mut documents.live {
                        live.take_run(Run::Lost(reason.clone()));
                    }
                    let text = if documents.live.is_some() { Text::ProgramLost } else { Text::ProgramUnreached };
                    let text = text.with("reason", reason).in_language(self.state.language);
                    self.notices.add(Severity::Warning, text);
                }
            }
            news => {
                let Some(live) = &mut documents.live else { return };
                match news {
                    News::Bytes { memory, address, bytes } => live.take_bytes(memory, address, &bytes),
                    News::Changed { memory, ranges } => live.take_change(memory, &ranges),
                    News::Grew(growth) => live.take_growth(growth),
                    News::Resumed => live.take_run(Run::Running),
                    News::Exited(code) => live.take_run(Run::Exited(code)),
                    News::Stopped(reason) => {
                        live.take_run(Run::Stopped(reason));
                        self.ask(Ask::Moment);
                    }
                    _ => {}
                }
            }
        }
    }
}
