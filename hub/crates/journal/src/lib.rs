//! The log, the only truth: append, read, dedupe, sealed raw bytes.
