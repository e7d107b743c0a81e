//! `printf`: values as a format of C says.

use std::io::Write;

use super::data::said;
use super::{Answer, Prompt};
use crate::expression;

/// How wide a value may be made.
const MAX_WIDTH: usize = 1000;

/// A part of a format.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Value(Spec),
}

/// How a value is printed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Spec {
    left: bool,
    zeros: bool,
    plus: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl<W: Write> Prompt<'_, '_, W> {
    pub(super) fn print_formatted(&mut self, text: &str) -> Answer {
        let (format, rest) = quoted(text)?;
        let parts = parse(&format)?;
        let mut expressions = arguments(rest).into_iter();
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => out += &text,
                Part::Value(spec) => {
                    let expression = expressions.next().ok_or("Bad format string: there are too few arguments.")?;
                    out += &self.formatted_as(&spec, expression)?;
                }
            }
        }
        if expressions.next().is_some() {
            return Err("Bad format string: there are too many arguments.".to_string());
        }
        write!(self.out, "{out}").map_err(|error| error.to_string())
    }

    fn formatted_as(&mut self, spec: &Spec, expression: &str) -> Answer<String> {
        if spec.letter == 's' {
            let (frame, inlined_at) = self.selection().unwrap_or((0, 0));
            let text = expression::text(self.session, frame, inlined_at, expression).map_err(|error| said(&error))?;
            if let Some(text) = text {
                let text: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
                return Ok(spec.pad(text, false));
            }
            // Anything else as `print` has it.
            return Ok(spec.pad(self.evaluate(expression)?.text, false));
        }
        let value = self.evaluate(expression)?;
        if matches!(spec.letter, 'f' | 'e' | 'g') {
            let number = value.text.parse::<f64>().ok().or(value.integer.map(|integer| integer as f64));
            let number = number.ok_or(format!("Value can't be converted to floating point: {expression}."))?;
            return Ok(spec.float(number));
        }
        let number = match value.text.parse::<f64>() {
            Ok(float) if value.integer.is_none_or(|integer| integer as f64 != float) => Some(float as i128),
            _ => value.integer,
        };
        let number = number.ok_or(format!("Value can't be converted to integer: {expression}."))?;
        Ok(spec.integer(number, value.size_bytes.unwrap_or(4)))
    }
}

impl Spec {
    fn integer(&self, number: i128, size_bytes: u64) -> String {
        let mask = 1_u128.checked_shl((size_bytes.max(4) * 8) as u32).map_or(u128::MAX, |end| end - 1);
        let bits = number as u128 & mask;
        let text = match self.letter {
            'u' => bits.to_string(),
            'x' if self.alternate => format!("{bits:#x}"),
            'x' => format!("{bits:x}"),
            'X' => format!("{bits:X}"),
            'p' => format!("{bits:#x}"),
            'o' => format!("{bits:o}"),
            'c' => return self.pad(char::from_u32(bits as u32).unwrap_or('\u{fffd}').to_string(), false),
            _ if self.plus && number >= 0 => format!("+{number}"),
            _ => number.to_string(),
        };
        self.pad(text, true)
    }

    fn float(&self, number: f64) -> String {
        let digits = self.precision.unwrap_or(6);
        let text = match self.letter {
            'e' => {
                let text = format!("{number:.digits$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{mantissa}e{sign}{:02}", exponent.abs())
            }
            'g' => format!("{number}"),
            _ => format!("{number:.digits$}"),
        };
        let sign = if self.plus && number >= 0.0 { "+" } else { "" };
        self.pad(format!("{sign}{text}"), true)
    }

    fn pad(&self, text: String, is_number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        match (self.left, self.zeros && is_number) {
            (true, _) => text + &" ".repeat(missing),
            (false, true) => {
                let signs = text.len() - text.trim_start_matches(['+', '-']).len();
                let (sign, digits) = text.split_at(signs);
                format!("{sign}{}{digits}", "0".repeat(missing))
            }
            (false, false) => " ".repeat(missing) + &text,
        }
    }
}

