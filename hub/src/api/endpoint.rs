//! One endpoint of the API: its address, its rule, its types, its handler. The
//! OpenAPI 3.1 document is made from these.

use super::ask::{App, Asked, Problem, Request};
use axum::{
    Json,
    response::IntoResponse as _,
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::future::Future;

/// One endpoint.
pub struct Endpoint {
    /// Address, with `{name}` for path parameters.
    pub path: &'static str,
    method: Method,
    summary: &'static str,
    scope: &'static str,
    describe: fn(&mut SchemaGenerator) -> (Value, Value),
    route: MethodRouter<App>,
}

impl Endpoint {
    /// An endpoint that answers JSON.
    pub fn new<R, T, H, F>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        R: Request + 'static,
        T: Serialize + JsonSchema + 'static,
        H: Fn(App, Asked<R>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<T, crate::problem::Refusal>> + Send + 'static,
    {
        let answer = move |axum::extract::State(app): axum::extract::State<App>,
                           asked: Asked<R>| {
            let handler = handler.clone();
            async move {
                let language = asked.language;
                match handler(app, asked).await {
                    Ok(answer) => Json(answer).into_response(),
                    Err(refusal) => refusal.in_language(language).into_response(),
                }
            }
        };
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self {
            path,
            method,
            summary,
            scope: R::NEEDS.name(),
            describe: |schemas| (of::<R>(schemas), of::<T>(schemas)),
            route: on(filter, answer),
        }
    }

    /// An endpoint whose handler makes the response itself, one JSON document a
    /// line.
    pub fn stream<R, H, F>(path: &'static str, summary: &'static str, handler: H) -> Self
    where
        R: Request + 'static,
        H: Fn(App, Asked<R>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<axum::response::Response, Problem>> + Send + 'static,
    {
        let answer = move |axum::extract::State(app): axum::extract::State<App>,
                           asked: Asked<R>| {
            let handler = handler.clone();
            async move { handler(app, asked).await }
        };
        Self {
            path,
            method: Method::GET,
            summary,
            scope: R::NEEDS.name(),
            describe: |schemas| (of::<R>(schemas), json!({ "type": "string" })),
            route: on(MethodFilter::GET, answer),
        }
    }

    /// Its route.
    pub fn into_route(self) -> MethodRouter<App> {
        self.route
    }
}

fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

/// The OpenAPI 3.1 document of these endpoints.
#[must_use]
pub fn document(endpoints: &[Endpoint]) -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|it| it.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let (request, response) = (endpoint.describe)(&mut schemas);
        let operation = operation(endpoint, &request, &response, &schemas);
        let methods = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(endpoint.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ChannelHub",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Queries and acts of an operator. Data comes in at POST /in/{channel}.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// One operation: parameters from the fields of the request's schema.
fn operation(
    endpoint: &Endpoint,
    request: &Value,
    response: &Value,
    schemas: &SchemaGenerator,
) -> Value {
    let resolved = resolve(request, schemas);
    let properties = resolved.get("properties").and_then(Value::as_object);
    let required: Vec<&str> = resolved
        .get("required")
        .and_then(Value::as_array)
        .map(|it| it.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let is_read = endpoint.method == Method::GET || endpoint.method == Method::DELETE;
    let mut parameters = Vec::new();
    for (name, schema) in properties.into_iter().flatten() {
        let in_path = endpoint.path.contains(&format!("{{{name}}}"));
        if in_path || is_read {
            parameters.push(json!({
                "name": name,
                "in": if in_path { "path" } else { "query" },
                "required": in_path || required.contains(&name.as_str()),
                "description": schema.get("description").cloned().unwrap_or_default(),
                "schema": schema,
            }));
        }
    }
    let problem = json!({
        "description": "A problem document (RFC 9457)",
        "content": { "application/problem+json": { "schema": { "type": "object" } } },
    });
    let mut operation = json!({
        "summary": endpoint.summary,
        "description": format!("Needs a token that may `{}`.", endpoint.scope),
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "What was asked for",
                "content": { "application/json": { "schema": response } },
            },
            "400": problem, "401": problem, "404": problem, "503": problem,
        },
    });
    if !is_read && let Some(operation) = operation.as_object_mut() {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": request } } });
        operation.insert("requestBody".into(), body);
    }
    operation
}

fn resolve(schema: &Value, schemas: &SchemaGenerator) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.rsplit('/').next());
    match name.and_then(|it| schemas.definitions().get(it)) {
        Some(definition) => definition.clone(),
        None => schema.clone(),
    }
}
