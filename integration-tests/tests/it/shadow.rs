//! A new map version over what really came, before it is put in force.

use crate::orders;
use serde_json::Value;
use testkit::{Result, TestHub, config::repository};

/// Goal: before a new map comes into force it is seen what it changes, field by
/// field, over real arrivals; the threshold decides the exit code.
#[tokio::test]
async fn a_new_map_is_compared_over_what_really_came() -> Result<()> {
    let hub = TestHub::start().await?;
    let file = "adapters/packages/shopify-admin/maps/order.map.yaml";
    let old = std::fs::read_to_string(repository().join(file))?;
    let new = hub.world.config.path("new.map.yaml").display().to_string();
    let run = |more: &'static [&'static str]| {
        let (hub, new) = (&hub, new.clone());
        async move {
            let words = ["shadow", "--map", new.as_str(), "--last", "100"];
            hub.hub.command(&[&words[..], more].concat()).await
        }
    };

    std::fs::write(&new, &old)?;
    let none = run(&[]).await?;
    assert_eq!(none.code, Some(1), "{}{}", none.stdout, none.stderr);
    assert!(none.stdout.contains("nothing was compared"), "{}", none.stdout);
    for number in 1001..1006 {
        orders::take(&hub, number).await?;
    }
    let same = run(&[]).await?;
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.contains("5 records, 5 the same"), "{}", same.stdout);

    let changed = old
        .replace("version: 1\n", "version: 2\n")
        .replace("locale: customer_locale", "locale: { const: en }")
        .replace("order_no: name\n", "order_no: name | replace(\"#\", \"\")\n");
    assert_ne!(changed, old);
    std::fs::write(&new, &changed)?;
    let differs = run(&[]).await?;
    assert_eq!(differs.code, Some(1), "{}{}", differs.stdout, differs.stderr);
    assert!(differs.stdout.contains("locale: 5 records"), "{}", differs.stdout);
    let allowed = run(&["--threshold", "100", "--format", "json"]).await?;
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    let report: Value = serde_json::from_str(&allowed.stdout)?;
    assert_eq!((&report["records"], &report["differ"]), (&5.into(), &5.into()));
    let fields: Vec<&str> = report["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["field"].as_str())
        .collect();
    assert_eq!(fields, ["locale", "order_no"], "and nothing else: {report}");

    let last = run(&["--channel", "ec-shopify", "--last", "2"]).await;
    assert!(last.is_ok());
    std::fs::write(&new, changed.replace("order_no: name", "order_no: nmae"))?;
    let faulty = run(&[]).await?;
    assert!(faulty.stderr.contains("nmae"), "told with its place: {}", faulty.stderr);
    std::fs::write(&new, old.replace("map: shopify-admin/order\n", "map: shopify-admin/ordre\n"))?;
    let unknown = run(&[]).await?;
    assert!(unknown.stderr.contains("did you mean"), "{}", unknown.stderr);
    Ok(())
}
