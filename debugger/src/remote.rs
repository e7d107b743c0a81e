//! The remote serial protocol: one port for gdb and for LLDB.
//!
//! The first packet tells who is there: gdb opens with `qSupported`, LLDB with
//! `QStartNoAckMode`, and an editor speaks the Debug Adapter Protocol. Each gets a target of its own over the same engine. A
//! client that goes leaves the program stopped, and the next may attach.

mod gdb;
mod lldb;
mod queue;
mod stop;
mod watch;
mod wire;

use std::cell::OnceCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use gdbstub::stub::run_blocking::BlockingEventLoop;
use gdbstub::stub::{DisconnectReason, GdbStubBuilder};
use gdbstub::target::Target;

use crate::dap;
use crate::session::Session;
use queue::Queue;
use wasm_shadow::Flavour;
use wire::Wire;

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The port cannot be listened on.
    #[error("cannot listen on {address}: {source}{}", hint(.source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Connection(#[from] io::Error),
    /// No shadow for gdb can be made of the program.
    #[error("gdb cannot be shown the program: {0}")]
    Shadow(String),
    /// The client and the stub do not understand each other.
    #[error("the client sent what is not understood: {0}")]
    Protocol(String),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program has it: choose one with --port",
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        _ => "",
    }
}

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It detached, or its connection ended: the program stands where it was.
    Detached,
    /// It killed the program.
    Killed,
    /// The program has ended.
    Ended,
}

/// A port that clients attach to.
pub struct Server {
    listener: TcpListener,
    architecture: Option<Flavour>,
    queue: OnceCell<Queue>,
}

impl Server {
    /// Listens on a port of the loopback interface, or on another address if
    /// one is named; port 0 takes any that is free.
    ///
    /// # Errors
    /// If the port is in use.
    pub fn listen(address: Option<IpAddr>, port: u16) -> Result<Server, ServeError> {
        let address = SocketAddr::new(address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port);
        let listener = TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
        Ok(Server { listener, architecture: None, queue: OnceCell::new() })
    }

    /// Shows each gdb a program of this architecture, whatever it says that it
    /// is: one that knows several can be told which.
    #[must_use]
    pub fn for_architecture(self, architecture: Option<Flavour>) -> Server {
        Server { architecture, ..self }
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The port.
    pub fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Waits for a client and serves it until it leaves. Others that come
    /// meanwhile are refused, and the program's user is told.
    ///
    /// # Errors
    /// If the connection cannot be accepted, or the client is not understood.
    pub fn serve(&self, session: &mut Session<'_>) -> Result<Left, ServeError> {
        Ok(self.serve_unless(session, || false)?.unwrap_or(Left::Detached))
    }

    /// As [`Server::serve`], unless nobody is to come any more: that is asked
    /// again and again until someone has.
    ///
    /// # Errors
    /// As there.
    pub fn serve_unless(
        &self,
        session: &mut Session<'_>,
        mut is_over: impl FnMut() -> bool,
    ) -> Result<Option<Left>, ServeError> {
        let queue = match self.queue.get() {
            Some(queue) => queue,
            None => {
                let queue = Queue::new(self.listener.try_clone()?)?;
                self.queue.get_or_init(|| queue)
            }
        };
        let stream = loop {
            match queue.next(AGAIN)? {
                Some(stream) => break stream,
                None if is_over() => return Ok(None),
                None => {}
            }
        };
        let left = self.serve_client(session, stream);
        queue.is_free();
        left.map(Some)
    }

    fn serve_client(&self, session: &mut Session<'_>, stream: TcpStream) -> Result<Left, ServeError> {
        // gdb and LLDB open with `+` or `$`; an editor with `Content-Length`.
        let mut first = [0];
        if stream.peek(&mut first)? == 1 && first[0].eq_ignore_ascii_case(&b'C') {
            return Ok(match dap::serve_session(session, stream)? {
                dap::Left::Detached => Left::Detached,
                dap::Left::Killed => Left::Killed,
                dap::Left::Ended => Left::Ended,
            });
        }
        let wire = Wire::new(stream, session.engine.interrupter())?;
        match wire.first_packet()? {
            Some(packet) if packet.starts_with(b"QStartNoAckMode") => lldb::serve(session, wire),
            Some(packet) => gdb::serve(session, wire, &packet, self.architecture),
            None => Ok(Left::Detached),
        }
    }
}

/// How often it is asked whether someone is still to come.
const AGAIN: Duration = Duration::from_millis(100);

/// The longest packet that a client may send, in bytes.
const PACKET_BYTES: usize = 1 << 18;

/// Serves a client until it leaves.
fn drive<L>(target: &mut L::Target, wire: Wire) -> Result<Left, ServeError>
where
    L: BlockingEventLoop<Connection = Wire>,
    L::Target: Target<Error = String>,
{
    let mut buffer = vec![0; PACKET_BYTES];
    loop {
        let stub = GdbStubBuilder::new(wire.clone()).with_packet_buffer(&mut buffer).build();
        let stub = stub.map_err(|error| ServeError::Protocol(error.to_string()))?;
        return match stub.run_blocking::<L>(target) {
            Ok(DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_)) => Ok(Left::Ended),
            Ok(DisconnectReason::Disconnect) => Ok(Left::Detached),
            Ok(DisconnectReason::Kill) => Ok(Left::Killed),
            Err(error) if error.is_connection_error() => Ok(Left::Detached),
            Err(error) if error.is_target_error() => Err(ServeError::Protocol(error.to_string())),
            // A packet that is malformed, or too long.
            Err(_) => match wire.start_again() {
                Ok(()) => continue,
                Err(_) => Ok(Left::Detached),
            },
        };
    }
}

/// Copies what a client asks of a document, and says how much that is.
fn part(document: &[u8], offset: u64, length: usize, into: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| document.get(offset..)).unwrap_or_default();
    let length = length.min(rest.len()).min(into.len());
    into[..length].copy_from_slice(&rest[..length]);
    length
}
