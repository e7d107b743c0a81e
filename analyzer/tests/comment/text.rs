//! The text of the comment.

use wasm_analyzer::chart::Chart;
use wasm_analyzer::history::Build;

use super::comment::body::{CommentData, LIMIT, Row, Total, Unchanged, Violation, render};
use super::data;

#[test]
fn the_whole_comment() {
    let build =
        |commit: &str, bytes| Build { commit: Some(commit.into()), file: "app.wasm".into(), bytes, ..Build::default() };
    let builds = [build("aaaaaaa", 1_000_000), build("bbbbbbb", 1_234_567)];
    let mut data = data();
    data.chart = Some(Chart::new(&builds.iter().collect::<Vec<_>>()));
    data.violations = vec![Violation { budget: "gzip".into(), limit: 400_000, size: 410_123 }];
    data.report_url = Some("https://ci.example/report.html".into());
    assert_eq!(
        render(&data, LIMIT),
        "\
<!-- wasm-size: dist/app.wasm -->
### `app.wasm`: +1,234 bytes (+0.1 %)

| | before | now | change |
| --- | ---: | ---: | ---: |
| raw | 1,233,333 | 1,234,567 | +1,234 (+0.1 %) |
| gzip (level 9) | 412,000 | 410,123 | −1,877 (−0.5 %) |
| brotli (quality 5) | 350,000 | 350,000 | 0 |

**Over budget**

| budget | limit | now | over by |
| --- | ---: | ---: | ---: |
| `gzip` | 400,000 | 410,123 | 10,123 |

| item | before | now | change |
| --- | ---: | ---: | ---: |
| `core::fmt::write` | 2,000 | – | −2,000 |
| `app::render` | – | 1,500 | +1,500 |
| `app::main` | 900 | 1,000 | +100 |

812 items (1,000,000 bytes) did not change.

| crate | before | now | change |
| --- | ---: | ---: | ---: |
| `app` | 900 | 2,500 | +1,600 |

<details><summary>1 crate (5,000 bytes) unchanged</summary>

| crate | before | now | change |
| --- | ---: | ---: | ---: |
| `serde` | 5,000 | 5,000 | 0 |

</details>

```text
raw       1,000,000  ▁█    1,234,567  +23.5 %
2 builds, aaaaaaa to bbbbbbb
```

<details><summary>Size over time</summary>

```mermaid
xychart-beta
    title \"app.wasm, raw\"
    x-axis [\"aaaaaaa\", \"bbbbbbb\"]
    y-axis \"MB\" 0.977 --> 1.258
    line [1.000, 1.235]
```

</details>

[The whole report](https://ci.example/report.html)
"
    );
}

#[test]
fn hostile_names_stay_in_their_cell() {
    let row = |name: &str| Row { name: name.into(), old: None, new: Some(1) };
    let mut data = data();
    data.key = "a --> <script>".into();
    data.file = "x`\n# y.wasm".into();
    data.crates = vec![];
    data.items = [
        "a|b",
        "@everyone [click](https://evil.example) <img src=x>",
        "tick ` tick `` end`",
        "two\nlines\r\t\u{202E}olleh\u{200B}",
        "",
        &"long".repeat(1000),
        "/close",
    ]
    .map(row)
    .into();
    data.report_url = Some("https://x.example/) <script>".into());
    let text = render(&data, LIMIT);
    let first = text.lines().next().unwrap();
    assert_eq!(first, "<!-- wasm-size: a_--___script_ -->");
    assert_eq!(first.matches("-->").count(), 1);
    assert!(text.lines().nth(1).unwrap().starts_with("### `` x`\\u{a}# y.wasm ``"), "{text}");
    for cell in [
        "| `a\\|b` |",
        "| `@everyone [click](https://evil.example) <img src=x>` |",
        "| ``` tick ` tick `` end` ``` |",
        "| `two\\u{a}lines\\u{d}\\u{9}\\u{202e}olleh\\u{200b}` |",
        "| (no name) |",
        "| `/close` |",
    ] {
        assert!(text.contains(cell), "{cell} in\n{text}");
    }
    assert!(text.lines().all(|line| line.len() < 1000 && !line.starts_with('/')));
    assert!(!text.contains("script>"), "{text}");
}

#[test]
fn what_is_too_long_is_left_out_and_said_to_be() {
    let mut data = data();
    let row = |i: u64| Row { name: format!("ünïcode::{i}::{}", "x".repeat(200)), old: Some(i), new: Some(3 * i + 1) };
    data.items = (0..5000).map(row).collect();
    data.crates = (0..300).map(row).chain((0..300).map(|i| Row { new: Some(i), ..row(i) })).collect();
    let text = render(&data, LIMIT);
    assert!(text.encode_utf16().count() <= LIMIT);
    // The largest change is first, and the rest is counted.
    let changed: Vec<_> = text.lines().filter(|line| line.contains("ünïcode")).collect();
    assert!(changed[0].contains("ünïcode::4999::"), "{}", changed[0]);
    assert!(text.contains("| … and 4,960 more, with smaller changes | | | +"), "{text}");
    assert!(text.contains("| … and 260 more | | | |"));
    assert!(text.contains("ünïcode::299::") && text.contains('…'));

    for limit in [20_000, 5_000, 2_000, 700] {
        let text = render(&data, limit);
        assert!(text.encode_utf16().count() <= limit, "{limit}");
        assert!(text.starts_with(&data.marker()));
        assert!(text.contains("5,000 more") || text.contains(" more, with smaller changes") || text.contains("… cut"));
    }
    data.violations = (0..5000).map(|i| Violation { budget: format!("crate number {i}"), limit: 1, size: 2 }).collect();
    let text = render(&data, LIMIT);
    assert!(text.encode_utf16().count() <= LIMIT && text.ends_with("… cut: longer than a comment may be.\n"));
}

#[test]
fn without_a_base_there_is_no_table_of_changes() {
    let data = CommentData {
        file: "app.wasm".into(),
        totals: vec![Total { measure: "raw".into(), old: None, new: 10 }],
        unchanged: Unchanged::default(),
        ..CommentData::default()
    };
    let text = render(&data, LIMIT);
    assert!(text.contains("| raw | – | 10 | – |") && text.contains("no base"), "{text}");
    assert!(!text.contains("did not change"));
}

#[test]
fn equal_files_are_said_to_be() {
    let mut data = data();
    data.totals[0].old = Some(data.totals[0].new);
    assert!(render(&data, LIMIT).contains("### `app.wasm`: no change in size\n"));
}
