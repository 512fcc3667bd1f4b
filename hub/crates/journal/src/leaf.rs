//! What the ledger hashes of an entry: small canonical JSON without personal data.
//!
//! RFC 8785 for the subset used: members sorted by name, no white space, whole
//! numbers below 2^53, texts escaped as ECMAScript does. Absent members are left
//! out. The body itself is bound by a salted commitment, so that body and salt
//! can be destroyed later and every proof still verifies.

use aws_lc_rs::hmac;
use canon::{
    clock::Timestamp,
    entry::{Body, Boundary, Crossing, Deed, Outcome},
};
use serde::Serialize;

/// A leaf is an entry of a C2SP bundle, whose length is 16 bits.
pub const LEAF_BYTES_MAX: usize = 65_535;

/// Longer texts stand in a leaf as `sha256:{hex}`.
const TEXT_BYTES_MAX: usize = 512;

/// Version of this format.
const VERSION: u8 = 1;

/// Members in the order of their names.
#[derive(Serialize)]
struct Leaf<'a> {
    at: Timestamp,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    decision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    raw_kept: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_sha256: Option<String>,
    seq: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trail: Vec<String>,
    v: u8,
}

#[derive(Serialize)]
struct Counts {
    duplicates: u64,
    events: u64,
    losses: u64,
    records: u64,
    set_aside: u64,
}

/// What is stored beside an arrival's body and bound by its leaf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Sealed raw bytes were stored.
    pub raw_kept: bool,
    /// What the dedupe key stands for, when there is one.
    pub fingerprint: Option<[u8; 32]>,
}

/// The leaf of the entry `seq`, committed at `at`, with `commitment` to its body.
///
/// It is a function of its arguments alone, so a verifier makes it again and
/// compares byte by byte.
///
/// # Errors
///
/// When it would be longer than [`LEAF_BYTES_MAX`], which only a trail of
/// hundreds of crossings can do.
pub fn leaf(
    (seq, at): (u64, Timestamp),
    body: &Body,
    commitment: &[u8; 32],
    beside: Beside,
) -> Result<Vec<u8>, usize> {
    let leaf = Leaf {
        at,
        body: hex::encode(commitment),
        channel: channel(body).map(shortened),
        code: code(body).map(shortened),
        counts: counts(body),
        decision: decision(body),
        fingerprint: beside.fingerprint.map(hex::encode),
        kind: kind(body),
        principal: principal(body).map(shortened),
        raw_kept: beside.raw_kept,
        raw_sha256: raw_sha256(body).map(shortened),
        seq,
        trail: trail(body).iter().map(crossing).collect(),
        v: VERSION,
    };
    // Texts and numbers always serialize.
    let bytes = serde_json::to_vec(&leaf).unwrap_or_default();
    if bytes.len() > LEAF_BYTES_MAX { Err(bytes.len()) } else { Ok(bytes) }
}

/// HMAC-SHA256 over the body's bytes as stored, keyed with the entry's own salt.
#[must_use]
pub fn commitment(salt: &[u8; 32], body: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let mut commitment = [0; 32];
    commitment.iter_mut().zip(hmac::sign(&key, body).as_ref()).for_each(|(to, from)| *to = *from);
    commitment
}

/// The name of the body's kind, as stored and as in the leaf.
#[must_use]
pub fn kind(body: &Body) -> &'static str {
    match body {
        Body::Arrival(_) => "arrival",
        Body::Refusal(_) => "refusal",
        Body::Attempt(_) => "attempt",
        Body::Act(_) => "act",
    }
}

fn channel(body: &Body) -> Option<&str> {
    match body {
        Body::Arrival(it) => Some(&it.channel),
        Body::Refusal(it) => it.channel.as_deref(),
        Body::Attempt(it) => Some(&it.parcel.destination),
        Body::Act(_) => None,
    }
}

fn principal(body: &Body) -> Option<&str> {
    match body {
        Body::Arrival(it) => Some(&it.principal),
        Body::Refusal(it) => it.principal.as_deref(),
        Body::Attempt(_) => None,
        Body::Act(it) => Some(&it.actor),
    }
}

fn decision(body: &Body) -> &'static str {
    match body {
        Body::Arrival(_) => "accepted",
        Body::Refusal(_) => "refused",
        Body::Attempt(it) => match it.outcome {
            Outcome::Done { .. } => "done",
            Outcome::Later { .. } => "later",
            Outcome::Refused { .. } => "refused",
        },
        Body::Act(it) => deed(&it.act),
    }
}

