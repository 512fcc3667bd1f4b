//! From the ways in to the gates: hands an arrival over, and writes down a
//! refusal, so that everything that crosses a boundary is in the journal.

use super::acknowledge;
use crate::{
    app::Rooms,
    arrival::{Answer, Arrival, Way},
    gates::strangers,
    observe::tap::Line,
    problem::{Refusal, Retry},
};
use canon::{
    clock::Timestamp,
    entry::{self, RefusedFile, Sums},
};
use journal::{Appended, Draft};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower::{Service as _, ServiceExt as _, util::BoxCloneSyncService};
use tracing::{Instrument as _, info, info_span, warn};

/// How often counts of refusals that are over are looked for.
const COUNTS_STEP: Duration = Duration::from_secs(5);

/// Gates and walk, in running order.
pub type Stack = BoxCloneSyncService<Arrival, Answer, Refusal>;

/// What a refusal entry says of a caller that never became an arrival.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// Id given to the attempt.
    pub id: String,
    /// Channel named, if it exists.
    pub channel: Option<String>,
    /// Peer address or file name.
    pub origin: String,
    /// When it came.
    pub received_at: Timestamp,
    /// Interchanges of EDI in it that are answered.
    pub interchanges: u64,
    /// It is a file of a folder, which is put aside.
    pub file: Option<Box<RefusedFile>>,
}

/// Hands arrivals to the gates.
#[derive(Clone, Debug)]
pub struct Reception {
    rooms: Arc<Rooms>,
    stack: Stack,
}

// === impl Reception ===

impl Reception {
    /// Arrivals go into `stack`.
    #[must_use]
    pub fn new(rooms: Arc<Rooms>, stack: Stack) -> Self {
        Self { rooms, stack }
    }

    /// The rooms behind the gates.
    #[must_use]
    pub fn rooms(&self) -> &Arc<Rooms> {
        &self.rooms
    }

    /// Takes one arrival through the gates and the walk.
    ///
    /// # Errors
    ///
    /// The refusal, which is in the journal by then if the journal takes it.
    pub async fn receive(&self, arrival: Arrival) -> Result<Answer, Refusal> {
        self.receive_told(arrival).await.map_err(|(refusal, _)| refusal)
    }

    /// The same; a refusal with its entry in the journal, if that has it.
    pub(super) async fn receive_told(
        &self,
        arrival: Arrival,
    ) -> Result<Answer, (Refusal, Option<u64>)> {
        let channel = arrival.channel.name().to_owned();
        let span = info_span!("arrival", id = %arrival.id, %channel, way = arrival.way.name());
        crate::observe::logs::follow(&span, arrival.traceparent.as_deref());
        self.take(arrival, channel).instrument(span).await
    }

    async fn take(
        &self,
        arrival: Arrival,
        channel: String,
    ) -> Result<Answer, (Refusal, Option<u64>)> {
        let started = self.rooms.clock.now();
        self.rooms.tap.tell(|| Line {
            at: started,
            step: "arrived",
            channel: channel.clone(),
            id: arrival.id.clone(),
            what: json!({ "way": arrival.way.name(), "origin": arrival.origin,
                          "bytes": arrival.bytes.len() }),
        });
        let mut stranger = Stranger {
            id: arrival.id.clone(),
            channel: Some(channel.clone()),
            origin: arrival.origin.clone(),
            received_at: arrival.received_at,
            interchanges: 0,
            file: file_of(&arrival),
        };
        let package = Arc::clone(arrival.channel.package());
        let (trail, bytes) = (arrival.trail.clone(), arrival.bytes.clone());
        let unpacked = arrival.unpacked.clone();
        let mut stack = self.stack.clone();
        let outcome = match stack.ready().await {
            Ok(ready) => ready.call(arrival).await,
            Err(refusal) => Err(refusal),
        };
        let took = self.rooms.clock.now().since(started);
        let of_channel = crate::observe::metrics::OfChannel { channel: channel.clone() };
        self.rooms.metrics.walk_seconds.get_or_create(&of_channel).observe(took.as_secs_f64());
        match outcome {
            Ok(answer) => {
                let word = if answer.duplicate { "duplicate" } else { "accepted" };
                self.rooms.metrics.arrival(&channel, word);
                info!(
                    sequence = answer.sequence,
                    events = answer.events.len(),
                    set_aside = answer.set_aside,
                    duplicate = answer.duplicate,
                    "{word}"
                );
                Ok(answer)
            }
            Err(refusal) => {
                let crossings = trail.crossings();
                // What is tried again by itself is not put aside.
                let stays = matches!(refusal.facts().retry, Retry::AfterSeconds(_));
                stranger.file = stranger.file.filter(|_| !stays);
                if let (Some(file), Some((records, unreadable))) =
                    (&mut stranger.file, trail.records())
                {
                    (file.records, file.unreadable) = (Some(records), Some(unreadable));
                }
                if package.acknowledges() && acknowledge::is_answered(&refusal) {
                    let read = unpacked.bytes();
                    let found = package.interchanges(read.as_ref().unwrap_or(&bytes)).len();
                    stranger.interchanges = u64::try_from(found).unwrap_or(u64::MAX);
                }
                let sha256 = Some(canon::id::sha256_hex(&bytes));
                let entry = self.refuse(&stranger, &refusal, crossings, sha256).await;
                Err((refusal, entry))
            }
        }
    }

