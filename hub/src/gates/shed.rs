//! Turns arrivals away at once when as many are under way as the hub takes.
//!
//! Stands outside admission and quota: a place is held only while the arrival
//! is worked on, and one that is refused inside gives it back.

use crate::{arrival::Arrival, problem::Refusal};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::Semaphore;
use tower::{Layer, Service};

/// Puts [`Shed`] around a service; all copies share the places.
#[derive(Clone, Debug)]
pub struct ShedLayer {
    places: Arc<Semaphore>,
    limit: usize,
}

/// Refuses at once when all places are taken.
#[derive(Clone, Debug)]
pub struct Shed<S> {
    inner: S,
    places: Arc<Semaphore>,
    limit: usize,
}

impl ShedLayer {
    /// `limit` arrivals under way at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(limit)), limit }
    }
}

impl<S> Layer<S> for ShedLayer {
    type Service = Shed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Shed { inner, places: Arc::clone(&self.places), limit: self.limit }
    }
}

impl<S> Service<Arrival> for Shed<S>
where
    S: Service<Arrival, Error = Refusal>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Refusal>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, arrival: Arrival) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let refusal = Refusal::TooBusy { limit: self.limit };
            return Box::pin(std::future::ready(Err(refusal)));
        };
        let answer = self.inner.call(arrival);
        Box::pin(async move {
            let answer = answer.await;
            drop(place);
            answer
        })
    }
}