fn deed(deed: &Deed) -> &'static str {
    match deed {
        Deed::Started { .. } => "started",
        Deed::Stopped => "stopped",
        Deed::Configured { .. } => "configured",
        Deed::Resubmitted { .. } => "resubmitted",
        Deed::ParcelEdited { .. } => "parcel-edited",
        Deed::Discarded { .. } => "discarded",
        Deed::LettersDiscarded { .. } => "letters-discarded",
        Deed::ReplayStarted { .. } => "replay-started",
        Deed::ReplayAdvanced { .. } => "replay-advanced",
        Deed::ReplayStopped { .. } => "replay-stopped",
        Deed::FileReleased { .. } => "file-released",
        Deed::FileDiscarded { .. } => "file-discarded",
    }
}

fn code(body: &Body) -> Option<&str> {
    match body {
        Body::Refusal(it) => Some(&it.code),
        Body::Attempt(it) => match &it.outcome {
            Outcome::Refused { code, .. } => Some(code),
            Outcome::Done { .. } | Outcome::Later { .. } => None,
        },
        Body::Arrival(_) | Body::Act(_) => None,
    }
}

fn counts(body: &Body) -> Option<Counts> {
    let Body::Arrival(it) = body else { return None };
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    Some(Counts {
        duplicates: it.duplicates,
        events: count(it.events.len()),
        losses: count(it.losses.len()),
        records: it.records,
        set_aside: count(it.set_aside.len()),
    })
}

fn raw_sha256(body: &Body) -> Option<&str> {
    match body {
        Body::Arrival(it) => Some(&it.raw_sha256),
        Body::Refusal(it) => it.raw_sha256.as_deref(),
        Body::Attempt(_) | Body::Act(_) => None,
    }
}

fn trail(body: &Body) -> &[Crossing] {
    match body {
        Body::Arrival(it) => &it.trail,
        Body::Refusal(it) => &it.trail,
        Body::Attempt(_) | Body::Act(_) => &[],
    }
}

/// `admit` when it let pass, `decode:undecodable` when it did not.
fn crossing(crossing: &Crossing) -> String {
    let boundary = match crossing.boundary {
        Boundary::Admit => "admit",
        Boundary::Quota => "quota",
        Boundary::Decode => "decode",
        Boundary::Validate => "validate",
        Boundary::Map => "map",
    };
    match &crossing.refused {
        None => boundary.to_owned(),
        Some(code) => format!("{boundary}:{}", shortened(code)),
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        text.to_owned()
    } else {
        format!("sha256:{}", canon::id::sha256_hex(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::entry::Refusal;

    fn refusal(detail: &str, code: &str, crossings: usize) -> Body {
        Body::Refusal(Refusal {
            id: "r1".to_owned(),
            channel: Some("shop".to_owned()),
            principal: None,
            origin: "192.0.2.7".to_owned(),
            received_at: Timestamp::from_ms(0),
            trail: vec![
                Crossing { boundary: Boundary::Decode, refused: Some(code.to_owned()) };
                crossings
            ],
            code: code.to_owned(),
            detail: detail.to_owned(),
            raw_sha256: None,
            interchanges: 0,
            file: None,
            count: 1,
        })
    }

    #[test]
    fn a_leaf_is_canonical_and_without_the_details() {
        let at = Timestamp::from_ms(1_767_582_000_000);
        let body = refusal("Taro's address", "undecodable", 1);
        let bytes = leaf((7, at), &body, &[0xab; 32], Beside::default()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let want = format!(
            r#"{{"at":"2026-01-05T03:00:00.000Z","body":"{}","channel":"shop","code":"undecodable","decision":"refused","kind":"refusal","seq":7,"trail":["decode:undecodable"],"v":1}}"#,
            "ab".repeat(32)
        );
        assert_eq!(text, want);
        let sorted: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&sorted).unwrap(), text, "members are sorted");
    }

    #[test]
    fn long_texts_are_shortened_and_an_endless_trail_is_refused() {
        let at = Timestamp::from_ms(0);
        let long = refusal("", &"c".repeat(100_000), 3);
        let bytes = leaf((1, at), &long, &[0; 32], Beside::default()).unwrap();
        assert!(bytes.len() < 1000, "{}", bytes.len());
        let endless = refusal("", "undecodable", 5000);
        let refused = leaf((1, at), &endless, &[0; 32], Beside::default());
        assert!(refused.is_err_and(|bytes| bytes > LEAF_BYTES_MAX));
    }

    /// RFC 4231 test case 1 has a 20-byte key; with zeros behind it HMAC is the same.
    #[test]
    fn the_commitment_is_hmac_sha256() {
        let mut salt = [0; 32];
        salt[..20].fill(0x0b);
        assert_eq!(
            hex::encode(commitment(&salt, b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }
}