/// A text in quotation marks with what it stands for, and what comes after it.
fn quoted(text: &str) -> Answer<(String, &str)> {
    let wrong = || "Bad format string: a text in quotation marks comes first.".to_string();
    let inner = text.strip_prefix('"').ok_or_else(wrong)?;
    let mut format = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((format, inner.get(at + 1..).unwrap_or_default().trim())),
            '\\' => match characters.next().ok_or_else(wrong)?.1 {
                'n' => format.push('\n'),
                't' => format.push('\t'),
                'r' => format.push('\r'),
                'a' => format.push('\x07'),
                'e' => format.push('\x1b'),
                other => format.push(other),
            },
            other => format.push(other),
        }
    }
    Err(wrong())
}

/// What is between the commas that stand in no brackets and quotation marks.
fn arguments(text: &str) -> Vec<&str> {
    let Some(text) = text.strip_prefix(',') else { return Vec::new() };
    let mut all = Vec::new();
    let (mut start, mut depth, mut quote, mut escaped) = (0, 0_usize, None, false);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                all.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(text.get(start..).unwrap_or_default().trim());
    all
}

fn parse(format: &str) -> Answer<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        if characters.next_if_eq(&'%').is_some() {
            text.push('%');
            continue;
        }
        let mut spec = Spec::default();
        while let Some(flag) = characters.next_if(|flag| "-0+# ".contains(*flag)) {
            match flag {
                '-' => spec.left = true,
                '0' => spec.zeros = true,
                '+' => spec.plus = true,
                '#' => spec.alternate = true,
                _ => {}
            }
        }
        let digits = |characters: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut number = 0_usize;
            while let Some(digit) = characters.peek().and_then(|digit| digit.to_digit(10)) {
                number = (number * 10 + digit as usize).min(MAX_WIDTH);
                characters.next();
            }
            number
        };
        spec.width = digits(&mut characters);
        if characters.next_if_eq(&'.').is_some() {
            spec.precision = Some(digits(&mut characters));
        }
        // A value knows its size.
        while characters.next_if(|size| "hlLqjzt".contains(*size)).is_some() {}
        spec.letter = match characters.next() {
            Some('i') => 'd',
            Some(letter) if "duxXocpsfeg".contains(letter) => letter,
            Some(other) => return Err(format!("Unrecognized format specifier '{other}' in printf.")),
            None => return Err("Incomplete format specifier at end of format string.".to_string()),
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Value(spec));
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn one(format: &str, number: i128) -> String {
        match parse(format).unwrap().as_slice() {
            [Part::Value(spec)] if "feg".contains(spec.letter) => spec.float(number as f64 / 4.0),
            [Part::Value(spec)] => spec.integer(number, 4),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_printed_as_c_does() {
        assert_eq!(one("%d", -5), "-5");
        assert_eq!(one("%5d", 42), "   42");
        assert_eq!(one("%-5d", 42), "42   ");
        assert_eq!(one("%05d", -42), "-0042");
        assert_eq!(one("%+d", 42), "+42");
        assert_eq!(one("%u", -1), "4294967295");
        assert_eq!(one("%#lx", 255), "0xff");
        assert_eq!(one("%08X", 255), "000000FF");
        assert_eq!(one("%c", 65), "A");
        assert_eq!(one("%.2f", 5), "1.25");
        assert_eq!(one("%f", 5), "1.250000");
        assert_eq!(one("%.1e", 5000), "1.2e+03");
    }

    #[test]
    fn formats_that_say_nothing_are_refused() {
        assert!(parse("%y").is_err());
        assert!(parse("%").is_err());
        assert!(parse("%999999999999d").is_ok());
        assert!(quoted("no quotes").is_err());
        assert!(quoted("\"open").is_err());
    }

    #[test]
    fn arguments_are_split_at_their_commas() {
        let (format, rest) = quoted(r#""%s\n", f(1, 2), "a,b", x[1]"#).unwrap();
        assert_eq!((format.as_str(), arguments(rest)), ("%s\n", vec!["f(1, 2)", "\"a,b\"", "x[1]"]));
        assert_eq!(arguments(""), [""; 0]);
    }
}
