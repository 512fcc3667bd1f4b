//! What a far system can be told to do wrong, and for how long.

use http::StatusCode;
use std::sync::{Mutex, PoisonError};

/// One way to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this status and nothing done.
    Refuse(StatusCode),
    /// Answers 429 with `Retry-After`, in seconds.
    SlowDown(u32),
    /// Takes the request and never answers.
    Hang,
    /// Takes the request, does nothing, closes the connection.
    Cut,
    /// Does what was asked, then closes the connection without an answer: the
    /// caller cannot know that it worked.
    CutAfterDoing,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Times(u32),
    Every { nth: u32, seen: u32 },
    UntilHealed,
}

/// The fault switches of one far system.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Switch>>);

#[derive(Debug)]
struct Switch {
    path_prefix: String,
    body_has: Option<String>,
    fault: Fault,
    left: Left,
}

// === impl Faults ===

impl Faults {
    /// Goes wrong for the next `times` requests whose path starts so.
    pub fn times(&self, times: u32, path_prefix: &str, fault: Fault) {
        self.add(path_prefix, None, fault, Left::Times(times));
    }

    /// Goes wrong for every `nth` request whose path starts so, until [`Self::heal`].
    pub fn every(&self, nth: u32, path_prefix: &str, fault: Fault) {
        self.add(path_prefix, None, fault, Left::Every { nth, seen: 0 });
    }

    /// Goes wrong for requests whose path starts so, until [`Self::heal`].
    pub fn until_healed(&self, path_prefix: &str, fault: Fault) {
        self.add(path_prefix, None, fault, Left::UntilHealed);
    }

    /// Goes wrong for requests whose path starts so and whose body holds
    /// `text`, until [`Self::heal`].
    pub fn for_body(&self, path_prefix: &str, text: &str, fault: Fault) {
        self.add(path_prefix, Some(text.to_owned()), fault, Left::UntilHealed);
    }

    /// Works again.
    pub fn heal(&self) {
        self.lock().clear();
    }

    fn add(&self, path_prefix: &str, body_has: Option<String>, fault: Fault, left: Left) {
        let path_prefix = path_prefix.to_owned();
        self.lock().push(Switch { path_prefix, body_has, fault, left });
    }

    /// What this request meets, if anything; counts it.
    pub(super) fn meet(&self, path: &str, body: &[u8]) -> Option<Fault> {
        let body = String::from_utf8_lossy(body);
        let mut switches = self.lock();
        let met = switches.iter_mut().filter(|switch| {
            path.starts_with(&switch.path_prefix)
                && switch.body_has.as_deref().is_none_or(|text| body.contains(text))
        });
        let mut strikes = met.filter_map(|switch| switch.left.strikes().then_some(switch.fault));
        strikes.next()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Switch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Left ===

impl Left {
    /// Whether this request meets the fault; counts it.
    fn strikes(&mut self) -> bool {
        match self {
            Self::UntilHealed => true,
            Self::Times(0) => false,
            Self::Times(times) => {
                *times -= 1;
                true
            }
            Self::Every { nth, seen } => {
                *seen += 1;
                *seen % *nth == 0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_strikes_as_often_as_it_was_told() {
        let faults = Faults::default();
        faults.times(2, "/orders", Fault::Cut);
        let meets = |path: &str| faults.meet(path, b"").is_some();
        assert_eq!([meets("/feed"), meets("/orders"), meets("/orders")], [false, true, true]);
        assert!(!meets("/orders"));
        faults.every(3, "/orders", Fault::Hang);
        assert_eq!([0; 6].map(|_| meets("/orders")), [false, false, true, false, false, true]);
        faults.for_body("/deals", "lost", Fault::Cut);
        assert!(faults.meet("/deals", b"{\"status\":\"lost\"}").is_some());
        faults.heal();
        assert!(!meets("/orders"));
    }
}