    /// Writes down that somebody was turned away; `raw_sha256` is of the bytes, if
    /// they were read. Returns the entry, if the journal took it.
    pub async fn refuse(
        &self,
        stranger: &Stranger,
        refusal: &Refusal,
        trail: Vec<entry::Crossing>,
        raw_sha256: Option<String>,
    ) -> Option<u64> {
        let refused = self.refused(stranger, refusal, trail, raw_sha256);
        if strangers::is_counted(refusal)
            && stranger.file.is_none()
            && !self.rooms.strangers.is_first(&refused, refusal.code())
        {
            return None;
        }
        self.write(refused).await
    }

    /// The same for a file that was not read: each of them has an entry.
    pub(super) async fn refuse_whole(&self, stranger: &Stranger, refusal: &Refusal) -> Option<u64> {
        self.write(self.refused(stranger, refusal, Vec::new(), None)).await
    }

    /// Tells who watches, and gives what is to be written down.
    fn refused(
        &self,
        stranger: &Stranger,
        refusal: &Refusal,
        trail: Vec<entry::Crossing>,
        raw_sha256: Option<String>,
    ) -> entry::Refusal {
        let code = refusal.code();
        let channel = stranger.channel.as_deref().unwrap_or("-");
        self.rooms.metrics.arrival(channel, code);
        self.rooms.tap.tell(|| Line {
            at: self.rooms.clock.now(),
            step: "refused",
            channel: channel.to_owned(),
            id: stranger.id.clone(),
            what: json!({ "code": code, "reason": refusal.to_string() }),
        });
        warn!(code, channel, origin = stranger.origin, reason = %refusal, "refused");
        entry::Refusal {
            id: stranger.id.clone(),
            channel: stranger.channel.clone(),
            principal: None,
            origin: stranger.origin.clone(),
            received_at: stranger.received_at,
            trail,
            code: code.to_owned(),
            detail: refusal.to_string(),
            raw_sha256,
            count: 1,
            interchanges: stranger.interchanges,
            file: stranger.file.clone(),
        }
    }

    /// Writes the counts of refusals that were not written one by one, until the
    /// daemon stops.
    pub async fn tell_counts(self) {
        let stopping = self.rooms.tasks.stopping();
        loop {
            let stopped = tokio::select! {
                () = self.rooms.clock.sleep(COUNTS_STEP) => false,
                () = stopping.cancelled() => true,
            };
            let strangers = &self.rooms.strangers;
            let told =
                if stopped { strangers.all() } else { strangers.over(self.rooms.clock.now()) };
            for refused in told {
                self.write(refused).await;
            }
            if stopped {
                return;
            }
        }
    }

    /// The caller is refused all the same; the log has what the journal could not take.
    async fn write(&self, refused: entry::Refusal) -> Option<u64> {
        let draft = Draft::Refusal(Box::new(refused));
        match self.rooms.journal.append(draft).await {
            Ok(Appended::Committed { seq, .. } | Appended::Duplicate { seq, .. }) => Some(seq),
            Ok(Appended::KeyReused { .. }) => None,
            Err(fault) => {
                warn!(%fault, "the refusal is not in the journal");
                None
            }
        }
    }
}

/// What is known of a file before it is read.
fn file_of(arrival: &Arrival) -> Option<Box<RefusedFile>> {
    let Way::File { piece, .. } = &arrival.way else { return None };
    let bytes = arrival.bytes.len() as u64;
    let piece = piece.as_deref();
    Some(Box::new(RefusedFile {
        bytes: piece.map_or(bytes, |it| it.bytes),
        piece: piece.map(|it| it.offset),
        taken: piece.map_or_else(Sums::default, |it| it.before),
        ..RefusedFile::default()
    }))
}
