//! The bare server: parse the JSON, group-commit the bytes, say yes.

use axum::{Router, body::Bytes, extract::State, routing::post};
use http::StatusCode;
use std::{path::Path, thread};
use tokio::sync::{mpsc, oneshot};

/// Bodies waiting for the writer.
const QUEUE_MAX: usize = 4096;
/// Bodies in one commit.
const BATCH_MAX: usize = 512;

type Waiting = (Bytes, oneshot::Sender<()>);

/// Starts it on a free port; gives the address to post to.
pub(crate) async fn start(file: &Path) -> testkit::Result<String> {
    let (to_writer, bodies) = mpsc::channel(QUEUE_MAX);
    let conn = rusqlite::Connection::open(file).map_err(|it| testkit::Fail::new(it.to_string()))?;
    conn.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE log(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    )
    .map_err(|it| testkit::Fail::new(it.to_string()))?;
    thread::spawn(move || write(&conn, bodies));
    let router = Router::new().route("/", post(accept)).with_state(to_writer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    super::spawn(async move {
        // Ends with the bench.
        let _served = axum::serve(listener, router).await;
    });
    Ok(format!("http://{address}/"))
}

async fn accept(State(writer): State<mpsc::Sender<Waiting>>, body: Bytes) -> StatusCode {
    if serde_json::from_slice::<serde_json::Value>(&body).is_err() {
        return StatusCode::BAD_REQUEST;
    }
    let (done, committed) = oneshot::channel();
    if writer.send((body, done)).await.is_err() || committed.await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::ACCEPTED
}

fn write(conn: &rusqlite::Connection, mut bodies: mpsc::Receiver<Waiting>) {
    while let Some(first) = bodies.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX
            && let Ok(next) = bodies.try_recv()
        {
            batch.push(next);
        }
        let written = conn.execute_batch("BEGIN IMMEDIATE").and_then(|()| {
            let mut insert = conn.prepare_cached("INSERT INTO log(body) VALUES(?1)")?;
            for (body, _) in &batch {
                insert.execute([body.as_ref()])?;
            }
            conn.execute_batch("COMMIT")
        });
        if written.is_err() {
            return;
        }
        for (_, done) in batch {
            // A client that went away does not wait for its answer.
            let _gone = done.send(());
        }
    }
}
