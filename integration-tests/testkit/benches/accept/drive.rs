//! Sends requests over so many connections and measures each.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
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

/// What one measurement gave.
#[derive(Debug)]
pub(crate) struct Figures {
    took: Duration,
    /// Sorted.
    each: Vec<Duration>,
}

impl Figures {
    /// Accepted requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    /// So much of the requests took at most so many milliseconds.
    pub(crate) fn quantile_ms(&self, part: f64) -> f64 {
        let index = (self.each.len() as f64 * part) as usize;
        let at = index.min(self.each.len().saturating_sub(1));
        self.each.get(at).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
    }
}

/// Sends `requests` different orders over `connections`.
pub(crate) async fn run(
    load: &Load,
    connections: usize,
    requests: usize,
    series: usize,
) -> testkit::Result<Figures> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (load, next) = (load.clone(), Arc::clone(&next));
        tasks.push(super::spawn(one_connection(load, next, requests, series)));
    }
    let mut each = Vec::with_capacity(requests);
    for task in tasks {
        each.extend(task.await.map_err(|it| Fail::new(it.to_string()))??);
    }
    let took = now() - started;
    each.sort();
    Ok(Figures { took, each })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

async fn one_connection(
    load: Load,
    next: Arc<AtomicUsize>,
    requests: usize,
    series: usize,
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
        if number >= requests {
            return Ok(each);
        }
        let mut request = http::Request::post(url.path())
            .header("host", &host)
            .header("content-type", "application/json");
        if let Some(token) = &load.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = Full::new(Bytes::from(order(series, number)));
        let request = request.body(body).map_err(|it| fail(&it))?;
        let started = now();
        let response = sender.send_request(request).await.map_err(|it| fail(&it))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|it| fail(&it))?.to_bytes();
        each.push(now() - started);
        if status != http::StatusCode::ACCEPTED {
            return Err(Fail::new(format!("{status}: {}", String::from_utf8_lossy(&body))));
        }
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
