//! What a transport written in Rust must be. Transport only: decoding and
//! mapping are declared in the package, retries belong to the delivery room.

use std::{pin::Pin, time::Duration};

/// A future that can be stored and sent.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Brings bytes in from one system.
pub trait Source: Send {
    /// Waits for the next delivery. `None` means the source has ended.
    ///
    /// Cancel-safe: dropping the future loses nothing.
    fn receive(&mut self) -> BoxFuture<'_, Result<Option<(Arrival, Receipt)>, SourceError>>;
}

/// Takes a canonical event, already rendered for one system, out to it.
pub trait Sink: Send + Sync {
    /// One attempt. The delivery room owns retries, so an adapter never loops.
    ///
    /// `key` is the same on each attempt: send it on if the far side knows
    /// idempotency keys.
    fn deliver<'a>(
        &'a self,
        parcel: &'a Parcel,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Settled, Setback>>;
}

/// Bytes as the far side sent them, before anyone has read them.
#[derive(Debug)]
pub struct Arrival {
    /// All of them.
    pub bytes: Vec<u8>,
    /// File name, message id or request id at the far side.
    pub origin: String,
}

/// One event rendered for one destination.
#[derive(Debug)]
pub struct Parcel {
    /// What is sent.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: String,
}

/// The far side has the parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its answer: an HTTP status, a file name.
    pub answer: String,
    /// Its own id of what was delivered, if it said one.
    pub far_id: Option<String>,
}

/// The duty to answer the far side, exactly once.
#[must_use = "an arrival that is not settled will be sent again"]
pub struct Receipt {
    answer: Option<Box<dyn FnOnce(Settlement) + Send>>,
}

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// In the journal. The far side may forget it.
    Committed,
    /// Refused for good, and the refusal is in the journal.
    Refused,
    /// Not decided. The far side must keep it.
    Returned,
}

/// Why nothing could be brought in.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The far side went away.
    #[error("connection to the source was lost")]
    Disconnected {
        /// What the system said.
        source: std::io::Error,
    },
    /// More than the channel allows.
    #[error("one delivery is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
}

/// Why one attempt failed, and what that means for the next.
#[derive(Debug, thiserror::Error)]
pub enum Setback {
    /// Try again.
    #[error("far side is not reachable now")]
    Later {
        /// Not before this long, if the far side said so.
        after: Option<Duration>,
        /// What the system said.
        source: std::io::Error,
    },
    /// The same parcel will be refused again. The reason is the far side's and
    /// may hold personal data: it goes to the dead letter, never to a log.
    #[error("far side refused the parcel")]
    Refused {
        /// What it said.
        reason: String,
    },
}

// === impl Receipt ===

impl Receipt {
    /// A receipt that is answered by calling `answer`.
    pub fn new(answer: impl FnOnce(Settlement) + Send + 'static) -> Self {
        Self { answer: Some(Box::new(answer)) }
    }

    /// Answers.
    pub fn settle(mut self, settlement: Settlement) {
        self.answer_once(settlement);
    }

    fn answer_once(&mut self, settlement: Settlement) {
        if let Some(answer) = self.answer.take() {
            answer(settlement);
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.answer_once(Settlement::Returned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_dropped_receipt_returns_the_arrival_and_a_settled_one_answers_once() {
        let answers = Arc::new(Mutex::new(Vec::new()));
        let receipt = |answers: &Arc<Mutex<Vec<Settlement>>>| {
            let answers = Arc::clone(answers);
            Receipt::new(move |it| answers.lock().unwrap().push(it))
        };
        receipt(&answers).settle(Settlement::Committed);
        drop(receipt(&answers));
        assert_eq!(*answers.lock().unwrap(), [Settlement::Committed, Settlement::Returned]);
    }
}
