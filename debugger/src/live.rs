//! The program's memory, live: a port by which viewers such as `profiler-ui`
//! look at it while a debugger drives it, by the protocol of [`memviz`].
//!
//! An engine that is [watched](Live::watch) works as before. While it stands
//! still, viewers are answered from it; while it runs, its thread lets them in
//! between two instructions ([`Engine::admit`]). Who looks must not slow the
//! program down: after a look as long as nine tenths of the time are the
//! program's.

mod desk;
mod viewer;
mod watched;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use self::desk::Desk;
use self::watched::Watched;
use crate::engine::Engine;

/// A port that viewers attach to. Clones are the same.
#[derive(Clone)]
pub struct Live {
    desk: Arc<Desk>,
    address: SocketAddr,
}

impl Live {
    /// Listens on a port of the loopback interface; port 0 takes any that is
    /// free.
    ///
    /// # Errors
    /// If the port is in use, or no thread can be started.
    pub fn listen(port: u16) -> Result<Live, LiveError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let failed = |source: io::Error| LiveError { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let desk = Desk::open().map_err(failed)?;
        viewer::accept(listener, desk.clone()).map_err(failed)?;
        Ok(Live { desk, address })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets viewers look at what an engine runs, instead of what another ran
    /// before.
    pub fn watch(&self, engine: Box<dyn Engine>) -> Box<dyn Engine> {
        Box::new(Watched::new(engine, self.desk.clone()))
    }
}

/// The port of viewers cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for viewers: {source}{}", hint(.source))]
pub struct LiveError {
    address: SocketAddr,
    source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program has it: choose one with --live",
        _ => "",
    }
}
