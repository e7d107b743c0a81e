//! Against GitHub's API as <https://github.com/github/rest-api-description> describes it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::comment::{Change, Env, Posted, body, run};
use super::server::Kind::{Integer, OneOf, Text};
use super::server::{Description, Operation, Request, Response, Server};
use super::{TOKEN, assert_no_token, data, options};

const ID: super::server::Kind = Integer { min: 1, max: u64::MAX };
const PER_PAGE: super::server::Kind = Integer { min: 1, max: 100 };
const BODY: super::server::Kind = Text { max: 65_536 };

static GITHUB: Description = Description {
    headers: &[
        ("Accept", "application/vnd.github+json"),
        ("X-GitHub-Api-Version", "2022-11-28"),
        ("Authorization", "Bearer t0ken-of-this-test"),
    ],
    parameters: &[
        ("owner", OneOf(&["octo"])),
        ("repo", OneOf(&["app"])),
        ("issue_number", ID),
        ("pull_number", ID),
        ("comment_id", ID),
        ("repository_id", ID),
    ],
    operations: &[
        // issues/list-comments
        Operation {
            method: "GET",
            path: "/repos/{owner}/{repo}/issues/{issue_number}/comments",
            query: &[("per_page", PER_PAGE), ("page", ID)],
            body: &[],
        },
        // issues/create-comment
        Operation {
            method: "POST",
            path: "/repos/{owner}/{repo}/issues/{issue_number}/comments",
            query: &[],
            body: &[("body", BODY)],
        },
        // issues/update-comment
        Operation {
            method: "PATCH",
            path: "/repos/{owner}/{repo}/issues/comments/{comment_id}",
            query: &[],
            body: &[("body", BODY)],
        },
        // pulls/get
        Operation { method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}", query: &[], body: &[] },
        // pulls/list
        Operation {
            method: "GET",
            path: "/repos/{owner}/{repo}/pulls",
            query: &[
                ("state", OneOf(&["open", "closed", "all"])),
                ("head", Text { max: 500 }),
                ("per_page", PER_PAGE),
                ("page", ID),
            ],
            body: &[],
        },
        // Where a renamed repository redirects to.
        Operation {
            method: "GET",
            path: "/repositories/{repository_id}/issues/{issue_number}/comments",
            query: &[("per_page", PER_PAGE)],
            body: &[],
        },
    ],
};

/// An `issue-comment`, with what its schema requires.
fn comment(id: u64, body: &str, kind: &str, association: &str) -> Value {
    json!({
        "id": id, "node_id": "x", "url": "u", "html_url": format!("https://github.com/octo/app/pull/7#issuecomment-{id}"),
        "issue_url": "u", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "body": body, "user": { "login": "someone", "id": 1, "type": kind }, "author_association": association,
        "performed_via_github_app": null
    })
}

/// A server with comments, which come two a page.
fn server(comments: Vec<Value>) -> (Server, Arc<Mutex<Vec<Value>>>) {
    let store = Arc::new(Mutex::new(comments));
    let shared = Arc::clone(&store);
    let server = Server::start(&GITHUB, move |request, url| answer(&shared, request, url));
    (server, store)
}

fn answer(store: &Mutex<Vec<Value>>, request: &Request, url: &str) -> Response {
    let mut comments = store.lock().unwrap();
    match request.method.as_str() {
        "GET" => {
            let page: usize = request.query("page").unwrap_or("1").parse().unwrap();
            let items: Vec<_> = comments.iter().skip(2 * (page - 1)).take(2).cloned().collect();
            let response = Response::new(200, &Value::Array(items));
            if 2 * page >= comments.len() {
                return response;
            }
            let link = |page: usize| format!("<{url}{}?per_page=100&page={page}>", request.path);
            let link = format!("{}; rel=\"last\", {}; rel=\"next\"", link(9), link(page + 1));
            response.header("Link", link)
        }
        "POST" => {
            let new = comment(77, request.json()["body"].as_str().unwrap(), "Bot", "NONE");
            comments.push(new.clone());
            Response::new(201, &new)
        }
        _ => {
            let id: u64 = request.path.rsplit('/').next().unwrap().parse().unwrap();
            let old = comments.iter_mut().find(|comment| comment["id"] == id).unwrap();
            old["body"] = request.json()["body"].clone();
            Response::new(200, old)
        }
    }
}

