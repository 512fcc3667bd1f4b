//! Lets in whom the channel knows.

use crate::{
    arrival::{Arrival, Way},
    problem::Refusal,
};
use access::{Pass, RequestFacts};
use canon::{clock::Clock, entry::Boundary};
use futures_util::future::{Either, Ready, ready};
use http::HeaderMap;
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower::{Layer, Service};

/// An arrival with the proof of who brought it. Only this gate makes one.
#[derive(Debug)]
pub struct Admitted {
    pass: Pass,
    arrival: Arrival,
}

/// Puts [`Admit`] around a service.
#[derive(Clone, Debug)]
pub struct AdmitLayer {
    clock: Arc<dyn Clock>,
}

/// Refuses arrivals that the channel's access does not know.
#[derive(Clone, Debug)]
pub struct Admit<S> {
    inner: S,
    clock: Arc<dyn Clock>,
}

// === impl Admitted ===

impl Admitted {
    /// Who brought it.
    #[must_use]
    pub fn pass(&self) -> &Pass {
        &self.pass
    }

    /// What they brought.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// Both, to go on with.
    #[must_use]
    pub fn into_parts(self) -> (Pass, Arrival) {
        (self.pass, self.arrival)
    }
}

// === impl AdmitLayer ===

impl AdmitLayer {
    /// A gate that tells freshness by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl<S> Layer<S> for AdmitLayer {
    type Service = Admit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Admit { inner, clock: Arc::clone(&self.clock) }
    }
}

// === impl Admit ===

impl<S> Service<Arrival> for Admit<S>
where
    S: Service<Admitted, Error = Refusal>,
{
    type Response = S::Response;
    type Error = Refusal;
    type Future = Either<S::Future, Ready<Result<S::Response, Refusal>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, arrival: Arrival) -> Self::Future {
        let outcome = prove(&arrival, self.clock.as_ref());
        match arrival.trail.cross(Boundary::Admit, outcome) {
            Ok(pass) => Either::Left(self.inner.call(Admitted { pass, arrival })),
            Err(refusal) => Either::Right(ready(Err(refusal))),
        }
    }
}

fn prove(arrival: &Arrival, clock: &dyn Clock) -> Result<Pass, Refusal> {
    let none = HeaderMap::new();
    let headers = arrival.way.headers().unwrap_or(&none);
    let facts = RequestFacts {
        method: "POST",
        registered_url: arrival.channel.registered_url(),
        headers,
        body: &arrival.bytes,
        now: clock.now(),
    };
    let access = arrival.channel.access();
    let proven = match &arrival.way {
        Way::Kept(kept) => match &kept.operator {
            Some(operator) => access.admit_operator(operator),
            None => Ok(access.admit_kept()),
        },
        Way::Http { .. } => access.admit(&facts),
        Way::File { .. } => access.admit_file(),
        Way::Pulled { .. } | Way::Sample { .. } => access.admit_pulled(),
    };
    proven.map_err(|denied| Refusal::NotAdmitted { reason: denied.reason().name().to_owned() })
}
