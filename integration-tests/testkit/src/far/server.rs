//! A real HTTP/1.1 server on a free local port. Dropping it cuts every
//! connection and frees the port.

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt as _;

use super::{
    desk::{Desk, Received},
    faults::Fault,
};
use crate::Result;

/// More than any body a far system should be sent here.
const BODY_BYTES_MAX: usize = 8 << 20;

/// One far system's server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    // Aborts the accept loop, and with it all connections, when dropped.
    _tasks: JoinSet<()>,
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Gone;

// === impl Server ===

impl Server {
    /// Serves `router` on a free port, noting everything in `desk`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(router: Router, desk: Arc<Desk>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, router, desk));
        Ok(Self { address, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept(listener: TcpListener, router: Router, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _peer)) = accepted {
                    connections.spawn(serve(stream, router.clone(), Arc::clone(&desk)));
                }
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, router: Router, desk: Arc<Desk>) {
    let service = service_fn(move |request| answer(request, router.clone(), Arc::clone(&desk)));
    // An error here is a connection that ended early: ours on purpose, or the caller's.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    router: Router,
    desk: Arc<Desk>,
) -> Result<Response<Body>, Gone> {
    let (parts, body) = request.into_parts();
    let bytes = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| Gone)?.to_bytes();
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let number = desk.note(noted(&parts, &path, &bytes));
    let fault = desk.faults.meet(&path, &bytes);
    if let Some(fault) = fault
        && let Some(response) = before_doing(fault).await?
    {
        desk.note_answer(number, response.status().as_u16());
        return Ok(response);
    }
    let Ok(response) = call(router, Request::from_parts(parts, Body::from(bytes))).await;
    if fault == Some(Fault::CutAfterDoing) {
        return Err(Gone);
    }
    desk.note_answer(number, response.status().as_u16());
    Ok(response)
}

async fn call(router: Router, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    router.oneshot(request).await
}

/// What a fault makes of a request before anything is done; `None`: go on.
async fn before_doing(fault: Fault) -> Result<Option<Response<Body>>, Gone> {
    let (status, retry_after) = match fault {
        Fault::Refuse(status) => (status, None),
        Fault::SlowDown(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
        Fault::Hang => std::future::pending().await,
        Fault::Cut => return Err(Gone),
        Fault::CutAfterDoing => return Ok(None),
    };
    let mut response =
        Response::new(Body::from(format!("{{\"error\":\"told to fail: {status}\"}}")));
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(Some(response))
}

fn noted(parts: &http::request::Parts, path: &str, body: &Bytes) -> Received {
    let text = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    Received {
        number: 0,
        method: parts.method.to_string(),
        path: path.to_owned(),
        key: text("idempotency-key"),
        traceparent: text("traceparent"),
        body: body.clone(),
        status: None,
    }
}

// === impl Gone ===

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection ended without an answer")
    }
}

impl std::error::Error for Gone {}
