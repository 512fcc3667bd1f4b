//! Where in a text a cell may end or has to be looked at: a bit for each byte,
//! made in one pass without branches, so that cells are found by counting zeros.

use crate::layout::model::Csv;

/// Bytes behind each word of bits.
const WORD: usize = 64;

/// A bit for each byte of a text: set at delimiters, quotes and control
/// characters (tabs too: a tab may be the delimiter).
pub(in crate::layout) struct Stops {
    words: Vec<u64>,
    end: usize,
}

// === impl Stops ===

impl Stops {
    pub(in crate::layout) fn of_csv(text: &[u8], csv: &Csv) -> Self {
        Self::of(text, csv.delimiter, csv.quote.unwrap_or(csv.delimiter))
    }

    /// Only at control characters.
    pub(in crate::layout) fn of_controls(text: &[u8]) -> Self {
        Self::of(text, 0x7F, 0x7F)
    }

    fn of(text: &[u8], delimiter: u8, quote: u8) -> Self {
        let (chunks, rest) = text.as_chunks::<WORD>();
        let mut words = Vec::with_capacity(chunks.len() + 1);
        words.extend(chunks.iter().map(|it| bits(it, delimiter, quote)));
        let mut last = [b'a'; WORD];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        words.push(bits(&last, delimiter, quote));
        Self { words, end: text.len() }
    }

    /// The first stop from `at` on; the end of the text if there is none.
    #[inline]
    pub(in crate::layout) fn next(&self, at: usize) -> usize {
        let mut index = at / WORD;
        let Some(word) = self.words.get(index) else { return self.end };
        let mut word = word & (u64::MAX << (at % WORD));
        while word == 0 {
            index += 1;
            match self.words.get(index) {
                Some(next) => word = *next,
                None => return self.end,
            }
        }
        index * WORD + usize::try_from(word.trailing_zeros()).unwrap_or(0)
    }
}

/// The bits of one word.
#[inline]
fn bits(chunk: &[u8; WORD], delimiter: u8, quote: u8) -> u64 {
    let mut flags = [0_u8; WORD];
    for (flag, byte) in flags.iter_mut().zip(chunk) {
        let control = *byte < b' ' || *byte == 0x7F;
        *flag = u8::from(*byte == delimiter) | u8::from(*byte == quote) | u8::from(control);
    }
    let (eights, _) = flags.as_chunks::<8>();
    // Eight bytes of 0 or 1 to eight bits.
    let byte = |it: &[u8; 8]| u64::from_le_bytes(*it).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |word, eight| word << 8 | byte(eight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Layout, model::Format};

    #[test]
    fn every_stop_is_found() {
        let text = "layout: t\nversion: 1\nformat: csv\ncharset: utf-8\nline_end: lf\nheader: none\n\
                    delimiter: ';'\ncolumns: [{ name: a }]\n";
        let Format::Csv(csv) = Layout::parse("t", text).expect("a layout").format else {
            panic!("it is CSV")
        };
        // Any byte at any place of a word, and around its edges.
        let bytes: Vec<u8> = (0..2000_u32).map(|it| it.wrapping_mul(97) as u8).collect();
        for length in [0, 1, 63, 64, 65, 128, 2000] {
            let bytes = &bytes[..length];
            let stops = Stops::of_csv(bytes, &csv);
            let is = |it: &u8| *it < b' ' || matches!(*it, b';' | b'"' | 0x7F);
            for at in 0..=length {
                let wanted = bytes[at..].iter().position(is).map_or(length, |it| at + it);
                assert_eq!(stops.next(at), wanted, "{at} of {length}");
            }
        }
    }
}
