//! REST under `/api/v1`, and the few addresses beside it.
//!
//! Every endpoint under `/api/v1` is one [`endpoint::Endpoint`] in one list: the
//! router and the OpenAPI document are both made from it, so neither can have
//! what the other lacks.

pub mod ask;
pub mod endpoint;

mod files;
mod letters;
mod plain;
mod preview;
mod reads;
mod replays;
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
    all.extend(preview::endpoints());
    all.extend(replays::endpoints());
    all.extend(files::endpoints());
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|it| references(it, found));
            }
            Value::Array(items) => items.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_has_every_endpoint_and_every_reference_leads_somewhere() {
        let endpoints = endpoints();
        let document = endpoint::document(&endpoints);
        assert_eq!(document["openapi"], "3.1.0");
        for endpoint in &endpoints {
            let operation = &document["paths"][endpoint.path];
            assert!(operation.is_object(), "{}", endpoint.path);
        }
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20, "answers are described: {found:?}");
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn path_parameters_are_required_and_described() {
        let document = endpoint::document(&endpoints());
        let parameters = &document["paths"]["/api/v1/orders/{id}"]["get"]["parameters"];
        let id = parameters.as_array().unwrap().iter().find(|it| it["name"] == "id").unwrap();
        assert_eq!((&id["in"], &id["required"]), (&"path".into(), &true.into()));
        assert_eq!(id["description"], "The hub's id.");
    }
}
