//! What stands on lines of its own: headings, paragraphs, lists, quotes, code, rules.

use std::fmt;

use crate::index::Index;
use crate::sink::Sink;
use crate::{entities, highlight, inline};

/// Quotes nested beyond this are an error, not a deep stack.
const MAX_QUOTES: u32 = 16;

/// Why the input could not be rendered.
#[derive(Debug)]
pub struct Error {
    /// The line, from 1.
    pub line: u32,
    pub kind: ErrorKind,
}

#[derive(Debug)]
pub enum ErrorKind {
    NotUtf8 { offset: usize },
    TooDeep { limit: u32 },
    UnclosedFence { language: String },
    UnknownEntity(String),
}

impl Error {
    pub fn not_utf8(offset: usize) -> Self {
        Error { line: 0, kind: ErrorKind::NotUtf8 { offset } }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::NotUtf8 { offset } => {
                write!(f, "the input is not UTF-8 at byte {offset:#x}")
            }
            ErrorKind::TooDeep { limit } => {
                write!(f, "line {}: nested deeper than {limit}", self.line)
            }
            ErrorKind::UnclosedFence { language } if language.is_empty() => {
                write!(f, "line {}: this code block has no end", self.line)
            }
            ErrorKind::UnclosedFence { language } => {
                write!(f, "line {}: this {language:?} code block has no end", self.line)
            }
            ErrorKind::UnknownEntity(name) => {
                write!(f, "line {}: no entity has the name {name:?}", self.line)
            }
        }
    }
}

/// A heading of the document.
pub struct Heading {
    pub level: u8,
    pub text: String,
}

/// The headings by line, and the line of each slug.
pub struct Outline {
    pub headings: Index<u32, Heading>,
    pub slugs: Index<String, u32>,
}

/// Writes `markdown` as HTML.
pub fn render<S: Sink>(markdown: &str, out: &mut S) -> Result<Outline, Error> {
    let lines: Vec<&str> = markdown.lines().collect();
    let mut renderer =
        Renderer { outline: Outline { headings: Index::new(), slugs: Index::new() }, initials: Index::new(), out };
    renderer.blocks(&lines, 1, 0)?;
    Ok(renderer.outline)
}

struct Renderer<'s, S> {
    outline: Outline,
    /// How many headings start with each letter.
    initials: Index<char, u32>,
    out: &'s mut S,
}

