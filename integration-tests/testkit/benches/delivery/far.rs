//! A destination that takes everything at once and notes when it came.

use axum::{Router, body::Bytes, extract::State, routing::post};
use http::StatusCode;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use testkit::{
    Fail, Result,
    far::{Desk, Fault, Server},
};
use tokio::time::Instant;

/// One destination.
pub(crate) struct Far {
    desk: Arc<Desk>,
    book: Arc<Book>,
    server: Server,
}

/// What came, by the source's id, and when it came first.
#[derive(Default)]
struct Book(Mutex<Came>);

#[derive(Default)]
struct Came {
    first: HashMap<String, Instant>,
    again: usize,
    last_again: Option<Instant>,
}

/// As much of the event as matters here.
#[derive(Deserialize)]
struct Named {
    sourceid: String,
}

// === impl Far ===

impl Far {
    pub(crate) async fn start() -> Result<Self> {
        let (desk, book) = (Arc::new(Desk::default()), Arc::new(Book::default()));
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&book));
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, book, server })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// From now on it takes requests and never answers.
    pub(crate) fn hang(&self) {
        self.desk.faults.until_healed("/", Fault::Hang);
    }

    /// How many deliveries were of things that it had.
    pub(crate) fn again(&self) -> usize {
        self.book.lock().again
    }

    /// When the last one of these came.
    pub(crate) fn last_again(&self) -> Option<Instant> {
        self.book.lock().last_again
    }

    /// How many different things came.
    pub(crate) fn things(&self) -> usize {
        self.book.lock().first.len()
    }

    /// How long each thing of `sent` was under way, in milliseconds.
    ///
    /// # Errors
    /// When one of them did not come.
    pub(crate) fn under_way_ms(&self, sent: &HashMap<String, Instant>) -> Result<Vec<f64>> {
        let came = self.book.lock();
        let took = |(id, at): (&String, &Instant)| {
            let there = came.first.get(id).ok_or_else(|| Fail::new(format!("{id} never came")))?;
            Ok(there.duration_since(*at).as_secs_f64() * 1000.0)
        };
        sent.iter().map(took).collect()
    }
}

async fn take(State(book): State<Arc<Book>>, body: Bytes) -> StatusCode {
    let now = Instant::now();
    let Ok(Named { sourceid }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut came = book.lock();
    let first = *came.first.entry(sourceid).or_insert(now);
    if first != now {
        came.again += 1;
        came.last_again = Some(now);
    }
    StatusCode::NO_CONTENT
}

// === impl Book ===

impl Book {
    fn lock(&self) -> MutexGuard<'_, Came> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
