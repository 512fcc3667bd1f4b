//! The acknowledgement of an input: the faults are those that reading found.

use ::edi::{
    Dialect, Fault, Interchange,
    ack::{self, Stamp, Verdict},
    interchange,
};
use canon::{clock::Timestamp, entry};

use super::{Edi, Reused, personal, read};
use crate::layout::{Layout, arena::Arena, model::Format, xml::charset_name};

/// An acknowledgement, ready to be sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub bytes: Vec<u8>,
    /// `application/edi-x12`, `application/edifact` (RFC 1767).
    pub media_type: &'static str,
    /// Ending of a file's name.
    pub extension: &'static str,
}

impl Layout {
    /// Answers an input of X12 or EDIFACT: what was accepted, and what is wrong
    /// with the rest. `refused`: nothing of it was taken. Each interchange gets an
    /// answer with a control number of its own, in the order of
    /// [`Layout::interchanges`].
    ///
    /// `None` for other formats, for what cannot be read as an interchange at all,
    /// and where there is nothing to answer.
    pub fn acknowledge(
        &self,
        bytes: &[u8],
        refused: bool,
        at: Timestamp,
        controls: &[u64],
    ) -> Option<Acknowledged> {
        let Format::Edi(edi) = &self.format else { return None };
        let found = interchange::read(bytes).ok()?;
        let text = at.to_string();
        let digits: String = text.chars().filter(char::is_ascii_digit).take(12).collect();
        let (date, time) = digits.split_at_checked(8)?;
        let mut out = Vec::new();
        for (control, interchange) in controls.iter().zip(&found) {
            let control = *control;
            let stamp = Stamp { date: date.to_owned(), time: time.to_owned(), control };
            let verdicts: Vec<Verdict> = interchange
                .messages
                .iter()
                .map(|it| verdict(self, edi, interchange, it, refused))
                .collect();
            let written = ack::write(interchange, &verdicts, edi.form, &stamp).ok().flatten();
            out.extend(written.unwrap_or_default());
        }
        let media_type = self.media_type();
        let extension = edi.dialect.name();
        (!out.is_empty()).then_some(Acknowledged { bytes: out, media_type, extension })
    }

    /// What files of it are called where media types are said (RFC 1767, RFC 4180,
    /// RFC 7303).
    pub fn media_type(&self) -> &'static str {
        match &self.format {
            Format::Edi(edi) => match edi.dialect {
                Dialect::X12 => "application/edi-x12",
                Dialect::Edifact => "application/edifact",
            },
            Format::Csv(_) => "text/csv",
            Format::Form(_) => "application/x-www-form-urlencoded",
            Format::Fixed(_) => "application/octet-stream",
            Format::Xml(xml) => xml.media_type(),
            Format::Xlsx(_) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The same with the character set of what is written, where it is text.
    pub fn content_type(&self) -> String {
        let media_type = self.media_type();
        match &self.format {
            // What escapes of a form stand for its media type does not say.
            Format::Edi(_) | Format::Fixed(_) | Format::Xlsx(_) | Format::Form(_) => {
                media_type.to_owned()
            }
            Format::Csv(_) | Format::Xml(_) => {
                let name = charset_name(self.profile.charset).to_ascii_lowercase();
                format!("{media_type}; charset={name}")
            }
        }
    }

    /// Whether its documents are envelopes of SOAP.
    pub fn is_soap(&self) -> bool {
        matches!(&self.format, Format::Xml(xml) if xml.is_soap())
    }

    /// The interchanges of an input of X12 or EDIFACT; none of other formats, and
    /// of what cannot be read as interchanges at all.
    pub fn interchanges(&self, bytes: &[u8]) -> Vec<entry::Interchange> {
        let Format::Edi(_) = &self.format else { return Vec::new() };
        let found = interchange::read(bytes).unwrap_or_default();
        found.iter().map(facts).collect()
    }

    /// What becomes of an interchange whose control number came before with other
    /// content. `Held` for other formats, which have none.
    pub fn reused_control(&self) -> Reused {
        match &self.format {
            Format::Edi(edi) => edi.reused,
            _ => Reused::Held,
        }
    }

    /// Whether inputs of it are acknowledged.
    pub fn is_edi(&self) -> bool {
        matches!(self.format, Format::Edi(_))
    }
}

/// What is remembered of an interchange. Line breaks behind its trailer are not its.
fn facts(interchange: &Interchange<'_>) -> entry::Interchange {
    let document = &interchange.document;
    let end = document.segments.last().map_or(document.end, |it| it.end + 1);
    let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let bytes = document.bytes.get(index(document.start)..index(end)).unwrap_or_default();
    entry::Interchange {
        sender: interchange.sender.id.clone(),
        receiver: interchange.receiver.id.clone(),
        control: interchange.control.clone(),
        sha256: canon::id::sha256_hex(bytes),
    }
}

/// What the sender of a message is told. Faults of the layout have no word in an
/// acknowledgement: the message is rejected without one.
fn verdict(
    layout: &Layout,
    edi: &Edi,
    interchange: &Interchange<'_>,
    message: &interchange::Message,
    refused: bool,
) -> Verdict {
    if edi.ignored.contains(&message.kind) || ack::is_acknowledgement(&message.kind) {
        return Verdict { faults: Vec::new(), refused };
    }
    let one = read::message_of(layout, edi, interchange, message, &mut Arena::default());
    let around = |it: &&Fault| !interchange.faults_on(message).any(|of| of == *it);
    Verdict {
        faults: one.faults.iter().filter(around).map(|it| personal::unsaid(edi, it)).collect(),
        refused: refused || !one.own.is_empty(),
    }
}
