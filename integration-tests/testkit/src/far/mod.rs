//! The far systems: what stands at the other end of each channel.

pub mod desk;
pub mod faults;
mod server;
pub mod signing;

pub mod crm;
pub mod erp;
mod keeper;
mod lister;
pub mod ma;
mod oauth;
mod rotator;
mod sender;
pub mod sfa;
pub mod shopify;
mod sink;
mod soap;

pub use desk::{Desk, Effect, Received, Verdict};
pub use erp::FakeErp;
pub use faults::Fault;
pub use keeper::Keeper;
pub use lister::Lister;
pub use rotator::Rotator;
pub use sender::{Answer, Webhook};
pub use server::Server;
pub use shopify::FakeShopify;
pub use sink::Sink;
pub use soap::{FakeSoap, Says};
