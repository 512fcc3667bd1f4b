//! Which of two statements about one thing is the current one.

use crate::{
    entity::Action,
    event::{VersionKind, VersionOrder},
};

/// What the source said about one thing, as far as its age is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// How the version token compares.
    pub kind: VersionKind,
    /// The source's version token, verbatim.
    pub version: &'a str,
    /// What happened to the thing.
    pub action: Action,
    /// SHA-256 of the canonical data, in whatever form both statements have it.
    pub hash: &'a [u8],
}

/// What becomes of an incoming statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the current state now.
    Applied,
    /// It says what is known already.
    Duplicate,
    /// A newer one is known: kept in history only.
    Older,
    /// The same version with other content: kept in history, the source must be asked.
    Conflict,
}

// === impl Verdict ===

impl Verdict {
    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Older => "older",
            Self::Conflict => "conflict",
        }
    }

    /// The verdict of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Applied, Self::Duplicate, Self::Older, Self::Conflict]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// Weighs `incoming` against the `stored` statement about the same thing.
///
/// Two statements with equal versions are ordered by what they say happened: an
/// update is never older than the creation, a full state never older than an
/// update, a deletion never older than either (shop systems stamp them all with
/// the same second, and tell the customer of an order in part). Versions that cannot
/// be compared fall back to the order of arrival, which is all that is known.
#[must_use]
pub fn judge(incoming: Statement<'_>, stored: Option<Statement<'_>>) -> Verdict {
    let Some(stored) = stored else {
        return Verdict::Applied;
    };
    let same_content = incoming.hash == stored.hash;
    let same_kind = incoming.kind == stored.kind;
    let order = if same_kind {
        incoming.kind.compare(incoming.version, stored.version)
    } else {
        VersionOrder::Incomparable
    };
    match order {
        VersionOrder::Newer => Verdict::Applied,
        VersionOrder::Older => Verdict::Older,
        VersionOrder::Equal | VersionOrder::Incomparable
            if same_content && rank(incoming.action) == rank(stored.action) =>
        {
            Verdict::Duplicate
        }
        VersionOrder::Incomparable => Verdict::Applied,
        VersionOrder::Equal => match rank(incoming.action).cmp(&rank(stored.action)) {
            std::cmp::Ordering::Greater => Verdict::Applied,
            std::cmp::Ordering::Less => Verdict::Older,
            std::cmp::Ordering::Equal => Verdict::Conflict,
        },
    }
}

/// Of two statements with the same version, the one with the higher rank is later.
const fn rank(action: Action) -> u8 {
    match action {
        Action::Created => 0,
        Action::Updated => 1,
        Action::Snapshot => 2,
        Action::Corrected | Action::Merged | Action::Unmerged => 3,
        Action::Deleted => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: VersionKind, version: &'static str, hash: &'static str) -> Statement<'static> {
        Statement { kind, version, action: Action::Updated, hash: hash.as_bytes() }
    }

    #[test]
    fn the_apply_rule_has_one_answer_for_each_order() {
        use VersionKind::{Etag, Integer, None as Nothing, Timestamp};
        let cases = [
            (Integer, "3", "x", "2", "y", Verdict::Applied),
            (Integer, "2", "x", "3", "y", Verdict::Older),
            (Integer, "3", "x", "3", "x", Verdict::Duplicate),
            (Integer, "3", "x", "3", "y", Verdict::Conflict),
            (
                Timestamp,
                "2026-01-05T12:00:00+09:00",
                "x",
                "2026-01-05T02:59:59Z",
                "y",
                Verdict::Applied,
            ),
            (Etag, "a", "x", "b", "y", Verdict::Applied),
            (Etag, "a", "x", "a", "y", Verdict::Conflict),
            (Nothing, "", "x", "", "y", Verdict::Applied),
            (Nothing, "", "x", "", "x", Verdict::Duplicate),
        ];
        for (kind, new, new_hash, old, old_hash, want) in cases {
            let got = judge(said(kind, new, new_hash), Some(said(kind, old, old_hash)));
            assert_eq!(got, want, "{kind:?} {new}/{new_hash} against {old}/{old_hash}");
        }
        assert_eq!(judge(said(Integer, "1", "x"), None), Verdict::Applied);
    }

    #[test]
    fn an_update_in_the_same_second_follows_its_creation() {
        let created =
            Statement { action: Action::Created, ..said(VersionKind::Integer, "7", "new") };
        let updated = said(VersionKind::Integer, "7", "paid");
        assert_eq!(judge(updated, Some(created)), Verdict::Applied);
        assert_eq!(judge(created, Some(updated)), Verdict::Older);
    }
}
