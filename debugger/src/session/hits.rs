//! Which of the hits of a breakpoint count, and what a log point says.

use std::str::FromStr;

use super::Session;

/// Which hits of a breakpoint stop the program, by how many there were, this
/// one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HitCondition {
    comparison: Comparison,
    count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    AtLeast,
    More,
    AtMost,
    Less,
    MultipleOf,
}

impl HitCondition {
    /// Whether it holds after so many hits.
    pub fn holds(&self, hits: u64) -> bool {
        match self.comparison {
            Comparison::Equal => hits == self.count,
            Comparison::AtLeast => hits >= self.count,
            Comparison::More => hits > self.count,
            Comparison::AtMost => hits <= self.count,
            Comparison::Less => hits < self.count,
            Comparison::MultipleOf => self.count != 0 && hits.is_multiple_of(self.count),
        }
    }
}

impl FromStr for HitCondition {
    type Err = String;

    /// Reads a number, alone or after `==`, `>=`, `>`, `<=`, `<` or `%`.
    fn from_str(text: &str) -> Result<HitCondition, String> {
        let known = [
            ("==", Comparison::Equal),
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            (">", Comparison::More),
            ("<", Comparison::Less),
            ("=", Comparison::Equal),
            ("%", Comparison::MultipleOf),
        ];
        let text = text.trim();
        let found = known.iter().find_map(|(sign, comparison)| Some((*comparison, text.strip_prefix(sign)?)));
        let (comparison, number) = found.unwrap_or((Comparison::Equal, text));
        let count = number.trim().parse();
        let count = count.map_err(|_| format!("`{text}` is no hit count: write `3`, `>= 3` or `% 3`"))?;
        Ok(HitCondition { comparison, count })
    }
}

impl Session<'_> {
    /// The text of a log point: what stands in braces is evaluated in the
    /// innermost frame, in this inlined call of it.
    pub(super) fn message(&mut self, template: &str, inlined_at: usize) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, opened)) = rest.split_once('{') {
            let Some((expression, after)) = opened.split_once('}') else { break };
            text += before;
            match crate::expression::evaluate(self, 0, inlined_at, expression) {
                Ok(value) => text += &value.text,
                Err(error) => text += &format!("<{error}>"),
            }
            rest = after;
        }
        text + rest
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::HitCondition;

    #[test]
    fn hit_conditions_are_read_as_editors_write_them() {
        let stops = |text: &str| {
            let condition: HitCondition = text.parse().unwrap();
            (1..=6).filter(|hits| condition.holds(*hits)).collect::<Vec<u64>>()
        };
        assert_eq!(stops("3"), [3]);
        assert_eq!(stops("== 3"), [3]);
        assert_eq!(stops(">=5"), [5, 6]);
        assert_eq!(stops(" > 5 "), [6]);
        assert_eq!(stops("<= 2"), [1, 2]);
        assert_eq!(stops("< 2"), [1]);
        assert_eq!(stops("% 2"), [2, 4, 6]);
        assert_eq!(stops("% 0"), [0; 0]);
        for wrong in ["", ">=", "three", "3 3", "-1"] {
            assert!(wrong.parse::<HitCondition>().is_err(), "{wrong}");
        }
    }
}
