//! A cheap limit per network address, before anyone is known.
//!
//! The table of addresses is a fixed array of buckets: a stranger who forges
//! addresses shares buckets with others and cannot make it grow. IPv6 counts
//! by /64.

use crate::problem::Refusal;
use governor::{
    RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::{InMemoryState, NotKeyed},
};
use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    num::NonZeroU32,
};

/// How many buckets addresses share.
const BUCKETS: usize = 4096;

/// Limits per network address.
pub struct Peers {
    buckets: Vec<RateLimiter<NotKeyed, InMemoryState, DefaultClock>>,
    hasher: RandomState,
    clock: DefaultClock,
}

// === impl Peers ===

impl Peers {
    /// Buckets that take `per_minute` calls, all of them at once if need be.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let rate = governor::Quota::per_minute(per_minute);
        let buckets = (0..BUCKETS).map(|_| RateLimiter::direct(rate)).collect();
        Self { buckets, hasher: RandomState::new(), clock: DefaultClock::default() }
    }

    /// Counts one call.
    ///
    /// # Errors
    ///
    /// [`Refusal::PeerTooFast`] with the wait.
    pub fn count(&self, peer: IpAddr) -> Result<(), Refusal> {
        // On a dual-stack listener IPv4 callers come as `::ffff:a.b.c.d`.
        let hash = match peer.to_canonical() {
            IpAddr::V4(it) => self.hasher.hash_one(it.octets()),
            IpAddr::V6(it) => self.hasher.hash_one(it.to_bits() >> 64),
        };
        let index = usize::try_from(hash % BUCKETS as u64).unwrap_or(0);
        let Some(bucket) = self.buckets.get(index) else { return Ok(()) };
        bucket.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            Refusal::PeerTooFast { peer: peer.to_string(), wait }
        })
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").field("buckets", &self.buckets.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_bucket() {
        let peers = Peers::new(NonZeroU32::new(2).unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(peers.count(address("2001:db8:1:2::1")).is_ok());
        assert!(peers.count(address("2001:db8:1:2::2")).is_ok());
        let refusal = peers.count(address("2001:db8:1:2:ffff::3")).unwrap_err();
        assert_eq!(refusal.code(), "peer-too-fast");
    }

    #[test]
    fn ipv4_callers_of_a_dual_stack_listener_have_their_own_buckets() {
        let peers = Peers::new(NonZeroU32::new(1).unwrap());
        let spent = (1..=200).filter(|it| {
            let address: IpAddr = format!("::ffff:192.0.2.{it}").parse().unwrap();
            peers.count(address).is_err()
        });
        assert!(spent.count() < 50, "some share a bucket by chance, not all of them one");
    }
}
