//! `POST /in/{channel}`: head, body and time-outs of one HTTP request, until it
//! is an arrival like any other.

use super::{
    acknowledge::{self, Outcome},
    packed,
    receive::{Reception, Stranger},
    strict,
};
use crate::{
    arrival::{Answer, Arrival, Unpacked, Way},
    gates::weight::Weight,
    problem::{Language, Refusal, Retry},
    trail::Trail,
};
use adapter_kit::package::Acknowledged;
use axum::{
    body::Body,
    extract::{ConnectInfo, Path, State},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use canon::clock::Clock;
use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tracing::warn;

/// Bytes of a refused body that are read so that the refusal can be told.
const DRAIN_BYTES_MAX: usize = 64 << 10;

/// Takes one request on a channel.
pub async fn accept(
    State(reception): State<Reception>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    let language = language(request.headers());
    let id = uuid::Uuid::now_v7().to_string();
    let Told { outcome, acknowledged } =
        match admit_and_walk(&reception, peer, &name, request, &id).await {
            Ok(told) => told,
            Err(refusal) => Told { outcome: Err(refusal), acknowledged: None },
        };
    let response = match outcome {
        Ok(answer) => answered(&answer),
        Err(refusal) => refused(&refusal, &id, language),
    };
    match acknowledged {
        // The status says the same; the body says it in the sender's format.
        Some(Acknowledged { bytes, media_type, .. }) => {
            (response.status(), [(header::CONTENT_TYPE, media_type)], bytes).into_response()
        }
        None => response,
    }
}

/// What a caller is told: the hub's answer, or an acknowledgement in its place.
struct Told {
    outcome: Result<Answer, Refusal>,
    acknowledged: Option<Acknowledged>,
}

async fn admit_and_walk(
    reception: &Reception,
    peer: SocketAddr,
    name: &str,
    request: Request<Body>,
    id: &str,
) -> Result<Told, Refusal> {
    let rooms = reception.rooms();
    let received_at = rooms.clock.now();
    let house = rooms.house();
    let channel = house.channel(name).cloned();
    let stranger = Stranger {
        id: id.to_owned(),
        channel: channel.as_ref().map(|it| it.name().to_owned()),
        origin: peer.ip().to_string(),
        received_at,
        interchanges: 0,
        file: None,
    };
    let peer = rooms.peers.count(peer.ip());
    let before_body = peer.and_then(|()| strict::check(&request)).and_then(|()| match channel {
        None => Err(Refusal::UnknownChannel { name: name.chars().take(64).collect() }),
        Some(channel) if !channel.is_webhook() => {
            Err(Refusal::NotAWebhook { channel: channel.name().to_owned() })
        }
        Some(channel) => Ok(channel),
    });
    let channel = match before_body {
        Ok(channel) => channel,
        Err(refusal) => {
            reception.refuse(&stranger, &refusal, Vec::new(), None).await;
            return Err(refusal);
        }
    };
    let (head, body) = request.into_parts();
    let limit_bytes = channel.limits().body_bytes_max.min(rooms.scales.limit_bytes());
    let (wait_max, mut weight) = (rooms.body_wait_max, rooms.scales.weigh());
    let read = collect(body, limit_bytes, &mut weight);
    let bytes = match within(wait_max, read, &rooms.clock).await {
        Ok(bytes) => bytes,
        Err(refusal) => {
            reception.refuse(&stranger, &refusal, Vec::new(), None).await;
            return Err(refusal);
        }
    };
    let traceparent = head.headers.get("traceparent").and_then(|it| it.to_str().ok());
    let arrival = Arrival {
        id: id.to_owned(),
        origin: stranger.origin,
        received_at,
        bytes,
        traceparent: traceparent.map(str::to_owned),
        way: Way::Http { headers: head.headers },
        trail: Trail::default(),
        unpacked: Unpacked::of(weight),
        interchanges: Vec::new(),
        channel,
    };
    // From here on the caller's connection no longer matters: an arrival whose
    // caller hangs up is still walked to its end.
    let reception = reception.clone();
    let tasks = reception.rooms().tasks.clone();
    let (answer_to, answer) = tokio::sync::oneshot::channel();
    tasks.spawn(async move {
        // Nobody waits any more: the walk is done, only its answer is not read.
        let _unread = answer_to.send(receive(&reception, arrival).await);
    });
    answer.await.map_err(|_| Refusal::Inside { detail: "the walk ended early".into() })
}

/// Takes an arrival, and acknowledges it if its caller asks for that.
async fn receive(reception: &Reception, arrival: Arrival) -> Told {
    let (channel, at) = (Arc::clone(&arrival.channel), arrival.received_at);
    let headers = arrival.way.headers();
    let wanted = channel.package().acknowledges() && headers.is_some_and(acknowledge::is_wanted);
    let is_packed = headers.is_some_and(packed::is_packed);
    let (came, unpacked) = (arrival.bytes.clone(), arrival.unpacked.clone());
    let received = reception.receive_told(arrival).await;
    // Nothing is said of messages in a body that was not unpacked: that of a
    // stranger, or one that cannot be.
    let bytes = if is_packed { unpacked.bytes() } else { Some(came) };
    let bytes = bytes.filter(|_| wanted);
    let outcome = match &received {
        Ok(answer) => Outcome::Taken(answer),
        Err((refusal, entry)) => Outcome::Refused(refusal, *entry),
    };
    let acknowledged = match bytes {
        Some(bytes) => acknowledge::answer(reception.rooms(), &channel, &bytes, outcome, at).await,
        None => Ok(None),
    };
    // The caller is told all the same, in the hub's own words.
    let acknowledged = acknowledged
        .inspect_err(|fault| warn!(%fault, "its acknowledgement has no number yet"))
        .ok()
        .flatten()
        .map(|(it, _)| it);
    Told { outcome: received.map_err(|(refusal, _)| refusal), acknowledged }
}

/// What `read` gives, if it is done within `wait_max`.
async fn within(
    wait_max: Duration,
    read: impl Future<Output = Result<Bytes, Refusal>>,
    clock: &Arc<dyn Clock>,
) -> Result<Bytes, Refusal> {
    match select(pin!(read), clock.sleep(wait_max)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), _)) => Err(Refusal::BodyTooSlow { limit: wait_max }),
    }
}

