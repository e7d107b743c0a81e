//! Which pull request a CI run is for, from the variables that GitHub Actions and GitLab CI set
//! and the event file that GitHub writes.

use std::fs;

use serde::Deserialize;

use super::Env;
use super::http::Secret;

/// Where to post.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) forge: Forge,
    /// Address of the API.
    pub(super) api: String,
    pub(super) token: Secret,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Forge {
    GitHub(GitHubTarget),
    GitLab(GitLabTarget),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct GitHubTarget {
    /// `owner/name`.
    pub(super) repository: String,
    pub(super) pull_request: PullRequest,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum PullRequest {
    /// Known.
    Number(u64),
    /// To be found: the run was started by another, which built this commit.
    OfRun { run: Run, claimed: Option<u64> },
}

/// The head of the run that a `workflow_run` event is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) owner: String,
    pub(super) branch: String,
    pub(super) sha: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct GitLabTarget {
    /// The project that the merge request is to, as a number.
    pub(super) project: u64,
    /// The number of the merge request in its project.
    pub(super) merge_request: u64,
}

/// Why there is nowhere to post, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContextError {
    #[error(
        "no comment: this is neither GitHub Actions nor GitLab CI (GITHUB_REPOSITORY and CI_API_V4_URL are not set)"
    )]
    NoForge,
    #[error("no comment: {name} is not set; {cure}")]
    Missing { name: &'static str, cure: &'static str },
    #[error("no comment: {name} is \"{value}\", which is not {expected}")]
    Variable { name: &'static str, value: String, expected: &'static str },
    #[error("no comment: the event file {path} can't be read: {message}")]
    Event { path: String, message: String },
    #[error("no comment: this run ({event}) is for no pull request; with --pull-request it can be given one")]
    NoPullRequest { event: String },
}

/// Finds the target. `number` is what the user said.
pub(super) fn detect(env: &Env, number: Option<u64>) -> Result<Target, ContextError> {
    let is_set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
    if is_set("GITHUB_REPOSITORY") {
        github(env, number)
    } else if is_set("CI_API_V4_URL") {
        gitlab(env, number)
    } else {
        Err(ContextError::NoForge)
    }
}

fn required<'e>(env: &'e Env, name: &'static str, cure: &'static str) -> Result<&'e str, ContextError> {
    let value = env.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    value.ok_or(ContextError::Missing { name, cure })
}

fn github(env: &Env, number: Option<u64>) -> Result<Target, ContextError> {
    let repository = required(env, "GITHUB_REPOSITORY", "GitHub sets it")?;
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    if !repository.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name)) {
        return Err(ContextError::Variable {
            name: "GITHUB_REPOSITORY",
            value: repository.to_owned(),
            expected: "owner/name",
        });
    }
    let pull_request = pull_request(env, number)?;
    let token = required(env, "GITHUB_TOKEN", "give it to the step: env: GITHUB_TOKEN: ${{ github.token }}")?;
    let api = env.get("GITHUB_API_URL").map_or("https://api.github.com", String::as_str);
    Ok(Target {
        forge: Forge::GitHub(GitHubTarget { repository: repository.to_owned(), pull_request }),
        api: api.to_owned(),
        token: Secret::new(token),
    })
}

/// The parts of GitHub's webhook payloads that say which pull request it is.
#[derive(Deserialize)]
struct Event {
    pull_request: Option<Numbered>,
    issue: Option<Issue>,
    workflow_run: Option<WorkflowRun>,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    /// Only issues that are pull requests have it.
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct WorkflowRun {
    event: String,
    head_sha: String,
    /// None if the fork is gone.
    head_branch: Option<String>,
    head_repository: Option<Repository>,
    /// Empty for pull requests from forks.
    #[serde(default)]
    pull_requests: Vec<Numbered>,
}

#[derive(Deserialize)]
struct Repository {
    owner: Owner,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

fn pull_request(env: &Env, number: Option<u64>) -> Result<PullRequest, ContextError> {
    let event_name = env.get("GITHUB_EVENT_NAME").map_or("", String::as_str);
    let event = match env.get("GITHUB_EVENT_PATH") {
        None => None,
        Some(path) => {
            let failed = |message| ContextError::Event { path: path.clone(), message };
            let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
            let event = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
            Some::<Event>(event)
        }
    };
    let nothing = || ContextError::NoPullRequest {
        event: if event_name.is_empty() { "no event".into() } else { event_name.to_owned() },
    };
    let Some(event) = event else {
        return number.map(PullRequest::Number).ok_or_else(nothing);
    };
    if let Some(run) = event.workflow_run {
        // The artefacts of that run, and a number in them, are the fork's words.
        let first = run.pull_requests.first().map(|pull_request| pull_request.number);
        return match (run.event.as_str(), run.head_branch, run.head_repository) {
            ("pull_request" | "pull_request_target", Some(branch), Some(repository)) => {
                let run = Run { owner: repository.owner.login, branch, sha: run.head_sha };
                Ok(PullRequest::OfRun { run, claimed: number.or(first) })
            }
            _ => Err(nothing()),
        };
    }
    let comment = event.issue.filter(|issue| issue.pull_request.is_some());
    let number =
        number.or(event.pull_request.map(|pull_request| pull_request.number)).or(comment.map(|issue| issue.number));
    number.map(PullRequest::Number).ok_or_else(nothing)
}

fn gitlab(env: &Env, number: Option<u64>) -> Result<Target, ContextError> {
    let api = required(env, "CI_API_V4_URL", "GitLab sets it")?;
    let integer = |name: &'static str, value: &str| {
        value.parse().map_err(|_| ContextError::Variable { name, value: value.to_owned(), expected: "a number" })
    };
    // In the pipeline of a merge request from a fork, CI_PROJECT_ID is the fork.
    let project = match required(env, "CI_MERGE_REQUEST_PROJECT_ID", "") {
        Ok(project) => integer("CI_MERGE_REQUEST_PROJECT_ID", project)?,
        Err(_) => integer("CI_PROJECT_ID", required(env, "CI_PROJECT_ID", "GitLab sets it")?)?,
    };
    let merge_request = match (number, env.get("CI_MERGE_REQUEST_IID")) {
        (Some(number), _) => number,
        (None, Some(iid)) => integer("CI_MERGE_REQUEST_IID", iid)?,
        (None, None) => {
            let source = env.get("CI_PIPELINE_SOURCE").cloned();
            return Err(ContextError::NoPullRequest {
                event: source.unwrap_or_else(|| "no merge request pipeline".into()),
            });
        }
    };
    let token = required(
        env,
        "GITLAB_TOKEN",
        "set a CI/CD variable of this name to a project access token with the scope api (CI_JOB_TOKEN may not write notes)",
    )?;
    Ok(Target {
        forge: Forge::GitLab(GitLabTarget { project, merge_request }),
        api: api.to_owned(),
        token: Secret::new(token),
    })
}
