//! `wasm-size comment` against servers on the loopback device that hold each request against
//! the published description of the API.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../src/cli/forge/mod.rs"]
mod comment;
mod github;
mod gitlab;
mod server;
mod text;

use std::time::Duration;

use comment::body::{CommentData, Row, Total, Unchanged};
use comment::{Options, Outcome, Patience};

/// What the servers expect, and what must be in no output.
const TOKEN: &str = "t0ken-of-this-test";

fn data() -> CommentData {
    let total = |measure: &str, old, new| Total { measure: measure.into(), old: Some(old), new };
    let row = |name: &str, old, new| Row { name: name.into(), old, new };
    CommentData {
        key: "dist/app.wasm".into(),
        file: "app.wasm".into(),
        totals: vec![
            total("raw", 1_233_333, 1_234_567),
            total("gzip (level 9)", 412_000, 410_123),
            total("brotli (quality 5)", 350_000, 350_000),
        ],
        items: vec![
            row("app::main", Some(900), Some(1000)),
            row("app::render", None, Some(1500)),
            row("core::fmt::write", Some(2000), None),
        ],
        crates: vec![row("serde", Some(5000), Some(5000)), row("app", Some(900), Some(2500))],
        unchanged: Unchanged { items: 812, bytes: 1_000_000 },
        ..CommentData::default()
    }
}

fn options() -> Options {
    let patience = Patience { total: Duration::from_secs(20), pause: Duration::from_millis(1) };
    Options { patience, ..Options::default() }
}

fn assert_no_token(outcome: &Outcome) {
    assert!(!format!("{outcome:?}").contains(TOKEN), "{outcome:?}");
}
