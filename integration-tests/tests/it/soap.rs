//! Destinations and senders that speak SOAP: orders go out as envelopes, a Fault is a
//! refusal whatever its status, what was shipped comes in.

use crate::orders;
use testkit::{
    Result, TestHub,
    config::{repository, secret},
    far::{FakeSoap, Says, Webhook},
    wait::Look,
};

fn channel(url: &str) -> String {
    format!(
        "# The ERP behind SOAP services.\nchannel: legacy\npackage: generic-erp-soap\nclass: erp\n\
         data_class: restricted\nin: {{ webhook: {{ keys: [{{ name: legacy, token: {{ file: secrets/legacy }} }}] }} }}\n\
         quota: {{ per_minute: 600 }}\nsettings: {{ company: \"10\" }}\n\
         out:\n  base_url: {url}\n  auth: {{ basic: {{ user: hub, password: {{ file: secrets/legacy }} }} }}\n\
         \x20 retry: {{ attempts: 4, base: 100ms, cap: 1s }}\n  allow_networks: [127.0.0.0/8]\n"
    )
}

/// Goal: an order is made by a call that the service takes, once, after it was busy; a
/// Fault with status 200 or 500 is set aside at once, with what the service said.
#[tokio::test]
async fn orders_are_made_by_soap_and_faults_are_refusals() -> Result<()> {
    let script =
        [Says::Fault(500, true), Says::Made, Says::Fault(200, false), Says::Fault(500, false)];
    let service = FakeSoap::start(&script).await?;
    let hub = TestHub::with(|config| {
        config.write("secrets/legacy", &secret())?;
        let route = "routes:\n  - entity: order\n    from: [ec-shopify]\n    to: legacy\n";
        config.replace("routes.yaml", "routes:\n", route)?;
        config.write("channels/legacy.yaml", &channel(&service.url()))
    })
    .await?;
    orders::take(&hub, 1001).await?;
    hub.until("one order made by SOAP", async |client| {
        let made = service.desk.effects_of("order").len();
        let letters = client.letters().await?;
        Ok(Look::when(made == 1, (), || format!("{made} made, {letters:?}")))
    })
    .await?;
    orders::take(&hub, 1002).await?;
    hub.letters(1).await?;
    orders::take(&hub, 1003).await?;
    let letters = hub.letters(2).await?;
    for letter in &letters {
        assert_eq!(letter["code"], "delivery-refused", "{letter}");
    }
    assert_eq!(service.left(), 0, "each answer was asked for once");
    let calls = service.desk.received();
    assert_eq!(calls.len(), 4);
    let body = String::from_utf8_lossy(&calls[1].body).into_owned();
    assert_eq!(calls[0].body, calls[1].body, "the same bytes on every try");
    assert!(body.contains("<soap:Header><o:Company>10</o:Company></soap:Header>"), "{body}");
    let parcels = hub.client().parcels().await?;
    let done = parcels.iter().find(|it| it["destination"] == "legacy" && it["state"] == "done");
    assert!(done.is_some(), "{parcels:?}");
    Ok(())
}

/// Goal: an envelope that comes in is unwrapped; one with a Fault is refused.
#[tokio::test]
async fn envelopes_come_in_and_a_fault_is_refused() -> Result<()> {
    let (service, key) = (FakeSoap::start(&[]).await?, secret());
    let hub = TestHub::with(|config| {
        config.write("secrets/legacy", &key)?;
        config.write("channels/legacy.yaml", &channel(&service.url()))
    })
    .await?;
    let folder = repository().join("adapters/packages/generic-erp-soap/fixtures");
    let send = async |case: &str| -> Result<(u16, String)> {
        let body = std::fs::read(folder.join(case).join("in.xml"))?;
        let headers = vec![("authorization".to_owned(), format!("Bearer {key}"))];
        let answer =
            Webhook { channel: "legacy".to_owned(), headers, body }.send(&hub.url()).await?;
        Ok((answer.status, answer.text))
    };
    assert_eq!(send("shipped").await?.0, 202);
    hub.events("legacy", 2).await?;
    for case in ["fault", "must-understand", "doctype"] {
        let (status, text) = send(case).await?;
        assert_eq!(status, 422, "{case}: {text}");
    }
    hub.events("legacy", 2).await?;
    Ok(())
}
