//! What a newcomer does in the first ten minutes.

use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use testkit::{
    Result,
    far::Webhook,
    hub::{Hub, find_binary, run},
    wait::{Look, PATIENCE, until},
};

async fn said(arguments: &[&str]) -> Result<String> {
    let output = run(&find_binary()?, arguments).await?;
    assert_eq!(output.code, Some(0), "{arguments:?}: {}", output.stderr);
    Ok(output.stdout)
}

#[tokio::test]
async fn version_and_help_answer() -> Result<()> {
    assert!(said(&["--version"]).await?.starts_with("channelhub "));
    let help = said(&["--help"]).await?;
    for command in ["serve", "init", "list", "tap", "check", "map", "letters", "ledger"] {
        assert!(help.contains(command), "{command} is not in:\n{help}");
    }
    Ok(())
}

#[tokio::test]
async fn list_shows_adapters_transports_formats_and_functions() -> Result<()> {
    let list = said(&["list"]).await?;
    for wanted in ["shopify-admin", "webhook", "folder", "json", "tsv", "xml", "x12", "edifact"] {
        assert!(list.contains(wanted), "{wanted} is not in:\n{list}");
    }
    Ok(())
}

/// What `init` wrote, and a hub that runs on it.
struct First {
    folder: PathBuf,
    hub: Hub,
    _temp: TempDir,
}

impl First {
    async fn start() -> Result<Self> {
        let binary = find_binary()?;
        let temp = TempDir::with_prefix("channelhub-init-")?;
        let folder = temp.path().join("first");
        let path = folder.display().to_string();
        said(&["init", &path]).await?;
        said(&["check", "--config", &path]).await?;
        let again = run(&binary, &["init", &path]).await?;
        assert_ne!(again.code, Some(0), "init writes over nothing");
        let hub = Hub::start(&binary, &folder, &secret(&folder, "api.token")?).await?;
        Ok(Self { folder, hub, _temp: temp })
    }

    /// Waits until a list of the API has something in it, and gives it.
    async fn some(&self, path: &str) -> Result<Vec<Value>> {
        let client = self.hub.client();
        until(path, PATIENCE, async || {
            let items = client.all(path).await?;
            Ok(Look::when(!items.is_empty(), items, || self.hub.log_end()))
        })
        .await
    }
}

fn secret(folder: &Path, name: &str) -> Result<String> {
    Ok(std::fs::read_to_string(folder.join("secrets").join(name))?.trim().to_owned())
}

/// Goal: what `init` writes runs at once and makes canonical events with no
/// outside system, which come out on the screen.
#[tokio::test]
async fn the_first_configuration_produces_canonical_events() -> Result<()> {
    let first = First::start().await?;
    first.some("/api/v1/events?limit=5").await?;
    first.some("/api/v1/parcels?destination=screen&state=done&limit=5").await?;
    assert!(first.hub.log().contains("\"schema_version\""), "{}", first.hub.log_end());
    Ok(())
}

/// Goal: the one `curl` of the README: accepted, the same again, delivered.
#[tokio::test]
async fn an_event_of_ones_own_is_accepted_and_delivered() -> Result<()> {
    let first = First::start().await?;
    let token = secret(&first.folder, "shop.token")?;
    let webhook = Webhook {
        channel: "shop".to_owned(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {token}")),
            ("idempotency-key".to_owned(), "first".to_owned()),
        ],
        body: std::fs::read(first.folder.join("try/order.json"))?,
    };
    let stranger = webhook.clone().with_header("authorization", "Bearer nobody");
    assert_eq!(stranger.send(&first.hub.url()).await?.status, 401);
    let taken = webhook.send(&first.hub.url()).await?;
    assert_eq!(taken.status, 202, "{}", taken.body);
    let again = webhook.send(&first.hub.url()).await?;
    assert_eq!((again.status, &again.body["events"]), (200, &taken.body["events"]));

    let event = taken.body["events"][0].as_str().unwrap_or_default();
    first.some(&format!("/api/v1/parcels?event={event}&destination=screen&state=done")).await?;
    first.some("/api/v1/orders?channel=shop").await?;
    Ok(())
}

