//! GitHub's REST API, version 2022-11-28: find the pull request, find the comment, write it.
//!
//! <https://docs.github.com/rest/issues/comments>, <https://docs.github.com/rest/pulls/pulls>

use serde::Deserialize;
use serde_json::json;
use ureq::http::Method;

use super::context::{GitHubTarget, PullRequest, Run};
use super::http::{ApiError, Client, Secret};
use super::{Change, Posted};

const CURE: &str =
    "the job needs permissions: pull-requests: write; a pull request from a fork has no such token, see workflow_run";

pub(super) fn headers(token: &Secret) -> Vec<(&'static str, String)> {
    vec![
        ("Accept", "application/vnd.github+json".into()),
        ("X-GitHub-Api-Version", "2022-11-28".into()),
        ("Authorization", format!("Bearer {}", token.expose())),
    ]
}

/// What we use of an `issue-comment`.
#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    html_url: Option<String>,
    user: Option<User>,
    #[serde(default)]
    author_association: String,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "type")]
    kind: String,
}

impl Comment {
    /// Whether the comment is ours to edit. Anyone can write a comment that begins like ours,
    /// so its author must be a program or have rights to the repository.
    fn is_ours(&self, marker: &str) -> bool {
        let is_trusted = self.user.as_ref().is_some_and(|user| user.kind == "Bot")
            || ["OWNER", "MEMBER", "COLLABORATOR"].contains(&self.author_association.as_str());
        is_trusted && self.body.as_ref().is_some_and(|body| body.starts_with(marker))
    }
}

/// What we use of a `pull-request` and a `pull-request-simple`.
#[derive(Deserialize)]
struct Pull {
    number: u64,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

/// Posts `body`, or updates the comment that begins with `marker`.
pub(super) fn upsert(client: &Client, target: &GitHubTarget, marker: &str, body: &str) -> Result<Posted, ApiError> {
    let repository = format!("/repos/{}", target.repository);
    let number = match &target.pull_request {
        PullRequest::Number(number) => *number,
        PullRequest::OfRun { run, claimed } => find_pull_request(client, &repository, run, *claimed)?,
    };
    let comments = format!("{repository}/issues/{number}/comments");
    let mut ours = None;
    client
        .list(&format!("{comments}?per_page=100"), |comment: Comment| {
            if comment.is_ours(marker) {
                ours = Some(comment);
            }
            ours.is_none()
        })
        .map_err(|error| error.cure(CURE))?;

    let content = json!({ "body": body });
    let (change, comment) = match ours {
        Some(comment) if same_text(comment.body.as_deref(), body) => (Change::Unchanged, comment),
        Some(comment) => {
            let path = format!("{repository}/issues/comments/{}", comment.id);
            (
                Change::Updated,
                client.send::<Comment>(&Method::PATCH, &path, &content).map_err(|error| error.cure(CURE))?,
            )
        }
        None => (
            Change::Created,
            client.send::<Comment>(&Method::POST, &comments, &content).map_err(|error| error.cure(CURE))?,
        ),
    };
    Ok(Posted { change, url: comment.html_url })
}

/// Forges may store line ends in their own way, and drop white space at the end.
pub(super) fn same_text(stored: Option<&str>, body: &str) -> bool {
    stored.is_some_and(|stored| stored.replace("\r\n", "\n").trim_end() == body.trim_end())
}

/// The pull request that a run built. Its head must be the run's commit: else the number in an
/// artefact of a fork could make us comment on any pull request.
fn find_pull_request(client: &Client, repository: &str, run: &Run, claimed: Option<u64>) -> Result<u64, ApiError> {
    if let Some(number) = claimed {
        let pull: Pull = client.get(&format!("{repository}/pulls/{number}")).map_err(|error| error.cure(CURE))?;
        if pull.head.sha == run.sha {
            return Ok(number);
        }
        return Err(ApiError::NoPullRequest(format!(
            "pull request {number} is at {}, the run built {}: newer commits have their own run",
            short(&pull.head.sha),
            short(&run.sha)
        )));
    }
    let head = query(&format!("{}:{}", run.owner, run.branch));
    let mut found = None;
    client
        .list(&format!("{repository}/pulls?state=open&head={head}&per_page=100"), |pull: Pull| {
            if pull.head.sha == run.sha {
                found = Some(pull.number);
            }
            found.is_none()
        })
        .map_err(|error| error.cure(CURE))?;
    found.ok_or_else(|| {
        ApiError::NoPullRequest(format!(
            "no open pull request from {}:{} is at {}, which the run built",
            run.owner,
            run.branch,
            short(&run.sha)
        ))
    })
}

fn short(sha: &str) -> String {
    sha.chars().take(7).collect()
}

/// `text` as a value in a query (RFC 3986).
fn query(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
