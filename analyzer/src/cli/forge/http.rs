//! Requests to one API: bounded in time and size, with the token for that API's host only.

use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// A token. It is shown as `***`, whatever prints it.
#[derive(Clone)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The token, for a header.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the token: a server may repeat what it was sent.
    pub(super) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a call to the API failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// The address is none, or would carry the token unencrypted.
    #[error("{0} is no address for an API: it must be https://… (http:// only on this machine)")]
    Address(String),
    /// No answer.
    #[error("{host} did not answer: {message}")]
    Unreachable { host: String, message: String },
    /// Too late to start another request.
    #[error("the time for it is up")]
    Late,
    /// An answer that is a refusal.
    #[error("{method} {path}: {status}{}{}", separated(" ", .message), separated("; ", .cure))]
    Refused { method: Method, path: String, status: u16, message: String, cure: &'static str },
    /// The forge wants us to come back later.
    #[error("the API's rate limit is reached{}", .wait.map_or(String::new(), |wait| format!(", try again in {} s", wait.as_secs())))]
    RateLimit { wait: Option<Duration> },
    /// A redirect to where the token does not belong, or in a circle.
    #[error("{path} redirects to {to}, which was not followed: the token is for {host} only")]
    Redirect { path: String, to: String, host: String },
    /// An answer that is not what the API describes.
    #[error("{path}: an answer that is not what the API describes: {message}")]
    Answer { path: String, message: String },
    /// Nothing wrong with the API, but nowhere to post.
    #[error("{0}")]
    NoPullRequest(String),
}

fn separated(separator: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{separator}{text}") }
}

impl ApiError {
    /// How long to wait at least before another try, if one may help.
    pub(super) fn wait(&self) -> Option<Duration> {
        match self {
            Self::Unreachable { .. } => Some(Duration::ZERO),
            Self::Refused { status: 408 | 500..=599, .. } => Some(Duration::ZERO),
            Self::RateLimit { wait } => *wait,
            _ => None,
        }
    }

    /// The error with what to do about it, where the status says that the token is to blame.
    pub(super) fn cure(self, advice: &'static str) -> Self {
        match self {
            Self::Refused { method, path, status: status @ (401 | 403 | 404), message, .. } => {
                Self::Refused { method, path, status, message, cure: advice }
            }
            other => other,
        }
    }
}

/// An answer with its items and the address of the next page.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// A client of one API.
pub(super) struct Client {
    agent: Agent,
    /// The address of the API without a slash at its end.
    base: String,
    origin: Origin,
    headers: Vec<(&'static str, String)>,
    deadline: Instant,
}

/// No request takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// No answer is longer: a page of 100 comments of 65,536 characters.
const ANSWER_LIMIT: u64 = 32 << 20;
/// Redirects that are followed.
const REDIRECTS: usize = 3;
/// Pages that are read: 10,000 comments.
const PAGES: usize = 100;

impl Client {
    pub(super) fn new(base: &str, headers: Vec<(&'static str, String)>, deadline: Instant) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/');
        let address = || ApiError::Address(base.to_owned());
        let origin = Origin::of(base).ok_or_else(address)?;
        let is_local = origin.is_local();
        if origin.scheme != "https" && !is_local {
            return Err(address());
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .user_agent(concat!("wasm-size/", env!("CARGO_PKG_VERSION")))
            // The system's roots: companies run GitLab and GitHub under their own.
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build());
        if is_local {
            config = config.proxy(None);
        }
        let agent = config.build().new_agent();
        Ok(Self { agent, base: base.to_owned(), origin, headers, deadline })
    }

    /// The object or list at `path`.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let (_, answer) = self.call(&Method::GET, &self.url(path), &[])?;
        parse(path, &answer)
    }

