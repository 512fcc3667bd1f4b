//! Parties and consents, as folds read them. Properties not named here are
//! ignored.

use serde::{Deserialize, Serialize};

use crate::{
    reference::{Header, Ref},
    words::words,
};

/// A customer, contact or organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// What it says of itself.
    #[serde(flatten)]
    pub header: Header,
    /// A person or an organisation.
    pub kind: PartyKind,
    /// What they are to the organisation.
    pub roles: Vec<String>,
    /// Where the record stands.
    pub status: PartyStatus,
    /// Hub id of the party it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The organisation's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// `1990-05-17`, `1990-05`, `1990` or `--05-17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Ways to reach them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact_points: Vec<ContactPoint>,
    /// Who they are in each channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channel_identities: Vec<ChannelIdentity>,
    /// What they agreed to or refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// Their points accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loyalty_accounts: Vec<Ref>,
}

/// A person's name, with its reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// Reading of the family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_kana: Option<String>,
    /// Reading of the given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_kana: Option<String>,
    /// The whole name, where the source does not divide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
    /// Reading of the whole name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_kana: Option<String>,
    /// Which name stands first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_order: Option<DisplayOrder>,
}

/// A way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// Which way: `email`, `phone`, `line` …
    #[serde(rename = "type")]
    pub kind: String,
    /// As the source writes it.
    pub value: String,
    /// For comparing; see [`crate::contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_normalised: Option<String>,
    /// When it was proven to be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    /// The first one to use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_primary: bool,
    /// Whether it works; absent: `valid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A party as one channel knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelIdentity {
    /// What kind of channel: `pos`, `ec`, `line` …
    pub channel: String,
    /// Name of the channel in the configuration; absent: the one the record came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The party's id there.
    pub source_id: String,
    /// Its member or card number there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_code: Option<String>,
}

/// What a party agreed to or refused, for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who, when the consent is a record of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Ref>,
    /// What for: `marketing.email` …
    pub purpose: String,
    /// What was said.
    pub state: ConsentState,
    /// When it was said.
    pub captured_at: String,
    /// Where and how.
    pub captured_via: String,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// For which brand or channel only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ConsentScope>,
}

/// For which brand or channel a consent holds; absent: for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConsentScope {
    /// Brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

words! {
    /// A person or an organisation.
    PartyKind {
        /// A person.
        Person = "person",
        /// An organisation.
        Organisation = "organisation",
    }
}

words! {
    /// Where a party's record stands.
    PartyStatus {
        /// In use.
        Active = "active",
        /// Not served for now.
        Suspended = "suspended",
        /// The member card was lost.
        LostCard = "lost_card",
        /// Left.
        Withdrawn = "withdrawn",
        /// Went into another; see `merged_into`.
        Merged = "merged",
        /// Personal data was erased.
        Erased = "erased",
    }
}

words! {
    /// Which name stands first.
    DisplayOrder {
        /// 髙島 葵.
        FamilyFirst = "family_first",
        /// Aoi Takashima.
        GivenFirst = "given_first",
    }
}

words! {
    /// What was said about a purpose.
    ConsentState {
        /// Agreed.
        Granted = "granted",
        /// Refused.
        Denied = "denied",
        /// Agreed once, and taken back.
        Withdrawn = "withdrawn",
        /// Nothing is known.
        Unknown = "unknown",
    }
}

impl ConsentState {
    /// Whether it may be acted upon. Only what was granted may; a word nobody
    /// knows may not.
    #[must_use]
    pub fn allows(&self) -> bool {
        matches!(self, Self::Granted)
    }
}
