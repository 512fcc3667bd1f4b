//! Refusals by the dozen, told with few words.
//!
//! Everything refused is in the journal, but a flood must not be the lever by
//! which somebody without a credential fills the disk. Of refusals with one code,
//! on one channel, from one network, the first is written whole; those that follow
//! within a minute are counted, and the count is written when the minute is over.
//! The table of counts is bounded: past that, networks are counted together.

use crate::problem::Refusal;
use canon::{clock::Timestamp, entry};
use std::{
    collections::HashMap,
    mem,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long refusals that follow the first are counted together.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Windows open at once. Past it, networks are counted together: a flood from
/// everywhere writes at most twice as many entries in each window.
const WINDOWS_MAX: usize = 512;

/// The network of those that are counted together.
const OTHERS: &str = "other networks";

/// Counts refusals.
#[derive(Debug, Default)]
pub struct Strangers {
    windows: Mutex<HashMap<Kind, Window>>,
}

/// Refusals of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    channel: Option<String>,
    code: &'static str,
    network: String,
}

/// What came since the first, which was written whole.
#[derive(Clone, Debug)]
struct Window {
    first_id: String,
    since: Timestamp,
    last: Timestamp,
    more: u64,
}

// === impl Strangers ===

impl Strangers {
    /// Counts a refusal; true when it is to be written whole.
    pub fn is_first(&self, refusal: &entry::Refusal, code: &'static str) -> bool {
        let mut windows = self.lock();
        let mut kind =
            Kind { channel: refusal.channel.clone(), code, network: network(&refusal.origin) };
        if windows.len() >= WINDOWS_MAX && !windows.contains_key(&kind) {
            kind = Kind { channel: None, network: OTHERS.to_owned(), ..kind };
        }
        let at = refusal.received_at;
        if let Some(window) = windows.get_mut(&kind) {
            window.more += 1;
            window.last = window.last.max(at);
            return false;
        }
        let first_id = refusal.id.clone();
        windows.insert(kind, Window { first_id, since: at, last: at, more: 0 });
        true
    }

    /// The counts of windows that are over at `now`; those are forgotten.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> Vec<entry::Refusal> {
        let mut windows = self.lock();
        let over = windows.extract_if(|_, it| now.since(it.since) >= WINDOW);
        over.filter_map(|(kind, window)| told(kind, window)).collect()
    }

    /// The counts of all windows, when the hub stops.
    #[must_use]
    pub fn all(&self) -> Vec<entry::Refusal> {
        let windows = mem::take(&mut *self.lock());
        windows.into_iter().filter_map(|(kind, window)| told(kind, window)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether refusals of this kind say nothing that the first does not: it is about
/// who calls and how often, not about what they sent.
#[must_use]
pub fn is_counted(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::UnknownChannel { .. }
        | Refusal::NotAWebhook { .. }
        | Refusal::NotAdmitted { .. }
        | Refusal::QuotaSpent { .. }
        | Refusal::PeerTooFast { .. }
        | Refusal::TooBusy { .. }
        | Refusal::TooMuch { .. }
        | Refusal::BodyTooLarge { .. }
        | Refusal::BodyTooSlow { .. }
        | Refusal::BodyBroken { .. }
        | Refusal::Malformed { .. }
        | Refusal::NotSignedIn
        | Refusal::NotFound { .. }
        | Refusal::MethodNotAllowed { .. }
        | Refusal::BadParameter { .. }
        | Refusal::JournalClosed { .. } => true,
        Refusal::Undecodable { .. }
        | Refusal::UnknownRecord { .. }
        | Refusal::SchemaMismatch { .. }
        | Refusal::Unmappable { .. }
        | Refusal::VersionConflict { .. }
        | Refusal::KeyReused { .. }
        | Refusal::WrongParty { .. }
        | Refusal::ControlReused { .. }
        | Refusal::TrailIncomplete
        | Refusal::FileHeld { .. }
        | Refusal::FileTooLarge { .. }
        | Refusal::LetterSettled { .. }
        | Refusal::RawGone { .. }
        | Refusal::Behind { .. }
        | Refusal::Inside { .. } => false,
    }
}

/// What is written of a window; nothing when the first stayed alone.
fn told(kind: Kind, window: Window) -> Option<entry::Refusal> {
    let Window { first_id, since, last, more } = window;
    (more > 0).then(|| entry::Refusal {
        detail: format!("{more} more like {first_id}, the last at {last}"),
        id: first_id,
        channel: kind.channel,
        principal: None,
        origin: kind.network,
        received_at: since,
        trail: Vec::new(),
        code: kind.code.to_owned(),
        raw_sha256: None,
        interchanges: 0,
        file: None,
        count: more,
    })
}

/// The network of an address: /24 of IPv4, /64 of IPv6; another origin as it is.
fn network(origin: &str) -> String {
    let Ok(address) = origin.parse::<IpAddr>() else { return origin.to_owned() };
    match address.to_canonical() {
        IpAddr::V4(it) => {
            let [a, b, c, _] = it.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            format!("{}/64", std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(id: &str, origin: &str, at_s: i64) -> entry::Refusal {
        entry::Refusal {
            id: id.to_owned(),
            channel: Some("shop".to_owned()),
            principal: None,
            origin: origin.to_owned(),
            received_at: Timestamp::from_ms(at_s * 1000),
            trail: Vec::new(),
            code: "not-admitted".to_owned(),
            detail: "signature".to_owned(),
            raw_sha256: None,
            interchanges: 0,
            file: None,
            count: 1,
        }
    }

    #[test]
    fn the_first_is_whole_and_the_others_are_a_count() {
        let strangers = Strangers::default();
        let is_first =
            |id, origin, at| strangers.is_first(&refusal(id, origin, at), "not-admitted");
        assert!(is_first("a", "192.0.2.7", 0));
        assert!(!is_first("b", "192.0.2.9", 3), "the same network");
        assert!(!is_first("c", "::ffff:192.0.2.8", 59));
        assert!(is_first("d", "198.51.100.1", 5), "another one");
        assert!(is_first("e", "2001:db8:1:2::1", 5));
        assert!(!is_first("f", "2001:db8:1:2:ffff::1", 5));
        assert!(strangers.over(Timestamp::from_ms(59_999)).is_empty());
        let told = strangers.over(Timestamp::from_ms(60_000));
        let [told] = &told[..] else { panic!("{told:?}") };
        assert_eq!((told.count, &*told.origin, &*told.id), (2, "192.0.2.0/24", "a"));
        assert!(told.detail.contains("the last at 1970-01-01T00:00:59"), "{}", told.detail);
        assert!(is_first("g", "192.0.2.7", 61), "a new window");
        let rest = strangers.all();
        assert_eq!(rest.iter().map(|it| it.count).collect::<Vec<_>>(), [1], "{rest:?}");
        assert!(strangers.all().is_empty());
    }

    #[test]
    fn a_flood_from_everywhere_does_not_make_the_table_grow() {
        let strangers = Strangers::default();
        let mut whole = 0;
        for n in 0..5000_u32 {
            let address = std::net::Ipv4Addr::from(n << 8).to_string();
            let refusal = refusal("x", &address, 0);
            whole += usize::from(strangers.is_first(&refusal, "not-admitted"));
        }
        assert_eq!(whole, WINDOWS_MAX + 1);
        let told = strangers.all();
        assert_eq!(told.iter().map(|it| it.count).sum::<u64>() + whole as u64, 5000);
    }
}
