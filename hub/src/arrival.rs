//! Bytes as they came in, before anyone has read them, and what is known of how
//! they came. The same for a webhook, a dropped file and a poll.

mod expected;
mod unpacked;

pub use expected::Expected;
pub use unpacked::Unpacked;

use crate::{again::Kept, app::house::Channel, settings::RecordsMode, trail::Trail};
use adapter_kit::{manifest::Topic, package::Reused};
use bytes::Bytes;
use canon::{
    clock::Timestamp,
    entry::{Interchange, Piece},
};
use http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;

/// One arrival.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// UUIDv7; the `instance` of problem documents and the key of the raw bytes.
    pub id: String,
    /// The channel it came by.
    pub channel: Arc<Channel>,
    /// File name, message id or request id at the far side.
    pub origin: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The bytes.
    pub bytes: Bytes,
    /// What came out of them, once they are unpacked.
    pub unpacked: Unpacked,
    /// How it came.
    pub way: Way,
    /// W3C trace context it came with.
    pub traceparent: Option<String>,
    /// What the boundaries decided so far.
    pub trail: Trail,
    /// Interchanges of EDI in the bytes, once they are read.
    pub interchanges: Vec<Interchange>,
}

/// How an arrival came.
#[derive(Clone, Debug)]
pub enum Way {
    /// `POST /in/{channel}`.
    Http {
        /// As received.
        headers: HeaderMap,
    },
    /// A file in the channel's folder.
    File {
        /// Its name, without folders.
        name: String,
        /// When it was written, nanoseconds since the Unix epoch, if known. The
        /// same name and content dropped another day is another arrival.
        written_ns: u128,
        /// What is expected of it; none where files are not checked.
        expected: Option<Arc<Expected>>,
        /// Which piece of it the bytes are; none: all of it.
        piece: Option<Box<Piece>>,
    },
    /// The hub asked for it.
    Pulled {
        /// What was asked for.
        feed: String,
        /// Where to go on next time.
        cursor: String,
    },
    /// The hub made it up.
    Sample {
        /// How many before it.
        number: u64,
    },
    /// It was in the journal already and is walked once more.
    Kept(Box<Kept>),
}

/// What an accepted arrival is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Answer {
    /// Position in the journal.
    pub sequence: u64,
    /// Id of this arrival.
    pub arrival: String,
    /// Ids of the events it became; of a duplicate, those of the first.
    pub events: Vec<String>,
    /// Records read.
    pub records: u64,
    /// Events left out because they were in the journal already.
    pub duplicates: u64,
    /// Records set aside; they wait among the dead letters.
    pub set_aside: u64,
    /// The whole of it was in the journal already.
    pub duplicate: bool,
}

// === impl Arrival ===

impl Arrival {
    /// The key under which a repetition is recognised: the `Idempotency-Key`
    /// header, else the far system's own delivery id (with the topic, since one
    /// id may come once for each subscription), else the control numbers of its
    /// interchanges, else the name of a file with the time it was written and the
    /// hash of its content. `None`: only the source facts tell.
    #[must_use]
    pub fn dedupe_key(&self) -> Option<String> {
        let headers = match &self.way {
            Way::Http { headers } => headers,
            Way::File { name, written_ns, piece: Some(piece), .. } => {
                let at = (piece.offset, self.bytes.len());
                return Some(piece_key((name, *written_ns, &piece.sha256), at));
            }
            Way::File { name, written_ns, piece: None, .. } => {
                let hash = canon::id::sha256_hex(&self.bytes);
                return Some(format!("file:{name}:{written_ns}:{hash}"));
            }
            Way::Kept(kept) => return Some(kept.dedupe_key()),
            Way::Pulled { .. } | Way::Sample { .. } => return None,
        };
        let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
        if let Some(key) = text("idempotency-key").filter(|it| !it.is_empty()) {
            return Some(format!("key:{}", key.trim_matches('"')));
        }
        let input = self.channel.package().manifest().input.as_ref()?;
        let Some(id) = input.dedupe_headers.iter().find_map(|name| text(name)) else {
            return self.controls();
        };
        let topic = match &input.topic {
            Topic::Header(name) => text(name).unwrap_or_default(),
            Topic::None | Topic::Pointer(_) | Topic::Feed => "",
        };
        Some(format!("id:{topic}:{id}"))
    }
}

