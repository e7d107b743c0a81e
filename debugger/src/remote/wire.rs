//! A connection whose input is read by a thread of its own, so that a client
//! can interrupt a program that runs. A stub that a client's packet has been too
//! much for leaves it to the next.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use gdbstub::conn::{Connection, ConnectionExt};

use crate::engine::{Engine, Interrupter, Resume, Stop};

/// How long a first packet may be, in bytes, before it is none.
const MAX_FIRST_PACKET: usize = 1 << 16;

/// By which a client wants no acknowledgements of packets any more.
const NO_ACKNOWLEDGEMENTS: &[u8] = b"QStartNoAckMode";

/// How long a packet may be that is kept, in bytes.
const MAX_KEPT: usize = 1 << 12;

/// A client's connection.
#[derive(Clone)]
pub(crate) struct Wire(Rc<RefCell<Line>>);

struct Line {
    stream: TcpStream,
    /// What has been written since the last flush.
    out: Vec<u8>,
    /// What is to stand at the end of the next stop reply.
    reason: Option<String>,
    chunks: mpsc::Receiver<Vec<u8>>,
    /// How many of these have not been received yet.
    unread: Arc<AtomicUsize>,
    /// What has been received and not been read.
    pending: VecDeque<u8>,
    /// Whether the client is gone.
    ended: bool,
    /// Whether the program runs: what arrives then interrupts it.
    running: Arc<AtomicBool>,
    /// The packet that is being read.
    packet: Vec<u8>,
    /// The packets by which the client and a stub have agreed how to talk.
    agreed: Vec<Vec<u8>>,
    /// How many of these a new stub has yet to hear, and to answer to nobody.
    unheard: usize,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, interrupter: Interrupter) -> io::Result<Wire> {
        stream.set_nodelay(true)?;
        let mut input = stream.try_clone()?;
        let (sent, chunks) = mpsc::channel();
        let running = Arc::new(AtomicBool::new(false));
        let unread = Arc::new(AtomicUsize::new(0));
        let (runs, waiting) = (running.clone(), unread.clone());
        std::thread::Builder::new().name("client".to_string()).spawn(move || {
            let mut buffer = [0; 1 << 16];
            loop {
                let received = match Read::read(&mut input, &mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => None,
                    Ok(length) => Some(buffer[..length].to_vec()),
                };
                let ended = received.is_none();
                waiting.fetch_add(usize::from(!ended), Ordering::AcqRel);
                let gone = received.is_some_and(|chunk| sent.send(chunk).is_err());
                // What made the program run is no reason to stop it.
                let is_news = ended || waiting.load(Ordering::Acquire) > 0;
                if is_news && runs.load(Ordering::Acquire) {
                    interrupter.interrupt();
                }
                if ended || gone {
                    return;
                }
            }
        })?;
        Ok(Wire(Rc::new(RefCell::new(Line {
            stream,
            out: Vec::new(),
            reason: None,
            chunks,
            unread,
            pending: VecDeque::new(),
            ended: false,
            running,
            packet: Vec::new(),
            agreed: Vec::new(),
            unheard: 0,
        }))))
    }

    /// The first packet, without taking it: what is between `$` and `#`.
    /// Nothing if the connection ends before.
    pub(crate) fn first_packet(&self) -> io::Result<Option<Vec<u8>>> {
        self.0.borrow_mut().first_packet()
    }

    /// The addresses of the client and of this end.
    pub(crate) fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        let line = self.0.borrow();
        Ok((line.stream.peer_addr()?, line.stream.local_addr()?))
    }

    /// Runs the engine until it stops, or until the client says something:
    /// `None` then. The program is stopped in either case.
    pub(crate) fn run(&self, engine: &mut dyn Engine, how: Resume) -> crate::engine::Result<Option<Stop>> {
        self.0.borrow_mut().run(engine, how)
    }

    /// Does what takes a while: what the client says meanwhile interrupts the
    /// engine.
    pub(crate) fn interruptible<R>(&self, work: impl FnOnce() -> R) -> R {
        let running = self.0.borrow().running.clone();
        running.store(true, Ordering::Release);
        let done = work();
        running.store(false, Ordering::Release);
        done
    }

    /// Adds to the next stop reply what `gdbstub` has no words for: LLDB's
    /// `reason`.
    pub(crate) fn give_reason(&self, reason: String) {
        self.0.borrow_mut().reason = Some(reason);
    }

    /// Shows gdb's user a line, while gdb waits for the program to stop.
    pub(crate) fn say(&self, line: &str) {
        let hex: String = line.bytes().chain([b'\n']).map(|byte| format!("{byte:02x}")).collect();
        self.0.borrow_mut().out.extend_from_slice(&packet(&format!("O{hex}")));
    }

    /// Answers a packet that has not been understood with an error. A new stub
    /// is told once more what has been agreed.
    pub(crate) fn start_again(&self) -> io::Result<()> {
        self.0.borrow_mut().start_again()
    }
}

