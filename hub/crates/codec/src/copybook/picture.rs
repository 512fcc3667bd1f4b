//! Pictures: `S9(7)V99`, `X(20)`, `ZZ,ZZ9.99`.

/// Longest field that a picture may describe.
const LENGTH_MAX: usize = 100_000;

/// What a picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    Text {
        bytes: usize,
    },
    /// Two bytes a character: `N`, or `G`.
    Wide {
        bytes: usize,
        graphic: bool,
    },
    Number {
        digits: usize,
        scale: usize,
        signed: bool,
    },
    /// With characters put in for printing.
    Edited {
        bytes: usize,
    },
}

impl Picture {
    /// Reads a picture in capitals. The error is why it cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let runs = runs(text)?;
        let count = |set: &str| -> usize {
            runs.iter().filter(|(c, _)| set.contains(*c)).map(|(_, count)| count).sum()
        };
        let total: usize = runs.iter().map(|(_, count)| count).sum();
        if total == 0 || total > LENGTH_MAX {
            return Err(format!("the picture `{text}` has {total} characters"));
        }
        if count("P") > 0 {
            return Err("a scaling position (P) in the picture".to_owned());
        }
        if count("XA") == total {
            return Ok(Self::Text { bytes: total });
        }
        if count("N") == total || count("G") == total {
            return Ok(Self::Wide { bytes: total * 2, graphic: count("G") == total });
        }
        if count("S9V") == total {
            let signs = count("S");
            let first = text.starts_with('S');
            if signs > 1 || (signs == 1) != first || count("V") > 1 || count("9") == 0 {
                return Err(format!("`{text}` is no picture of a number"));
            }
            let point = runs.iter().position(|(c, _)| *c == 'V').unwrap_or(runs.len());
            let scale = runs.iter().skip(point).filter(|(c, _)| *c == '9').map(|(_, it)| it).sum();
            return Ok(Self::Number { digits: count("9"), scale, signed: signs == 1 });
        }
        if count("XA9Z*B0/,.+-CRD$\\¥V") == total {
            return Ok(Self::Edited { bytes: total - count("V") });
        }
        Err(format!("`{text}` is no picture"))
    }
}

/// Characters with their counts: `X(3)9` is three X and one 9.
fn runs(text: &str) -> Result<Vec<(char, usize)>, String> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let mut count = 1;
        if let Some(inner) = rest.strip_prefix('(') {
            let closed = inner.split_once(')');
            let parsed = closed.and_then(|(number, after)| Some((number.parse().ok()?, after)));
            let Some((number, after)) = parsed.filter(|(it, _)| (1..=LENGTH_MAX).contains(it))
            else {
                return Err(format!("a count in parentheses in `{text}`"));
            };
            (count, rest) = (number, after);
        }
        runs.push((c, count));
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_say_lengths() {
        let number = |digits, scale, signed| Ok(Picture::Number { digits, scale, signed });
        let cases = [
            ("X(20)", Ok(Picture::Text { bytes: 20 })),
            ("XXA", Ok(Picture::Text { bytes: 3 })),
            ("N(5)", Ok(Picture::Wide { bytes: 10, graphic: false })),
            ("GG", Ok(Picture::Wide { bytes: 4, graphic: true })),
            ("9(5)", number(5, 0, false)),
            ("S9(7)V99", number(9, 2, true)),
            ("9V9(3)", number(4, 3, false)),
            ("V99", number(2, 2, false)),
            ("ZZ,ZZ9.99-", Ok(Picture::Edited { bytes: 10 })),
        ];
        for (text, wanted) in cases {
            assert_eq!(Picture::parse(text), wanted, "{text}");
        }
        for bad in ["", "S", "9S", "SS9", "9PPP", "NG", "X(", "X(0)", "X(99999999)", "Q", "V"] {
            assert!(Picture::parse(bad).is_err(), "{bad}");
        }
    }
}
