//! The connection of a viewer: a thread that reads requests, one that writes
//! what it is told.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use memviz::protocol::{Answer, Event, Inbox, ProtocolError};

use super::desk::Desk;

/// How long a viewer may leave what it is told unread.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes viewers in, in a thread of its own.
pub(super) fn accept(listener: TcpListener, desk: Arc<Desk>) -> io::Result<()> {
    let accept = move || {
        // A viewer that is gone before it is taken in is none.
        for stream in listener.incoming().flatten() {
            drop(take_in(stream, desk.clone()));
        }
    };
    std::thread::Builder::new().name("viewers".to_string()).spawn(accept).map(drop)
}

fn take_in(stream: TcpStream, desk: Arc<Desk>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (outbox, letters) = outbox();
    let writer = stream.try_clone()?;
    let thread = |name: &str| std::thread::Builder::new().name(name.to_string());
    thread("viewer, out").spawn(move || write(writer, &letters))?;
    let Some(number) = desk.enter(outbox.clone()) else { return Ok(()) };
    thread("viewer, in").spawn(move || {
        read(stream, &desk, number, &outbox);
        desk.leave(number);
    })?;
    Ok(())
}

/// Reads requests until the viewer goes, or sends nonsense.
fn read(mut stream: TcpStream, desk: &Desk, number: u64, outbox: &Outbox) {
    let mut inbox = Inbox::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        loop {
            match inbox.take() {
                Ok(None) => break,
                Ok(Some(request)) => {
                    if !desk.request(number, request) {
                        return;
                    }
                }
                Err(error) => {
                    outbox.put(Event::Error { message: error.to_string() }.into());
                    if !matches!(error, ProtocolError::Message(_)) || !outbox.is_read() {
                        return;
                    }
                }
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => inbox.receive(&buffer[..length]),
        }
    }
}

/// Writes until there is nothing more to tell, or the viewer does not read.
fn write(mut stream: TcpStream, letters: &Letters) {
    while let Ok(Some(letter)) = letters.received.recv() {
        let written = stream.write_all(&letter.encode());
        letters.waiting.fetch_sub(1, Ordering::AcqRel);
        if written.is_err() {
            break;
        }
    }
    // Nobody waits for what will not be read.
    letters.waiting.store(0, Ordering::Release);
    // Ends the thread that reads, too; it may have ended by itself.
    let _ = stream.shutdown(Shutdown::Both);
}

/// What a viewer is to be told; nothing for the end.
#[derive(Clone)]
pub(super) struct Outbox {
    sent: mpsc::Sender<Option<Answer>>,
    waiting: Arc<AtomicUsize>,
}

struct Letters {
    received: mpsc::Receiver<Option<Answer>>,
    waiting: Arc<AtomicUsize>,
}

/// How many messages may wait for a viewer to read them.
const MAX_WAITING: usize = 64;

fn outbox() -> (Outbox, Letters) {
    let (sent, received) = mpsc::channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outbox { sent, waiting: waiting.clone() }, Letters { received, waiting })
}

impl Outbox {
    pub(super) fn put(&self, answer: Answer) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.sent.send(Some(answer)).is_err() {
            self.waiting.store(0, Ordering::Release);
        }
    }

    /// Ends the connection when all has been written.
    pub(super) fn close(&self) {
        // Who writes may have ended before.
        let _ = self.sent.send(None);
    }

    /// Whether all has been written.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Whether the viewer reads what it is told.
    pub(super) fn is_read(&self) -> bool {
        self.waiting.load(Ordering::Acquire) < MAX_WAITING
    }
}
