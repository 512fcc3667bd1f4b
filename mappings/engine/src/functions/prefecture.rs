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
    let code = text.strip_prefix("JP-").unwrap_or(text);
    let digit = |c| kana::ascii_digit(c).and_then(|it| it.to_digit(10));
    if !code.is_empty() && code.chars().all(|c| digit(c).is_some()) && code.chars().count() <= 2 {
        let number = code.chars().filter_map(digit).fold(0, |sum, it| sum * 10 + it as usize);
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
    /// Appends it in that form.
    pub(crate) fn write(self, form: PrefectureForm, out: &mut String) {
        let number = self.0 + 1;
        match form {
            PrefectureForm::Iso => {
                out.push_str(if number < 10 { "JP-0" } else { "JP-" });
                out.push_str(itoa::Buffer::new().format(number));
            }
            PrefectureForm::Name => out.push_str(NAMES.get(self.0).copied().unwrap_or_default()),
            PrefectureForm::Number => out.push_str(itoa::Buffer::new().format(number)),
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
        let mut iso = String::new();
        find("1").unwrap().write(PrefectureForm::Iso, &mut iso);
        assert_eq!(iso, "JP-01");
    }
}
