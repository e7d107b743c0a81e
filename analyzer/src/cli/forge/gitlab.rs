//! GitLab's REST API, version 4: find the note on the merge request, write it.
//!
//! <https://docs.gitlab.com/api/notes/#merge-requests>

use serde::Deserialize;
use serde_json::json;
use ureq::http::Method;

use super::context::GitLabTarget;
use super::github::same_text;
use super::http::{ApiError, Client, Secret};
use super::{Change, Posted};

const CURE: &str =
    "GITLAB_TOKEN needs the scope api and at least the role Reporter in the project of the merge request";

pub(super) fn headers(token: &Secret) -> Vec<(&'static str, String)> {
    vec![("Accept", "application/json".into()), ("PRIVATE-TOKEN", token.expose().to_owned())]
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: String,
    author: User,
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

/// Posts `body`, or updates the note of the token's user that begins with `marker`.
pub(super) fn upsert(client: &Client, target: &GitLabTarget, marker: &str, body: &str) -> Result<Posted, ApiError> {
    let cure = |error: ApiError| error.cure(CURE);
    // Anyone can write a note that begins like ours; ours are by the token's own user.
    let me: User = client.get("/user").map_err(cure)?;
    let GitLabTarget { project, merge_request } = target;
    let notes = format!("/projects/{project}/merge_requests/{merge_request}/notes");
    let mut ours = None;
    client
        .list(&format!("{notes}?sort=asc&order_by=created_at&per_page=100"), |note: Note| {
            if note.author.id == me.id && !note.system && note.body.starts_with(marker) {
                ours = Some(note);
            }
            ours.is_none()
        })
        .map_err(cure)?;

    let content = json!({ "body": body });
    let change = match ours {
        Some(note) if same_text(Some(&note.body), body) => Change::Unchanged,
        Some(note) => {
            let path = format!("{notes}/{}", note.id);
            client.send::<Note>(&Method::PUT, &path, &content).map_err(cure)?;
            Change::Updated
        }
        None => {
            client.send::<Note>(&Method::POST, &notes, &content).map_err(cure)?;
            Change::Created
        }
    };
    Ok(Posted { change, url: None })
}
