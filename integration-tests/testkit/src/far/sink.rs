//! A far system that takes whatever it is sent, in whatever form.

use axum::Router;
use std::sync::Arc;

use super::{desk::Desk, server::Server};
use crate::Result;

/// One such system.
#[derive(Debug)]
pub struct Sink {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    server: Server,
}

// === impl Sink ===

impl Sink {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let router = Router::new().fallback(async || "taken");
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }
}
