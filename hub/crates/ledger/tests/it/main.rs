//! The ledger as its users see it: over a real journal, and against tampering.

#[cfg(test)]
#[path = "../../../journal/tests/it/samples.rs"]
mod samples;

#[cfg(test)]
mod books;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod crash;

#[cfg(test)]
mod fold;
#[cfg(test)]
mod tamper;
