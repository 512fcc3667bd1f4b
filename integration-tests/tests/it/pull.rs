//! The hub asks: page by page, with a cursor that survives a restart.

use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{
    Result, TestHub,
    config::repository,
    far::{Fault, Lister, erp},
    wait::Look,
};

fn cursors(hub: &TestHub) -> Vec<String> {
    let received = hub.world.erp.desk.received();
    received.into_iter().map(|it| it.path).filter(|it| it.starts_with("/feed")).collect()
}

#[tokio::test]
async fn a_feed_is_read_page_by_page_and_each_record_once() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day());
    hub.events("erp", 9).await?;
    assert!(cursors(&hub).len() >= 3, "the feed has pages: {:?}", cursors(&hub));

    let asked = cursors(&hub).len();
    hub.until("two more rounds", async |_| {
        let now = cursors(&hub).len();
        Ok(Look::when(now >= asked + 2, (), || format!("{now} calls")))
    })
    .await?;
    hub.events("erp", 9).await?;
    Ok(())
}

/// Goal: after a restart the hub goes on where it was.
#[tokio::test]
async fn the_cursor_survives_a_kill() -> Result<()> {
    let mut hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day());
    hub.events("erp", 9).await?;
    hub.hub.kill9().await?;
    let asked = cursors(&hub).len();
    hub.hub.restart().await?;
    hub.until("another round", async |_| {
        let now = cursors(&hub).len();
        Ok(Look::when(now > asked, (), || format!("{now} calls")))
    })
    .await?;
    let first = cursors(&hub)[asked].clone();
    assert!(first.contains("after=7"), "it goes on after the seventh record: {first}");
    hub.events("erp", 9).await?;
    Ok(())
}

/// Goal: a token that is withdrawn early costs one more call, and nothing else.
#[tokio::test]
async fn a_token_that_runs_out_is_fetched_again() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day().into_iter().take(1));
    hub.events("erp", 2).await?;
    let tokens = hub.world.erp.tokens_issued();
    hub.world.erp.withdraw_tokens();
    hub.world.erp.publish(erp::one_day().into_iter().skip(1).take(1));
    hub.events("erp", 4).await?;
    assert!(hub.world.erp.tokens_issued() > tokens);
    Ok(())
}

/// A hub with one more channel, which asks a system that lists.
async fn asking(package: &str, far: &Lister) -> Result<TestHub> {
    let channel = format!(
        "# One more system.\nchannel: {package}\npackage: {package}\nclass: ec\n\
         data_class: restricted\nsettings: {{ SETTINGS }}\nin:\n  pull:\n    url: {}\n    \
         every: 300ms\n    auth: AUTH\n    allow_networks: [127.0.0.0/8]\n\
         quota: {{ per_minute: 6000 }}\n",
        far.url()
    );
    let (settings, auth) = match package {
        "freee-accounting" => ("company_id: \"1\"", "{ bearer: { file: secrets/key } }"),
        "smaregi-pos" => ("", "none"),
        "rakuten-rms" => ("", "{ bearer: { file: secrets/key } }"),
        "cybozu-kintone" => ("", "{ header: { name: X-Key, value: { file: secrets/key } } }"),
        _ => ("", "{ header: { name: X-Api-Key, value: { file: secrets/key } } }"),
    };
    let channel = channel.replace(
        "settings: { SETTINGS }\n",
        &match settings {
            "" => String::new(),
            given => format!("settings: {{ {given} }}\n"),
        },
    );
    TestHub::with(|config| {
        config.write("secrets/key", "key")?;
        config.write(&format!("channels/{package}.yaml"), &channel.replace("AUTH", auth))
    })
    .await
}

/// The first record of a package's fixture.
pub(crate) fn record(package: &str, case: &str, pointer: &str) -> Result<Value> {
    let file = repository().join("adapters/packages").join(package).join("fixtures").join(case);
    let document: Value = serde_json::from_slice(&std::fs::read(file.join("in.json"))?)?;
    Ok(document.pointer(pointer).cloned().unwrap_or_default())
}

