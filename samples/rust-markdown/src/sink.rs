//! Where rendered HTML goes. [`crate::block::render`] is generic over it, so each sink brings its own instances.

/// Takes HTML in pieces.
pub trait Sink {
    /// Markup, taken as it is.
    fn raw(&mut self, html: &str);
    /// Text, to be escaped.
    fn text(&mut self, text: &str);
}

impl Sink for String {
    fn raw(&mut self, html: &str) {
        self.push_str(html);
    }

    fn text(&mut self, text: &str) {
        text_escape::html(text, self);
    }
}

/// Counts the bytes and keeps none.
#[derive(Default)]
pub struct Length(pub usize);

impl Sink for Length {
    fn raw(&mut self, html: &str) {
        self.0 += html.len();
    }

    fn text(&mut self, text: &str) {
        let mut escaped = String::new();
        text_escape::html(text, &mut escaped);
        self.0 += escaped.len();
    }
}

/// Keeps the text and drops the markup; an element that ends a line of text ends one here.
#[cfg(not(feature = "next"))]
#[derive(Default)]
pub struct Plain {
    lines: Vec<String>,
    line: String,
}

#[cfg(not(feature = "next"))]
impl Plain {
    /// The text, one line an element.
    pub fn finish(mut self) -> String {
        self.lines.push(self.line);
        self.lines.retain(|line| !line.trim().is_empty());
        self.lines.join("\n")
    }
}

#[cfg(not(feature = "next"))]
impl Sink for Plain {
    fn raw(&mut self, html: &str) {
        if html.ends_with('\n') {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }

    fn text(&mut self, text: &str) {
        self.line.push_str(text);
    }
}