impl<S: Sink> Renderer<'_, S> {
    /// Writes `lines`, the first of which is line `first`.
    fn blocks(&mut self, lines: &[&str], first: u32, depth: u32) -> Result<(), Error> {
        if depth > MAX_QUOTES {
            return Err(Error { line: first, kind: ErrorKind::TooDeep { limit: MAX_QUOTES } });
        }
        let mut at = 0;
        while at < lines.len() {
            let line = first + at as u32;
            let rest = &lines[at..];
            at += match Block::of(rest[0]) {
                Block::Blank => 1,
                Block::Rule => {
                    self.out.raw("<hr>\n");
                    1
                }
                Block::Heading(level, text) => {
                    self.heading(level, text, line)?;
                    1
                }
                Block::Fence(language) => self.code(rest, language, line)?,
                Block::Quote => self.quote(rest, line, depth)?,
                Block::Item(ordered) => self.list(rest, ordered, line)?,
                #[cfg(feature = "next")]
                Block::Row => crate::table::render(rest, line, self.out)?,
                Block::Text => self.paragraph(rest, line)?,
            };
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &str, line: u32) -> Result<(), Error> {
        let slug = self.slug(text, line);
        self.outline.headings.entry(line, || Heading { level, text: text.to_owned() });
        self.out.raw(&format!("<h{level} id=\"{slug}\">"));
        inline::render(text, line, 0, self.out)?;
        self.out.raw(&format!("</h{level}>\n"));
        Ok(())
    }

    /// A name for the heading that no other has.
    fn slug(&mut self, text: &str, line: u32) -> String {
        let mut slug: String = text.chars().filter_map(entities::slug).collect();
        if slug.is_empty() {
            slug.push_str("section");
        }
        let initial = slug.chars().next().expect("a slug is not empty");
        let count = self.initials.entry(initial, || 0);
        *count += 1;
        if self.outline.slugs.contains(&slug) {
            slug = format!("{slug}-{count}");
        }
        self.outline.slugs.entry(slug.clone(), || line);
        slug
    }

    fn code(&mut self, lines: &[&str], name: &str, line: u32) -> Result<usize, Error> {
        let body = &lines[1..];
        let Some(end) = body.iter().position(|l| l.trim_end() == "```") else {
            return Err(Error { line, kind: ErrorKind::UnclosedFence { language: name.to_owned() } });
        };
        let language = highlight::language(name);
        self.out.raw("<pre><code>");
        for code in &body[..end] {
            highlight::line(code, language, self.out);
            self.out.raw("\n");
        }
        self.out.raw("</code></pre>\n");
        Ok(end + 2)
    }

    fn quote(&mut self, lines: &[&str], line: u32, depth: u32) -> Result<usize, Error> {
        let inner: Vec<&str> =
            lines.iter().map_while(|l| l.strip_prefix('>')).map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
        self.out.raw("<blockquote>\n");
        self.blocks(&inner, line, depth + 1)?;
        self.out.raw("</blockquote>\n");
        Ok(inner.len())
    }

    fn list(&mut self, lines: &[&str], ordered: bool, line: u32) -> Result<usize, Error> {
        let tag = if ordered { "ol" } else { "ul" };
        self.out.raw(&format!("<{tag}>\n"));
        let mut count = 0;
        while let Some(text) = lines.get(count).and_then(|l| item(l)).filter(|(o, _)| *o == ordered).map(|(_, t)| t) {
            self.out.raw("<li>");
            inline::render(text, line + count as u32, 0, self.out)?;
            self.out.raw("</li>\n");
            count += 1;
        }
        self.out.raw(&format!("</{tag}>\n"));
        Ok(count)
    }

    fn paragraph(&mut self, lines: &[&str], line: u32) -> Result<usize, Error> {
        let count = lines.iter().take_while(|l| matches!(Block::of(l), Block::Text)).count();
        self.out.raw("<p>");
        for (i, text) in lines[..count].iter().enumerate() {
            if i > 0 {
                self.out.raw("\n");
            }
            inline::render(text.trim(), line + i as u32, 0, self.out)?;
        }
        self.out.raw("</p>\n");
        Ok(count)
    }
}

/// What a line starts.
enum Block<'a> {
    Blank,
    Rule,
    Heading(u8, &'a str),
    Fence(&'a str),
    Quote,
    /// An item of a list: is it numbered?
    Item(bool),
    #[cfg(feature = "next")]
    Row,
    Text,
}

impl<'a> Block<'a> {
    fn of(line: &'a str) -> Self {
        let level = line.bytes().take_while(|&b| b == b'#').count();
        if line.trim().is_empty() {
            Block::Blank
        } else if (1..=6).contains(&level) && line[level..].starts_with(' ') {
            Block::Heading(level as u8, line[level..].trim())
        } else if let Some(language) = line.strip_prefix("```") {
            Block::Fence(language.trim())
        } else if line.starts_with('>') {
            Block::Quote
        } else if line.len() >= 3 && line.bytes().all(|b| b == b'-') {
            Block::Rule
        } else if let Some((ordered, _)) = item(line) {
            Block::Item(ordered)
        } else {
            #[cfg(feature = "next")]
            if crate::table::is_row(line) {
                return Block::Row;
            }
            Block::Text
        }
    }
}

/// Is this an item of a list: a numbered one, and with what text?
fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(text) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((false, text));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let text = line[digits..].strip_prefix(". ")?;
    (digits > 0).then_some((true, text))
}
