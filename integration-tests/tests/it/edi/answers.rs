//! What partners answer to what was sent to them: matched with the delivery, and a
//! rejection waits among the dead letters.

use super::{PARTNER, acknowledged, acknowledgements, drop_file, fixture};
use serde_json::Value;
use std::path::Path;
use testkit::{Result, TestHub, config::secret, far::Sink, wait::Look};

/// A buyer that is answered by 855; what it answers to that is dropped too.
fn buyer(name: &str, url: &str) -> String {
    let out = format!(
        "out:\n  base_url: {url}\n  auth: {{ basic: {{ user: hub, password: {{ file: secrets/buyer }} }} }}\n\
         \x20 allow_networks: [127.0.0.0/8]\n"
    );
    named(name) + &out
}

/// The channel of a partner by another name.
fn named(name: &str) -> String {
    let channel = PARTNER.replace("channel: partner", &format!("channel: {name}"));
    channel.replace("drop/partner", &format!("drop/{name}"))
}

/// An interchange of what stands before groups, and of one group of acknowledgements.
fn answer(control: u32, notes: &str, bodies: &[&str]) -> Vec<u8> {
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*FUJIMART       *08*4900000000017  \
         *260105*0930*U*00401*{control:09}*0*P*>~{notes}"
    );
    if !bodies.is_empty() {
        text += &format!("GS*FA*FUJIMART*4900000000017*20260105*0930*{control}*X*004010~");
        for (number, body) in (1..).zip(bodies) {
            let count = body.matches('~').count() + 2;
            text += &format!("ST*997*{number:04}~{body}SE*{count}*{number:04}~");
        }
        text += &format!("GE*{}*{control}~", bodies.len());
    }
    text += &format!("IEA*{}*{control:09}~", u8::from(!bodies.is_empty()));
    text.into_bytes()
}

/// Drops a file, and waits until it was taken.
async fn take(hub: &TestHub, folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    drop_file(folder, name, bytes)?;
    hub.until("a file that was taken", async |_| {
        Ok(Look::when(folder.join("done").join(name).exists(), (), || name.to_owned()))
    })
    .await
}