/// Reads a body of at most `limit_bytes`, as far as its weight is free.
async fn collect(mut body: Body, limit_bytes: u64, weight: &mut Weight) -> Result<Bytes, Refusal> {
    let limit = usize::try_from(limit_bytes).unwrap_or(usize::MAX);
    let (mut first, mut bytes) = (Bytes::new(), BytesMut::new());
    let (mut refusal, mut dropped) = (None, 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| Refusal::BodyBroken { reason: cause.to_string() })?;
        let Ok(data) = frame.into_data() else { continue };
        let had = first.len() + bytes.len();
        if refusal.is_none() {
            refusal = if had.saturating_add(data.len()) > limit {
                Some(Refusal::BodyTooLarge { limit_bytes })
            } else {
                weight.add(data.len()).err()
            };
        }
        if refusal.is_some() {
            weight.give_back();
            // A little more is read so that the caller hears why; not all of it.
            dropped += data.len();
            if dropped > DRAIN_BYTES_MAX {
                break;
            }
        } else if had == 0 {
            // Most bodies come in one piece, which then need not be copied.
            first = data;
        } else {
            bytes.extend_from_slice(&std::mem::take(&mut first));
            bytes.extend_from_slice(&data);
        }
    }
    match refusal {
        Some(refusal) => Err(refusal),
        None if bytes.is_empty() => Ok(first),
        None => Ok(bytes.freeze()),
    }
}

fn answered(answer: &Answer) -> Response {
    let status = if answer.duplicate { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, axum::Json(answer)).into_response()
}

/// A refusal as `application/problem+json`.
#[must_use]
pub fn refused(refusal: &Refusal, instance: &str, language: Language) -> Response {
    let problem = refusal.to_problem(instance, language);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry = problem.retry;
    let mut response = (status, axum::Json(problem)).into_response();
    let headers = response.headers_mut();
    let problem_json = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, problem_json);
    if let Retry::AfterSeconds(seconds) = retry {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The language a caller reads.
#[must_use]
pub fn language(headers: &HeaderMap) -> Language {
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    Language::from_header(accept)
}

/// Longest wait for the head of a request.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(10);
/// Most headers of a request.
const HEADERS_MAX: usize = 100;
/// Connections open at once; more wait to be taken.
const CONNECTIONS_MAX: usize = 4096;
/// Longest wait before the next try after the system could not give a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is ready, then lets open requests finish for at most
/// `drain_wait_max`.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stop: impl Future<Output = ()> + Send,
    drain_wait_max: Duration,
    clock: &Arc<dyn Clock>,
) {
    let graceful = hyper_util::server::graceful::GracefulShutdown::new();
    let tracker = tokio_util::task::TaskTracker::new();
    let mut stop = pin!(stop);
    let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Out of descriptors, usually: it passes when connections close.
                tracing::warn!(%cause, "a connection could not be taken");
                clock.sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are small and should not wait for more to send.
        let _best_effort = stream.set_nodelay(true);
        let router = router.clone();
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            tower::ServiceExt::oneshot(router.clone(), request)
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(hyper_util::rt::TokioTimer::new())
            .header_read_timeout(HEAD_WAIT_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(hyper_util::rt::TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tracker.spawn(async move {
            if let Err(cause) = connection.await {
                tracing::debug!(%cause, %peer, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    tracker.close();
    let drained = pin!(graceful.shutdown());
    if let Either::Right(_) = select(drained, clock.sleep(drain_wait_max)).await {
        tracing::warn!("some connections were still open when the wait for them ended");
    }
}
