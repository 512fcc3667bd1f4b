//! Sends requests over so many connections and measures each.

use super::figures::Figures;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::Fail;

/// Where to send, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) bearer: Option<String>,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) connections: usize,
    /// Different orders.
    pub(crate) requests: usize,
    /// Tells them from the orders of other measurements.
    pub(crate) series: usize,
    pub(crate) pace: Pace,
}

/// When the next request is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// When the one before it on its connection was answered.
    AsAnswered,
    /// So long after the one before it, whatever became of that. A request that
    /// waits for a free connection waits within its own time.
    Each(Duration),
}

/// Sends all of it, and says how long each took.
pub(crate) async fn run(load: &Load, sent: Sent) -> testkit::Result<Figures> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = now();
    let mut tasks = Vec::new();
    for _ in 0..sent.connections {
        let (load, next) = (load.clone(), Arc::clone(&next));
        tasks.push(super::spawn(one_connection(load, next, sent, started)));
    }
    let mut each = Vec::with_capacity(sent.requests);
    for task in tasks {
        each.extend(task.await.map_err(|it| Fail::new(it.to_string()))??);
    }
    Ok(Figures::new(now() - started, each))
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

async fn one_connection(
    load: Load,
    next: Arc<AtomicUsize>,
    sent: Sent,
    started: Instant,
) -> testkit::Result<Vec<Duration>> {
    let fail = |it: &dyn std::fmt::Display| Fail::new(it.to_string());
    let url: http::Uri = load.url.parse().map_err(|it| fail(&it))?;
    let host = url.authority().map(ToString::to_string).unwrap_or_default();
    let stream = tokio::net::TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|it| fail(&it))?;
    super::spawn(async move {
        // Its faults show at the requests.
        let _ended = connection.await;
    });
    let mut each = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= sent.requests {
            return Ok(each);
        }
        let mut request = http::Request::post(url.path())
            .header("host", &host)
            .header("content-type", "application/json");
        if let Some(token) = &load.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = Full::new(Bytes::from(order(sent.series, number)));
        let request = request.body(body).map_err(|it| fail(&it))?;
        let from = match sent.pace {
            Pace::AsAnswered => now(),
            Pace::Each(step) => {
                let due = started + step.mul_f64(number as f64);
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        one_request(&mut sender, request).await?;
        each.push(now() - from);
    }
}

async fn one_request(
    sender: &mut SendRequest<Full<Bytes>>,
    request: http::Request<Full<Bytes>>,
) -> testkit::Result<()> {
    let fail = |it: &dyn std::fmt::Display| Fail::new(it.to_string());
    let response = sender.send_request(request).await.map_err(|it| fail(&it))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|it| fail(&it))?.to_bytes();
    if status == http::StatusCode::ACCEPTED {
        Ok(())
    } else {
        Err(Fail::new(format!("{status}: {}", String::from_utf8_lossy(&body))))
    }
}

/// An order of eight lines, about 1.2 KB, different each time.
fn order(series: usize, number: usize) -> String {
    let lines: Vec<String> = (1..=8)
        .map(|no| {
            format!(
                r#"{{"no":{no},"sku":"TEA-{no}","title":"緑茶 500ml","quantity":2,"unit_price":"198","tax_rate":"0.08"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"id":"B{series}-{number}","number":{},"placed_at":"2026-01-05T12:00:00+09:00","customer":{{"name":"山田 花子","email":"hanako@example.com"}},"currency":"JPY","lines":[{}],"total":"3168","paid":true}}"#,
        number + 1,
        lines.join(",")
    )
}
