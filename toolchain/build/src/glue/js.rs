//! Text of the module as JavaScript: the only way in.

use std::fmt::Write;

/// A string literal. Nothing in it can end it, a line, a comment or a `<script>`.
pub(super) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '<' => write!(out, "\\x3c"),
            '/' if out.ends_with('*') => write!(out, "\\/"),
            '\u{feff}' => write!(out, "\\ufeff"),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                write!(out, "\\u{:04x}", u32::from(c))
            }
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "{c}"),
        };
    }
    out.push('"');
    out
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A property's name in an object or a pattern. `__proto__: x` would set the prototype.
pub(super) fn key(name: &str) -> String {
    match name {
        "__proto__" => "[\"__proto__\"]".into(),
        name if is_identifier(name) => name.into(),
        name => string(name),
    }
}

/// `.name` or `["name"]`.
pub(super) fn member(name: &str) -> String {
    if is_identifier(name) { format!(".{name}") } else { format!("[{}]", string(name)) }
}

/// A file's name as a string literal that is a relative URL of that file.
pub(super) fn url(file: &str) -> String {
    let mut out = String::from("\"");
    for byte in file.bytes() {
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => write!(out, "{}", char::from(byte)),
            byte => write!(out, "%{byte:02X}"),
        };
    }
    out.push('"');
    out
}
