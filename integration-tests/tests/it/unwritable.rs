//! Text for destinations whose character set does not have all of it: refused,
//! replaced and counted, or kept back until somebody lets it go; never in silence.

use serde_json::{Value, json};
use testkit::{
    Result, TestHub,
    config::{Config, secret},
    far::{Sink, Webhook},
    wait::Look,
};

const BODIES: [&str; 3] = ["csv", "fixed", "form"];
const POLICIES: [&str; 3] = ["refuse", "substitute", "quarantine"];
/// What CP932 has, and what it has not.
const NAMES: [(&str, &str); 3] = [("1", "髙①～㈱"), ("2", "𠮷田"), ("3", "花😀子")];
const SHOP: &str = "\
# Sends orders.
channel: shop
package: sample
class: ec
data_class: restricted
in: { webhook: { keys: [{ name: shop, token: { file: secrets/shop } }] } }
quota: { per_minute: 60000 }
";

/// A package that sends orders as text in CP932, and its destination.
fn destination(config: &Config, body: &str, policy: &str, url: &str) -> Result<()> {
    let name = format!("text-{body}-{policy}");
    let charset = format!("{{ name: cp932, write: {{ unwritable: {policy} }} }}");
    let written = match body {
        "form" => format!("form\n      charset: {charset}"),
        _ => "layout\n      layout: source/order.layout.yaml".to_owned(),
    };
    config.write(
        &format!("own/{name}/package.yaml"),
        &format!(
            "# Takes orders as text.\npackage: {name}\nversion: 1.0.0\ntitle: Text\nvendor: any\n\
             class: erp\nout:\n  operations:\n    - name: order\n      entity: order\n      \
             map: maps/order.out.map.yaml\n      body: {written}\n      method: POST\n      \
             path: /{name}\n      idempotency_header: Idempotency-Key\n"
        ),
    )?;
    let target = match body {
        "form" => "../target/order.schema.json",
        _ => "../source/order.layout.yaml",
    };
    config.write(
        &format!("own/{name}/maps/order.out.map.yaml"),
        &format!(
            "# Number and name.\nmap: {name}/order-out\nversion: 1\nsource: order@1\ntarget: {target}\n\
             policy: {{ missing: omit, null: omit, empty: missing, fault: set_aside, \
             unknown_source: ignore }}\nfields:\n  no: order_no\n  \
             name: buyer.guest_snapshot.name.full\n"
        ),
    )?;
    let columns = match body {
        "fixed" => {
            "format: fixed\nrecord_bytes: 16\nline_end: none\ncolumns: [{ name: no, bytes: 4 }, { name: name, bytes: 12 }]\n"
        }
        _ => "format: csv\nline_end: crlf\nheader: none\ncolumns: [{ name: no }, { name: name }]\n",
    };
    if body == "form" {
        let text = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": { "no": { "type": "string" }, "name": { "type": "string" } },
        });
        config.write(&format!("own/{name}/target/order.schema.json"), &text.to_string())?;
    } else {
        let head = format!("# Number and name.\nlayout: {name}/order\nversion: 1\n");
        let text = format!("{head}charset: {charset}\n{columns}");
        config.write(&format!("own/{name}/source/order.layout.yaml"), &text)?;
    }
    config.write(
        &format!("channels/{name}.yaml"),
        &format!(
            "# Takes orders as text.\nchannel: {name}\npackage: {name}\nclass: erp\n\
             data_class: restricted\nout: {{ base_url: \"{url}\", auth: none, allow_networks: [127.0.0.0/8] }}\n"
        ),
    )
}

/// What a destination must get: the name in CP932, `other` where a character is none.
fn sent(body: &str, (number, name): (&str, &str), other: &[u8]) -> Vec<u8> {
    let code = |c: char| match c {
        '髙' => vec![0xFB, 0xFC],
        '①' => vec![0x87, 0x40],
        '～' => vec![0x81, 0x60],
        '㈱' => vec![0x87, 0x8A],
        '田' => vec![0x93, 0x63],
        '花' => vec![0x89, 0xD4],
        '子' => vec![0x8E, 0x71],
        _ => other.to_vec(),
    };
    let text: Vec<u8> = name.chars().flat_map(code).collect();
    match body {
        "csv" => [format!("#{number},").as_bytes(), &text, b"\r\n"].concat(),
        "fixed" => {
            let mut out = format!("#{number}  ").into_bytes();
            out.extend(&text);
            out.resize(16, b' ');
            out
        }
        _ => {
            let escaped = |it: &u8| match it {
                it if it.is_ascii_alphanumeric() => char::from(*it).to_string(),
                it => format!("%{it:02X}"),
            };
            format!("no=%23{number}&name={}", text.iter().map(escaped).collect::<String>()).into()
        }
    }
}

/// The parcels of a destination, once none of them is to be tried any more.
async fn settled(hub: &TestHub, name: &str) -> Result<Vec<Value>> {
    hub.until("settled parcels", async |client| {
        let mut parcels = client.parcels().await?;
        parcels.retain(|it| it["destination"] == name);
        let done =
            parcels.len() == NAMES.len() && parcels.iter().all(|it| it["state"] != "pending");
        let seen = format!("{name}: {parcels:?}");
        Ok(Look::when(done, parcels, || seen))
    })
    .await
}

