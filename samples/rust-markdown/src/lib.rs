//! Markdown to HTML, as a module without imports: the host writes Markdown into [`markdown_input`], calls
//! [`markdown_render`] and reads the answer at [`markdown_output`].

mod block;
mod entities;
mod highlight;
mod index;
mod inline;
mod sink;
#[cfg(feature = "next")]
mod table;

use std::cell::RefCell;

use block::{Error, Outline};
use sink::{Length, Sink};

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Makes room for `length` bytes of Markdown and returns where they go.
#[unsafe(no_mangle)]
pub extern "C" fn markdown_input(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_mut_ptr()
    })
}

/// Where the last answer lies.
#[unsafe(no_mangle)]
pub extern "C" fn markdown_output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// Renders the input as HTML. Returns the length of the answer; below zero, the answer is an error message.
#[unsafe(no_mangle)]
pub extern "C" fn markdown_render() -> i32 {
    answer(|text, out| block::render(text, out).map(drop))
}

/// Writes the table of contents of the input as a list of links. Returns as [`markdown_render`] does.
#[unsafe(no_mangle)]
pub extern "C" fn markdown_outline() -> i32 {
    answer(|text, out| {
        let Outline { headings, slugs } = block::render(text, &mut Length::default())?;
        out.raw("<ul>");
        for (line, heading) in headings.iter() {
            let slug = slugs.iter().find(|(_, owner)| owner == line).map(|(slug, _)| slug.as_str());
            out.raw(&format!("<li class=\"h{}\"><a href=\"#{}\">", heading.level, slug.unwrap_or_default()));
            text_escape_1::html(&heading.text, out);
            out.raw("</a></li>");
        }
        out.raw("</ul>\n");
        Ok(())
    })
}

/// The length in bytes of the HTML that [`markdown_render`] would answer, or below zero for an error.
#[unsafe(no_mangle)]
pub extern "C" fn markdown_measure() -> i32 {
    let mut length = Length::default();
    match with_input(|text| block::render(text, &mut length).map(drop)) {
        Ok(()) => length.0 as i32,
        Err(_) => -1,
    }
}

/// The text of the input without any markup. Kept for hosts of version 0; nothing calls it any more.
#[cfg(not(feature = "next"))]
#[unsafe(no_mangle)]
pub extern "C" fn markdown_plain() -> i32 {
    answer(|text, out| {
        let mut plain = sink::Plain::default();
        block::render(text, &mut plain)?;
        out.push_str(&plain.finish());
        Ok(())
    })
}

fn with_input<T>(run: impl FnOnce(&str) -> Result<T, Error>) -> Result<T, Error> {
    INPUT.with_borrow(|input| {
        let text = std::str::from_utf8(input).map_err(|e| Error::not_utf8(e.valid_up_to()))?;
        run(text)
    })
}

fn answer(run: impl FnOnce(&str, &mut String) -> Result<(), Error>) -> i32 {
    let mut out = String::new();
    let result = with_input(|text| run(text, &mut out));
    if let Err(error) = &result {
        out = error.to_string();
    }
    let length = i32::try_from(out.len()).expect("a module's memory is smaller than 2 GiB");
    OUTPUT.set(out);
    if result.is_ok() { length } else { -length }
}
