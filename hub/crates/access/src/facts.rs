//! What a proof of identity may look at: the request as it came, and the time.

use canon::clock::Timestamp;
use http::HeaderMap;

use crate::denied::{Denied, Reason};

/// Longest header value that is looked at, in bytes.
const HEADER_BYTES_MAX: usize = 4096;

/// One request, before anybody has read its body.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The URL as it was registered at the far system. From configuration,
    /// never from `Host` or a forwarding header.
    pub registered_url: &'a str,
    /// As received.
    pub headers: &'a HeaderMap,
    /// The raw bytes.
    pub body: &'a [u8],
    /// The hub's clock.
    pub now: Timestamp,
}

// === impl RequestFacts ===

impl<'a> RequestFacts<'a> {
    /// The one value of a header: visible ASCII and spaces.
    ///
    /// # Errors
    /// When it is missing, repeated, too long or not ASCII.
    pub(crate) fn header(&self, name: &str) -> Result<&'a str, Denied> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().ok_or(Denied::because(Reason::NoHeader))?;
        if values.next().is_some() {
            return Err(Denied::because(Reason::RepeatedHeader));
        }
        if value.len() > HEADER_BYTES_MAX {
            return Err(Denied::because(Reason::TooLong));
        }
        value.to_str().map_err(|_| Denied::because(Reason::Malformed))
    }
}
