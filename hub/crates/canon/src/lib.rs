//! What the hub speaks of: canonical entities, identifiers, money, time, and the
//! words of the journal.
//!
//! Pure: no clock, no files, no network. Reading order: [`clock`], [`id`],
//! [`entity`], [`event`], [`entry`].

pub mod clock;
pub mod id;

pub mod entity;
pub mod event;

pub mod schema;

pub mod entry;