/// Invoices of the accounting system by their ids, all alike.
fn invoices() -> Result<impl Fn(usize) -> Value> {
    let invoice = record("freee-accounting", "invoices", "/invoices/0")?;
    Ok(move |id| {
        let mut invoice = invoice.clone();
        if let Some(fields) = invoice.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
        }
        invoice
    })
}

fn source_ids(events: &[Value]) -> BTreeSet<String> {
    let ids = events.iter().filter_map(|it| it.pointer("/event/sourceid")?.as_str());
    ids.map(str::to_owned).collect()
}

/// Goal: a system that lists numbers only is asked for what they stand for; what
/// has not changed is not stored again.
#[tokio::test]
async fn orders_listed_by_number_are_fetched() -> Result<()> {
    let far = Lister::start().await?;
    let order = record("rakuten-rms", "get-order", "/OrderModelList/0")?;
    let numbered = |number: usize| {
        let mut order = order.clone();
        order["orderNumber"] = json!(format!("421951-20260105-{number:010}"));
        order
    };
    far.change(|orders| orders.extend((0..120).map(numbered)));
    let hub = asking("rakuten-rms", &far).await?;
    hub.events("rakuten-rms", 120).await?;
    // One search found them all, their details come by the hundred.
    assert_eq!(far.asked("/es/2.0/order/getOrder/"), 2);

    let asked = far.asked("/es/2.0/order/searchOrder/");
    hub.until("more searches", async |_| {
        let now = far.asked("/es/2.0/order/searchOrder/");
        Ok(Look::when(now > asked + 5, (), || format!("{now} calls")))
    })
    .await?;
    assert_eq!(hub.events("rakuten-rms", 120).await?.len(), 120);
    Ok(())
}

/// Goal: a list behind an offset is read to its end, again and again; the same
/// bad record makes one dead letter.
#[tokio::test]
async fn a_list_behind_an_offset_is_read_to_its_end() -> Result<()> {
    let far = Lister::start().await?;
    let numbered = invoices()?;
    far.change(|invoices| invoices.extend((1..=250).map(&numbered)));
    far.change(|invoices| invoices[120]["billing_date"] = json!("2026-02-30"));
    let hub = asking("freee-accounting", &far).await?;
    let events = hub.events("freee-accounting", 249).await?;
    assert!(source_ids(&events).contains("250"), "the third page is read");
    hub.letters(1).await?;

    let asked = far.asked("/iv/invoices");
    hub.until("two more rounds", async |_| {
        let now = far.asked("/iv/invoices");
        Ok(Look::when(now >= asked + 6, (), || format!("{now} calls")))
    })
    .await?;
    far.change(|invoices| invoices.push(numbered(251)));
    hub.events("freee-accounting", 250).await?;
    // A neighbour on its page changes: the page is looked at again, bad record and all.
    far.change(|invoices| invoices[121]["payment_date"] = json!("2026-03-31"));
    hub.events("freee-accounting", 251).await?;
    hub.letters(1).await?;
    Ok(())
}

/// Goal: a state that came back while a round could not be finished is told.
#[tokio::test]
async fn a_state_that_came_back_while_a_round_broke_is_told() -> Result<()> {
    let far = Lister::start().await?;
    let numbered = invoices()?;
    far.change(|invoices| invoices.extend((1..=150).map(&numbered)));
    let hub = asking("freee-accounting", &far).await?;
    hub.events("freee-accounting", 150).await?;
    let (page, says_no) =
        ("/iv/invoices?company_id=1&limit=100&offset=100", StatusCode::BAD_REQUEST);
    far.desk.faults.until_healed(page, Fault::Refuse(says_no));
    let before = far.change(|invoices| {
        std::mem::replace(&mut invoices[0]["payment_date"], json!("2026-03-31"))
    });
    hub.events("freee-accounting", 151).await?;
    far.change(|invoices| invoices[0]["payment_date"] = before);
    let asked = far.asked(page);
    hub.until("one more round that broke", async |_| {
        let now = far.asked(page);
        Ok(Look::when(now > asked + 1, (), || format!("{now} calls")))
    })
    .await?;
    far.desk.faults.heal();
    hub.events("freee-accounting", 152).await?;
    Ok(())
}