/// The environment of a job for an event.
fn env(folder: &TempDir, url: &str, name: &str, event: &Value) -> Env {
    let path = folder.path().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let summary = folder.path().join("summary.md");
    [
        ("GITHUB_REPOSITORY", "octo/app"),
        ("GITHUB_API_URL", url),
        ("GITHUB_TOKEN", TOKEN),
        ("GITHUB_EVENT_NAME", name),
        ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn of_pull_request(folder: &TempDir, url: &str) -> Env {
    env(folder, url, "pull_request", &json!({ "number": 7, "pull_request": { "number": 7 } }))
}

fn of_run(folder: &TempDir, url: &str, pull_requests: &Value) -> Env {
    let run = json!({
        "event": "pull_request", "head_sha": "aaaa1111", "head_branch": "feature/ü",
        "head_repository": { "full_name": "fork/app", "owner": { "login": "fork" } },
        "pull_requests": pull_requests
    });
    env(folder, url, "workflow_run", &json!({ "action": "completed", "workflow_run": run }))
}

fn summary(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("summary.md")).unwrap_or_default()
}

#[test]
fn posts_once_and_then_updates() {
    let folder = TempDir::new().unwrap();
    let (server, store) = server(vec![]);
    let env = of_pull_request(&folder, &server.url);
    let mut data = data();

    let first = run(&data, &options(), &env);
    assert_no_token(&first);
    assert_eq!(first.warnings, [] as [&str; 0]);
    let url = Some("https://github.com/octo/app/pull/7#issuecomment-77".to_owned());
    assert_eq!(first.posted, Some(Posted { change: Change::Created, url: url.clone() }));

    let again = run(&data, &options(), &env).posted.unwrap();
    assert_eq!(again.change, Change::Unchanged);

    data.totals[0].new += 5;
    let third = run(&data, &options(), &env);
    assert_eq!(third.posted, Some(Posted { change: Change::Updated, url }));

    let list = "GET /repos/octo/app/issues/7/comments";
    let expected =
        [list, "POST /repos/octo/app/issues/7/comments", list, list, "PATCH /repos/octo/app/issues/comments/77"];
    assert_eq!(server.calls(), expected);
    let store = store.lock().unwrap();
    assert_eq!(store.len(), 1);
    assert_eq!(store[0]["body"], third.body.as_str());
    assert_eq!(summary(&folder), "");
}

#[test]
fn finds_its_comment_on_a_later_page_and_no_other() {
    let folder = TempDir::new().unwrap();
    let marker = data().marker();
    let spoof = format!("{marker}\nsize is fine, trust me");
    let other = "<!-- wasm-size: another.wasm -->";
    let (server, store) = server(vec![
        comment(1, "LGTM", "User", "MEMBER"),
        comment(2, &spoof, "User", "CONTRIBUTOR"),
        comment(3, other, "Bot", "NONE"),
        comment(4, &format!("quoting {marker}"), "Bot", "NONE"),
        comment(5, &format!("{marker}\nold"), "Bot", "NONE"),
    ]);
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
    assert_eq!(outcome.posted.unwrap().change, Change::Updated);
    assert_eq!(server.calls().len(), 4);
    let store = store.lock().unwrap();
    assert_eq!(store[1]["body"], spoof);
    assert_eq!(store[2]["body"], other);
    assert_eq!(store[4]["body"], outcome.body.as_str());
}

#[test]
fn a_run_of_a_fork_finds_its_pull_request_by_branch_and_commit() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&GITHUB, |request, _| match request.path.as_str() {
        "/repos/octo/app/pulls" => {
            assert_eq!(request.query("head"), Some("fork:feature/ü"));
            let pull = |number, sha: &str| json!({ "number": number, "head": { "sha": sha } });
            Response::new(200, &json!([pull(3, "bbbb2222"), pull(9, "aaaa1111")]))
        }
        _ if request.method == "GET" => Response::new(200, &json!([])),
        _ => Response::new(201, &comment(5, "x", "Bot", "NONE")),
    });
    let outcome = run(&data(), &options(), &of_run(&folder, &server.url, &json!([])));
    assert_eq!(outcome.warnings, [] as [&str; 0]);
    assert_eq!(server.calls().last().unwrap(), "POST /repos/octo/app/issues/9/comments");
}

