//! Against GitLab's API as <https://docs.gitlab.com/api/notes/> describes it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::comment::{Change, Env, run};
use super::server::Kind::{Integer, OneOf, Text};
use super::server::{Description, Operation, Response, Server};
use super::{TOKEN, assert_no_token, data, options};

const ID: super::server::Kind = Integer { min: 1, max: u64::MAX };
const BODY: super::server::Kind = Text { max: 1_000_000 };
const NOTES: &str = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/notes";

static GITLAB: Description = Description {
    headers: &[("PRIVATE-TOKEN", "t0ken-of-this-test")],
    parameters: &[("id", ID), ("merge_request_iid", ID), ("note_id", ID)],
    operations: &[
        Operation { method: "GET", path: "/api/v4/user", query: &[], body: &[] },
        Operation {
            method: "GET",
            path: NOTES,
            query: &[
                ("sort", OneOf(&["asc", "desc"])),
                ("order_by", OneOf(&["created_at", "updated_at"])),
                ("per_page", Integer { min: 1, max: 100 }),
                ("page", ID),
            ],
            body: &[],
        },
        Operation { method: "POST", path: NOTES, query: &[], body: &[("body", BODY)] },
        Operation {
            method: "PUT",
            path: "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}",
            query: &[],
            body: &[("body", BODY)],
        },
    ],
};

fn note(id: u64, body: &str, author: u64, system: bool) -> Value {
    json!({ "id": id, "body": body, "attachment": null, "author": { "id": author, "username": "x" }, "system": system,
        "noteable_id": 2, "noteable_type": "MergeRequest", "project_id": 5, "noteable_iid": 11 })
}

/// A server with notes, which come two a page. Its token is of user 40.
fn server(notes: Vec<Value>) -> (Server, Arc<Mutex<Vec<Value>>>) {
    let store = Arc::new(Mutex::new(notes));
    let shared = Arc::clone(&store);
    let server = Server::start(&GITLAB, move |request, url| {
        let mut notes = shared.lock().unwrap();
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api/v4/user") => Response::new(200, &json!({ "id": 40, "username": "bot" })),
            ("GET", path) => {
                let page: usize = request.query("page").unwrap_or("1").parse().unwrap();
                let items: Vec<_> = notes.iter().skip(2 * (page - 1)).take(2).cloned().collect();
                let response = Response::new(200, &Value::Array(items));
                match 2 * page < notes.len() {
                    true => {
                        response.header("Link", format!("<{url}{path}?page={}&per_page=100>; rel=\"next\"", page + 1))
                    }
                    false => response,
                }
            }
            ("POST", _) => {
                let new = note(302, request.json()["body"].as_str().unwrap(), 40, false);
                notes.push(new.clone());
                Response::new(201, &new)
            }
            (_, path) => {
                let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
                let old = notes.iter_mut().find(|note| note["id"] == id).unwrap();
                old["body"] = request.json()["body"].clone();
                Response::new(200, old)
            }
        }
    });
    (server, store)
}

fn env(url: &str) -> Env {
    [
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", &format!("{url}/api/v4")),
        ("CI_PROJECT_ID", "99"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "11"),
        ("GITLAB_TOKEN", TOKEN),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[test]
fn posts_once_and_then_updates() {
    let marker = data().marker();
    let foreign = format!("{marker}\nby another user");
    let (server, store) = server(vec![
        note(1, "approved this merge request", 7, true),
        note(2, &foreign, 7, false),
        note(3, "LGTM", 40, false),
    ]);
    let mut data = data();
    let change = |data: &super::comment::body::CommentData| {
        let outcome = run(data, &options(), &env(&server.url));
        assert_no_token(&outcome);
        assert_eq!(outcome.warnings, [] as [&str; 0]);
        outcome.posted.unwrap().change
    };
    assert_eq!(change(&data), Change::Created);
    assert_eq!(change(&data), Change::Unchanged);
    data.totals[0].new += 5;
    assert_eq!(change(&data), Change::Updated);
    let calls = server.calls();
    assert_eq!(calls.last().unwrap(), "PUT /api/v4/projects/5/merge_requests/11/notes/302");
    assert_eq!(calls.iter().filter(|call| call.starts_with("POST")).count(), 1);
    let store = store.lock().unwrap();
    assert_eq!(store.len(), 4);
    assert_eq!(store[1]["body"], foreign);
}

#[test]
fn refusals_are_warnings_with_what_to_do() {
    let server = Server::start(&GITLAB, |_, _| Response::new(403, &json!({ "error": "insufficient_scope" })));
    let folder = tempfile::TempDir::new().unwrap();
    let mut options = options();
    options.fallback = Some(folder.path().join("comment.md"));
    let outcome = run(&data(), &options, &env(&server.url));
    assert_no_token(&outcome);
    assert!(outcome.warnings[0].contains("403 insufficient_scope"), "{outcome:?}");
    assert!(outcome.warnings[0].contains("needs the scope api"), "{outcome:?}");
    assert_eq!(outcome.written_to, options.fallback);
    let text = std::fs::read_to_string(folder.path().join("comment.md")).unwrap();
    assert_eq!(text.trim_end(), outcome.body.trim_end());
}

#[test]
fn what_is_missing_is_named() {
    let (server, _) = server(vec![]);
    let warning = |remove: &str| {
        let mut env = env(&server.url);
        env.remove(remove);
        run(&data(), &options(), &env).warnings.join("\n")
    };
    assert!(warning("GITLAB_TOKEN").contains("CI_JOB_TOKEN may not write notes"));
    assert!(warning("CI_MERGE_REQUEST_IID").contains("for no pull request"));
    assert!(warning("CI_API_V4_URL").contains("neither GitHub Actions nor GitLab CI"));
    assert_eq!(server.calls().len(), 0);
    // Outside of a fork's pipeline there is one project only.
    let mut own = env(&server.url);
    own.remove("CI_MERGE_REQUEST_PROJECT_ID");
    assert!(run(&data(), &options(), &own).posted.is_some());
    assert_eq!(server.calls().last().unwrap(), "POST /api/v4/projects/99/merge_requests/11/notes");
}
