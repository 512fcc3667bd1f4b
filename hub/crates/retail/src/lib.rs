//! Retail rules: who is who, how much is where, what a consent covers. Pure.
//!
//! No clock, no files, no network: facts in, decisions out, the same for the
//! same facts in whatever order they come. Reading order:
//! [`reference`](mod@reference), then people ([`overlay`], [`identity`], [`golden`], [`consent`]), then goods
//! ([`quantity`], [`stock`]), then tills ([`sequence`]).

pub mod reference;
pub mod text;

pub mod consent;
pub mod golden;
pub mod identity;
pub mod overlay;

pub mod quantity;
pub mod stock;

pub mod sequence;
