//! What an answer means: done, later, or never.
//!
//! Many systems say "slow down" with another status than 429, some with 200.
//! So the package's own predicates are asked first, the status only then.

use adapter_kit::manifest::{Operation, Reply};
use canon::clock::Timestamp;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use std::{fmt, time::Duration};

use crate::{breaker::Health, retry::retry_after, secret::Secret};

/// Longest text of a far side that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// How one operation's answers are to be read.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Statuses that mean the far side has it; empty: 200, 201, 202, 204.
    pub success: Vec<u16>,
    /// Answers that mean "slow down", besides the status 429.
    pub throttle: Vec<Reply>,
    /// Answers with a good status that mean "refused".
    pub refused: Vec<Reply>,
    /// Where the far side's own id is in the answer (RFC 6901).
    pub far_id: Option<String>,
}

/// What a far side answered. `Debug` leaves the body out: it may hold personal data.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it was read.
    pub body: Vec<u8>,
}

/// What one try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The far side has it.
    Done {
        /// `HTTP 201`.
        answer: String,
        /// Its own id of it.
        far_id: Option<String>,
    },
    /// Not now.
    Later {
        /// Why, without anything from the body.
        reason: String,
        /// How long the far side asked to wait.
        after: Option<Duration>,
        /// Whose doing it is.
        cause: Cause,
    },
    /// Never as it is.
    Refused {
        /// Problem code.
        code: &'static str,
        /// What the far side said, shortened. May hold personal data: for the
        /// dead letter, not for a log.
        reason: String,
    },
}

/// Why a parcel has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The far side wants fewer requests.
    Throttled,
    /// The far side does not work, or cannot be reached.
    Failing,
    /// This one parcel meets another one there (409, 423, 425).
    Busy,
}

// === impl Rules ===

impl Rules {
    /// Those of an operation of a package.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        Self {
            success: operation.success.clone(),
            throttle: operation.throttle.clone(),
            refused: operation.refused.clone(),
            far_id: operation.far_id.clone(),
        }
    }

    /// What this answer means. `hidden` are texts that may not be repeated,
    /// whoever says them.
    #[must_use]
    pub fn judge(&self, answer: &Answer, now: Timestamp, hidden: &[Secret]) -> Verdict {
        let status = answer.status.as_u16();
        let body: Option<Value> = adapter_kit::manifest::answered(&answer.body);
        let is = |reply: &Reply| {
            reply.matches(status, |name| answer.headers.contains_key(name), body.as_ref())
        };
        let after = answer.retry_after(now);
        let later = |cause| {
            let word = if cause == Cause::Throttled { ", asks for fewer requests" } else { "" };
            Verdict::Later { reason: format!("HTTP {status}{word}"), after, cause }
        };
        let refused = |code| Verdict::Refused {
            code,
            reason: format!("HTTP {status}: {}", excerpt(&answer.body, hidden)),
        };
        if self.throttle.iter().any(is) {
            return later(Cause::Throttled);
        }
        if self.refused.iter().any(is) {
            return refused(REFUSED);
        }
        if self.is_success(status) {
            return Verdict::Done { answer: format!("HTTP {status}"), far_id: self.far_id(body) };
        }
        match status {
            429 => later(Cause::Throttled),
            503 if after.is_some() => later(Cause::Throttled),
            409 | 423 | 425 => later(Cause::Busy),
            501 | 505 => refused(REFUSED),
            // 401 comes here only after the token was renewed; a redirect is
            // never followed. Both are faults of settings, which hit every
            // parcel: hold them all back rather than kill them one by one.
            300..=399 | 401 | 407 | 408 | 500..=599 => later(Cause::Failing),
            400..=499 => refused(REFUSED),
            _ => refused(UNEXPECTED),
        }
    }

    fn is_success(&self, status: u16) -> bool {
        if self.success.is_empty() {
            return matches!(status, 200 | 201 | 202 | 204);
        }
        self.success.contains(&status)
    }

    fn far_id(&self, body: Option<Value>) -> Option<String> {
        match body?.pointer(self.far_id.as_deref()?)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::String(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }
}

/// Problem code: the far side refused the parcel.
pub const REFUSED: &str = "delivery-refused";

/// Problem code: an answer that is neither success nor failure.
pub const UNEXPECTED: &str = "delivery-unexpected";

// === impl Answer ===

impl Answer {
    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        retry_after(self.headers.get(RETRY_AFTER)?.to_str().ok()?, now)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

// === impl Verdict ===

impl Verdict {
    /// What it says about the far side.
    #[must_use]
    pub fn health(&self) -> Health {
        match self {
            Self::Done { .. } | Self::Refused { .. } => Health::Alive,
            Self::Later { cause: Cause::Failing, .. } => Health::Failing,
            Self::Later { cause: Cause::Throttled | Cause::Busy, .. } => Health::Alive,
        }
    }

    /// Whether the whole destination is to be left alone until the parcel's turn.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Later { cause: Cause::Throttled, .. })
    }
}

/// The start of a far side's text on one line, control characters escaped,
/// secrets taken out.
pub(crate) fn excerpt(body: &[u8], hidden: &[Secret]) -> String {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for secret in hidden.iter().filter(|it| !it.expose().is_empty()) {
        text = text.replace(secret.expose(), "[hidden]");
    }
    let text = text.trim();
    if text.is_empty() {
        return "no text".to_owned();
    }
    let shown: String = text.chars().take(REASON_CHARS_MAX).collect();
    let cut = if shown.len() < text.len() { "…" } else { "" };
    let escape = |char: char| match char.is_control() {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    shown.chars().map(escape).chain([cut.to_owned()]).collect()
}

#[cfg(test)]
mod tests;
