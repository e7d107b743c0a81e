//! What people read: styles, numbers, errors. Text goes through `anstream`,
//! which drops colours where nobody sees them.

use anstyle::{AnsiColor, Style};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default().bold();

/// Says what went wrong, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    anstream::eprintln!("{BAD}error{BAD:#}: {error:#}");
}

/// Says what is probably not meant.
pub(crate) fn warning(text: &str) {
    anstream::eprintln!("{CAUTION}warning{CAUTION:#}: {text}");
}

/// A line on how far the work is: a verb as cargo has it, and what it is done to.
pub(crate) fn status(verb: &str, text: &str) {
    anstream::eprintln!("{GOOD}{verb:>12}{GOOD:#} {text}");
}

/// Whether what goes to standard error may have colours.
pub(crate) fn stderr_has_colors() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A path as the user would type it from here.
pub(crate) fn shown(path: &std::path::Path) -> String {
    let here = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok());
    here.unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
