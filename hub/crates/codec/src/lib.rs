//! Bytes to records and back: charsets, CSV, fixed width, JSON, YAML with places. Pure.
//!
//! Nothing here reads a clock, a file or the network, and nothing changes a
//! character in silence: what cannot be read or written is a fault with its
//! place. Reading order: [`diagnostic`], [`yaml`], [`charset`], [`compressed`], [`rows`],
//! [`layout`], [`json`], [`form`], [`copybook`], [`inspect`].

pub mod diagnostic;
pub mod yaml;

pub mod charset;
pub mod compressed;

pub mod rows;

pub mod form;
pub mod json;
pub mod layout;

pub mod copybook;
pub mod inspect;
