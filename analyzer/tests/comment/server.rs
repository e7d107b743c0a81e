//! A server on the loopback device that holds each request against a description of the API.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What a path parameter, query parameter or property may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Integer { min: u64, max: u64 },
    Text { max: usize },
    OneOf(&'static [&'static str]),
}

impl Kind {
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Integer { min, max } => text.parse::<u64>().is_ok_and(|value| (min..=max).contains(&value)),
            Self::Text { max } => !text.is_empty() && text.encode_utf16().count() <= max,
            Self::OneOf(values) => values.contains(&text),
        }
    }
}

/// An operation of an API.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// `{name}` stands for a parameter.
    pub(crate) path: &'static str,
    pub(crate) query: &'static [(&'static str, Kind)],
    /// The properties of the JSON object in the body, all required; none: no body.
    pub(crate) body: &'static [(&'static str, Kind)],
}

/// An API: what each request must have, and the operations.
pub(crate) struct Description {
    /// Header and value.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Path parameters by name.
    pub(crate) parameters: &'static [(&'static str, Kind)],
    pub(crate) operations: &'static [Operation],
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Description {
    /// What is wrong with a request.
    fn problem(&self, request: &Request) -> Option<String> {
        for (name, value) in self.headers {
            if request.header(name) != Some(value) {
                return Some(format!("{name} is {:?}, not {value}", request.header(name)));
            }
        }
        if request.header("user-agent").is_none_or(str::is_empty) {
            return Some("no User-Agent".into());
        }
        let path = request.path.split('/').collect::<Vec<_>>();
        let fits = |operation: &&Operation| {
            let parts = operation.path.split('/').collect::<Vec<_>>();
            operation.method == request.method
                && parts.len() == path.len()
                && parts.iter().zip(&path).all(|(part, &text)| {
                    match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                        Some(name) => self.parameters.iter().any(|(n, kind)| *n == name && kind.takes(text)),
                        None => *part == text,
                    }
                })
        };
        let Some(operation) = self.operations.iter().find(fits) else {
            return Some("no such operation".into());
        };
        for (name, value) in &request.query {
            match operation.query.iter().find(|(known, _)| known == name) {
                None => return Some(format!("unknown query parameter {name}")),
                Some((_, kind)) if !kind.takes(value) => {
                    return Some(format!("{name}={value} is not {kind:?}"));
                }
                Some(_) => {}
            }
        }
        if operation.body.is_empty() {
            return (!request.body.is_empty()).then(|| "a body where none belongs".into());
        }
        if request.header("content-type") != Some("application/json") {
            return Some("the body is not announced as JSON".into());
        }
        let Value::Object(object) = request.json() else {
            return Some("the body is no JSON object".into());
        };
        if let Some(name) = object.keys().find(|name| operation.body.iter().all(|(n, _)| n != name)) {
            return Some(format!("unknown property {name}"));
        }
        operation.body.iter().find_map(|(name, kind)| match object.get(*name) {
            Some(Value::String(text)) if kind.takes(text) => None,
            other => Some(format!("{name} is {other:?}")),
        })
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn new(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server for one test. Its thread ends with the test's process.
pub(crate) struct Server {
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    requests: Vec<Request>,
    problems: Vec<String>,
}

impl Server {
    /// Starts a server that answers by `answer` what `description` allows, and 400 to the rest.
    pub(crate) fn start(
        description: &'static Description,
        mut answer: impl FnMut(&Request, &str) -> Response + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Log::default()));
        let (server_url, server_log) = (url.clone(), Arc::clone(&log));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let Some(request) = read(&stream) else { continue };
                let response = match description.problem(&request) {
                    Some(problem) => {
                        let line = format!("{} {}: {problem}", request.method, request.path);
                        server_log.lock().unwrap().problems.push(line);
                        Response { status: 400, ..Response::default() }
                    }
                    None => answer(&request, &server_url),
                };
                server_log.lock().unwrap().requests.push(request);
                write(stream, &response);
            }
        });
        Self { url, log }
    }

    /// Method and path of all requests. Panics if one was not as the API describes it.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let log = self.log.lock().unwrap();
        assert_eq!(log.problems, [] as [String; 0]);
        log.requests.clone()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        let line = |request: Request| format!("{} {}", request.method, request.path);
        self.requests().into_iter().map(line).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), decode(value))
    };
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    let mut request = Request { method, path: path.to_owned(), query, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn write(mut stream: TcpStream, response: &Response) {
    let Response { status, headers, body } = response;
    let mut text = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    let _ = write!(stream, "{text}\r\n{body}");
}
