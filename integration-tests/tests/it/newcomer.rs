//! What a newcomer does in the first ten minutes.

use std::path::Path;
use testkit::{
    Result,
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
    for wanted in ["shopify-admin", "webhook", "folder", "json"] {
        assert!(list.contains(wanted), "{wanted} is not in:\n{list}");
    }
    Ok(())
}

/// Goal: `init` writes a configuration that passes `check`, runs at once, and
/// produces canonical events with no outside system.
#[tokio::test]
async fn what_init_writes_runs() -> Result<()> {
    let binary = find_binary()?;
    let temp = tempfile::TempDir::with_prefix("channelhub-init-")?;
    let folder = temp.path().join("first");
    let path = folder.display().to_string();
    said(&["init", &path]).await?;
    said(&["check", "--config", &path]).await?;
    let again = run(&binary, &["init", &path]).await?;
    assert_ne!(again.code, Some(0), "init overwrites nothing");

    let token = token_of(&folder)?;
    let hub = Hub::start(&binary, &folder, &token).await?;
    let client = hub.client();
    until("an event of the built-in source", PATIENCE, async || {
        let events = client.all("/api/v1/events?limit=5").await?;
        Ok(Look::when(!events.is_empty(), (), || hub.log_end()))
    })
    .await
}

/// The token that `init` made for the API.
fn token_of(folder: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(folder.join("secrets/api.token"))?.trim().to_owned())
}
