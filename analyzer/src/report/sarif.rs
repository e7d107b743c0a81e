//! The report as SARIF 2.1.0, the form in which code scanning takes results: damage as errors, insights as notes.

use super::format::Document;
use serde_json::{Value, json};

pub(super) fn log(document: &Document<'_, '_>) -> Value {
    let report = document.report;
    let location = |offset: u64, length: Option<u64>| {
        let mut region = json!({ "byteOffset": offset });
        if let Some(length) = length {
            region["byteLength"] = json!(length);
        }
        json!([{ "physicalLocation": { "artifactLocation": { "uri": uri(&report.file) }, "region": region } }])
    };
    let mut rules: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::new();
    if !report.damage.is_empty() {
        rules.push(json!({ "id": "damaged", "shortDescription": { "text": "The file cannot be read in whole" } }));
    }
    for damage in &report.damage {
        let text = format!("{}: {}", damage.section, damage.message);
        results.push(json!({
            "ruleId": "damaged",
            "level": "error",
            "message": { "text": text },
            "locations": location(damage.offset, None),
        }));
    }
    for insight in &report.insights {
        if !rules.iter().any(|rule| rule["id"] == insight.kind) {
            rules.push(json!({ "id": insight.kind, "shortDescription": { "text": insight.title } }));
        }
        let item = insight.items.first().and_then(|&id| report.items.get(id as usize));
        let place = item.map_or((0, Some(report.bytes)), |item| (u64::from(item.offset), Some(u64::from(item.size))));
        let text = format!("{}. Saves {} bytes. {}", insight.title, insight.saves, insight.fix);
        results.push(json!({
            "ruleId": insight.kind,
            "level": "note",
            "message": { "text": text },
            "locations": location(place.0, place.1),
        }));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "wasm-size", "version": report.tool_version, "rules": rules } },
            "artifacts": [{ "location": { "uri": uri(&report.file) }, "length": report.bytes }],
            "results": results,
        }],
    })
}

/// A file name as a relative reference (RFC 3986): what is not unreserved is percent-encoded.
fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
