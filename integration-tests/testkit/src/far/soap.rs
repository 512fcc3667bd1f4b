//! An order service of SOAP 1.1: takes calls of CreateOrder, and answers as it is told.

use axum::{
    Router, extract::State, response::IntoResponse as _, response::Response, routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    desk::{Desk, Verdict},
    server::Server,
};
use crate::Result;

/// What the service says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The order is made.
    Made,
    /// A Fault with this status, with or without a word that it is busy.
    Fault(u16, bool),
}

/// One service.
#[derive(Debug)]
pub struct FakeSoap {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    service: Arc<Service>,
    server: Server,
}

#[derive(Debug)]
struct Service {
    desk: Arc<Desk>,
    script: Mutex<VecDeque<Says>>,
}

/// What a call must be sent as (SOAP 1.1, section 6).
const ACTION: &str = "\"urn:example:erp:orders/CreateOrder\"";

// === impl FakeSoap ===

impl FakeSoap {
    /// Starts it on a free port. Calls are answered by `script`, then made.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(script: &[Says]) -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let script = Mutex::new(script.iter().copied().collect());
        let service = Arc::new(Service { desk: Arc::clone(&desk), script });
        let router = Router::new()
            .route("/OrderService", post(create_order))
            .with_state(Arc::clone(&service));
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, service, server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Answers that nobody has asked for yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.service.script.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

async fn create_order(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is = |name: &str, wanted: &str| {
        headers.get(name).and_then(|it| it.to_str().ok()).is_some_and(|it| it == wanted)
    };
    if !is("content-type", "text/xml; charset=utf-8") || !is("soapaction", ACTION) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let says = service.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    match says.unwrap_or(Says::Made) {
        Says::Fault(status, busy) => {
            let detail = if busy { "<detail><Busy/></detail>" } else { "" };
            let fault = format!(
                "<s:Fault><faultcode>s:Client</faultcode><faultstring>品番がありません</faultstring>{detail}</s:Fault>"
            );
            answer(status, &fault)
        }
        Says::Made => {
            let text = String::from_utf8_lossy(&body);
            let number = text.split_once(" no=\"").and_then(|(_, it)| it.split_once('"'));
            let number = number.map_or("", |(it, _)| it);
            let key = headers.get("idempotency-key").and_then(|it| it.to_str().ok());
            match service.desk.once("order", number, key.unwrap_or_default(), &body) {
                Verdict::Done(made) | Verdict::Repeat(made) => {
                    let id = made.get("id").cloned().unwrap_or_else(|| json!("")).to_string();
                    let id = id.trim_matches('"');
                    answer(
                        200,
                        &format!(
                            "<CreateOrderResponse xmlns='urn:example:erp:orders'><OrderId>{id}</OrderId></CreateOrderResponse>"
                        ),
                    )
                }
                Verdict::KeyReused => StatusCode::CONFLICT.into_response(),
            }
        }
    }
}

fn answer(status: u16, body: &str) -> Response {
    let text = format!(
        "<?xml version='1.0' encoding='utf-8'?>\n<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>\
         <s:Body>{body}</s:Body></s:Envelope>"
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}
