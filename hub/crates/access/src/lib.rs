//! Who is calling and how strongly: channel credentials, signatures, the Pass.
//!
//! Two questions are answered here and nowhere else: may these bytes come in
//! on this channel ([`ChannelAccess`] → [`Pass`]), and may this operator use
//! the API ([`ApiTokens`] → [`Operator`]). No other crate can make either.
//!
//! Reading order: [`channel`], [`scheme`], [`verify`], [`keys`], [`operator`].

pub mod channel;
pub mod denied;
pub mod facts;
pub mod pass;

pub mod scheme;
pub mod vendors;
pub mod verify;

mod form;
mod freshness;

pub mod keys;
pub mod operator;
pub mod secret;

pub use channel::ChannelAccess;
pub use denied::{Denied, Reason};
pub use facts::RequestFacts;
pub use keys::{ApiKey, KeyEntry, KeyHash, KeyTable};
pub use operator::{ApiTokens, Operator, Scope};
pub use pass::{Pass, Strength};
pub use scheme::{Scheme, SchemeFault};
pub use secret::{LiveSecret, Secret};
