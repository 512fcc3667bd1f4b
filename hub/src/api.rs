//! REST under `/api/v1`, and the few addresses beside it.
//!
//! Every endpoint under `/api/v1` is one [`endpoint::Endpoint`] in one list: the
//! router and the OpenAPI document are both made from it, so neither can have
//! what the other lacks.

pub mod ask;
pub mod endpoint;

mod letters;
mod plain;
mod reads;
mod tap;

use crate::ingress::{self, receive::Reception};
use ask::App;
use axum::{Router, routing};
use endpoint::Endpoint;

/// All endpoints of the API, in the order of the document.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = reads::endpoints();
    all.extend(letters::endpoints());
    all.extend(tap::endpoints());
    all
}

/// The router of the whole daemon.
pub fn router(app: App, reception: Reception) -> Router {
    let in_routes: Router = Router::new()
        .route("/in/{channel}", routing::post(ingress::http::accept))
        .with_state(reception);
    let api = endpoints()
        .into_iter()
        .fold(Router::new(), |router, it| router.route(it.path, it.into_route()))
        .merge(plain::routes())
        .with_state(app);
    in_routes
        .merge(api)
        .fallback(plain::no_such_address)
        .method_not_allowed_fallback(plain::no_such_method)
}
