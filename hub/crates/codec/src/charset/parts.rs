//! Reading a long input in parts: what a part cuts in two is kept for the next.

use super::{
    Decoded, Fault, Profile, Skip, SkipKind,
    decode::{Set, push_decoded},
};

/// Decodes one input, part by part, with memory for one part.
#[derive(Debug)]
pub struct Parts {
    profile: Profile,
    set: Set,
    /// The beginning of a character whose end is in the next part.
    kept: Vec<u8>,
    offset: u64,
}

/// One decoded part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Where it begins in the input.
    pub offset: u64,
    /// Its bytes, with what was kept of the part before.
    pub bytes: Vec<u8>,
    /// Its text; places are in [`Part::bytes`].
    pub decoded: Decoded,
}

impl Parts {
    pub fn new(profile: Profile) -> Self {
        Self { profile, set: Set::Ascii, kept: Vec::new(), offset: 0 }
    }

    /// Decodes the next part; `last` says that nothing follows.
    ///
    /// # Errors
    /// Only a BOM that is against the profile.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<Part, Fault> {
        let mut part = Part { offset: self.offset, ..Part::default() };
        part.bytes = std::mem::take(&mut self.kept);
        part.bytes.extend_from_slice(bytes);
        let whole = part.bytes.len() >= self.profile.bom_bytes().len();
        if self.offset == 0 && !whole && !last {
            // Too short to say whether it begins with a BOM.
            self.kept = std::mem::take(&mut part.bytes);
            return Ok(part);
        }
        let decoded = &mut part.decoded;
        let bom = if self.offset == 0 { self.profile.bom_length(&part.bytes)? } else { 0 };
        if bom > 0 {
            decoded.skips.push(Skip { at: 0, offset: 0, length: bom, kind: SkipKind::Silent });
        }
        push_decoded(&self.profile, &part.bytes, bom, &mut self.set, decoded);
        if let Some(cut) = decoded.skips.pop_if(|it| !last && it.kind == SkipKind::Cut) {
            self.kept = part.bytes.split_off(cut.offset);
        }
        self.offset += u64::try_from(part.bytes.len()).unwrap_or(0);
        Ok(part)
    }
}