/// Goal: newest first: all of it once, then only what is new.
#[tokio::test]
async fn a_list_with_the_newest_first_is_read_back_to_what_is_known() -> Result<()> {
    let far = Lister::start().await?;
    let deal = record("mazrica-sales", "deals", "/deals/0")?;
    let changed = |id: usize, second: usize| {
        let mut deal = deal.clone();
        deal["id"] = json!(id);
        deal["updatedAt"] =
            json!(format!("2026-01-05T10:{:02}:{:02}+09:00", second / 60, second % 60));
        deal
    };
    far.change(|deals| deals.extend((1..=450).map(|id| changed(id, id))));
    let hub = asking("mazrica-sales", &far).await?;
    hub.events("mazrica-sales", 450).await?;
    let pages = |number: &str| {
        let asked = far.desk.received().into_iter().filter(|it| it.path.ends_with(number));
        asked.count()
    };
    let third = pages("page=3");
    far.change(|deals| deals[7] = changed(8, 3000));
    let events = hub.events("mazrica-sales", 451).await?;
    assert_eq!(source_ids(&events).len(), 450);
    assert_eq!(pages("page=3"), third, "what is known is not asked for again");
    Ok(())
}

/// Goal: more records than a page holds share one time; all are read, also
/// after the hub was killed in between.
#[tokio::test]
async fn an_import_within_one_minute_is_read_whole() -> Result<()> {
    let far = Lister::start().await?;
    let customer = record("cybozu-kintone", "records", "/records/0")?;
    let numbered = |id: usize| {
        let mut customer = customer.clone();
        customer["$id"]["value"] = json!(id.to_string());
        customer["更新日時"]["value"] = json!("2026-01-05T03:00:00Z");
        customer
    };
    far.change(|customers| customers.extend((1..=1100).map(numbered)));
    let mut hub = asking("cybozu-kintone", &far).await?;
    hub.until("the first page", async |client| {
        let seen = client.events("cybozu-kintone").await?.len();
        Ok(Look::when(seen >= 500, (), || format!("{seen} events")))
    })
    .await?;
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    let events = hub.events("cybozu-kintone", 1100).await?;
    assert_eq!(source_ids(&events).len(), 1100);
    far.change(|customers| customers.push(numbered(1101)));
    hub.events("cybozu-kintone", 1101).await?;
    Ok(())
}

/// Goal: a sale that Smaregi tells as a transaction and as a change of stock
/// moves stock once.
#[tokio::test]
async fn a_sale_told_twice_moves_stock_once() -> Result<()> {
    let far = Lister::start().await?;
    let sale = record("smaregi-pos", "transactions", "/0")?;
    let product = record("smaregi-pos", "products", "/0")?;
    let mut change = record("smaregi-pos", "stock-changes", "/0")?;
    // Three were sold and one came back; 48 are left.
    change["amount"] = json!("-2");
    change["stockAmount"] = json!("48");
    let level = json!({
        "productId": "8000001", "storeId": "1", "stockAmount": "48", "layawayTotal": "0",
        "updDateTime": "2026-01-05T12:01:12+09:00",
    });
    far.change(|records| records.extend([sale, product, change, level]));
    let hub = asking("smaregi-pos", &far).await?;
    hub.events("smaregi-pos", 3).await?;
    hub.until("48 pieces", async |client| {
        let levels = client.stock("4901234567894").await?;
        let on_hand = levels.first().map(|it| it["on_hand"].clone()).unwrap_or_default();
        Ok(Look::when(levels.len() == 1 && on_hand == "48", (), || format!("{levels:?}")))
    })
    .await?;
    Ok(())
}
