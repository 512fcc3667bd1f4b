//! The 47 prefectures of Japan: JIS X 0401, which ISO 3166-2 follows.

use super::kana;
use crate::plan::op::PrefectureForm;
use canon::code::PREFECTURES as NAMES;

/// One prefecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefecture(usize);

/// By name (東京都, 東京), number (13, `13`, `01`) or code (`JP-13`).
pub(crate) fn find(text: &str) -> Option<Prefecture> {
    let text = text.trim();
    let digits: String =
        text.strip_prefix("JP-").unwrap_or(text).chars().map_while(kana::ascii_digit).collect();
    let all_digits = !digits.is_empty()
        && digits.len() <= 2
        && digits.chars().count() == text.strip_prefix("JP-").unwrap_or(text).chars().count();
    if all_digits {
        let number: usize = digits.parse().ok()?;
        return (1..=NAMES.len()).contains(&number).then(|| Prefecture(number - 1));
    }
    NAMES
        .iter()
        .position(|name| {
            *name == text
                || (*name != "北海道" && name.strip_suffix(['都', '府', '県']) == Some(text))
        })
        .map(Prefecture)
}

impl Prefecture {
    pub(crate) fn written(self, form: PrefectureForm) -> String {
        match form {
            PrefectureForm::Iso => format!("JP-{:02}", self.0 + 1),
            PrefectureForm::Name => NAMES.get(self.0).copied().unwrap_or_default().to_owned(),
            PrefectureForm::Number => (self.0 + 1).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_of_naming_a_prefecture_agree() {
        for text in ["東京都", "東京", "13", "JP-13", "１３"] {
            assert_eq!(find(text), Some(Prefecture(12)), "{text}");
        }
        for bad in ["0", "48", "JP-", "東", "", "京"] {
            assert_eq!(find(bad), None, "{bad}");
        }
        assert_eq!(find("1").map(|it| it.written(PrefectureForm::Iso)).as_deref(), Some("JP-01"));
    }
}