/// The characters that were replaced in deliveries: before and after.
fn replaced(parcels: &[Value]) -> Vec<(String, String)> {
    let attempts = parcels.iter().filter_map(|it| it["attempts"].as_array()).flatten();
    let changes = attempts.filter_map(|it| it["substitutions"].as_array()).flatten();
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = changes.map(|it| (text(it, "before"), text(it, "after"))).collect();
    all.sort();
    all
}

/// A shop, and a destination for each form and policy that gets its orders.
async fn open(sink: &Sink) -> Result<TestHub> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/shop", &key)?;
        config.write("channels/shop.yaml", SHOP)?;
        config.replace("hub.yaml", "packages:\n", "packages:\n  - own\n")?;
        let mut routes = "# Orders go everywhere.\nroutes:\n".to_owned();
        for (body, policy) in all() {
            destination(config, body, policy, &sink.url())?;
            let to = format!("text-{body}-{policy}");
            routes.push_str(&format!("  - {{ entity: order, from: [shop], to: {to} }}\n"));
        }
        config.write("routes.yaml", &routes)
    })
    .await?;
    for (number, name) in NAMES {
        let order = json!({
            "id": format!("S-{number}"), "number": number.parse::<u32>().unwrap_or_default(),
            "placed_at": "2026-01-05T12:00:00+09:00", "currency": "JPY", "total": "1694",
            "paid": true, "customer": { "name": name, "email": "a@example.com" },
            "lines": [{ "no": 1, "sku": "TEA", "title": "tea", "quantity": 1,
                "unit_price": "1694", "tax_rate": "0.08" }],
        });
        let headers = vec![("authorization".to_owned(), format!("Bearer {key}"))];
        let body = order.to_string().into_bytes();
        let answer = Webhook { channel: "shop".to_owned(), headers, body }.send(&hub.url()).await?;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    Ok(hub)
}

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    BODIES.into_iter().flat_map(|body| POLICIES.map(|it| (body, it)))
}

/// The bodies that came for a destination.
fn got(sink: &Sink, name: &str) -> Vec<Vec<u8>> {
    let path = format!("/{name}");
    let all = sink.desk.received().into_iter().filter(|it| it.path == path);
    let mut bodies: Vec<Vec<u8>> = all.map(|it| it.body.to_vec()).collect();
    bodies.sort();
    bodies
}

/// Goal: of each form and policy, what the destination's set has goes out byte by
/// byte, and what it has not as the policy says, each seen by an operator.
#[tokio::test]
async fn what_a_destination_cannot_be_sent_is_never_changed_in_silence() -> Result<()> {
    let sink = Sink::start().await?;
    let hub = open(&sink).await?;
    let pair = |before: &str| (before.to_owned(), "〓".to_owned());
    for (body, policy) in all() {
        let name = format!("text-{body}-{policy}");
        let parcels = settled(&hub, &name).await?;
        let all: Vec<Vec<u8>> = NAMES.iter().map(|it| sent(body, *it, &[0x81, 0xAC])).collect();
        if policy == "substitute" {
            assert_eq!(got(&sink, &name), all, "{name}");
            assert_eq!(replaced(&parcels), [pair("😀"), pair("𠮷")], "{name}");
            continue;
        }
        assert_eq!(got(&sink, &name), all[..1], "{name}");
        let code = if policy == "refuse" { "delivery-unwritable" } else { "delivery-quarantined" };
        let parcels = resubmitted(&hub, &name, code).await?;
        let done = policy == "quarantine";
        assert_eq!(got(&sink, &name), if done { all } else { all[..1].to_vec() }, "{name}");
        let want = if done { vec![pair("😀"), pair("𠮷")] } else { Vec::new() };
        assert_eq!(replaced(&parcels), want, "{name}");
    }
    let channels = hub.client().all("/api/v1/channels").await?;
    for (body, policy) in all() {
        let name = format!("text-{body}-{policy}");
        let of = channels.iter().find(|it| it["channel"] == *name);
        let count = of.and_then(|it| it.pointer("/deliveries/substitutions")?.as_u64());
        assert_eq!(count, Some(if policy == "refuse" { 0 } else { 2 }), "{name}: {of:?}");
    }
    Ok(())
}

/// The dead letters of a destination say which character of which field it was;
/// an operator sends them again. Gives the parcels when they were tried again.
async fn resubmitted(hub: &TestHub, name: &str, code: &str) -> Result<Vec<Value>> {
    let mut letters = hub.client().letters().await?;
    letters.retain(|it| it["channel"] == *name && it["state"] == "open");
    let reasons: Vec<&str> = letters.iter().filter_map(|it| it["reason"].as_str()).collect();
    for point in ["U+20BB7", "U+1F600"] {
        let told = reasons.iter().any(|it| it.contains("name: ") && it.contains(point));
        assert!(told, "{name}: {point} in {letters:?}");
    }
    assert!(letters.iter().all(|it| it["code"] == code), "{name}: {letters:?}");
    for id in letters.iter().filter_map(|it| it["id"].as_str()) {
        let again = ["letters", "resubmit", id, "--reason", "may go with a mark"];
        let again = hub.hub.command(&again).await?;
        assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
    }
    hub.until("tried again", async |client| {
        let mut parcels = client.parcels().await?;
        parcels.retain(|it| it["destination"] == *name);
        let twice = |it: &&Value| it["attempts"].as_array().is_some_and(|it| it.len() > 1);
        let again = parcels.iter().filter(twice).count() == 2;
        Ok(Look::when(again, parcels, || "not yet".to_owned()))
    })
    .await
}
