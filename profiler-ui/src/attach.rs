//! A socket to an engine on this machine: one thread reads, one writes, the window never waits.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use crate::live::Link;

/// How long an engine may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A socket that is being opened, or open.
#[derive(Debug)]
pub struct Socket {
    received: Receiver<Result<Vec<u8>, String>>,
    sent: Sender<Vec<u8>>,
}

impl Socket {
    /// Connects to an engine; the window is woken when something comes.
    ///
    /// # Errors
    /// If the address is not one of this machine: what an engine tells is not encrypted.
    pub fn connect(address: SocketAddr, ctx: &egui::Context) -> Result<Socket, String> {
        if !address.ip().is_loopback() {
            return Err(format!("{address} is not on this machine; forward its port, and attach to 127.0.0.1"));
        }
        let (to_window, received) = mpsc::channel();
        let (sent, from_window) = mpsc::channel();
        let ctx = ctx.clone();
        std::thread::spawn(move || {
            let tell = |news: Result<Vec<u8>, String>| {
                let is_heard = to_window.send(news).is_ok();
                ctx.request_repaint();
                is_heard
            };
            let reason = match talk(address, from_window, |bytes| tell(Ok(bytes))) {
                Ok(()) => "it closed the connection".to_string(),
                Err(error) => format!("{address}: {error}"),
            };
            tell(Err(reason));
        });
        Ok(Socket { received, sent })
    }
}

/// Connects, writes in another thread what comes from the window, and hands on what comes from the engine, until one of
/// them has enough.
fn talk(address: SocketAddr, from_window: Receiver<Vec<u8>>, tell: impl Fn(Vec<u8>) -> bool) -> std::io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
    let mut writer = stream.try_clone()?;
    std::thread::spawn(move || {
        while let Ok(bytes) = from_window.recv() {
            if writer.write_all(&bytes).is_err() {
                break;
            }
        }
        // The window is gone, or the engine: reading ends too.
        let _ = writer.shutdown(std::net::Shutdown::Both);
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            size if tell(buffer.get(..size).unwrap_or_default().to_vec()) => {}
            _ => return Ok(()),
        }
    }
}

impl Link for Socket {
    fn send(&mut self, bytes: Vec<u8>) {
        // If the engine is gone, reading says so.
        let _ = self.sent.send(bytes);
    }

    fn receive(&mut self) -> Option<Result<Vec<u8>, String>> {
        self.received.try_recv().ok()
    }
}
