//! A window of fixed records decoded at once, and where its fields are in the text.

use crate::{
    charset::{Decoded, Profile, Run},
    layout::{arena::index, model::Kind, scan::Stops},
};

/// Where the bytes of a window are in its text.
pub(super) struct Whole {
    runs: Vec<Run>,
    /// The last run that was passed.
    run: usize,
    /// A place behind it that is known, in the text and in the input.
    text: usize,
    source: usize,
    controls: Stops,
    /// The first control character that no record has had.
    control: usize,
}

impl Whole {
    pub(super) fn new(decoded: &Decoded) -> Self {
        let controls = Stops::of_controls(decoded.text.as_bytes());
        let control = controls.next(0);
        Self { runs: decoded.runs.clone(), run: 0, text: 0, source: 0, controls, control }
    }

    /// Where the fields of the record at that byte begin in the text, and where
    /// the last one ends. `None`: a character reaches over an edge, or there is
    /// a control character, or they are not in the text.
    pub(super) fn places(
        &mut self,
        (at, kind): (usize, &Kind),
        profile: &Profile,
        text: &str,
        places: &mut Vec<usize>,
    ) -> Option<()> {
        places.clear();
        let first = self.place(at, profile, text)?;
        places.push(first);
        let mut last = first;
        for column in &kind.columns {
            last = self.place(at + column.start + column.bytes, profile, text)?;
            places.push(last);
        }
        if self.control < first {
            self.control = self.controls.next(first);
        }
        (self.control >= last).then_some(())
    }

    /// Where that byte is in the text, if a character begins or all end there.
    #[inline]
    fn place(&mut self, at: usize, profile: &Profile, text: &str) -> Option<usize> {
        while self.runs.get(self.run + 1).is_some_and(|it| index(it.source) <= at) {
            self.run += 1;
        }
        let run = self.runs.get(self.run)?;
        let (start, length) = (index(run.source), index(run.length));
        if at <= start + length {
            return (at >= start).then(|| index(run.text) + (at - start));
        }
        if self.source < start + length {
            (self.text, self.source) = (index(run.text) + length, start + length);
        }
        if self.source > at {
            return None;
        }
        let mut chars = text.get(self.text..)?.chars();
        while self.source < at {
            let c = chars.next()?;
            self.text += c.len_utf8();
            self.source += profile.bytes_of(c);
        }
        (self.source == at).then_some(self.text)
    }
}
