//! The formats of `print` and `x`: `/4xw`.

/// What comes after the `/` of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Format {
    /// How many.
    pub(super) count: Option<u64>,
    /// How: one of `xduotcafs`, nothing for what is natural.
    pub(super) letter: Option<char>,
    /// Of how many bytes each.
    pub(super) size: Option<usize>,
}

impl Format {
    /// Reads `4xw`.
    pub(super) fn parse(text: &str) -> Result<Format, String> {
        let mut format = Format::default();
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        if !digits.is_empty() {
            let count = digits.parse().map_err(|_| format!("Invalid number \"{digits}\"."))?;
            format.count = Some(count);
        }
        for letter in text.chars().skip(digits.len()) {
            match letter {
                'b' => format.size = Some(1),
                'h' => format.size = Some(2),
                'w' => format.size = Some(4),
                'g' => format.size = Some(8),
                'x' | 'd' | 'u' | 'o' | 't' | 'c' | 'a' | 'f' | 's' | 'i' | 'z' => format.letter = Some(letter),
                other => return Err(format!("Undefined output format \"{other}\".")),
            }
        }
        Ok(format)
    }

    /// A number of so many bytes in this format.
    pub(super) fn number(self, value: i128, size_bytes: usize) -> String {
        let bits = (size_bytes * 8).clamp(8, 128) as u32;
        let mask = if bits == 128 { u128::MAX } else { (1_u128 << bits) - 1 };
        let unsigned = value as u128 & mask;
        let signed = (unsigned << (128 - bits)) as i128 >> (128 - bits);
        match self.letter {
            Some('x' | 'a') => format!("{unsigned:#x}"),
            Some('z') => format!("{unsigned:#0width$x}", width = 2 + size_bytes * 2),
            Some('u') => unsigned.to_string(),
            Some('o') => match unsigned {
                0 => "0".to_string(),
                _ => format!("0{unsigned:o}"),
            },
            Some('t') => format!("{unsigned:b}"),
            Some('c') => {
                let byte = unsigned as u8;
                format!("{} '{}'", byte as i8, byte.escape_ascii())
            }
            Some('f') if size_bytes == 4 => format!("{:?}", f32::from_bits(unsigned as u32)),
            Some('f') if size_bytes == 8 => format!("{:?}", f64::from_bits(unsigned as u64)),
            _ => signed.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn formats() {
        let show = |format: &str, value, size| Format::parse(format).unwrap().number(value, size);
        assert_eq!(show("x", -1, 4), "0xffffffff");
        assert_eq!(show("z", 10, 2), "0x000a");
        assert_eq!(show("d", 0xffff_ffff, 4), "-1");
        assert_eq!(show("u", -1, 1), "255");
        assert_eq!(show("o", 8, 4), "010");
        assert_eq!(show("t", 10, 4), "1010");
        assert_eq!(show("c", 65, 4), "65 'A'");
        assert_eq!(show("f", 0x3f80_0000, 4), "1.0");
        assert_eq!(show("x", i128::from(u64::MAX), 16), "0xffffffffffffffff");
        let format = Format::parse("12xg").unwrap();
        assert_eq!(format, Format { count: Some(12), letter: Some('x'), size: Some(8) });
        assert!(Format::parse("q").is_err());
    }
}
