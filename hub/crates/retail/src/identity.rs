//! Who is who: which channel identities are one party, on what evidence.
//!
//! Identities are never rewritten. They are joined by links, and a link that is
//! taken back gives the identities back as they were. Reading order:
//! [`Profile`], [`compare`], [`clusters`].

mod clusters;
mod profile;
mod rules;

pub use clusters::{Clustered, Edge, Member, PROFILE_PER_CHANNEL_MAX, clusters};
pub use profile::{Key, Profile, Scheme, key_name, party_key, party_names};
pub use rules::{Match, Rule, Standing, compare};

/// Identities of one channel that may hold one value before it is taken for
/// shared: a family's phone at most, never a store's.
#[must_use]
pub const fn holders_max(scheme: Scheme) -> usize {
    match scheme {
        Scheme::Account | Scheme::CrossReference => 2,
        Scheme::MemberCode => 5,
        Scheme::Email => 5,
        Scheme::Phone => 3,
    }
}

/// Identities of all channels together above which a value is shared anyway.
pub const HOLDERS_MAX: usize = 64;

#[cfg(test)]
mod tests;
