//! The deterministic rules, strongest first, and what each needs to agree.

use serde::{Deserialize, Serialize};

use super::{Key, Profile, Scheme};

/// Which rule says that two identities are one party. The order is the strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A person decided it.
    Manual,
    /// Both sides proved that the same account is theirs.
    AccountLink,
    /// The same member card.
    MemberCode,
    /// The same e-mail address, verified on both sides.
    EmailVerified,
    /// The same e-mail address, not verified on both sides, and the same name.
    EmailAndName,
    /// The same phone number, verified, and the same reading of the family name.
    PhoneAndKana,
    /// One channel's record names the other's id.
    CrossReference,
}

/// What follows from a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They are joined.
    Active,
    /// Somebody should look: likely, but not sure enough to join.
    PendingReview,
}

/// One rule that matched, on one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which rule.
    pub rule: Rule,
    /// What follows.
    pub standing: Standing,
    /// Which fields agreed.
    pub matched_on: &'static [&'static str],
}

// === impl Rule, Standing ===

impl Rule {
    const ALL: [Self; 7] = [
        Self::Manual,
        Self::AccountLink,
        Self::MemberCode,
        Self::EmailVerified,
        Self::EmailAndName,
        Self::PhoneAndKana,
        Self::CrossReference,
    ];

    /// The name in evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::AccountLink => "account_link",
            Self::MemberCode => "member_code",
            Self::EmailVerified => "email_verified",
            Self::EmailAndName => "email_and_name",
            Self::PhoneAndKana => "phone_and_kana",
            Self::CrossReference => "cross_reference",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Standing {
    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PendingReview => "pending_review",
        }
    }
}

/// What the value that both `left` and `right` hold says about them. The value
/// must not be shared by many; see [`super::holders_max`].
#[must_use]
pub fn compare(left: (&Profile, &Key), right: (&Profile, &Key)) -> Option<Match> {
    let ((one, one_key), (two, two_key)) = (left, right);
    let both_verified = one_key.verified && two_key.verified;
    let any_verified = one_key.verified || two_key.verified;
    let found = match one_key.scheme {
        Scheme::Account => Some((Rule::AccountLink, Standing::Active, &["account"] as &[_])),
        Scheme::MemberCode => Some((Rule::MemberCode, Standing::Active, &["member_code"] as &[_])),
        Scheme::Email if both_verified => {
            Some((Rule::EmailVerified, Standing::Active, &["email"] as &[_]))
        }
        Scheme::Email => names_agree(one, two).then_some((
            Rule::EmailAndName,
            Standing::Active,
            &["email", "name"] as &[_],
        )),
        Scheme::Phone => phone(one, two, any_verified, both_verified),
        // One record names the other, or both have the id that a third system gave.
        Scheme::CrossReference => {
            Some((Rule::CrossReference, Standing::Active, &["source_id"] as &[_]))
        }
    };
    let (rule, mut standing, matched_on) = found?;
    // A different date of birth is a different person until somebody says otherwise.
    if differ(&one.birth_date, &two.birth_date) {
        standing = Standing::PendingReview;
    }
    Some(Match { rule, standing, matched_on })
}

/// Families share a phone, so the given names must not speak against it.
fn phone(
    one: &Profile,
    two: &Profile,
    any_verified: bool,
    both_verified: bool,
) -> Option<(Rule, Standing, &'static [&'static str])> {
    if !same(&one.family_kana, &two.family_kana) || differ(&one.given_kana, &two.given_kana) {
        return None;
    }
    let given_agrees = same(&one.given_kana, &two.given_kana);
    let standing = match (both_verified, any_verified && given_agrees) {
        (true, _) | (_, true) => Standing::Active,
        (false, false) if given_agrees => Standing::PendingReview,
        (false, false) => return None,
    };
    let matched_on: &[_] = if given_agrees {
        &["phone", "family_kana", "given_kana"]
    } else {
        &["phone", "family_kana"]
    };
    Some((Rule::PhoneAndKana, standing, matched_on))
}

/// The readings agree, or the names as written; what one side does not know
/// does not speak against it, but something must speak for it.
fn names_agree(one: &Profile, two: &Profile) -> bool {
    let contradicted =
        differ(&one.family_kana, &two.family_kana) || differ(&one.given_kana, &two.given_kana);
    let readings = same(&one.family_kana, &two.family_kana);
    let written = same(&one.full, &two.full)
        || (same(&one.family, &two.family) && !differ(&one.given, &two.given));
    !contradicted && (readings || written)
}

fn same(one: &str, two: &str) -> bool {
    !one.is_empty() && one == two
}

fn differ(one: &str, two: &str) -> bool {
    !one.is_empty() && !two.is_empty() && one != two
}
