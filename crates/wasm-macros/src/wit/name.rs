//! Names: WIT's kebab case and Rust's snake and camel case.

use proc_macro::{Span, TokenTree};

use crate::parse::{Cursor, Error, Result};

/// A WIT identifier: kebab case, perhaps behind `%`.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) wit: String,
    pub(crate) span: Span,
}

impl Name {
    pub(crate) fn parse(cursor: &mut Cursor, what: &str) -> Result<Name> {
        let span = cursor.span();
        cursor.eat_punct('%');
        let mut wit = cursor.ident(what)?.to_string();
        while cursor.eat_punct('-') {
            match cursor.bump() {
                Some(TokenTree::Ident(part)) => wit += &format!("-{part}"),
                Some(TokenTree::Literal(part)) => wit += &format!("-{part}"),
                _ => return Err(Error::new(span, "a name does not end with `-`")),
            }
        }
        Ok(Name { wit, span })
    }

    pub(crate) fn snake(&self) -> String {
        let name = self.wit.replace('-', "_").to_lowercase();
        // The keywords that WIT allows as names.
        const KEYWORDS: &[&str] = &[
            "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
            "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
            "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
            "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
        ];
        match name.as_str() {
            "self" | "super" | "crate" => format!("{name}_"),
            keyword if KEYWORDS.contains(&keyword) => format!("r#{keyword}"),
            _ => name,
        }
    }

    /// The name of a constant.
    pub(crate) fn shout(&self) -> String {
        self.wit.replace('-', "_").to_uppercase()
    }

    pub(crate) fn camel(&self) -> String {
        let camel: String = self
            .wit
            .split('-')
            .map(|word| {
                let mut letters = word.chars();
                letters
                    .next()
                    .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
            })
            .collect();
        if camel == "Self" { "Self_".into() } else { camel }
    }
}

/// The WIT name of something that Rust calls `name`, without `%`.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    let mut after_small = false;
    for letter in name.trim_start_matches("r#").chars() {
        if letter == '_' || letter.is_uppercase() && after_small {
            kebab.push('-');
        }
        if letter != '_' {
            kebab.extend(letter.to_lowercase());
        }
        after_small = letter != '_' && !letter.is_uppercase();
    }
    kebab.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A name as it is written in WIT: words of the language stand behind `%`.
pub(crate) fn written(kebab: &str) -> String {
    const WORDS: &[&str] = &[
        "as",
        "async",
        "bool",
        "borrow",
        "char",
        "constructor",
        "enum",
        "error-context",
        "export",
        "f32",
        "f64",
        "flags",
        "from",
        "func",
        "future",
        "import",
        "include",
        "interface",
        "list",
        "map",
        "option",
        "own",
        "package",
        "record",
        "resource",
        "result",
        "s16",
        "s32",
        "s64",
        "s8",
        "static",
        "stream",
        "string",
        "tuple",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "use",
        "variant",
        "with",
        "world",
    ];
    if WORDS.contains(&kebab) { format!("%{kebab}") } else { kebab.into() }
}

#[cfg(test)]
mod tests {
    use super::{kebab, written};

    #[test]
    fn rust_names_become_wit_names() {
        for (rust, wit) in [
            ("KeyPair", "key-pair"),
            ("forget_all", "forget-all"),
            ("r#type", "type"),
            ("Sha256", "sha256"),
            ("_x_", "x"),
            ("sha_256", "sha-256"),
        ] {
            assert_eq!(kebab(rust), wit);
        }
        assert_eq!((written("type"), written("types")), ("%type".to_string(), "types".to_string()));
    }
}
