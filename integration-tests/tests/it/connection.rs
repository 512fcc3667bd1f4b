//! Connections: a refresh token that is another one after each use, kept over
//! restarts, and what happens when one is lost.

use crate::pull::record;
use serde_json::{Value, json};
use std::process::Stdio;
use testkit::{
    Result, TestHub,
    far::{Fault, Rotator},
    wait::Look,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

const NAME: &str = "freee-accounting";

/// A hub that pulls from a system of rotating tokens; not connected yet.
async fn hub_of(far: &Rotator) -> Result<TestHub> {
    let back = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = far.url();
    TestHub::with(|config| {
        config.write("secrets/client", "canary-client-secret")?;
        config.write(
            &format!("channels/{NAME}.yaml"),
            &format!(
                "# One more system.\nchannel: {NAME}\npackage: {NAME}\nclass: erp\n\
                 data_class: restricted\nsettings: {{ company_id: \"1\" }}\nin:\n  pull:\n    \
                 url: {url}\n    every: 300ms\n    auth:\n      connection:\n        \
                 authorize_url: {url}/authorize\n        token_url: {url}/token\n        \
                 client_id: hub\n        client_secret: {{ file: secrets/client }}\n        \
                 client_auth: body\n        redirect_uri: http://{back}/back\n    \
                 allow_networks: [127.0.0.0/8]\nquota: {{ per_minute: 6000 }}\n"
            ),
        )
    })
    .await
}

fn invoices(ids: std::ops::Range<u32>) -> Result<Vec<Value>> {
    let invoice = record(NAME, "invoices", "/invoices/0")?;
    let numbered = |id| {
        let mut invoice = invoice.clone();
        invoice.as_object_mut().and_then(|it| it.insert("id".to_owned(), json!(id)));
        invoice
    };
    Ok(ids.map(numbered).collect())
}

/// Brings a token without a browser.
async fn connect(hub: &TestHub, far: &Rotator) -> Result<()> {
    hub.world.config.write("secrets/refresh", &far.issue())?;
    let file = hub.world.config.path("secrets/refresh").display().to_string();
    hub.until("it is connected", async |_| {
        let done = hub.hub.command(&["connect", NAME, "--token-file", &file]).await?;
        // The hub may be asking just now.
        Ok(Look::when(done.code == Some(0), (), || format!("{}{}", done.stdout, done.stderr)))
    })
    .await
}

async fn renewed(hub: &TestHub, far: &Rotator, times: usize) -> Result<()> {
    hub.until(&format!("{times} renewals"), async |_| {
        let (renewals, _) = far.counts();
        Ok(Look::when(renewals >= times, (), || format!("{renewals}; {:?}", far.counts())))
    })
    .await
}

/// Waits until every use of a token has ended and is written down.
async fn at_rest(hub: &TestHub, far: &Rotator) -> Result<()> {
    hub.until("no use is under way", async |_| {
        let listed = hub.hub.command(&["connections", "--json"]).await?.stdout;
        let state: Value = serde_json::from_str(listed.trim())?;
        let uses = state.get("uses").and_then(Value::as_u64).unwrap_or(0);
        let ended = state.get("in_doubt_since").is_none();
        Ok(Look::when(ended && uses == far.counts().0 as u64, (), || listed))
    })
    .await
}

/// Goal: a person says yes in a browser, the hub has the token, and reads.
#[tokio::test]
async fn a_consent_in_a_browser_connects_a_channel() -> Result<()> {
    let far = Rotator::start().await?;
    far.add(invoices(1..4)?);
    let hub = hub_of(&far).await?;
    let none = hub.hub.command(&["connections"]).await?;
    assert_eq!(none.code, Some(1), "{}", none.stdout);
    assert!(none.stdout.contains("not connected: run `channelhub connect"), "{}", none.stdout);

    let mut command = tokio::process::Command::new(hub.hub.binary())
        .args(["connect", NAME, "--config"])
        .arg(hub.hub.config())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(command.stdout.take().expect("piped")).lines();
    let address = loop {
        let line = lines.next_line().await?.expect("an address comes");
        if let Some(found) = line.trim().strip_prefix("http://") {
            break format!("http://{found}");
        }
    };
    let page = far.consent(&address).await?;
    assert!(page.starts_with("Done."), "{page}");
    assert!(command.wait().await?.success());

    hub.events(NAME, 3).await?;
    let listed = hub.hub.command(&["connections"]).await?;
    assert_eq!(listed.code, Some(0), "{}", listed.stdout);
    assert!(listed.stdout.contains("connected 20"), "{}", listed.stdout);
    let state = std::fs::read_to_string(
        hub.world.config.path("data/connections").join(format!("{NAME}.json")),
    )?;
    let state: Value = serde_json::from_str(&state)?;
    assert!(state["sealed"].as_str().is_some_and(|it| it.len() > 80), "{state}");
    Ok(())
}

/// Goal: every use brings a new token, and none is used twice, over kill -9 too.
#[tokio::test]
async fn a_rotating_token_survives_kills_and_is_never_used_twice() -> Result<()> {
    let far = Rotator::start().await?;
    far.add(invoices(1..4)?);
    let mut hub = hub_of(&far).await?;
    connect(&hub, &far).await?;
    hub.events(NAME, 3).await?;
    renewed(&hub, &far, 3).await?;
    for _kill in 0..2 {
        // Killed between the far side's answer and its being kept, the token would be
        // lost: that is another test. Here nothing is under way.
        far.set_lifetime(3600);
        renewed(&hub, &far, far.counts().0 + 1).await?;
        at_rest(&hub, &far).await?;
        hub.hub.kill9().await?;
        far.set_lifetime(1);
        let before = far.counts().0;
        hub.hub.restart().await?;
        renewed(&hub, &far, before + 3).await?;
    }
    far.add(invoices(4..6)?);
    hub.events(NAME, 5).await?;
    assert_eq!(far.counts().1, 0, "a spent one never comes");
    Ok(())
}

/// Goal: where the answer with the new token got lost, the far side withdraws all when
/// the old one comes again. That is told with what to do, nothing is asked any more,
/// and a new connection goes on.
#[tokio::test]
async fn a_lost_token_is_told_and_a_new_connection_goes_on() -> Result<()> {
    let far = Rotator::start().await?;
    far.add(invoices(1..4)?);
    let mut hub = hub_of(&far).await?;
    far.desk.faults.times(1, "/token", Fault::CutAfterDoing);
    connect(&hub, &far).await?;
    let shown = hub
        .until("the refusal is told", async |_| {
            let listed = hub.hub.command(&["connections"]).await?.stdout;
            Ok(Look::when(listed.contains("REFUSED"), listed.clone(), || listed))
        })
        .await?;
    assert!(shown.contains("invalid_grant") && shown.contains("was cut off"), "{shown}");
    assert!(shown.contains(&format!("`channelhub connect {NAME}`")), "{shown}");
    assert_eq!(far.counts(), (1, 1));
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    hub.until("it is told in the log", async |_| {
        let log = hub.hub.log_end();
        Ok(Look::when(log.contains("channelhub connect"), (), || log))
    })
    .await?;
    assert_eq!(far.counts(), (1, 1), "it is not asked again and again");

    connect(&hub, &far).await?;
    hub.events(NAME, 3).await?;
    renewed(&hub, &far, 3).await?;
    assert_eq!(far.counts().1, 1);
    Ok(())
}
