//! What the hub speaks of: canonical entities, identifiers, money, time, and the
//! words of the journal.
//!
//! Pure: no clock, no files, no network. Reading order: [`clock`], [`id`],
//! [`entity`], [`event`], [`version`], [`entry`]; then what is computed with, from
//! [`rounding`] to [`contact`]; then what folds read from records, [`party`],
//! [`order`] and [`stock`].

#![warn(missing_docs)]

pub mod calendar;
pub mod civil;
pub mod clock;
pub mod id;

pub mod entity;
pub mod event;
pub mod schema;
pub mod version;

pub mod entry;

pub mod rounding;

pub mod number;

pub mod currency;
pub mod money;
pub mod quantity;
pub mod tax;

pub mod code;
pub mod text;

pub mod contact;

mod words;

pub mod reference;

pub mod party;

pub mod order;
pub mod stock;
