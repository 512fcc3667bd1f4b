//! Runs a plan over slots. Reading order: [`machine`] (pipes), [`read`],
//! [`cond`], [`list`], the functions by kind, [`emit`] and [`write`] (writing), [`check`];
//! [`quick`] does the common pipes in one go.

pub(crate) mod check;
mod cond;
pub(crate) mod emit;
mod exact;
mod fault;
pub(crate) mod header;
mod ids;
mod list;
mod logic;
pub(crate) mod machine;
mod number;
mod quick;
mod read;
pub(crate) mod record;
mod small;
mod text;
mod time;
pub(crate) mod trace;
mod write;

pub(crate) use fault::Fault;
pub(crate) use list::STEPS_MAX;
pub use record::{Faulted, Mapped, RunContext, Scratch};
pub(crate) use text::bytes_in;
