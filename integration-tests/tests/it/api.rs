//! The query interface: who may ask, pages, and reading one's own writes.

use crate::orders;
use testkit::{Result, TestHub, hub::Client};

const LISTS: [&str; 7] =
    ["events", "customers", "orders", "stock", "dead-letters", "channels", "parcels"];

#[tokio::test]
async fn nothing_is_shown_without_a_token() -> Result<()> {
    let hub = TestHub::start().await?;
    let wrong = Client::new(&hub.url(), Some("not-the-token"));
    for list in LISTS {
        for client in [&hub.hub.stranger(), &wrong] {
            let answer = client.answer(&format!("/api/v1/{list}")).await?;
            assert_eq!((answer.status, answer.text("code")), (401, "not-signed-in"), "{list}");
            assert_eq!(answer.content_type, "application/problem+json");
        }
        let answer = hub.client().answer(&format!("/api/v1/{list}")).await?;
        assert_eq!(answer.status, 200, "{list}: {}", answer.body);
        assert!(answer.body["items"].is_array(), "{list}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn health_is_open_to_everybody() -> Result<()> {
    let hub = TestHub::start().await?;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(hub.hub.stranger().answer(path).await?.status, 200, "{path}");
    }
    Ok(())
}

/// Goal: who passes the sequence it got reads its own write.
#[tokio::test]
async fn a_reader_that_names_its_sequence_sees_its_own_write() -> Result<()> {
    let hub = TestHub::start().await?;
    for number in 1001..1006 {
        let answer = orders::take(&hub, number).await?;
        let sequence = answer.number("sequence").expect("a sequence");
        let path = format!("/api/v1/events?channel=ec-shopify&min_sequence={sequence}");
        let events = hub.client().all(&path).await?;
        let ids: Vec<_> = events.iter().map(|it| &it["event"]["id"]).collect();
        for id in answer.body["events"].as_array().into_iter().flatten() {
            assert!(ids.contains(&id), "order {number}: {id} is not in {ids:?}");
        }
    }
    Ok(())
}

/// Goal: a list read in pages of two is the list, each thing once.
#[tokio::test]
async fn pages_add_up_to_the_whole() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut last = 0;
    for number in 1001..1006 {
        last = orders::take(&hub, number).await?.number("sequence").unwrap_or(0);
    }
    let client = hub.client();
    let whole = client.all(&format!("/api/v1/events?min_sequence={last}")).await?;
    let paged = client.all("/api/v1/events?limit=2").await?;
    assert!(whole.len() >= 5);
    assert_eq!(whole, paged);
    let first = client.get("/api/v1/events?limit=2").await?;
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let channels = client.all("/api/v1/channels").await?;
    assert!(channels.len() > 1, "{channels:?}");
    let names = |all: &[serde_json::Value]| -> Vec<_> {
        all.iter().map(|it| it["channel"].clone()).collect()
    };
    assert_eq!(names(&client.all("/api/v1/channels?limit=1").await?), names(&channels));
    Ok(())
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_said() -> Result<()> {
    let hub = TestHub::start().await?;
    for query in ["limit=0", "limit=x", "entity=ordre", "after=!!", "min_sequence=-1"] {
        let answer = hub.client().answer(&format!("/api/v1/events?{query}")).await?;
        assert_eq!((answer.status, answer.text("code")), (400, "bad-parameter"), "{query}");
    }
    let answer =
        hub.client().answer("/api/v1/customers/pty_00000000000000000000000000000000").await?;
    assert_eq!((answer.status, answer.text("code")), (404, "not-found"));
    Ok(())
}

#[tokio::test]
async fn the_interface_describes_itself() -> Result<()> {
    let hub = TestHub::start().await?;
    let description = hub.client().get("/openapi.json").await?;
    assert!(description["openapi"].as_str().is_some_and(|it| it.starts_with("3.1")));
    let paths = description["paths"].as_object().expect("paths");
    for list in LISTS {
        let path = format!("/api/v1/{list}");
        assert!(paths.contains_key(&path), "{path} is described");
    }
    Ok(())
}
