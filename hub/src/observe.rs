//! How the daemon is seen from outside: logs, traces, metrics, the live tap.

pub mod files;
pub mod logs;
pub mod metrics;
pub mod of_journal;
pub mod tap;