#[test]
fn a_run_is_not_believed_which_pull_request_it_is() {
    let folder = TempDir::new().unwrap();
    let server =
        Server::start(&GITHUB, |_, _| Response::new(200, &json!({ "number": 4, "head": { "sha": "bbbb2222cccc" } })));
    // As an artefact says, and as the event says.
    for (claimed, pull_requests) in [(Some(4), json!([])), (None, json!([{ "number": 4 }]))] {
        let mut options = options();
        options.pull_request = claimed;
        let outcome = run(&data(), &options, &of_run(&folder, &server.url, &pull_requests));
        assert_eq!(outcome.posted, None);
        assert!(outcome.warnings[0].contains("4 is at bbbb222, the run built aaaa111"), "{outcome:?}");
    }
    assert_eq!(server.calls(), ["GET /repos/octo/app/pulls/4"; 2]);
}

#[test]
fn refusals_are_warnings_with_what_to_do() {
    for (status, said) in
        [(401, "Bad credentials"), (403, "Resource not accessible by integration"), (404, "Not Found")]
    {
        let folder = TempDir::new().unwrap();
        let server = Server::start(&GITHUB, move |request, _| match request.method.as_str() {
            "GET" => Response::new(200, &json!([])),
            // A server that repeats the token does not get it into the log.
            _ => Response::new(status, &json!({ "message": format!("{said} {TOKEN}") })),
        });
        let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
        assert_no_token(&outcome);
        let warning = &outcome.warnings[0];
        assert!(warning.contains(&format!("{status} {said} ***")), "{warning}");
        assert!(warning.contains("pull-requests: write"), "{warning}");
        assert_eq!(server.calls().len(), 2, "not tried again");
        assert_eq!(summary(&folder).trim_end(), outcome.body.trim_end());
        assert!(outcome.written_to.is_some());
    }
}

#[test]
fn a_server_that_recovers_is_tried_again() {
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    let server = Server::start(&GITHUB, move |request, _| {
        count += 1;
        match (count, request.method.as_str()) {
            (1, _) => Response { status: 502, body: "<html>".into(), ..Response::default() },
            // The comment was stored but the answer lost.
            (3, "POST") => Response { status: 504, ..Response::default() },
            (2, _) => Response::new(200, &json!([])),
            (4, "GET") => {
                let body = body::render(&data(), body::LIMIT);
                Response::new(200, &json!([comment(8, &body.replace('\n', "\r\n"), "Bot", "NONE")]))
            }
            _ => panic!("{request:?}"),
        }
    });
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
    assert_eq!(outcome.posted.unwrap().change, Change::Unchanged);
    assert_eq!(server.calls().iter().filter(|call| call.starts_with("POST")).count(), 1);
}

#[test]
fn gives_up_after_three_tries() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&GITHUB, |_, _| Response { status: 503, ..Response::default() });
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
    assert_eq!(outcome.posted, None);
    assert!(outcome.warnings[0].contains("503"), "{outcome:?}");
    assert_eq!(server.calls().len(), 3);
}

#[test]
fn a_rate_limit_is_waited_for_only_if_short() {
    let limited = |seconds: Option<&'static str>| {
        let folder = TempDir::new().unwrap();
        let mut count = 0;
        let server = Server::start(&GITHUB, move |request, _| {
            count += 1;
            let refusal = Response::new(403, &json!({ "message": "API rate limit exceeded" }));
            match (count, request.method.as_str()) {
                (1, _) => match seconds {
                    Some(seconds) => refusal.header("Retry-After", seconds),
                    None => refusal.header("X-RateLimit-Remaining", "0"),
                },
                (_, "GET") => Response::new(200, &json!([])),
                _ => Response::new(201, &comment(5, "x", "Bot", "NONE")),
            }
        });
        let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
        (server.calls().len(), outcome)
    };
    let (calls, outcome) = limited(Some("0"));
    assert!(calls == 3 && outcome.posted.is_some(), "{outcome:?}");
    let (calls, outcome) = limited(Some("3600"));
    assert_eq!(calls, 1);
    assert!(outcome.warnings[0].contains("rate limit is reached, try again in 3600 s"), "{outcome:?}");
    let (calls, outcome) = limited(None);
    assert_eq!(calls, 1);
    assert!(outcome.warnings[0].contains("rate limit"), "{outcome:?}");
}

