//! X12 and EDIFACT: syntax, envelopes, message definitions, acknowledgements. Pure.
//!
//! Bytes become an [`Interchange`] and a list of faults, each with its place: one
//! bad message does not hide the others. Nothing is guessed and nothing is
//! repaired; what was read is written again as the same bytes. Reading order:
//! [`marks`], [`document`], [`fault`], [`findings`], [`interchange`],
//! [`definition`], [`message`], [`write`], [`ack`].
//!
//! Sources: ASC X12.5 and X12.6 (interchange control and application control
//! structure), ISO 9735 versions 1 to 4 (EDIFACT syntax), UN/EDIFACT directories
//! D.96A and D.01B, X12 releases 004010 and later.

pub mod marks;

pub mod document;
pub mod fault;
pub mod findings;
pub mod interchange;

pub mod definition;
pub mod message;

pub mod write;

pub mod ack;

mod envelope;

pub use document::{Document, Piece, Segment};
pub use fault::{Code, Fault};
pub use interchange::{Interchange, read};
pub use marks::{Charset, Dialect, Marks};
