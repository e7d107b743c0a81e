//! Marks keywords in code blocks. The languages are trait objects: their methods are reached through vtables only.

use crate::sink::Sink;

/// A language that code blocks may name.
pub trait Language {
    /// The name after the fence.
    fn name(&self) -> &'static str;
    /// Does this word get a mark?
    fn is_keyword(&self, word: &str) -> bool;
    /// What starts a comment that runs to the end of the line.
    fn comment(&self) -> Option<&'static str> {
        None
    }
}

struct Rust;
struct C;
struct Json;

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn is_keyword(&self, word: &str) -> bool {
        const WORDS: &[&str] = &[
            "as", "async", "await", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn",
            "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
            "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
        ];
        WORDS.binary_search(&word).is_ok()
    }

    fn comment(&self) -> Option<&'static str> {
        Some("//")
    }
}

impl Language for C {
    fn name(&self) -> &'static str {
        "c"
    }

    fn is_keyword(&self, word: &str) -> bool {
        const WORDS: &[&str] = &[
            "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
            "float", "for", "goto", "if", "inline", "int", "long", "register", "return", "short", "signed", "sizeof",
            "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
        ];
        WORDS.binary_search(&word).is_ok()
    }

    fn comment(&self) -> Option<&'static str> {
        Some("//")
    }
}

impl Language for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn is_keyword(&self, word: &str) -> bool {
        matches!(word, "true" | "false" | "null")
    }
}

static LANGUAGES: [&(dyn Language + Sync); 3] = [&Rust, &C, &Json];

/// The language of that name.
pub fn language(name: &str) -> Option<&'static (dyn Language + Sync)> {
    LANGUAGES.into_iter().find(|l| l.name().eq_ignore_ascii_case(name))
}

/// Writes one line of code.
pub fn line<S: Sink>(line: &str, language: Option<&(dyn Language + Sync)>, out: &mut S) {
    let Some(language) = language else {
        out.text(line);
        return;
    };
    let (code, comment) = match language.comment().and_then(|start| line.find(start)) {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let mut rest = code;
    while !rest.is_empty() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let first_is_word = rest.starts_with(is_word);
        let end = rest.find(|c| is_word(c) != first_is_word).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        if first_is_word && language.is_keyword(piece) {
            out.raw("<b>");
            out.text(piece);
            out.raw("</b>");
        } else {
            out.text(piece);
        }
        rest = tail;
    }
    if !comment.is_empty() {
        out.raw("<i>");
        out.text(comment);
        out.raw("</i>");
    }
}