    /// All items of the list at `path`, page by page, as long as `visit` wants more.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        mut visit: impl FnMut(T) -> bool,
    ) -> Result<(), ApiError> {
        let mut url = self.url(path);
        for _ in 0..PAGES {
            let page = self.page(path, &url)?;
            for item in page.items {
                if !visit(item) {
                    return Ok(());
                }
            }
            match page.next {
                Some(next) => url = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn page<T: DeserializeOwned>(&self, path: &str, url: &str) -> Result<Page<T>, ApiError> {
        let (next, answer) = self.call(&Method::GET, url, &[])?;
        let next = next.map(|next| self.own(path, &next)).transpose()?;
        Ok(Page { items: parse(path, &answer)?, next })
    }

    /// Sends `content` as JSON and returns the object in the answer.
    pub(super) fn send<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        content: &impl Serialize,
    ) -> Result<T, ApiError> {
        let describe = |error: serde_json::Error| ApiError::Answer { path: path.into(), message: error.to_string() };
        let content = serde_json::to_vec(content).map_err(describe)?;
        let (_, answer) = self.call(method, &self.url(path), &content)?;
        parse(path, &answer)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// `url`, if it is on the API's own host: no other gets the token.
    fn own(&self, path: &str, url: &str) -> Result<String, ApiError> {
        // A reference without a host is to this one.
        let url = match url.starts_with('/') && !url.starts_with("//") {
            true => format!("{}{url}", self.origin),
            false => url.to_owned(),
        };
        match Origin::of(&url) {
            Some(origin) if origin == self.origin => Ok(url),
            _ => Err(ApiError::Redirect {
                path: path.to_owned(),
                to: url.chars().take(200).collect(),
                host: self.origin.host.clone(),
            }),
        }
    }

    /// One request, and those that its redirects lead to. Returns the address of the next page
    /// and the body.
    fn call(&self, method: &Method, url: &str, content: &[u8]) -> Result<(Option<String>, Vec<u8>), ApiError> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let mut response = self.request(method, &url, content)?;
            let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
            let path = path_of(&url);
            let status = response.status().as_u16();
            match status {
                200..=299 => {
                    let next = header("link").and_then(|link| next_page(&link));
                    let limited = response.body_mut().with_config().limit(ANSWER_LIMIT);
                    let answer = limited.read_to_vec().map_err(|error| self.unreachable(error))?;
                    return Ok((next, answer));
                }
                // The API keeps the method on all of these.
                301 | 302 | 307 | 308 => {
                    let to = header("location").unwrap_or_default();
                    url = self.own(&path, &to)?;
                }
                _ => {
                    let limit = match (status, header("retry-after"), header("x-ratelimit-remaining")) {
                        (403 | 429, Some(seconds), _) => Some(seconds.parse().ok()),
                        (429, None, _) => Some(None),
                        (403, None, Some(left)) if left == "0" => Some(None),
                        _ => None,
                    };
                    if let Some(seconds) = limit {
                        return Err(ApiError::RateLimit { wait: seconds.map(Duration::from_secs) });
                    }
                    let message = message(&mut response);
                    let method = method.clone();
                    return Err(ApiError::Refused { method, path, status, message, cure: "" });
                }
            }
        }
        let (path, host) = (path_of(&url), self.origin.host.clone());
        Err(ApiError::Redirect { path, to: "itself".into(), host })
    }

    fn request(&self, method: &Method, url: &str, content: &[u8]) -> Result<ureq::http::Response<Body>, ApiError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).min(TIMEOUT);
        if left.is_zero() {
            return Err(ApiError::Late);
        }
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let invalid = |_| ApiError::Address(url.to_owned());
        let response = if content.is_empty() {
            let request = request.body(()).map_err(invalid)?;
            let request = self.agent.configure_request(request);
            self.agent.run(request.timeout_global(Some(left)).build())
        } else {
            let request = request.header("Content-Type", "application/json");
            let request = request.body(content).map_err(invalid)?;
            let request = self.agent.configure_request(request);
            self.agent.run(request.timeout_global(Some(left)).build())
        };
        response.map_err(|error| self.unreachable(error))
    }

    fn unreachable(&self, error: ureq::Error) -> ApiError {
        ApiError::Unreachable { host: self.origin.host.clone(), message: error.to_string() }
    }
}

fn parse<T: DeserializeOwned>(path: &str, answer: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(answer)
        .map_err(|error| ApiError::Answer { path: path.to_owned(), message: error.to_string() })
}

/// What the API says about a refusal, on one line.
fn message(response: &mut ureq::http::Response<Body>) -> String {
    let text = response.body_mut().with_config().limit(1 << 16).read_to_vec().unwrap_or_default();
    let object: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    // GitHub and GitLab say `message`, GitLab's OAuth layer `error`.
    let said = ["message", "error"].iter().find_map(|key| object.get(key));
    let said = match said {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let plain = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(300).collect()
}

/// The address in `<…>; rel="next"` of a `Link` header (RFC 8288).
fn next_page(link: &str) -> Option<String> {
    link.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = parameters.split(';').map(str::trim);
        parameters.any(|p| p == "rel=\"next\"" || p == "rel=next").then(|| address.to_owned())
    })
}

fn path_of(url: &str) -> String {
    url.parse::<Uri>().map_or_else(|_| String::new(), |uri| uri.path().to_owned())
}

/// Scheme, host and port of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of `url`, unless it is none or has a user in it.
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let host = uri.host()?.to_ascii_lowercase();
        Some(Self { scheme, host, port: uri.port_u16().unwrap_or(default_port) })
    }

    fn is_local(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]"].contains(&self.host.as_str())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}