/// What the fault of a record's letter says.
fn said(letter: &Value, member: &str) -> String {
    let text = letter.pointer(&format!("/record/faults/0/{member}")).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Goal: an acknowledgement that comes back is matched with what went out under its
/// number; what was rejected, and what was never sent, an operator sees.
#[tokio::test]
async fn rejections_of_what_was_sent_are_seen() -> Result<()> {
    let sink = Sink::start().await?;
    let hub = TestHub::with(|config| {
        config.write("secrets/buyer", &secret())?;
        config.write("channels/partner.yaml", PARTNER)?;
        config.write("channels/buyer.yaml", &buyer("buyer", &sink.url()))?;
        // Nothing goes out to this one, so that whatever it answers was never sent.
        let other = named("other").replace("partner_id: FUJIMART", "partner_id: MIDORI");
        config.write("channels/other.yaml", &other)?;
        let route = "routes:\n  - entity: order\n    from: [partner]\n    to: buyer\n";
        config.replace("routes.yaml", "routes:\n", route)
    })
    .await?;
    let drop = |channel: &str| hub.hub.config().join("drop").join(channel);
    let folder = drop("buyer");
    take(&hub, &drop("partner"), "a.edi", &fixture("generic-edi-x12", "cancelled")?).await?;
    let sent = hub
        .until("an answer that was sent", async |_| {
            let sent = sink.desk.received();
            Ok(Look::when(!sent.is_empty(), sent, || "nothing came".to_owned()))
        })
        .await?;
    let text = String::from_utf8_lossy(&sent[0].body).into_owned();
    assert!(text.contains("*000000001*0*") && text.contains("ST*855*"), "{text}");

    // Taken: nobody has to look at anything.
    let taken = "AK1*PR*1~AK2*855*0001~AK5*A~AK9*A*1*1*1~";
    take(&hub, &folder, "1.edi", &answer(1, "", &[taken])).await?;
    assert_eq!(hub.client().letters().await?.len(), 0);

    // Rejected, and one to a number that was never used.
    let rejected = "AK1*PR*1~AK2*855*0001~AK3*PO1*3**8~AK4*2*330*6*SECRET~AK5*R*5~AK9*R*1*1*0~";
    let unknown = "AK1*PR*99~AK2*855*0001~AK5*A~AK9*A*1*1*1~";
    take(&hub, &folder, "2.edi", &answer(2, "", &[rejected, unknown])).await?;
    let mut letters = hub.letters(2).await?;
    letters.sort_by_key(|it| it.pointer("/record/number").and_then(Value::as_u64));
    assert_eq!(letters[0]["code"], "partner-rejected", "{letters:?}");
    let found = "rejected: AK3*PO1*3**8 AK4*2*330*6 AK5*R*5 AK9*R*1*1*0";
    assert_eq!(said(&letters[0], "found"), found);
    let parcels = hub.client().parcels().await?;
    let parcel = parcels.iter().find(|it| it["destination"] == "buyer");
    let parcel = parcel
        .map(|it| format!("{} (delivery {}.{}.buyer)", it["event_id"], it["seq"], it["index"]));
    let expected = format!("order {} accepted", parcel.unwrap_or_default().replace('"', ""));
    assert_eq!(said(&letters[0], "expected"), expected);
    assert_eq!(letters[1]["code"], "answer-unknown", "{letters:?}");
    assert_eq!(said(&letters[1], "found"), "99, which it accepts");

    // A TA1 speaks of the whole interchange; nobody answers an answer.
    let noted = answer(3, "TA1*000000001*260105*1200*R*022~", &[]);
    take(&hub, &folder, "3.edi", &noted).await?;
    let all = hub.letters(3).await?;
    assert!(all.iter().any(|it| said(it, "found").contains("TA1*000000001")), "{all:?}");
    assert!(acknowledgements(&folder).is_empty(), "{:?}", acknowledgements(&folder));

    // The number is of this partner only.
    let text = answer(4, "TA1*000000001*260105*1200*A*000~", &[]);
    let text = String::from_utf8_lossy(&text).replace("FUJIMART ", "MIDORI   ");
    take(&hub, &drop("other"), "4.edi", text.as_bytes()).await?;
    hub.letters(4).await?;

    // Of what the hub acknowledged itself only a rejection is worth a look.
    take(&hub, &folder, "5.edi", &answer(5, "TA1*900000000*260105*1200*A*000~", &[])).await?;
    assert_eq!(hub.client().letters().await?.len(), 4);
    take(&hub, &folder, "6.edi", &answer(6, "TA1*900000000*260105*1200*R*022~", &[])).await?;
    let all = hub.letters(5).await?;
    let expected = "an acknowledgement of this hub accepted";
    assert!(all.iter().any(|it| said(it, "expected") == expected), "{all:?}");

    // Read again it says the same: the letter stays until somebody closes it.
    let id = letters[0]["id"].as_str().unwrap_or_default();
    let again = hub.hub.command(&["letters", "resubmit", id, "--reason", "again"]).await?;
    assert_ne!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
    let gone = hub.hub.command(&["letters", "discard", id, "--reason", "sent anew"]).await?;
    assert_eq!(gone.code, Some(0), "{}{}", gone.stdout, gone.stderr);
    Ok(())
}

/// Goal: two ways out to one partner count each for itself, so a rejection is about
/// either, and the letter names both.
#[tokio::test]
async fn a_rejection_names_each_delivery_that_it_may_be_about() -> Result<()> {
    let sink = Sink::start().await?;
    let hub = TestHub::with(|config| {
        config.write("secrets/buyer", &secret())?;
        config.write("channels/partner.yaml", PARTNER)?;
        for name in ["buyer", "second"] {
            config.write(&format!("channels/{name}.yaml"), &buyer(name, &sink.url()))?;
        }
        let route = |to| format!("  - entity: order\n    from: [partner]\n    to: {to}\n");
        let routes = format!("routes:\n{}{}", route("buyer"), route("second"));
        config.replace("routes.yaml", "routes:\n", &routes)
    })
    .await?;
    let drop = |channel: &str| hub.hub.config().join("drop").join(channel);
    take(&hub, &drop("partner"), "a.edi", &fixture("generic-edi-x12", "cancelled")?).await?;
    hub.until("both answers are done", async |_| {
        let parcels = hub.client().parcels().await?;
        let sent =
            |to: &str| parcels.iter().any(|it| it["destination"] == to && it["state"] == "done");
        Ok(Look::when(sent("buyer") && sent("second"), (), || format!("{parcels:?}")))
    })
    .await?;
    let noted = answer(1, "TA1*000000001*260105*1200*R*022~", &[]);
    take(&hub, &drop("buyer"), "1.edi", &noted).await?;
    let letters = hub.letters(1).await?;
    let expected = said(&letters[0], "expected");
    assert!(
        expected.contains(".buyer) or ") && expected.contains(".second) accepted"),
        "{expected}"
    );
    Ok(())
}

/// Goal: orders that come beside acknowledgements are acknowledged, those are not; and
/// a rejection does not hold up the orders, even where all records are taken or none.
#[tokio::test]
async fn orders_beside_an_answer_are_acknowledged() -> Result<()> {
    let hub = TestHub::with(|config| {
        let atomic = PARTNER.replace("class: erp", "class: erp\nrecords: atomic");
        config.write("channels/partner.yaml", &atomic)
    })
    .await?;
    let folder = hub.hub.config().join("drop/partner");
    take(&hub, &folder, "both.edi", &fixture("generic-edi-x12", "acknowledgement")?).await?;
    hub.events("partner", 1).await?;
    hub.letters(2).await?;
    let told = acknowledged(&hub, &folder, 1).await?;
    let answer = &told["both.edi.ack.x12"];
    assert!(answer.contains("AK1*PO*107~") && !answer.contains("AK1*FA"), "{answer}");
    assert!(answer.contains("AK9*A*1*1*1~"), "{answer}");
    Ok(())
}
