//! Clients in the order that they come: one is served, and those that come
//! meanwhile are told so instead of waiting for ever.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

/// How long a client waits for the one before it, which may just be leaving.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a client that is refused may take to say which protocol it speaks.
const HELLO: Duration = Duration::from_millis(500);
/// What a client that is refused is told.
const REFUSAL: &str = "another debugger is attached to wasm-gdb";

/// The clients that come to a port.
pub(super) struct Queue {
    clients: mpsc::Receiver<io::Result<TcpStream>>,
    desk: Arc<Desk>,
}

/// Where one client at a time is served.
#[derive(Default)]
struct Desk {
    is_taken: Mutex<bool>,
    freed: Condvar,
}

impl Queue {
    pub(super) fn new(listener: TcpListener) -> io::Result<Queue> {
        let desk = Arc::new(Desk::default());
        let (sent, clients) = mpsc::channel();
        let door = desk.clone();
        std::thread::Builder::new().name("port".to_string()).spawn(move || {
            loop {
                let client = match listener.accept() {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    Ok((stream, from)) if !door.take() => {
                        eprintln!("refused {from}: another debugger is attached");
                        // It may be gone already.
                        let _ = refuse(stream);
                        continue;
                    }
                    client => client.map(|(stream, _)| stream),
                };
                let is_broken = client.is_err();
                if sent.send(client).is_err() || is_broken {
                    return;
                }
            }
        })?;
        Ok(Queue { clients, desk })
    }

    /// Waits so long for the next client.
    pub(super) fn next(&self, patience: Duration) -> io::Result<Option<TcpStream>> {
        match self.clients.recv_timeout(patience) {
            Ok(client) => client.map(Some),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The client is gone.
    pub(super) fn is_free(&self) {
        *self.desk.is_taken() = false;
        self.desk.freed.notify_all();
    }
}

impl Desk {
    fn is_taken(&self) -> MutexGuard<'_, bool> {
        self.is_taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the desk, if it is free or is freed soon.
    fn take(&self) -> bool {
        let waited = self.freed.wait_timeout_while(self.is_taken(), PATIENCE, |is_taken| *is_taken);
        let (mut is_taken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if !timeout.timed_out() {
            *is_taken = true;
        }
        !timeout.timed_out()
    }
}

/// Says why to a client, as its protocol has errors.
fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(HELLO))?;
    let mut hello = [0; 4096];
    let length = stream.read(&mut hello)?;
    let answer = if hello[..length].first().is_some_and(|first| first.eq_ignore_ascii_case(&b'C')) {
        let output = serde_json::json!({ "category": "important", "output": format!("{REFUSAL}\n") });
        let events = [("output", output), ("terminated", serde_json::json!({}))].into_iter().zip(1..);
        let events = events.map(|((event, body), seq)| {
            let event = serde_json::json!({ "seq": seq, "type": "event", "event": event, "body": body }).to_string();
            format!("Content-Length: {}\r\n\r\n{event}", event.len())
        });
        events.collect()
    } else {
        let body = format!("E.{REFUSAL}");
        let sum = body.bytes().fold(0_u8, u8::wrapping_add);
        format!("+${body}#{sum:02x}")
    };
    stream.write_all(answer.as_bytes())
}