/// Goal: a Shift_JIS CSV and a fixed-width file are in the box, and both come
/// out as canonical events.
#[tokio::test]
async fn the_files_in_the_box_come_out_as_canonical_events() -> Result<()> {
    let first = First::start().await?;
    for (file, channel) in [("journal.csv", "till"), ("sales.dat", "till-fixed")] {
        let drop = first.folder.join("drop").join(channel);
        std::fs::create_dir_all(&drop)?;
        std::fs::copy(first.folder.join("try").join(file), drop.join(file))?;
        let path = format!("/api/v1/events?channel={channel}&entity=pos_transaction");
        let events = first.some(&path).await?;
        assert!(events[0]["event"]["data"]["lines"].is_array(), "{file}");
    }
    let journal = first.folder.join("try/journal.csv").display().to_string();
    let map = "generic-pos-csv/maps/pos-transaction.map.yaml";
    let dry = said(&["map", "run", map, "--in", &journal]).await?;
    assert!(dry.contains("髙田屋"), "{dry}");
    said(&["map", "test", "generic-pos-csv"]).await?;
    Ok(())
}

/// Goal: what only needs the data folder or the running hub works while somebody is
/// in the middle of changing the configuration: the hub runs on with the last good one.
#[tokio::test]
async fn commands_beside_a_hub_do_not_wait_for_a_configuration_without_faults() -> Result<()> {
    let mut first = First::start().await?;
    let shop = first.folder.join("channels/shop.yaml");
    let hub = first.folder.join("hub.yaml");
    let broken = std::fs::read_to_string(&shop)?.replace("secrets/shop.token", "secrets/gone");
    std::fs::write(&shop, broken + "qouta: {}\n")?;
    let said = std::fs::read_to_string(&hub)? + "limits: none\n";
    std::fs::write(&hub, &said)?;
    let backup = first.folder.join("copy").display().to_string();
    for command in [
        &["health"][..],
        &["tap", "--count", "1"],
        &["letters", "list"],
        &["files", "list"],
        &["replay", "list"],
        &["connections"],
        &["ledger", "verify"],
        &["backup", &backup],
    ] {
        let told = first.hub.command(command).await?;
        assert_eq!(told.code, Some(0), "{command:?}: {}{}", told.stdout, told.stderr);
    }
    let contents = std::fs::read_to_string(first.folder.join("copy/backup.json"))?;
    assert!(contents.contains("\"organisation\": \"my-company\""), "{contents}");

    // With no hub.yaml at all: it says so, and what to do.
    std::fs::write(&hub, "organisation: [\n")?;
    let told = first.hub.command(&["letters", "list"]).await?;
    assert_eq!(told.code, Some(1), "{}", told.stdout);
    assert!(told.stderr.contains("hub.yaml:") && told.stderr.contains("--url"), "{}", told.stderr);
    let (url, token) = (first.hub.url(), first.folder.join("secrets/api.token"));
    let token = token.display().to_string();
    let named = ["letters", "list", "--url", &url, "--token-file", &token];
    let told = first.hub.command(&named).await?;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    first.hub.stop().await?;
    let data = first.folder.join("data").display().to_string();
    for command in [&["ledger", "verify"][..], &["rebuild", "all"], &["salvage"]] {
        let told = first.hub.command(command).await?;
        assert_eq!(told.code, Some(1), "{command:?}: {}", told.stdout);
        assert!(told.stderr.contains("--data"), "{command:?}: {}", told.stderr);
        let named: Vec<&str> = command.iter().copied().chain(["--data", &data]).collect();
        let told = first.hub.command(&named).await?;
        assert_eq!(told.code, Some(0), "{command:?}: {}{}", told.stdout, told.stderr);
    }
    Ok(())
}

/// Goal: the byte that the README has you flip is told by `ledger verify`, and the hub
/// does not go on as if nothing was.
#[tokio::test]
async fn a_hub_does_not_start_on_a_journal_that_was_changed() -> Result<()> {
    let mut first = First::start().await?;
    first.some("/api/v1/events?limit=1").await?;
    first.hub.stop().await?;
    let journal = first.folder.join("data/journal.db");
    let whole = std::fs::read(&journal)?;
    let mut bytes = whole.clone();
    // The counter of changes in the header of the file: no page says otherwise.
    bytes[27] ^= 1;
    std::fs::write(&journal, bytes)?;
    let verified = first.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(verified.code, Some(1), "{}", verified.stdout);
    assert!(verified.stdout.contains("bytes 0 to 4095"), "{}", verified.stdout);
    let told = first.hub.command(&["serve", "--listen", "127.0.0.1:0"]).await?;
    assert_eq!(told.code, Some(1), "{}", told.stdout);
    for wanted in ["bytes 0 to 4095", "ledger verify", "restore", "salvage", "--accept-change"] {
        assert!(told.stderr.contains(wanted), "{wanted}: {}", told.stderr);
    }
    std::fs::write(&journal, whole)?;
    first.hub.restart().await
}
