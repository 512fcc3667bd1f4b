//! Fuzz targets: any bytes are read or refused, and nothing changes in silence.

#![expect(clippy::expect_used, reason = "all of this is a test")]

mod charset;
mod layouts;
mod xml;
