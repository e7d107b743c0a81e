//! Where pull requests live: one comment on a pull request (GitHub) or merge request (GitLab), posted
//! by the first CI run and updated by the later ones.
//!
//! [`run`] never fails: a network that is down, a token that may not write and an event without
//! a pull request are warnings, and the comment's text goes to the job's summary instead. The
//! token comes from the environment only, goes to the API's own host only, and is in no output.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`body`] | the text of the comment |
//! | [`context`] | which pull request, from the environment and the event |
//! | [`http`] | requests: time-outs, redirects, errors in words |
//! | [`github`], [`gitlab`] | the calls |

pub(crate) mod body;
mod context;
mod github;
mod gitlab;
mod http;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use body::CommentData;
use context::{Forge, Target};
use http::{ApiError, Client, Secret};

/// The environment, as a map so that tests need no process of their own.
pub(crate) type Env = BTreeMap<String, String>;

/// What the caller chooses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The number of the pull request, where the event does not say it. In a `workflow_run` it
    /// counts only if the pull request is at the commit that the run built.
    pub(crate) pull_request: Option<u64>,
    /// Where the text goes if it can't be posted and there is no job summary.
    pub(crate) fallback: Option<PathBuf>,
    /// How patient to be.
    pub(crate) patience: Patience,
}

/// Bounds on the time that a comment may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For everything.
    pub(crate) total: Duration,
    /// Before the second try; twice as long before the third, which is the last.
    pub(crate) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { total: Duration::from_secs(90), pause: Duration::from_secs(2) }
    }
}

/// What became of the comment.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The comment, if it is there now.
    pub(crate) posted: Option<Posted>,
    /// What to tell the user on standard error. Never a reason to fail the build.
    pub(crate) warnings: Vec<String>,
    /// The file that has the text instead, if there is one.
    pub(crate) written_to: Option<PathBuf>,
    /// The text.
    pub(crate) body: String,
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) change: Change,
    /// Where a browser shows it, if the forge says so.
    pub(crate) url: Option<String>,
}

/// What was done to the comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Updated,
    /// It said the same already.
    Unchanged,
}

/// Posts or updates the comment.
pub(crate) fn run(data: &CommentData, options: &Options, env: &Env) -> Outcome {
    let body = body::render(data, body::LIMIT);
    let mut outcome = Outcome { posted: None, warnings: Vec::new(), written_to: None, body };
    match post(data, &outcome.body, options, env) {
        Ok(posted) => outcome.posted = Some(posted),
        Err(warning) => {
            outcome.warnings.push(warning);
            write_elsewhere(&mut outcome, options, env);
        }
    }
    outcome
}

/// Posts or updates, or says in words why not.
fn post(data: &CommentData, body: &str, options: &Options, env: &Env) -> Result<Posted, String> {
    let Target { forge, api, token } = context::detect(env, options.pull_request).map_err(|error| error.to_string())?;
    let deadline = Instant::now() + options.patience.total;
    let mut pause = options.patience.pause;
    let mut tries = 3;
    loop {
        tries -= 1;
        let error = match attempt(&forge, &api, &token, deadline, &data.marker(), body) {
            Ok(posted) => return Ok(posted),
            Err(error) => error,
        };
        // A try starts with a look for the comment, so that one which was posted although the
        // answer was lost is found, not posted twice.
        let wait = error.wait().map(|wait| wait.max(pause));
        match wait {
            Some(wait) if tries > 0 && Instant::now() + wait < deadline => thread::sleep(wait),
            _ => return Err(token.redact(&format!("the comment was not posted: {error}"))),
        }
        pause *= 2;
    }
}

fn attempt(
    forge: &Forge,
    api: &str,
    token: &Secret,
    deadline: Instant,
    marker: &str,
    body: &str,
) -> Result<Posted, ApiError> {
    match forge {
        Forge::GitHub(target) => {
            let client = Client::new(api, github::headers(token), deadline)?;
            github::upsert(&client, target, marker, body)
        }
        Forge::GitLab(target) => {
            let client = Client::new(api, gitlab::headers(token), deadline)?;
            gitlab::upsert(&client, target, marker, body)
        }
    }
}

fn write_elsewhere(outcome: &mut Outcome, options: &Options, env: &Env) {
    let summary = env.get("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    let Some(path) = summary.map(PathBuf::from).or_else(|| options.fallback.clone()) else {
        return;
    };
    // A summary is added to, as other steps have theirs.
    let mut open = OpenOptions::new();
    let open = match summary {
        Some(_) => open.create(true).append(true),
        None => open.create(true).write(true).truncate(true),
    };
    match open.open(&path).and_then(|mut file| writeln!(file, "{}", outcome.body)) {
        Ok(()) => outcome.written_to = Some(path),
        Err(error) => {
            outcome.warnings.push(format!("{} could not be written: {error}", path.display()));
        }
    }
}
