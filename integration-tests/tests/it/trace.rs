//! A trace goes in with the webhook and comes out with the delivery.

use crate::orders;
use testkit::{Result, TestHub, wait::PATIENCE};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

#[tokio::test]
async fn a_delivery_carries_the_trace_of_its_arrival() -> Result<()> {
    let hub = TestHub::start().await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let webhook = orders::created(&hub, 1001)?.with_header("traceparent", &parent);
    assert_eq!(webhook.send(&hub.url()).await?.status, 202);
    orders::wait_for_booked(&hub, 1).await?;
    let received = hub.world.erp.desk.received();
    let order = received.iter().find(|it| it.path.starts_with("/orders")).expect("a call");
    let carried = order.traceparent.as_deref().unwrap_or_default();
    assert!(carried.contains(trace), "{carried:?}");
    Ok(())
}

/// Goal: spans go to the collector that is configured, under the caller's trace.
#[tokio::test]
async fn spans_go_to_a_collector() -> Result<()> {
    let collector = TcpListener::bind("127.0.0.1:0").await?;
    let address = collector.local_addr()?;
    let hub = TestHub::with(|config| {
        let hub = std::fs::read_to_string(config.path("hub.yaml"))?;
        let telemetry = format!("telemetry:\n  otlp_endpoint: http://{address}\n");
        config.write("hub.yaml", &format!("{hub}\n{telemetry}"))
    })
    .await?;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let webhook = orders::created(&hub, 1001)?
        .with_header("traceparent", &format!("00-{trace}-b7ad6b7169203331-01"));
    assert_eq!(webhook.send(&hub.url()).await?.status, 202);

    let exported = tokio::time::timeout(PATIENCE, async {
        loop {
            let export = one_request(&collector).await?;
            if export.contains(trace) {
                return Ok::<_, testkit::Fail>(export);
            }
        }
    });
    let exported = exported.await.expect("an export within the patience of the tests")?;
    assert!(exported.starts_with("POST /v1/traces "), "{exported}");
    Ok(())
}

/// Reads one request whole and answers it.
async fn one_request(collector: &TcpListener) -> Result<String> {
    let (mut stream, _) = collector.accept().await?;
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await?;
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
        let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            break;
        }
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        .await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
