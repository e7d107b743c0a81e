//! A connection whose input is read by a thread of its own, so that a client
//! can interrupt a program that runs.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use gdbstub::conn::{Connection, ConnectionExt};

use crate::engine::{Engine, Interrupter, Resume, Stop};

/// How long a first packet may be, in bytes, before it is none.
const MAX_FIRST_PACKET: usize = 1 << 16;

/// A client's connection.
pub(crate) struct Wire {
    stream: TcpStream,
    out: BufWriter<TcpStream>,
    chunks: mpsc::Receiver<Vec<u8>>,
    /// What has been received and not been read.
    pending: VecDeque<u8>,
    /// Whether the client is gone.
    ended: bool,
    /// Whether the program runs: what arrives then interrupts it.
    running: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, interrupter: Interrupter) -> io::Result<Wire> {
        stream.set_nodelay(true)?;
        let out = BufWriter::with_capacity(1 << 16, stream.try_clone()?);
        let mut input = stream.try_clone()?;
        let (sent, chunks) = mpsc::channel();
        let running = Arc::new(AtomicBool::new(false));
        let runs = running.clone();
        std::thread::Builder::new().name("client".to_string()).spawn(move || {
            let mut buffer = [0; 1 << 16];
            loop {
                let received = match Read::read(&mut input, &mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => None,
                    Ok(length) => Some(buffer[..length].to_vec()),
                };
                let ended = received.is_none();
                let gone = received.is_some_and(|chunk| sent.send(chunk).is_err());
                if runs.load(Ordering::Acquire) {
                    interrupter.interrupt();
                }
                if ended || gone {
                    return;
                }
            }
        })?;
        Ok(Wire { stream, out, chunks, pending: VecDeque::new(), ended: false, running })
    }

    /// The first packet, without taking it: what is between `$` and `#`.
    /// Nothing if the connection ends before.
    pub(crate) fn first_packet(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let start = self.pending.iter().position(|byte| *byte == b'$');
            let end = start.and_then(|start| Some(start + self.pending.iter().skip(start).position(|byte| *byte == b'#')?));
            if let Some((start, end)) = start.zip(end) {
                return Ok(Some(self.pending.range(start + 1..end).copied().collect()));
            }
            if self.pending.len() > MAX_FIRST_PACKET {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no packet in its first 64 KiB"));
            }
            match self.chunks.recv() {
                Ok(chunk) => self.pending.extend(chunk),
                Err(mpsc::RecvError) => return Ok(None),
            }
        }
    }

    /// Runs the engine until it stops, or until the client says something:
    /// `None` then. The program is stopped in either case.
    pub(crate) fn run(&mut self, engine: &mut dyn Engine, how: Resume) -> crate::engine::Result<Option<Stop>> {
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

    fn peek_byte(&mut self) -> Option<u8> {
        loop {
            match self.chunks.try_recv() {
                Ok(chunk) => self.pending.extend(chunk),
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

impl Connection for Wire {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.out.write_all(&[byte])
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl ConnectionExt for Wire {
    fn read(&mut self) -> io::Result<u8> {
        loop {
            if let Some(byte) = self.pending.pop_front() {
                return Ok(byte);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.pending.extend(chunk),
                Err(mpsc::RecvError) => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.peek_byte())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // Ends the reading thread, too. A connection that is gone already is
        // as good.
        let _ = self.out.flush();
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
