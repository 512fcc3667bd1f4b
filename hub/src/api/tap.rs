//! `GET /api/v1/tap`: what happens at each step, live, one JSON document a line.

use super::{
    ask::{App, Asked, Problem, Request},
    endpoint::Endpoint,
};
use crate::observe::tap::Line;
use access::Scope;
use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use std::convert::Infallible;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

/// What to watch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Watch {
    /// Only this channel.
    channel: Option<String>,
    /// Only this step.
    step: Option<String>,
}

impl Request for Watch {
    const NEEDS: Scope = Scope::Personal;
}

struct Watching {
    lines: Receiver<Line>,
    stopping: CancellationToken,
    watch: Watch,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::stream("/api/v1/tap", "Watch records at each step, live", watch)]
}

async fn watch(app: App, asked: Asked<Watch>) -> Result<Response, Problem> {
    let watching = Watching {
        lines: app.rooms.tap.watch(),
        stopping: app.rooms.tasks.stopping(),
        watch: asked.request,
    };
    let body = Body::from_stream(stream::unfold(watching, |mut watching| async move {
        let line = watching.next().await?;
        Some((Ok::<_, Infallible>(line), watching))
    }));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

impl Watching {
    /// The next line that is wanted; `None` when the hub stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let received = tokio::select! {
                received = self.lines.recv() => received,
                () = self.stopping.cancelled() => return None,
            };
            let text = match received {
                Ok(line) if self.wants(&line) => serde_json::to_string(&line).ok()?,
                Ok(_) => continue,
                Err(RecvError::Lagged(missed)) => format!("{{\"missed\":{missed}}}"),
                Err(RecvError::Closed) => return None,
            };
            return Some(Bytes::from(text + "\n"));
        }
    }

    fn wants(&self, line: &Line) -> bool {
        self.watch.channel.as_ref().is_none_or(|it| *it == line.channel)
            && self.watch.step.as_ref().is_none_or(|it| it == line.step)
    }
}
