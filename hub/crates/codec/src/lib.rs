//! Bytes to records and back: charsets, CSV, fixed width, JSON, YAML with places. Pure.