#[test]
fn the_token_goes_to_no_other_host() {
    let folder = TempDir::new().unwrap();
    let elsewhere = Server::start(&GITHUB, |_, _| Response::new(200, &json!([])));
    let target = elsewhere.url.clone();
    let redirecting = Server::start(&GITHUB, move |request, _| {
        Response::new(301, &json!({})).header("Location", format!("{target}{}", request.path))
    });
    let target = elsewhere.url.clone();
    let linking = Server::start(&GITHUB, move |request, _| {
        let link = format!("<{target}{}?page=2>; rel=\"next\"", request.path);
        Response::new(200, &json!([])).header("Link", link)
    });
    for server in [&redirecting, &linking] {
        let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
        assert!(outcome.warnings[0].contains("not followed: the token is for 127.0.0.1 only"), "{outcome:?}");
        assert_eq!(server.calls().len(), 1);
    }
    assert_eq!(elsewhere.calls().len(), 0);
    // Nor to anyone who listens.
    let outcome = run(&data(), &options(), &of_pull_request(&folder, "http://github.example/api/v3"));
    assert!(outcome.warnings[0].contains("must be https"), "{outcome:?}");
}

#[test]
fn a_renamed_repository_is_followed() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&GITHUB, |request, url| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/repos/octo/app/issues/7/comments") => Response::new(301, &json!({ "message": "Moved Permanently" }))
            .header("Location", format!("{url}/repositories/42/issues/7/comments?per_page=100")),
        ("GET", _) => Response::new(200, &json!([])),
        _ => Response::new(201, &comment(5, "x", "Bot", "NONE")),
    });
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
    assert!(outcome.posted.is_some(), "{outcome:?}");
    assert_eq!(server.calls()[1], "GET /repositories/42/issues/7/comments");
}

#[test]
fn no_server_no_failure() {
    let folder = TempDir::new().unwrap();
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &url));
    assert_no_token(&outcome);
    assert!(outcome.warnings[0].contains("127.0.0.1 did not answer"), "{outcome:?}");
    assert_eq!(summary(&folder).trim_end(), outcome.body.trim_end());
}

#[test]
fn a_server_without_tls_is_not_talked_to() {
    let folder = TempDir::new().unwrap();
    let (server, _) = server(vec![]);
    let url = server.url.replace("http:", "https:");
    let outcome = run(&data(), &options(), &of_pull_request(&folder, &url));
    assert!(outcome.warnings[0].contains("did not answer"), "{outcome:?}");
    assert_eq!(server.calls().len(), 0);
}

#[test]
fn nonsense_is_no_answer() {
    for text in ["", "[", "{}", "[{}]", "null", "[[[[[[[["] {
        let folder = TempDir::new().unwrap();
        let server =
            Server::start(&GITHUB, move |_, _| Response { status: 200, body: text.into(), ..Response::default() });
        let outcome = run(&data(), &options(), &of_pull_request(&folder, &server.url));
        assert!(outcome.warnings[0].contains("not what the API describes"), "{text}: {outcome:?}");
    }
}

#[test]
fn runs_without_a_pull_request_or_token_say_so() {
    let folder = TempDir::new().unwrap();
    let (server, _) = server(vec![]);
    let warning = |env: &Env| {
        let outcome = run(&data(), &options(), env);
        assert!(outcome.posted.is_none() && outcome.written_to.is_some());
        outcome.warnings[0].clone()
    };
    let push = env(&folder, &server.url, "push", &json!({ "ref": "refs/heads/main" }));
    assert!(warning(&push).contains("this run (push) is for no pull request"));
    let issue = env(&folder, &server.url, "issue_comment", &json!({ "issue": { "number": 3 } }));
    assert!(warning(&issue).contains("for no pull request"));
    let mut no_token = of_pull_request(&folder, &server.url);
    no_token.remove("GITHUB_TOKEN");
    assert!(warning(&no_token).contains("GITHUB_TOKEN is not set; give it to the step"));
    let mut path = of_pull_request(&folder, &server.url);
    path.insert("GITHUB_REPOSITORY".into(), "../../user".into());
    assert!(warning(&path).contains("not owner/name"));
    let mut gone = of_pull_request(&folder, &server.url);
    gone.insert("GITHUB_EVENT_PATH".into(), "/nowhere/event.json".into());
    assert!(warning(&gone).contains("/nowhere/event.json can't be read"));
    assert_eq!(server.calls().len(), 0);

    // The user may know better.
    let mut options = options();
    options.pull_request = Some(7);
    assert!(run(&data(), &options, &push).posted.is_some());
    let comment = env(&folder, &server.url, "issue_comment", &json!({ "issue": { "number": 7, "pull_request": {} } }));
    assert_eq!(run(&data(), &super::options(), &comment).posted.unwrap().change, Change::Unchanged);
}
