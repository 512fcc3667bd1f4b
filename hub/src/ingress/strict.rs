//! Refuses requests that two servers could read in two ways.
//!
//! hyper already refuses most of them; these pass it (measured) and are refused
//! here: no `Host`, several `Host`, an absolute target that names another host,
//! several `Content-Length`, several `Transfer-Encoding`, both at once.

use crate::problem::Refusal;
use http::{HeaderMap, Request, header};

/// Checks the head of a request.
///
/// # Errors
///
/// [`Refusal::Malformed`] saying which rule it breaks.
pub fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    let headers = request.headers();
    let count = |name| headers.get_all(name).iter().count();
    let fault = if count(header::HOST) != 1 {
        Some("exactly one Host header is needed (RFC 9112 section 3.2)")
    } else if count(header::CONTENT_LENGTH) > 1 {
        Some("one Content-Length header at most (RFC 9112 section 6.3)")
    } else if count(header::TRANSFER_ENCODING) > 1 {
        Some("one Transfer-Encoding header at most (RFC 9112 section 6.1)")
    } else if count(header::TRANSFER_ENCODING) == 1 && count(header::CONTENT_LENGTH) == 1 {
        Some("Content-Length and Transfer-Encoding do not go together (RFC 9112 section 6.3)")
    } else if names_another_host(request, headers) {
        Some("the target names another host than the Host header (RFC 9112 section 3.2.2)")
    } else {
        None
    };
    fault.map_or(Ok(()), |detail| Err(Refusal::Malformed { detail: detail.to_owned() }))
}

fn names_another_host<B>(request: &Request<B>, headers: &HeaderMap) -> bool {
    let Some(authority) = request.uri().authority() else { return false };
    headers
        .get(header::HOST)
        .is_none_or(|host| !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_heads_are_refused() {
        let request = |uri: &str, headers: &[(&str, &str)]| {
            let builder = headers
                .iter()
                .fold(Request::post(uri), |it, (name, value)| it.header(*name, *value));
            builder.body(()).unwrap()
        };
        let good = [
            request("/in/a", &[("host", "hub"), ("content-length", "3")]),
            request("http://hub/in/a", &[("host", "HUB"), ("transfer-encoding", "chunked")]),
        ];
        for it in good {
            assert!(check(&it).is_ok(), "{it:?}");
        }
        let bad = [
            request("/in/a", &[]),
            request("/in/a", &[("host", "hub"), ("host", "hub")]),
            request("http://other/in/a", &[("host", "hub")]),
            request("/in/a", &[("host", "hub"), ("content-length", "3"), ("content-length", "3")]),
            request(
                "/in/a",
                &[("host", "h"), ("content-length", "3"), ("transfer-encoding", "chunked")],
            ),
            request(
                "/in/a",
                &[("host", "h"), ("transfer-encoding", "x"), ("transfer-encoding", "chunked")],
            ),
        ];
        for it in bad {
            assert_eq!(check(&it).unwrap_err().code(), "malformed-request", "{it:?}");
        }
    }
}
