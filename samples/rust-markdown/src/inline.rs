//! What stands inside a line: code, emphasis, links, entities, escapes.

use crate::block::{Error, ErrorKind};
use crate::entities;
use crate::sink::Sink;

/// Nesting beyond this is an error, not a deep stack.
const MAX_DEPTH: u32 = 32;

/// Writes `text`, which is (part of) line `line`.
pub fn render<S: Sink>(text: &str, line: u32, depth: u32, out: &mut S) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error { line, kind: ErrorKind::TooDeep { limit: MAX_DEPTH } });
    }
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[', '&', '\\']) {
        let (plain, special) = rest.split_at(at);
        out.text(plain);
        rest = match special.as_bytes()[0] {
            b'`' => code(special, out),
            b'*' => emphasis(special, line, depth, out)?,
            b'[' => link(special, line, depth, out)?,
            b'&' => entity(special, line, out)?,
            _ => escape(special, out),
        };
    }
    out.text(rest);
    Ok(())
}

fn code<'a, S: Sink>(text: &'a str, out: &mut S) -> &'a str {
    match text[1..].split_once('`') {
        Some((code, rest)) => {
            out.raw("<code>");
            out.text(code);
            out.raw("</code>");
            rest
        }
        None => literal(text, out),
    }
}

fn emphasis<'a, S: Sink>(text: &'a str, line: u32, depth: u32, out: &mut S) -> Result<&'a str, Error> {
    for (mark, tag) in [("**", "strong"), ("*", "em")] {
        if let Some((inner, rest)) = text.strip_prefix(mark).and_then(|t| t.split_once(mark)) {
            out.raw(&format!("<{tag}>"));
            render(inner, line, depth + 1, out)?;
            out.raw(&format!("</{tag}>"));
            return Ok(rest);
        }
    }
    Ok(literal(text, out))
}

fn link<'a, S: Sink>(text: &'a str, line: u32, depth: u32, out: &mut S) -> Result<&'a str, Error> {
    let parts = text[1..].split_once("](").and_then(|(label, rest)| Some((label, rest.split_once(')')?)));
    let Some((label, (target, rest))) = parts else {
        return Ok(literal(text, out));
    };
    let mut url = String::new();
    text_escape::url(target, &mut url);
    out.raw(&format!("<a href=\"{}\">", url.replace('"', "%22")));
    render(label, line, depth + 1, out)?;
    out.raw("</a>");
    Ok(rest)
}

fn entity<'a, S: Sink>(text: &'a str, line: u32, out: &mut S) -> Result<&'a str, Error> {
    let name = text[1..].split_once(';').filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric()));
    let Some((name, rest)) = name.filter(|(name, _)| !name.is_empty()) else {
        return Ok(literal(text, out));
    };
    match entities::character(name) {
        Some(c) => out.text(c.encode_utf8(&mut [0; 4])),
        None => {
            return Err(Error { line, kind: ErrorKind::UnknownEntity(name.to_owned()) });
        }
    }
    Ok(rest)
}

fn escape<'a, S: Sink>(text: &'a str, out: &mut S) -> &'a str {
    match text[1..].chars().next().filter(char::is_ascii_punctuation) {
        Some(_) => {
            out.text(&text[1..2]);
            &text[2..]
        }
        None => literal(text, out),
    }
}

/// The first character stands for itself.
fn literal<'a, S: Sink>(text: &'a str, out: &mut S) -> &'a str {
    let (first, rest) = text.split_at(1);
    out.text(first);
    rest
}
