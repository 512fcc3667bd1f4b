//! The second pass over a large file: its pieces, one after the other, from its
//! start or from where the journal says an earlier pass stood.

use super::content::{CHUNK_BYTES, Content, Unread};
use crate::{
    again::ask_journal,
    app::{Rooms, house::Channel},
    arrival::piece_keys,
    problem::Refusal,
    settings::Pieces,
};
use adapter_kit::{
    decode::Undecodable,
    package::Package,
    pieces::{Cutter, Piece, PieceLimits, State},
};
use canon::entry::{Arrival, Body, Sums};
use tracing::warn;

/// Where in a file to go on.
#[derive(Debug)]
pub(super) struct Stand {
    /// `None`: its last piece is in the journal.
    pub(super) state: Option<State>,
    /// What came of the pieces before.
    pub(super) came: Sums,
}

/// A file that is cut.
#[derive(Debug)]
pub(super) struct Cutting {
    content: Content,
    /// Its SHA-256 in hex.
    sha256: String,
    cutter: Cutter,
    /// Bytes that are not read yet.
    left: u64,
    chunk: Vec<u8>,
}

/// Why a file is cut no further.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{0}")]
    Unread(#[from] Unread),
    #[error("is not what was checked: {0}")]
    Other(#[from] Undecodable),
    #[error("is not what was checked: what is unpacked has another digest")]
    Changed,
}

/// Asks the journal how far a file came before.
///
/// # Errors
///
/// [`Refusal::Inside`] when the journal cannot say.
pub(super) async fn stand(
    rooms: &Rooms,
    channel: &Channel,
    identity: (&str, u128, &str),
) -> Result<Option<(u64, Box<Arrival>)>, Refusal> {
    let (channel, keys) = (channel.name().to_owned(), piece_keys(identity));
    ask_journal(rooms, move |reader| {
        let Some(seq) = reader.last_key(&channel, &keys)? else { return Ok(None) };
        let entry = reader.entry(seq)?;
        Ok(entry.and_then(|it| match it.body {
            Body::Arrival(arrival) => Some((seq, Box::new(arrival))),
            Body::Refusal(_) | Body::Attempt(_) | Body::Act(_) => None,
        }))
    })
    .await
}

// === impl Stand ===

impl Stand {
    /// Behind the last piece of a file that the journal has; at its start when
    /// that cannot be told. What is in the journal is known again there.
    pub(super) fn behind(
        package: &Package,
        content: &mut Content,
        last: Option<&Arrival>,
        start: State,
    ) -> Self {
        let Some((arrival, piece)) = last.and_then(|it| Some((it, it.piece.as_deref()?))) else {
            return Self { state: Some(start), came: Sums::default() };
        };
        let came = piece.before.with(of_entry(arrival));
        if piece.last {
            return Self { state: None, came };
        }
        let mut next = || {
            let mut bytes = vec![0; usize::try_from(arrival.raw_bytes).unwrap_or(0)];
            content.go_to(piece.offset)?;
            content.read_exact(&mut bytes)?;
            let state = State::parse(piece.state.get())?;
            let (_, next) = package.decode_piece(&state, &bytes, false)?;
            Ok::<_, Broken>(next)
        };
        match next() {
            Ok(next) => Self { state: Some(next.knowing(&start)), came },
            Err(fault) => {
                warn!(%fault, "begun anew; what is known is left out");
                Self { state: Some(start), came: Sums::default() }
            }
        }
    }
}

/// Where a piece that is an entry ends, and what came of the file up to there.
pub(super) fn behind(arrival: &Arrival) -> Option<(u64, Sums)> {
    let piece = arrival.piece.as_deref()?;
    Some((piece.offset + arrival.raw_bytes, piece.before.with(of_entry(arrival))))
}

/// What came of a piece that is an entry.
fn of_entry(arrival: &Arrival) -> Sums {
    Sums {
        pieces: 1,
        records: arrival.records,
        events: arrival.events.len() as u64,
        duplicates: arrival.duplicates,
        set_aside: arrival.set_aside.len() as u64,
    }
}

// === impl Cutting ===

impl Cutting {
    /// Of a file of so many bytes and that SHA-256 (hex), from `state` on.
    pub(super) fn new(
        package: &Package,
        mut content: Content,
        (size, sha256): (u64, &str),
        state: State,
        pieces: Pieces,
    ) -> Result<Self, Broken> {
        content.go_to(state.offset())?;
        let left = size.saturating_sub(state.offset());
        let limits = PieceLimits { bytes: pieces.bytes, records: pieces.records };
        let cutter = package.cutter(state, limits)?;
        let sha256 = sha256.to_owned();
        Ok(Self { content, sha256, cutter, left, chunk: vec![0; CHUNK_BYTES] })
    }

    /// The next piece; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, Broken> {
        loop {
            if let Some(piece) = self.cutter.take()? {
                return Ok(Some(piece));
            }
            if self.left == 0 {
                return Ok(None);
            }
            let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            let chunk = self.chunk.get_mut(..most).unwrap_or_default();
            self.content.read_exact(chunk)?;
            self.cutter.push(chunk);
            self.left -= most as u64;
            if self.left == 0 {
                // Before the last piece is given out.
                if !self.content.ends_as(&self.sha256)? {
                    return Err(Broken::Changed);
                }
                self.cutter.finish();
            }
        }
    }
}
