//! Times that stand as they are to be written, but for the milliseconds: nothing
//! needs to be counted, only looked at.

use super::Date;

/// A time of RFC 3339 with milliseconds and its offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    text: [u8; 29],
    len: usize,
}

impl Told {
    /// In UTC only the first letter of the zone counts.
    pub(super) const fn new(text: [u8; 29], utc: bool) -> Self {
        Self { text, len: if utc { 24 } else { 29 } }
    }

    /// What [`super::Instant::write`] would write of a time that
    /// [`super::parse_instant`] reads; `None` where a look does not tell.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let (clock, rest) = text.split_first_chunk::<19>()?;
        #[rustfmt::skip]
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T',
             h1, h2, b':', i1, i2, b':', s1, s2] = *clock else { return None };
        let year = u32::from(two(y1, y2)?) * 100 + u32::from(two(y3, y4)?);
        Date::new(i32::try_from(year).ok()?, two(m1, m2)?, two(d1, d2)?)?;
        if two(h1, h2)? > 23 || two(i1, i2)? > 59 || two(s1, s2)? > 59 {
            return None;
        }
        let (ms, zone) = match rest {
            [b'.', a, b, c, zone @ ..] => {
                two(*a, *b)?;
                two(*c, b'0')?;
                ([b'.', *a, *b, *c], zone)
            }
            zone => (*b".000", zone),
        };
        let mut told = Self { text: *b"0000-00-00T00:00:00.000+00:00", len: 29 };
        let (start, end) = told.text.split_first_chunk_mut::<19>()?;
        *start = *clock;
        let (middle, end) = end.split_first_chunk_mut::<4>()?;
        *middle = ms;
        match *zone {
            [b'Z'] => {
                *end.first_mut()? = b'Z';
                told.len = 24;
            }
            // UTC told as an offset is written as Z.
            [b'+' | b'-', b'0', b'0', b':', b'0', b'0'] => return None,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                if two(h1, h2)? > 18 || two(m1, m2)? > 59 {
                    return None;
                }
                end.copy_from_slice(&[sign, h1, h2, b':', m1, m2]);
            }
            _ => return None,
        }
        Some(told)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// Two digits as a number.
#[inline]
fn two(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_look_tells_what_counting_gives(
            text in "(0000|0001|1900|202[0-9]|9999)-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])\
                     [Tt ](0[0-9]|1[0-9]|2[0-5]):[0-6][0-9]:[0-6][0-9]\
                     (\\.[0-9]{0,4})?(Z|z||[+-](0[0-9]|1[0-9])(:?[0-6][0-9])?)"
        ) {
            let Some(told) = Told::of(text.as_bytes()) else { return Ok(()) };
            let mut counted = String::new();
            let instant = parse_instant(&text).filter(|it| !it.cut);
            instant.into_iter().for_each(|it| it.write(&mut counted));
            prop_assert_eq!(told.text(), counted);
        }
    }

    #[test]
    fn plain_times_need_no_more_than_a_look() {
        let told = |text: &str| Told::of(text.as_bytes()).map(|it| it.text().to_owned());
        let want = Some("2026-01-05T12:00:00.000+09:00".to_owned());
        assert_eq!(told("2026-01-05T12:00:00+09:00"), want);
        for counted in ["2026-01-05T12:00:00.5Z", "2026-01-05T12:00:00+00:00"] {
            assert_eq!(told(counted), None);
        }
        assert_eq!(told("2026-01-05T12:00:00.500Z").unwrap(), "2026-01-05T12:00:00.500Z");
        assert_eq!(told("2026-02-29T12:00:00Z"), None);
    }
}
