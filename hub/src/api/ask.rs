//! What a handler is handed: who asks, and what they ask for. A request type
//! names its own access rule; one without a rule cannot be extracted.

use crate::{
    app::Rooms,
    ingress::http::{language, refused},
    problem::{Language, Refusal},
};
use access::{ApiTokens, Operator, Scope};
use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// State of the API: the rooms, and who may ask.
#[derive(Clone, Debug)]
pub struct App {
    /// The rooms behind the answers.
    pub rooms: Arc<Rooms>,
}

/// A request of the API.
pub trait Request: DeserializeOwned + JsonSchema + Send {
    /// What its sender must be allowed to do.
    const NEEDS: Scope;
}

/// A request with the proof that its sender may make it. Query parameters for
/// GET, a JSON body otherwise; path parameters are put in by name.
#[derive(Debug)]
pub struct Asked<R> {
    /// Who asks.
    pub operator: Operator,
    /// What for.
    pub request: R,
    /// What language they read.
    pub language: Language,
    /// From where, when that is known.
    pub peer: Option<IpAddr>,
}

/// A refusal on its way out of the API.
#[derive(Debug)]
pub struct Problem {
    refusal: Refusal,
    language: Language,
}

/// Largest body of an API request, in bytes.
const BODY_BYTES_MAX: usize = 4 << 20;

// === impl Asked ===

impl<R: Request> FromRequest<App> for Asked<R> {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let language = language(&parts.headers);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
        let operator = who(&parts, app, R::NEEDS).map_err(|it| it.in_language(language))?;
        let path = path(&mut parts).await;
        let request = if parts.method == http::Method::GET || parts.method == http::Method::DELETE {
            from_query(parts.uri.query().unwrap_or_default(), &path)
        } else {
            from_json(body, path).await
        };
        let request = request.map_err(|it| it.in_language(language))?;
        Ok(Self { operator, request, language, peer })
    }
}

fn who(parts: &Parts, app: &App, scope: Scope) -> Result<Operator, Refusal> {
    let tokens: &ApiTokens = &app.rooms.house().tokens;
    let operator =
        tokens.admit(&parts.headers, app.rooms.clock.now()).map_err(|_| Refusal::NotSignedIn)?;
    operator.require(scope).map_err(|_| Refusal::NotSignedIn)?;
    Ok(operator)
}

type Values = Vec<(String, String)>;

/// Path parameters are read like those of the query: both are text, and a
/// number is a number by what the request type wants.
fn from_query<R: DeserializeOwned>(query: &str, path: &Values) -> Result<R, Refusal> {
    let mut pairs: Values =
        serde_urlencoded::from_str(query).map_err(|fault| bad("query", fault.to_string()))?;
    pairs.extend(path.iter().cloned());
    for (index, (name, _)) in pairs.iter().enumerate() {
        if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(bad(name, "given twice".into()));
        }
    }
    let text = serde_urlencoded::to_string(&pairs).map_err(|it| bad("query", it.to_string()))?;
    let pairs = form_urlencoded::parse(text.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|fault| {
        let name = fault.path().to_string();
        bad(if name == "." { "query" } else { &name }, fault.into_inner().to_string())
    })
}

async fn from_json<R: DeserializeOwned>(
    body: axum::body::Body,
    path: Values,
) -> Result<R, Refusal> {
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| Refusal::BodyTooLarge { limit_bytes: BODY_BYTES_MAX as u64 })?;
    let mut values: serde_json::Map<String, serde_json::Value> = if bytes.is_empty() {
        serde_json::Map::new()
    } else {
        serde_json::from_slice(&bytes).map_err(|fault| bad("body", fault.to_string()))?
    };
    values.extend(path.into_iter().map(|(name, text)| (name, text.into())));
    serde_path_to_error::deserialize(serde_json::Value::Object(values)).map_err(|fault| {
        let name = fault.path().to_string();
        bad(&name, fault.into_inner().to_string())
    })
}

async fn path(parts: &mut Parts) -> Values {
    let Ok(found) = RawPathParams::from_request_parts(parts, &()).await else {
        return Values::new();
    };
    found.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn bad(name: &str, detail: String) -> Refusal {
    Refusal::BadParameter { name: name.to_owned(), detail }
}

// === impl Problem ===

impl Refusal {
    /// Ready to be answered to somebody who reads `language`.
    #[must_use]
    pub fn in_language(self, language: Language) -> Problem {
        Problem { refusal: self, language }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let instance = uuid::Uuid::now_v7().to_string();
        if let Refusal::Inside { detail } = &self.refusal {
            tracing::error!(instance, detail, "a query failed");
        }
        refused(&self.refusal, &instance, self.language)
    }
}
