//! Kana: half and full width, hiragana.

/// Full-width katakana of U+FF66–U+FF9D, in that order.
const FULL: [char; 56] = [
    'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', 'ー', 'ア', 'イ', 'ウ', 'エ', 'オ',
    'カ', 'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ', 'チ', 'ツ', 'テ', 'ト', 'ナ',
    'ニ', 'ヌ', 'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ', 'ム', 'メ', 'モ', 'ヤ', 'ユ',
    'ヨ', 'ラ', 'リ', 'ル', 'レ', 'ロ', 'ワ', 'ン',
];

/// Half-width marks with their full-width forms.
const MARKS: [(char, char); 7] =
    [('｡', '。'), ('｢', '「'), ('｣', '」'), ('､', '、'), ('･', '・'), ('ﾞ', '゛'), ('ﾟ', '゜')];

/// A digit, full width or not, as ASCII.
pub(crate) fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - 0xFF10 + 0x30),
        _ => None,
    }
}

/// One half-width kana in full width; marks of voice alone as spacing marks.
pub(crate) fn full_char(c: char) -> Option<char> {
    match c {
        'ｦ'..='ﾝ' => FULL.get((u32::from(c) - 0xFF66) as usize).copied(),
        _ => MARKS.iter().find(|(half, _)| *half == c).map(|(_, full)| *full),
    }
}

/// The kana with a mark of voice, if there is one: カ + ﾞ = ガ.
pub(crate) fn voiced(base: char, mark: char) -> Option<char> {
    let code = u32::from(base);
    match (base, mark) {
        ('ウ', 'ﾞ') => Some('ヴ'),
        ('ワ', 'ﾞ') => Some('ヷ'),
        ('ヲ', 'ﾞ') => Some('ヺ'),
        ('カ'..='ト', 'ﾞ') if !matches!(base, 'ッ') && FULL.contains(&base) => {
            char::from_u32(code + 1)
        }
        ('ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', 'ﾞ') => char::from_u32(code + 1),
        ('ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', 'ﾟ') => char::from_u32(code + 2),
        _ => None,
    }
}

/// Half-width kana in full width, the rest as it is.
pub(crate) fn full(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(base) = full_char(c) else {
            out.push(c);
            continue;
        };
        let joined = chars.peek().and_then(|mark| voiced(base, *mark));
        if joined.is_some() {
            chars.next();
        }
        out.push(joined.unwrap_or(base));
    }
}

/// Full-width katakana in half width, the rest as it is.
pub(crate) fn half(text: &str, out: &mut String) {
    for c in text.chars() {
        if let Some((half, _)) = MARKS.iter().find(|(_, full)| *full == c) {
            out.push(*half);
            continue;
        }
        let plain = FULL.iter().position(|full| *full == c);
        let marked = || {
            FULL.iter().enumerate().find_map(|(index, base)| {
                let mark = ['ﾞ', 'ﾟ'].into_iter().find(|mark| voiced(*base, *mark) == Some(c))?;
                Some((index, mark))
            })
        };
        let half =
            |index: usize| char::from_u32(0xFF66 + u32::try_from(index).unwrap_or(0)).unwrap_or(c);
        match plain
            .map(|index| (index, None))
            .or_else(|| marked().map(|(index, mark)| (index, Some(mark))))
        {
            Some((index, mark)) => {
                out.push(half(index));
                out.extend(mark);
            }
            None => out.push(c),
        }
    }
}

/// A katakana as hiragana; what has none stays.
pub(crate) fn hira(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn full_width_agrees_with_the_compatibility_forms() {
        for base in '｡'..='ﾟ' {
            for mark in ["", "ﾞ", "ﾟ"] {
                let given = format!("{base}{mark}");
                let mut made = String::new();
                full(&given, &mut made);
                // A mark that joins nothing stays a mark that takes a space of its own.
                let want: String = given.nfkc().collect();
                let want = want.replace('\u{3099}', "゛").replace('\u{309A}', "゜");
                assert_eq!(made, want, "{given}");
            }
        }
    }

    #[test]
    fn half_width_comes_back() {
        let given = "ガギグパピヴアァンー。「」、・ヷヺ";
        let (mut there, mut back) = (String::new(), String::new());
        half(given, &mut there);
        full(&there, &mut back);
        assert_eq!(back, given);
        assert_eq!(there.chars().filter(|c| ('｡'..='ﾟ').contains(c)).count(), there.chars().count());
    }
}
