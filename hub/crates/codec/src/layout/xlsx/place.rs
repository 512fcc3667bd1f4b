//! Where a cell is, as people say it: `B7`, `A2:A5`, `Sheet1!B7`.

/// Rows and columns of a sheet (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4).
pub(super) const ROWS_MAX: u32 = 1_048_576;
pub(super) const COLUMNS_MAX: u32 = 16_384;

/// A rectangle of cells: first and last column and row. Columns begin at 0,
/// rows at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) columns: (u32, u32),
    pub(super) rows: (u32, u32),
}

/// `B` for 1.
pub(super) fn letters(column: u32) -> String {
    let (mut rest, mut letters) = (column + 1, Vec::new());
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// 1 for `B`.
pub(super) fn column(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut digits =
        letters.bytes().map(|it| it.is_ascii_uppercase().then(|| u32::from(it - b'A')));
    let number = digits.try_fold(0, |number, digit| Some(number * 26 + digit? + 1))?;
    (number <= COLUMNS_MAX).then(|| number - 1)
}

/// Column and row of `B7`.
pub(super) fn cell(text: &str) -> Option<(u32, u32)> {
    let split = text.find(|it: char| it.is_ascii_digit())?;
    let (letters, digits) = text.split_at(split);
    let plain = !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit());
    let row: u32 = digits.parse().ok().filter(|it| plain && *it <= ROWS_MAX)?;
    Some((column(letters)?, row))
}

/// What a sheet's name stands before, in a reference to one of its cells.
pub(super) fn prefix(sheet: &str) -> String {
    if sheet.chars().all(|it| it.is_alphanumeric() || it == '_') {
        format!("{sheet}!")
    } else {
        format!("'{}'!", sheet.replace('\'', "''"))
    }
}

// === impl Area ===

impl Area {
    /// Reads `A2:A5`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(':').unwrap_or((text, text));
        let ((left, top), (right, bottom)) = (cell(from)?, cell(to)?);
        let ordered = left <= right && top <= bottom;
        ordered.then_some(Self { columns: (left, right), rows: (top, bottom) })
    }

    pub(super) fn has(&self, column: u32, row: u32) -> bool {
        (self.columns.0..=self.columns.1).contains(&column)
            && (self.rows.0..=self.rows.1).contains(&row)
    }

    pub(super) fn text(&self) -> String {
        let Self { columns: (left, right), rows: (top, bottom) } = self;
        format!("{}{top}:{}{bottom}", letters(*left), letters(*right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written() {
        for (text, wanted) in [
            ("A1", Some((0, 1))),
            ("Z9", Some((25, 9))),
            ("AA10", Some((26, 10))),
            ("XFD1048576", Some((16_383, 1_048_576))),
            ("XFE1", None),
            ("A1048577", None),
            ("A0", None),
            ("A01", None),
            ("a1", None),
            ("A", None),
            ("1", None),
            ("$A$1", None),
        ] {
            assert_eq!(cell(text), wanted, "{text}");
            if let Some((column, row)) = wanted {
                assert_eq!(format!("{}{row}", letters(column)), text);
            }
        }
        assert_eq!(Area::parse("B2:C9").map(|it| it.text()).as_deref(), Some("B2:C9"));
        assert_eq!(Area::parse("C2:B9"), None);
        assert_eq!(prefix("売上"), "売上!");
        assert_eq!(prefix("Jan's 1"), "'Jan''s 1'!");
    }
}
