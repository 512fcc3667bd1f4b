//! All integration tests: one binary, the real daemon, one topic per file.
//!
//! Nothing here sleeps. A test waits until something is so, and fails with what
//! was there instead and the end of the hub's log.

mod drops;
mod orders;

mod accept;
mod api;
mod backup;
mod check;
mod connection;
mod crash;
mod customers;
mod deliver;
mod edi;
mod files;
mod fixed;
mod folder;
mod inspect;
mod key_order;
mod large;
mod large_lines;
mod large_packed;
mod ledger;
mod letters;
mod maps;
mod newcomer;
mod observe;
mod packed;
mod preview;
mod problems;
mod pull;
mod put_aside;
mod quota;
mod refuse;
mod reload;
mod replay;
mod shadow;
mod shutdown;
mod soap;
mod states;
mod story;
mod till;
mod trace;
mod unwritable;
