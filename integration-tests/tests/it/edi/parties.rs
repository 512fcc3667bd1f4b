//! Whose interchanges are taken: those of the channel's partner, for its owner, each
//! control number once.

use super::{CALLER, PARTNER, acknowledged, acknowledgements, drop_file, fixture, orders};
use testkit::{Result, TestHub, config::secret, far::Webhook, wait::Look};

/// The id of the one file that is held, once there is one, and why it is.
async fn held(hub: &TestHub) -> Result<(String, String)> {
    hub.until("a held file", async |_| {
        let listed = hub.hub.command(&["files", "list", "--json"]).await?;
        let line = listed.stdout.lines().next().unwrap_or("null");
        let item: serde_json::Value = serde_json::from_str(line)?;
        let text = |at| item.pointer(at).and_then(|it| it.as_str()).map(str::to_owned);
        Ok(match text("/id").zip(text("/reason")) {
            Some(held) => Look::Ready(held),
            None => Look::NotYet(listed.stdout),
        })
    })
    .await
}

async fn release(hub: &TestHub, id: &str, reason: &str) -> Result<()> {
    let released = hub.hub.command(&["files", "release", id, "--reason", reason]).await?;
    assert_eq!(released.code, Some(0), "{}{}", released.stdout, released.stderr);
    Ok(())
}

/// Goal: the same control number again is the same interchange, or it is held.
#[tokio::test]
async fn a_control_number_names_one_interchange_for_good() -> Result<()> {
    let hub = TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
    let folder = hub.hub.config().join("drop/partner");
    let [order, other] = orders()?;
    drop_file(&folder, "a.edi", &order)?;
    acknowledged(&hub, &folder, 1).await?;
    // The same once more, under another name: answered alike, nothing is applied.
    drop_file(&folder, "b.edi", &order)?;
    let told = acknowledged(&hub, &folder, 2).await?;
    let (first, again) = (&told["a.edi.ack.x12"], &told["b.edi.ack.x12"]);
    assert!(first.contains("IEA*1*900000000~") && again.contains("IEA*1*900000000~"), "{again}");
    // Another order under the number of the first waits for an operator.
    drop_file(&folder, "c.edi", &other)?;
    let (id, reason) = held(&hub).await?;
    assert!(reason.contains("control: 000000101 of FUJIMART came in entry"), "{reason}");
    hub.events("partner", 1).await?;
    assert_eq!(acknowledgements(&folder).len(), 2, "what is held is not answered yet");
    release(&hub, &id, "they count anew").await?;
    let told = acknowledged(&hub, &folder, 3).await?;
    assert!(told["c.edi.ack.x12"].contains("IEA*1*900000001~"), "{told:?}");
    hub.events("partner", 2).await?;
    Ok(())
}

/// Goal: one number, other content, by HTTP: told at once which entry has it.
#[tokio::test]
async fn a_caller_is_told_of_a_number_that_came_before() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/caller", &key)?;
        config.write("channels/caller.yaml", CALLER)
    })
    .await?;
    let order = String::from_utf8_lossy(&fixture("generic-edi-edifact", "order")?).into_owned();
    let other = order.replace("MM-2026-77", "MM-2026-78");
    assert_ne!(order, other);
    for (body, status) in [(&order, 202), (&order, 200), (&other, 409), (&order, 200)] {
        let headers = vec![("authorization".to_owned(), format!("Bearer {key}"))];
        let (channel, body) = ("caller".to_owned(), body.clone().into_bytes());
        let answer = Webhook { channel, headers, body }.send(&hub.url()).await?;
        assert_eq!(answer.status, status, "{}", answer.text);
        if status == 409 {
            assert!(answer.text.contains("control-reused"), "{}", answer.text);
        }
    }
    hub.events("caller", 1).await?;
    Ok(())
}

/// Goal: what is from somebody else, or for somebody else, waits for an operator and
/// is not answered: it would be an answer in another's name.
#[tokio::test]
async fn what_is_for_somebody_else_waits_unanswered() -> Result<()> {
    let hub = TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
    let folder = hub.hub.config().join("drop/partner");
    let order = String::from_utf8_lossy(&fixture("generic-edi-x12", "order")?).into_owned();
    drop_file(&folder, "a.edi", order.replace("FUJIMART ", "FUJIMARU ").as_bytes())?;
    let (id, reason) = held(&hub).await?;
    let wanted = "held: party: interchange 000000101 has FUJIMARU as its sender; \
                  expected FUJIMART, the `partner_id` of the channel";
    assert_eq!(reason, wanted);
    let discarded = hub.hub.command(&["files", "discard", &id, "--reason", "not ours"]).await?;
    assert_eq!(discarded.code, Some(0), "{}{}", discarded.stdout, discarded.stderr);
    hub.until("a discarded file", async |_| {
        Ok(Look::when(folder.join("discarded/a.edi").exists(), (), || "not yet".to_owned()))
    })
    .await?;
    let other = order.replace("4900000000017  *", "4900000000024  *");
    drop_file(&folder, "b.edi", other.as_bytes())?;
    let (id, reason) = held(&hub).await?;
    assert!(reason.contains("has 4900000000024 as its receiver"), "{reason}");
    assert!(acknowledgements(&folder).is_empty(), "{:?}", acknowledgements(&folder));
    // An operator who knows better has it taken, and then it is answered.
    release(&hub, &id, "our number before the merger").await?;
    let told = acknowledged(&hub, &folder, 1).await?;
    let answer = &told["b.edi.ack.x12"];
    assert!(answer.contains("*08*4900000000024  *ZZ*FUJIMART "), "{answer}");
    assert!(answer.contains("AK5*A~"), "{answer}");
    hub.events("partner", 1).await?;
    Ok(())
}

/// Goal: by HTTP the sender is told at once, in words and not by a CONTRL.
#[tokio::test]
async fn a_caller_is_told_that_it_is_for_somebody_else() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/caller", &key)?;
        config.write("channels/caller.yaml", CALLER)
    })
    .await?;
    let order = String::from_utf8_lossy(&fixture("generic-edi-edifact", "order")?).into_owned();
    let other = order.replace("4900000000017:14", "4900000000024:14");
    assert_ne!(order, other);
    let headers =
        [("authorization", format!("Bearer {key}")), ("accept", "application/edifact".into())];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let (channel, body) = ("caller".to_owned(), other.into_bytes());
    let answer = Webhook { channel, headers, body }.send(&hub.url()).await?;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("wrong-party"), "{}", answer.text);
    assert!(answer.text.contains("interchange R101 has 4900000000024"), "{}", answer.text);
    assert!(!answer.text.contains("UCI"), "{}", answer.text);
    Ok(())
}
