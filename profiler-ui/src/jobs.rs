//! Long work off the UI's thread, with cancel. A page has one thread: there the work runs between two
//! frames, after the notice that says so was drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};

/// How work learns that nobody wants it any more.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    is_cancelled: Arc<AtomicBool>,
}

impl Cancel {
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
    cancel: Cancel,
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
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Job<T> {
        let (sender, result) = mpsc::channel();
        let cancel = Cancel::default();
        let (ctx, given) = (ctx.clone(), cancel.clone());
        run(move || {
            let made = work(&given);
            if !given.is_cancelled() {
                // The receiver is gone when the view is closed.
                let _ = sender.send(made);
            }
            ctx.request_repaint();
        });
        Job { label: label.into(), cancel, result }
    }

    /// Looks where the work is.
    pub fn poll(&self) -> Poll<T> {
        match self.result.try_recv() {
            Ok(made) => Poll::Done(made),
            Err(TryRecvError::Empty) => Poll::Running,
            Err(TryRecvError::Disconnected) => Poll::Gone,
        }
    }

    /// Asks the work to give up.
    pub fn cancel(&self) {
        self.cancel.is_cancelled.store(true, Ordering::Relaxed);
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.cancel.is_cancelled.store(true, Ordering::Relaxed);
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