impl Line {
    fn first_packet(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let start = self.pending.iter().position(|byte| *byte == b'$');
            let end =
                start.and_then(|start| Some(start + self.pending.iter().skip(start).position(|byte| *byte == b'#')?));
            if let Some((start, end)) = start.zip(end) {
                return Ok(Some(self.pending.range(start + 1..end).copied().collect()));
            }
            if self.pending.len() > MAX_FIRST_PACKET {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no packet in its first 64 KiB"));
            }
            match self.chunks.recv() {
                Ok(chunk) => self.receive(chunk),
                Err(mpsc::RecvError) => return Ok(None),
            }
        }
    }

    fn run(&mut self, engine: &mut dyn Engine, how: Resume) -> crate::engine::Result<Option<Stop>> {
        if self.peek_byte().is_some() {
            return Ok(None);
        }
        loop {
            self.running.store(true, Ordering::Release);
            let stop = engine.resume(how);
            self.running.store(false, Ordering::Release);
            match stop? {
                Stop::Interrupt if self.peek_byte().is_some() => return Ok(None),
                // What the client said has been read meanwhile.
                Stop::Interrupt if !self.ended => {}
                stop => return Ok(Some(stop)),
            }
        }
    }

    fn start_again(&mut self) -> io::Result<()> {
        self.out.clear();
        self.unheard = 0;
        if !self.agreed.iter().any(|packet| packet == NO_ACKNOWLEDGEMENTS) {
            self.out.push(b'+');
        }
        self.out.extend_from_slice(&packet("E01"));
        self.flush()?;
        for body in self.agreed.iter().rev() {
            for byte in packet(&String::from_utf8_lossy(body)).into_iter().rev() {
                self.pending.push_front(byte);
            }
        }
        self.unheard = self.agreed.len();
        Ok(())
    }

    /// Keeps the packets by which stub and client agree.
    fn keep(&mut self, byte: u8) {
        match byte {
            b'$' => self.packet.clear(),
            b'#' => {
                let packet = std::mem::take(&mut self.packet);
                let is_agreement = packet.starts_with(b"qSupported:") || packet == NO_ACKNOWLEDGEMENTS;
                if self.unheard == 0 && is_agreement && packet.is_ascii() && !self.agreed.contains(&packet) {
                    self.agreed.push(packet);
                }
            }
            _ if self.packet.len() < MAX_KEPT => self.packet.push(byte),
            _ => {}
        }
    }

    fn receive(&mut self, chunk: Vec<u8>) {
        self.unread.fetch_sub(1, Ordering::AcqRel);
        self.pending.extend(chunk);
    }

    fn peek_byte(&mut self) -> Option<u8> {
        loop {
            match self.chunks.try_recv() {
                Ok(chunk) => self.receive(chunk),
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.pending.front().copied()
    }
}

impl Line {
    fn flush(&mut self) -> io::Result<()> {
        if self.unheard > 0 {
            self.unheard -= 1;
            self.out.clear();
            return Ok(());
        }
        if let Some(packet) = self.reason.as_ref().and_then(|reason| with_reason(&self.out, reason)) {
            self.out = packet;
            self.reason = None;
        }
        let out = std::mem::take(&mut self.out);
        Write::write_all(&mut self.stream, &out)
    }

    fn read(&mut self) -> io::Result<u8> {
        loop {
            if let Some(byte) = self.pending.pop_front() {
                self.keep(byte);
                return Ok(byte);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.receive(chunk),
                Err(mpsc::RecvError) => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

impl Connection for Wire {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.0.borrow_mut().out.push(byte);
        Ok(())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().out.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl ConnectionExt for Wire {
    fn read(&mut self) -> io::Result<u8> {
        self.0.borrow_mut().read()
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.0.borrow_mut().peek_byte())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Ends the reading thread, too. A connection that is gone already is
        // as good.
        let _ = self.flush();
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// A stop reply (`T05…`, or `S05` for which a `T05` is as good) with more at its
/// end; nothing if these bytes are none.
fn with_reason(bytes: &[u8], reason: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let body = text.strip_prefix('$')?.split('#').next()?;
    let body = match body.split_at_checked(1)? {
        ("T", rest) => format!("T{rest}{reason}"),
        ("S", signal) => format!("T{signal}{reason}"),
        _ => return None,
    };
    Some(packet(&body))
}

fn packet(body: &str) -> Vec<u8> {
    let sum = body.bytes().fold(0_u8, u8::wrapping_add);
    format!("${body}#{sum:02x}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::with_reason;

    #[test]
    fn reasons_of_stops() {
        let told = with_reason(b"$S05#b8", "reason:trace;");
        assert_eq!(told.as_deref(), Some(&b"$T05reason:trace;#c5"[..]));
        assert_eq!(with_reason(b"$W00#b7", "reason:trace;"), None);
        assert_eq!(with_reason(b"+", "reason:trace;"), None);
    }
}
