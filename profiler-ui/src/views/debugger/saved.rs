//! A stop as a file: the calls, the variables of the one that is looked at as far as they were unfolded, and what the
//! user has set, which is there before a program is.

use dap_types::Variable;
use serde_json::{Value, json};

use crate::model::{Asked, Debuggee, Debugging};
use crate::widgets;

/// Values in values in values are written so deep.
const MAX_DEPTH: u32 = 64;

/// For programs.
pub(super) fn json(debuggee: Option<&Debuggee>, set: &Debugging, status: &str) -> String {
    let watches = set.watches.iter().map(|expression| {
        let value = debuggee.and_then(|debuggee| value(debuggee, expression));
        json!({ "expression": expression, "value": value })
    });
    let mut all = debuggee.map_or_else(|| json!({}), |debuggee| stop(debuggee, status));
    all["watches"] = watches.collect();
    all["breakpoints"] = json!(set.breakpoints);
    format!("{all:#}\n")
}

/// A watched expression's value at this stop.
fn value<'d>(debuggee: &'d Debuggee, expression: &str) -> Option<&'d str> {
    match debuggee.watch(expression) {
        Some(Asked::Here(value)) => Some(&value.result),
        _ => None,
    }
}

fn stop(debuggee: &Debuggee, status: &str) -> Value {
    let calls = debuggee.frames.iter().map(|frame| {
        json!({
            "function": frame.name,
            "file": frame.source.as_ref().and_then(|source| source.path.as_ref()),
            "line": frame.line,
            "at": frame.instruction_pointer_reference,
        })
    });
    let scopes = debuggee.scopes.iter().map(
        |scope| json!({ "name": scope.name, "variables": values(debuggee, scope.variables_reference, MAX_DEPTH) }),
    );
    let output = debuggee.output().iter().map(|output| output.text.as_str());
    json!({
        "status": status,
        "calls": calls.collect::<Vec<_>>(),
        "call": debuggee.frame,
        "scopes": scopes.collect::<Vec<_>>(),
        "output": output.collect::<Vec<_>>().concat(),
    })
}

fn values(debuggee: &Debuggee, reference: u64, depth: u32) -> Vec<Value> {
    let known = debuggee.known_children(reference).iter().take(if depth == 0 { 0 } else { usize::MAX });
    let written = known.map(|variable| {
        let mut one = json!({ "name": variable.name, "value": variable.value, "type": variable.type_ });
        let parts = values(debuggee, variable.variables_reference, depth.saturating_sub(1));
        if !parts.is_empty() {
            one["parts"] = Value::Array(parts);
        }
        one
    });
    written.collect()
}

/// For spreadsheets: calls first, then variables, watches and breakpoints.
pub(super) fn csv(debuggee: Option<&Debuggee>, set: &Debugging) -> String {
    let mut rows: Vec<Row> = Vec::new();
    if let Some(debuggee) = debuggee {
        rows.extend(debuggee.frames.iter().map(|frame| {
            let file = frame.source.as_ref().and_then(|source| source.path.clone()).unwrap_or_default();
            let at = frame.instruction_pointer_reference.clone().unwrap_or_default();
            ["call".into(), frame.name.clone(), String::new(), String::new(), file, frame.line.to_string(), at]
        }));
        rows.extend(variables(debuggee));
    }
    let empty = String::new;
    rows.extend(set.watches.iter().map(|expression| {
        let value = debuggee.and_then(|debuggee| value(debuggee, expression)).unwrap_or_default();
        ["watch".into(), expression.clone(), value.to_string(), empty(), empty(), empty(), empty()]
    }));
    rows.extend(set.breakpoints.iter().map(|breakpoint| {
        let (name, condition) = (breakpoint.at.to_string(), breakpoint.condition.clone());
        ["breakpoint".into(), name, condition, empty(), empty(), empty(), empty()]
    }));
    widgets::csv(["what", "name", "value", "type", "file", "line", "at"], rows)
}

type Row = [String; 7];

fn variables(debuggee: &Debuggee) -> Vec<Row> {
    let mut variables = Vec::new();
    for scope in &debuggee.scopes {
        let mut waiting: Vec<(String, &Variable, u32)> = Vec::new();
        let known = |reference| debuggee.known_children(reference).iter().rev();
        waiting.extend(known(scope.variables_reference).map(|variable| (variable.name.clone(), variable, MAX_DEPTH)));
        while let Some((path, variable, depth)) = waiting.pop() {
            let ty = variable.type_.clone().unwrap_or_default();
            let at = variable.memory_reference.clone().unwrap_or_default();
            let empty = String::new;
            variables.push([scope.name.clone(), path.clone(), variable.value.clone(), ty, empty(), empty(), at]);
            if depth > 0 {
                let parts = known(variable.variables_reference);
                waiting.extend(parts.map(|part| (format!("{path}.{}", part.name), part, depth - 1)));
            }
        }
    }
    variables
}
