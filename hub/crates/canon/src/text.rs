//! Keys under which texts that mean the same are found. For matching only:
//! what is stored stays as it came.

use unicode_normalization::UnicodeNormalization as _;

/// Kanji that are written in more than one way in names: the one they are
/// matched as, then its variants. 髙島 and 高島 are different names on an
/// envelope and one name in a search.
const VARIANT_KANJI: &[(char, &str)] = &[
    ('高', "髙"),
    ('崎', "﨑嵜"),
    ('斎', "齋齊斉"),
    ('辺', "邊邉"),
    ('沢', "澤"),
    ('浜', "濱濵"),
    ('広', "廣"),
    ('徳', "德"),
    ('国', "國圀"),
    ('黒', "黑"),
    ('恵', "惠"),
    ('栄', "榮"),
    ('桜', "櫻"),
    ('瀬', "瀨"),
    ('吉', "𠮷"),
    ('竜', "龍"),
    ('富', "冨"),
    ('島', "嶋嶌"),
    ('峰', "峯"),
    ('槙', "槇"),
    ('柳', "栁"),
    ('桑', "桒"),
    ('館', "舘"),
    ('薮', "藪籔"),
    ('桧', "檜"),
    ('曽', "曾"),
    ('条', "條"),
    ('寿', "壽"),
    ('実', "實"),
    ('真', "眞"),
    ('弥', "彌"),
    ('来', "來"),
    ('万', "萬"),
    ('与', "與"),
    ('豊', "豐"),
    ('学', "學斈"),
    ('会', "會"),
    ('渋', "澁"),
    ('滝', "瀧"),
    ('浅', "淺"),
    ('増', "增"),
    ('鴎', "鷗"),
    ('塩', "鹽"),
    ('穂', "穗"),
    ('聡', "聰"),
    ('総', "總"),
    ('蔵', "藏"),
    ('礼', "禮"),
    ('橋', "槗"),
    ('船', "舩"),
    ('荘', "莊"),
    ('園', "薗"),
    ('野', "埜"),
    ('緒', "緖"),
    ('関', "關"),
    ('円', "圓"),
    ('楽', "樂"),
    ('気', "氣"),
    ('戸', "戶"),
    ('静', "靜"),
    ('清', "淸"),
    ('青', "靑"),
    ('内', "內"),
    ('呉', "吳"),
    ('鉄', "鐵"),
    ('暁', "曉"),
    ('巌', "巖"),
    ('亀', "龜"),
    ('芦', "蘆"),
    ('桝', "枡"),
    ('晋', "晉"),
    ('応', "應"),
    ('温', "溫"),
    ('頼', "賴"),
    ('郎', "郞"),
    ('郷', "鄕鄉"),
    ('将', "將"),
    ('昇', "曻"),
    ('鶴', "靏靍"),
    ('松', "枩"),
    ('遥', "遙"),
    ('尭', "堯"),
    ('凛', "凜"),
];

/// The text under which `text` is matched: compatibility forms, letter case,
/// blanks, hyphens, invisible characters and variants of kanji make no
/// difference, and neither does the stroke a long vowel is written with.
///
/// A stroke behind kana is a long vowel (`コーヒー`, `コ−ヒ-`, `ら〜めん`) unless a
/// Latin letter or digit follows, when it may as well be a hyphen (`ハイツ-3`)
/// and is left out like one. The key of a key is the key.
#[must_use]
pub fn match_key(text: &str) -> String {
    let lower: String = text.nfkc().collect::<String>().to_lowercase();
    let folded = lower.nfkc().filter(|it| !is_skipped(*it)).map(plain_kanji);
    // What stood around a blank may now compose.
    let letters: Vec<char> = folded.collect::<String>().nfkc().collect();
    let mut key = String::with_capacity(text.len());
    let mut rest = letters.as_slice();
    while let Some((letter, after)) = rest.split_first() {
        rest = after;
        if !is_stroke(*letter) {
            key.push(*letter);
            continue;
        }
        while let [next, after @ ..] = rest
            && is_stroke(*next)
        {
            rest = after;
        }
        let behind_kana = key.chars().next_back().is_some_and(is_kana);
        if behind_kana && !rest.first().is_some_and(char::is_ascii_alphanumeric) {
            key.push('ー');
        }
    }
    // What stood around a hyphen may compose, too.
    key.nfc().collect()
}

