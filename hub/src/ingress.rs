//! Ways in. Each makes [`crate::arrival::Arrival`]s and hands them to the same
//! gates; what belongs to one way only (framing, time-outs, file moves) stays
//! in its file.

pub mod folder;
pub mod http;
pub mod pull;
pub mod receive;
pub mod sample;
pub mod strict;
