//! The Debug Adapter Protocol from the client's side: messages over a link, and each answer to its question.
//!
//! Specification: <https://microsoft.github.io/debug-adapter-protocol/specification>.

use serde_json::{Value, json};

use crate::live::Link;
use crate::strings::{Text, Wording};

/// No message is longer, in bytes.
const MAX_MESSAGE: usize = 64 << 20;
/// No header is longer, in bytes.
const MAX_HEADER: usize = 4096;

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The answer to a request.
    Answer {
        /// The request's number.
        request: u64,
        /// What was asked for, or why there is none.
        body: Result<Value, String>,
    },
    /// Something that happened.
    Event {
        /// Its name.
        event: String,
        /// What goes with it.
        body: Value,
    },
}

/// A debugger behind a link.
pub struct Connection {
    link: Box<dyn Link>,
    received: Vec<u8>,
    last_request: u64,
}

impl Connection {
    /// A debugger that was told nothing yet.
    pub fn new(link: Box<dyn Link>) -> Connection {
        Connection { link, received: Vec::new(), last_request: 0 }
    }

    /// Asks; the answer has the number.
    pub fn request(&mut self, command: &str, arguments: &Value) -> u64 {
        self.last_request += 1;
        let message =
            json!({ "seq": self.last_request, "type": "request", "command": command, "arguments": arguments });
        let message = message.to_string();
        self.link.send(format!("Content-Length: {}\r\n\r\n{message}", message.len()).into_bytes());
        self.last_request
    }

    /// What came next, if anything did.
    ///
    /// # Errors
    /// If nothing more will come: why.
    pub fn poll(&mut self) -> Result<Option<Message>, Wording> {
        loop {
            if let Some((message, used)) = next_message(&self.received)? {
                self.received.drain(..used);
                match understand(&message) {
                    // A request of the debugger's: there is none that this client said it takes.
                    None => continue,
                    known => return Ok(known),
                }
            }
            match self.link.receive() {
                None => return Ok(None),
                Some(bytes) => self.received.extend(bytes?),
            }
        }
    }
}

/// The first message of what has come, and how many bytes it took.
fn next_message(received: &[u8]) -> Result<Option<(Value, usize)>, Wording> {
    let head = received.get(..MAX_HEADER).unwrap_or(received);
    let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") else {
        let is_short = received.len() < MAX_HEADER;
        return if is_short { Ok(None) } else { Err(Text::NoDebugAdapter.into()) };
    };
    let header = String::from_utf8_lossy(head.get(..end).unwrap_or_default());
    let length = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.filter(|length| *length <= MAX_MESSAGE);
    let length = length.ok_or(Text::NoDebugAdapter)?;
    let Some(body) = received.get(end + 4..end + 4 + length) else { return Ok(None) };
    let unreadable = |error: serde_json::Error| Text::MessageUnreadable.with("reason", error.to_string());
    let message = serde_json::from_slice(body).map_err(unreadable)?;
    Ok(Some((message, end + 4 + length)))
}

fn understand(message: &Value) -> Option<Message> {
    match message["type"].as_str()? {
        "response" => {
            let body = match message["success"].as_bool() {
                Some(true) => Ok(message["body"].clone()),
                _ => Err(reason(message)),
            };
            Some(Message::Answer { request: message["request_seq"].as_u64()?, body })
        }
        "event" => {
            Some(Message::Event { event: message["event"].as_str()?.to_string(), body: message["body"].clone() })
        }
        _ => None,
    }
}

/// Why something was not done, in the debugger's words; if it has none, what that was.
fn reason(message: &Value) -> String {
    let long = message["body"]["error"]["format"].as_str();
    long.or(message["message"].as_str()).or(message["command"].as_str()).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Canned(Vec<Result<Vec<u8>, Wording>>);

    impl Link for Canned {
        fn send(&mut self, _: Vec<u8>) {}

        fn receive(&mut self) -> Option<Result<Vec<u8>, Wording>> {
            (!self.0.is_empty()).then(|| self.0.remove(0))
        }
    }

    fn message(text: &str) -> Vec<u8> {
        format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
    }

    #[test]
    fn messages_come_in_pieces_and_together() {
        let mut bytes = message(r#"{"type":"event","event":"stopped","body":{"reason":"entry"}}"#);
        bytes.extend(message(r#"{"type":"response","request_seq":7,"success":false,"message":"no"}"#));
        let pieces = bytes.chunks(11).map(|piece| Ok(piece.to_vec())).collect();
        let mut connection = Connection::new(Box::new(Canned(pieces)));
        let event = Message::Event { event: "stopped".into(), body: json!({ "reason": "entry" }) };
        assert_eq!(connection.poll(), Ok(Some(event)));
        assert_eq!(connection.poll(), Ok(Some(Message::Answer { request: 7, body: Err("no".into()) })));
        assert_eq!(connection.poll(), Ok(None));
    }

    #[test]
    fn who_speaks_something_else_is_left() {
        for nonsense in [b"Content-Length: 99999999999\r\n\r\n".to_vec(), vec![b'x'; 5000], message("{")] {
            let mut connection = Connection::new(Box::new(Canned(vec![Ok(nonsense)])));
            assert!(connection.poll().is_err());
        }
    }
}