/// The text under which a reading is matched: as [`match_key`], and hiragana
/// makes no difference from katakana.
#[must_use]
pub fn reading_key(text: &str) -> String {
    let katakana = |letter| match letter {
        'ぁ'..='ゖ' => char::from_u32(u32::from(letter) + 0x60).unwrap_or(letter),
        _ => letter,
    };
    match_key(text).chars().map(katakana).collect()
}

/// Whether `letter` is written where a hyphen is meant, the long vowel mark
/// included.
#[must_use]
pub const fn is_dash(letter: char) -> bool {
    matches!(
        letter,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '－'
                | 'ー'
                | 'ｰ'
    )
}

fn is_stroke(letter: char) -> bool {
    is_dash(letter) || matches!(letter, '~' | '〜' | '～' | '\u{223c}')
}

fn is_kana(letter: char) -> bool {
    matches!(letter, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー')
}

/// Blanks, controls, zero-width characters, variation selectors.
fn is_skipped(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
        )
}

fn plain_kanji(letter: char) -> char {
    VARIANT_KANJI
        .iter()
        .find(|(_, variants)| variants.contains(letter))
        .map_or(letter, |(plain, _)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_mean_the_same_have_one_key() {
        for (left, right) in [
            ("髙島屋〜①", "高島屋~1"),
            ("ｺｰﾋｰ", "コーヒー"),
            ("コ−ヒ-", "コーヒー"),
            ("ら〜めん", "らーめん"),
            ("コーヒー 500g", "コ-ヒ-500G"),
            ("ハイツ-3", "ハイツー３"),
            ("山﨑　齋藤", "山崎斉藤"),
            ("渡邉", "渡辺"),
            ("𠮷野家", "吉野家"),
            ("ＡＢＣ－１２３", "abc123"),
            ("葛󠄀城", "葛城"),
            ("か\u{3099}", "が"),
            ("㈱花園", "(株)花園"),
        ] {
            assert_eq!(match_key(left), match_key(right), "{left} {right}");
        }
    }

    #[test]
    fn readings_match_in_either_kana() {
        for (left, right) in [("たかしま", "ﾀｶｼﾏ"), ("らーめん", "ラ−メン"), ("ゔぃ", "ヴィ")]
        {
            assert_eq!(reading_key(left), reading_key(right), "{left} {right}");
            assert_ne!(match_key(left), match_key(right), "{left} {right}");
        }
    }

    #[test]
    fn texts_that_differ_keep_different_keys() {
        for (left, right) in [("ビール", "ビル"), ("斎藤", "佐藤"), ("はは", "ぱぱ"), ("1", "2")]
        {
            assert_ne!(match_key(left), match_key(right), "{left} {right}");
        }
    }

    /// Section 9: か and U+3099 are が.
    #[test]
    fn golden_nfc() {
        assert_eq!("か\u{3099}".nfc().collect::<String>(), "\u{304c}");
    }

    #[test]
    fn a_variant_stands_in_one_row_and_is_no_row_of_its_own() {
        let variants: Vec<char> =
            VARIANT_KANJI.iter().flat_map(|(_, variants)| variants.chars()).collect();
        for (index, variant) in variants.iter().enumerate() {
            assert!(!variants[..index].contains(variant), "{variant}");
            assert!(VARIANT_KANJI.iter().all(|(plain, _)| plain != variant), "{variant}");
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_key(text in "[ -~ぁ-ヿ一-鿿！-～\\u{2010}-\\u{2015}〜髙﨑𠮷]{0,30}") {
            let key = match_key(&text);
            prop_assert_eq!(match_key(&key), key);
        }

        #[test]
        fn any_text_has_a_key(text in any::<String>()) {
            let key = match_key(&text);
            prop_assert!(key.chars().all(|it| !it.is_whitespace()));
        }
    }
}
