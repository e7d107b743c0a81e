//! Long work off the UI's thread, with progress and cancel. A page has one thread: there the work runs between two
//! frames, after the notice that says so was drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};

/// How work tells how far it is, and learns that nobody wants it any more.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    is_cancelled: Arc<AtomicBool>,
    /// In thousandths.
    done: Arc<AtomicU32>,
}

impl Progress {
    /// So much of the work is done, of 1.
    pub fn tell(&self, done: f32) {
        self.done.store((done.clamp(0.0, 1.0) * 1000.0) as u32, Ordering::Relaxed);
    }

    /// Whether to give up.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Work that goes on.
#[derive(Debug)]
pub struct Job<T> {
    /// What is being done, for people.
    pub label: String,
    progress: Progress,
    result: Receiver<T>,
}

/// Where work is.
#[derive(Debug, PartialEq)]
pub enum Poll<T> {
    /// It goes on.
    Running,
    /// It is done.
    Done(T),
    /// It ended without a result: it was cancelled, or it panicked.
    Gone,
}

impl<T: Send + 'static> Job<T> {
    /// Starts work; `ctx` is woken when it is done.
    pub fn start(
        ctx: &egui::Context,
        label: impl Into<String>,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> Job<T> {
        let (sender, result) = mpsc::channel();
        let progress = Progress::default();
        let (ctx, given) = (ctx.clone(), progress.clone());
        run(move || {
            let made = work(&given);
            if !given.is_cancelled() {
                // The receiver is gone when the view is closed.
                let _ = sender.send(made);
            }
            ctx.request_repaint();
        });
        Job { label: label.into(), progress, result }
    }

    /// Looks where the work is.
    pub fn poll(&self) -> Poll<T> {
        match self.result.try_recv() {
            Ok(made) => Poll::Done(made),
            Err(TryRecvError::Empty) => Poll::Running,
            Err(TryRecvError::Disconnected) => Poll::Gone,
        }
    }

    /// How much is done, of 1, if the work tells.
    pub fn done(&self) -> Option<f32> {
        let done = self.progress.done.load(Ordering::Relaxed);
        (done > 0).then_some(done as f32 / 1000.0)
    }

    /// Asks the work to give up.
    pub fn cancel(&self) {
        self.progress.is_cancelled.store(true, Ordering::Relaxed);
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.progress.is_cancelled.store(true, Ordering::Relaxed);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn run(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}

#[cfg(target_arch = "wasm32")]
fn run(work: impl FnOnce() + Send + 'static) {
    wasm_bindgen_futures::spawn_local(async move {
        crate::web::next_frame().await;
        work();
    });
}