impl Arrival {
    /// The control numbers of its interchanges, where partners count them.
    fn controls(&self) -> Option<String> {
        let counts = self.channel.package().reused_control() != Reused::Taken;
        let own = |it: &Interchange| format!("{:?}:{:?}", it.sender, it.control);
        let all: Vec<String> = self.interchanges.iter().map(own).collect();
        let hash = canon::id::sha256_hex(all.join(",").as_bytes());
        (counts && !all.is_empty()).then(|| format!("controls:{hash}"))
    }

    /// What tells kinds of its records apart: a header, or the feed that was pulled.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let topic = self.channel.package().manifest().input.as_ref().map(|it| &it.topic);
        match (&self.way, topic) {
            (Way::Http { headers }, Some(Topic::Header(name))) => {
                headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned)
            }
            (Way::Pulled { feed, .. }, _) => Some(feed.clone()),
            (Way::Kept(kept), _) => kept.label.clone(),
            _ => None,
        }
    }

    /// The feed that was pulled.
    #[must_use]
    pub fn feed(&self) -> Option<&str> {
        match &self.way {
            Way::Pulled { feed, .. } => Some(feed),
            Way::Kept(kept) => kept.label.as_deref(),
            Way::Http { .. } | Way::File { .. } | Way::Sample { .. } => None,
        }
    }

    /// Whether one bad record refuses all of it. What is walked once more comes
    /// record by record.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.kept().is_none() && self.channel.settings().records == RecordsMode::Atomic
    }

    /// Which piece of a file its bytes are, if they are one.
    #[must_use]
    pub fn piece(&self) -> Option<&Piece> {
        match &self.way {
            Way::File { piece, .. } => piece.as_deref(),
            Way::Kept(kept) => kept.piece.as_deref(),
            Way::Http { .. } | Way::Pulled { .. } | Way::Sample { .. } => None,
        }
    }

    /// Whether its quota was spent by what came before it: by its first piece, or
    /// when the journal took it.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.kept().is_some() || self.piece().is_some_and(|it| it.offset > 0)
    }

    /// What is known of bytes that are walked once more.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        match &self.way {
            Way::Kept(kept) => Some(kept),
            Way::Http { .. } | Way::File { .. } | Way::Pulled { .. } | Way::Sample { .. } => None,
        }
    }
}

/// Before the offset in the dedupe keys of all pieces of a file.
#[must_use]
pub fn piece_keys((name, written_ns, sha256): (&str, u128, &str)) -> String {
    format!("file:{name}:{written_ns}:{sha256}:")
}

/// The key of the piece of so many bytes at `offset`; keys sort as pieces do. A file
/// that is cut anew, at other places, has other pieces: what they bring that is known
/// is told by the source facts.
fn piece_key(file: (&str, u128, &str), (offset, length): (u64, usize)) -> String {
    format!("{}{offset:020}-{length:020}", piece_keys(file))
}

// === impl Way ===

impl Way {
    /// The headers of a request; none for the other ways.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Http { headers } => Some(headers),
            Self::File { .. } | Self::Pulled { .. } | Self::Sample { .. } | Self::Kept(_) => None,
        }
    }

    /// The word in spans and the tap.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::File { .. } => "file",
            Self::Pulled { .. } => "pull",
            Self::Sample { .. } => "sample",
            Self::Kept(_) => "kept",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cut_at_other_places_are_others_and_all_sort_as_they_lie() {
        let file = ("orders.csv", 7, "ab");
        let at = [(0, 90), (0, 400), (90, 10), (400, 5), (u64::MAX, 1)];
        let keys = at.map(|it| piece_key(file, it));
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        assert!(keys.iter().all(|it| it.starts_with(&piece_keys(file))), "{keys:?}");
        // What an earlier version wrote lies at the same place.
        let before = format!("{}{:020}", piece_keys(file), 90);
        assert!(keys[1] < before && before < keys[3]);
    }
}
