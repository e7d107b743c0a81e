//! Engines outside of the window: behind a socket on this machine, or in a thread of this process. One thread reads,
//! one writes, the window never waits.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use wasm_gdb::live::Live;

use crate::live::Link;
use crate::strings::{Text, Wording};

/// How long an engine may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A stream of bytes that is being opened, or open.
#[derive(Debug)]
pub struct Stream {
    received: Receiver<Result<Vec<u8>, Wording>>,
    sent: Sender<Vec<u8>>,
}

impl Stream {
    /// Connects to an engine; the window is woken when something comes.
    ///
    /// # Errors
    /// If the address is not one of this machine: what an engine tells is not encrypted.
    pub fn connect(address: SocketAddr, ctx: &egui::Context) -> Result<Stream, Wording> {
        if !address.ip().is_loopback() {
            return Err(Text::NotThisMachine.with("address", address.to_string()));
        }
        Ok(Stream::open(ctx, move || {
            let failed = |error: io::Error| Wording::from(format!("{address}: {error}"));
            let socket = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).map_err(failed)?;
            // Messages are short, and each is waited for.
            socket.set_nodelay(true).map_err(failed)?;
            let (reader, closing) = (socket.try_clone().map_err(failed)?, socket.try_clone().map_err(failed)?);
            let close = move || {
                let _ = closing.shutdown(std::net::Shutdown::Both);
            };
            Ok((Box::new(reader) as Box<dyn Read + Send>, Box::new(socket) as Box<dyn Write + Send>, close))
        }))
    }

    /// The debugger of `wasm-gdb` in a thread of this process; viewers may look at what it runs.
    ///
    /// # Errors
    /// If the system has no more pipes or threads.
    pub fn debugger(ctx: &egui::Context, live: Live) -> io::Result<Stream> {
        let (input, to_debugger) = io::pipe()?;
        let (from_debugger, output) = io::pipe()?;
        let serve = move || wasm_gdb::dap::serve_live(input, output, Some(&live));
        std::thread::Builder::new().name("debugger".to_string()).spawn(serve)?;
        Ok(Stream::open(ctx, move || {
            Ok((Box::new(from_debugger) as Box<dyn Read + Send>, Box::new(to_debugger) as Box<dyn Write + Send>, || {}))
        }))
    }

    fn open<C: FnOnce() + Send + 'static>(
        ctx: &egui::Context,
        connect: impl FnOnce() -> Result<(Box<dyn Read + Send>, Box<dyn Write + Send>, C), Wording> + Send + 'static,
    ) -> Stream {
        let (to_window, received) = mpsc::channel();
        let (sent, from_window) = mpsc::channel();
        let ctx = ctx.clone();
        std::thread::spawn(move || {
            let tell = |news: Result<Vec<u8>, Wording>| {
                let is_heard = to_window.send(news).is_ok();
                ctx.request_repaint();
                is_heard
            };
            let reason = match connect() {
                Ok((mut reader, writer, close)) => {
                    std::thread::spawn(move || write(writer, &from_window, close));
                    read(&mut reader, |bytes| tell(Ok(bytes)))
                }
                Err(reason) => reason,
            };
            tell(Err(reason));
        });
        Stream { received, sent }
    }
}

/// Writes what comes from the window, until that or the engine is gone.
fn write(mut writer: Box<dyn Write + Send>, from_window: &Receiver<Vec<u8>>, close: impl FnOnce()) {
    while let Ok(bytes) = from_window.recv() {
        if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
            break;
        }
    }
    // Reading ends too.
    close();
}

/// Hands on what comes from the engine until one of them has enough; then why.
fn read(reader: &mut dyn Read, tell: impl Fn(Vec<u8>) -> bool) -> Wording {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Text::ClosedConnection.into(),
            Ok(size) if tell(buffer.get(..size).unwrap_or_default().to_vec()) => {}
            // The window has let go, and hears no more.
            Ok(_) => return Text::LetGo.into(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.to_string().into(),
        }
    }
}

impl Link for Stream {
    fn send(&mut self, bytes: Vec<u8>) {
        // If the engine is gone, reading says so.
        let _ = self.sent.send(bytes);
    }

    fn receive(&mut self) -> Option<Result<Vec<u8>, Wording>> {
        self.received.try_recv().ok()
    }
}
