//! Refuses a caller that has spent its quota.
//!
//! The input is [`Admitted`], so a stack that puts this layer before admission
//! does not compile.

use super::admit::Admitted;
use crate::problem::Refusal;
use access::Pass;
use canon::entry::Boundary;
use futures_util::future::{Either, Ready, ready};
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};
use tower::{Layer, Service};

/// Puts [`Quota`] around a service.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuotaLayer;

/// Asks the buckets of the arrival's own channel.
#[derive(Clone, Debug)]
pub struct Quota<S> {
    inner: S,
}

/// One bucket for each principal of one channel.
///
/// Keys come from a [`Pass`], so a stranger cannot make the table grow.
pub struct Buckets<C: Clock = DefaultClock> {
    limiter: Limiter<C>,
    clock: C,
}

type Limiter<C> =
    RateLimiter<Arc<str>, HashMapStateStore<Arc<str>>, C, NoOpMiddleware<<C as Clock>::Instant>>;

// === impl QuotaLayer ===

impl<S> Layer<S> for QuotaLayer {
    type Service = Quota<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Quota { inner }
    }
}

// === impl Quota ===

impl<S> Service<Admitted> for Quota<S>
where
    S: Service<Admitted, Error = Refusal>,
{
    type Response = S::Response;
    type Error = Refusal;
    type Future = Either<S::Future, Ready<Result<S::Response, Refusal>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, admitted: Admitted) -> Self::Future {
        let arrival = admitted.arrival();
        let outcome = match arrival.is_paid() {
            true => Ok(()),
            false => arrival.channel.buckets().spend(admitted.pass()),
        };
        match admitted.arrival().trail.clone().cross(Boundary::Quota, outcome) {
            Ok(()) => Either::Left(self.inner.call(admitted)),
            Err(refusal) => Either::Right(ready(Err(refusal))),
        }
    }
}

// === impl Buckets ===

impl<C: Clock + Clone> Buckets<C> {
    /// Buckets that refill at `rate`.
    pub fn new(rate: governor::Quota, clock: C) -> Self {
        let limiter = RateLimiter::hashmap_with_clock(rate, clock.clone());
        Self { limiter, clock }
    }
}

impl<C: Clock> Buckets<C> {
    /// Takes one token, or says how long to wait for the next one.
    ///
    /// # Errors
    ///
    /// [`Refusal::QuotaSpent`] with the wait.
    pub fn spend(&self, pass: &Pass) -> Result<(), Refusal> {
        self.limiter.check_key(&pass.principal()).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            Refusal::QuotaSpent { pass: pass.clone(), wait }
        })
    }
}

impl<C: Clock> fmt::Debug for Buckets<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("principals", &self.limiter.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::Strength;
    use governor::clock::FakeRelativeClock;
    use std::{num::NonZeroU32, time::Duration};

    /// Goal: a spent bucket refuses, names the wait, and refills.
    /// Method: a clock the test moves by hand. No sleep, no network.
    #[test]
    fn spent_bucket_refuses_then_refills() {
        let clock = FakeRelativeClock::default();
        let rate = governor::Quota::per_minute(NonZeroU32::new(2).unwrap());
        let buckets = Buckets::new(rate, clock.clone());
        let till = Pass::for_test("pos-17", "store-sales", Strength::Token);

        assert!(buckets.spend(&till).is_ok());
        assert!(buckets.spend(&till).is_ok());
        let refusal = buckets.spend(&till).unwrap_err();
        assert!(matches!(
            refusal,
            Refusal::QuotaSpent { wait, .. } if wait == Duration::from_secs(30)
        ));

        // A second caller has its own bucket.
        let other = Pass::for_test("pos-18", "store-sales", Strength::Token);
        assert!(buckets.spend(&other).is_ok());

        clock.advance(Duration::from_secs(30));
        assert!(buckets.spend(&till).is_ok());
    }
}
