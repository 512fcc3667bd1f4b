//! Consents: what a party agreed to, of all that was ever said.

use serde::Serialize;
use std::collections::BTreeMap;

/// What was said about one purpose. The order is from least to most restrictive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was agreed to.
    Granted,
    /// Nothing is known.
    Unknown,
    /// It was refused.
    Denied,
    /// It was agreed to and taken back.
    Withdrawn,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// Who said it: hub id of the identity.
    pub identity: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// For which brand and channel only; empty: for all.
    pub scope: &'a str,
    /// What was said.
    pub state: State,
    /// When it was said, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

// === impl State ===

impl State {
    /// The state of that name; anything else is `Unknown`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "granted" => Self::Granted,
            "denied" => Self::Denied,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Unknown,
        }
    }

    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Unknown => "unknown",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What holds now, by purpose and scope, as places in `said`.
///
/// Of one identity the latest statement holds. Where joined identities say
/// different things the most restrictive holds, until the party says something
/// after they were joined (`joined_ms`): then that holds. At the same instant
/// the more restrictive statement wins.
#[must_use]
pub fn current<'a>(
    said: &[Said<'a>],
    joined_ms: Option<i64>,
) -> BTreeMap<(&'a str, &'a str), usize> {
    let mut latest: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for (place, one) in said.iter().enumerate() {
        let held = latest
            .entry((one.purpose, one.scope))
            .or_default()
            .entry(one.identity)
            .or_insert(place);
        let is_later = said
            .get(*held)
            .is_none_or(|other| (one.at_ms, one.state) >= (other.at_ms, other.state));
        if is_later {
            *held = place;
        }
    }
    latest
        .into_iter()
        .filter_map(|(key, held)| Some((key, among(said, &held, joined_ms)?)))
        .collect()
}

fn among(said: &[Said<'_>], held: &BTreeMap<&str, usize>, joined_ms: Option<i64>) -> Option<usize> {
    let at = |place: &usize| said.get(*place).map(|it| (it.at_ms, it.state));
    let reconfirmed = held
        .values()
        .filter(|place| {
            held.len() > 1
                && at(place).zip(joined_ms).is_some_and(|((at_ms, _), joined)| at_ms > joined)
        })
        .max_by_key(|place| at(place));
    let strictest =
        held.values().max_by_key(|place| said.get(**place).map(|it| (it.state, it.at_ms)));
    reconfirmed.or(strictest).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(identity: &'a str, state: State, at_ms: i64) -> Said<'a> {
        Said { identity, purpose: "marketing.email", scope: "", state, at_ms }
    }

    fn now(said: &[Said<'_>], joined_ms: Option<i64>) -> State {
        said[current(said, joined_ms)[&("marketing.email", "")]].state
    }

    #[test]
    fn the_latest_statement_of_one_identity_holds() {
        let facts = [said("a", State::Withdrawn, 5), said("a", State::Granted, 1)];
        assert_eq!(now(&facts, None), State::Withdrawn);
        let facts = [said("a", State::Withdrawn, 5), said("a", State::Granted, 9)];
        assert_eq!(now(&facts, None), State::Granted);
        let facts = [said("a", State::Withdrawn, 5), said("a", State::Granted, 5)];
        assert_eq!(now(&facts, None), State::Withdrawn, "never sure means no");
    }

    #[test]
    fn joined_identities_keep_the_stricter_word_until_a_new_one() {
        let before = [said("a", State::Granted, 9), said("b", State::Denied, 1)];
        assert_eq!(now(&before, Some(10)), State::Denied);
        let after = [said("a", State::Granted, 11), said("b", State::Denied, 1)];
        assert_eq!(now(&after, Some(10)), State::Granted);
    }
}
