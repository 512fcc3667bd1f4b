//! A backup while the hub works, and a restore somewhere else.

use crate::{letters::own_package, orders};
use std::collections::BTreeSet;
use testkit::{Result, TestHub, config::Config, hub, wait::Look};

/// Goal: a backup made under load has everything up to its head; restored
/// elsewhere it verifies, and a hub goes on from it with the same ids.
#[tokio::test]
async fn a_backup_under_load_is_restored_elsewhere() -> Result<()> {
    let first = TestHub::start().await?;
    let folder = tempfile::TempDir::with_prefix("backup-")?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (taken, mut count) = tokio::sync::watch::channel(0_usize);
    let sending = async {
        for number in 1001..1061 {
            orders::take(&first, number).await?;
            taken.send_modify(|it| *it += 1);
        }
        Ok::<_, testkit::Fail>(())
    };
    let to = path("one");
    let copying = async {
        count.wait_for(|it| *it >= 20).await?;
        let before = first.client().get("/readyz").await?["journal"].as_u64().unwrap_or(0);
        Ok::<_, testkit::Fail>((before, first.hub.command(&["backup", &to]).await?))
    };
    let (sent, copied) = tokio::join!(sending, copying);
    sent?;
    let (before, copied) = copied?;
    assert_eq!(copied.code, Some(0), "{}{}", copied.stdout, copied.stderr);
    let contents: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path("one/backup.json"))?)?;
    let head = contents["head"].as_u64().expect("a head");
    assert!(head >= before, "nothing acknowledged before it is missing: {head} {before}");
    let refused = first.hub.command(&["backup", &to]).await?;
    assert!(refused.stderr.contains("not empty"), "{}", refused.stderr);

    // Another machine: the same configuration, an empty data folder.
    let mut second = TestHub::prepare(|_| Ok(())).await?;
    let restore = ["restore", to.as_str()];
    let restored = second.hub.command(&restore).await?;
    assert_eq!(restored.code, Some(0), "{}{}", restored.stdout, restored.stderr);
    assert!(restored.stdout.contains(&format!("{head} entries")), "{}", restored.stdout);
    let verified = second.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    let twice = second.hub.command(&restore).await?;
    assert!(twice.stderr.contains("is there"), "{}", twice.stderr);

    second.hub.restart().await?;
    let wanted: BTreeSet<String> = ids(&first, head).await?;
    assert!(!wanted.is_empty());
    second
        .until("every event up to the head is there", async |_| {
            let found = ids(&second, head).await?;
            let seen = format!("{} of {}", found.len(), wanted.len());
            Ok(Look::when(found == wanted, (), || seen))
        })
        .await?;
    Ok(())
}

async fn ids(hub: &TestHub, head: u64) -> Result<BTreeSet<String>> {
    let events = hub.client().all("/api/v1/events").await?;
    let up_to = events.iter().filter(|it| {
        it.get("seq").and_then(serde_json::Value::as_u64).is_some_and(|it| it <= head)
    });
    let id = |it: &serde_json::Value| it.pointer("/event/id").map(ToString::to_string);
    Ok(up_to.filter_map(id).collect())
}

/// Goal: a backup that was changed is not restored, one without keys only with
/// them, and none into another organisation.
#[tokio::test]
async fn a_backup_is_checked_before_it_is_restored() -> Result<()> {
    let first = TestHub::start().await?;
    orders::take(&first, 1001).await?;
    let folder = tempfile::TempDir::with_prefix("backup-")?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let bare = path("bare");
    let copied = first.hub.command(&["backup", &bare, "--without-keys"]).await?;
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
    assert!(!std::path::Path::new(&path("bare/seal.key")).exists());

    let second = TestHub::prepare(|_| Ok(())).await?;
    let without = second.hub.command(&["restore", &bare]).await?;
    assert!(without.stderr.contains("--keys"), "{}", without.stderr);
    let other = TestHub::prepare(|config: &Config| {
        config.replace("hub.yaml", "organisation: tea-house", "organisation: coffee-house")
    })
    .await?;
    let foreign = other.hub.command(&["restore", &bare]).await?;
    assert!(foreign.stderr.contains("organisation"), "{}", foreign.stderr);
    let keys = first.world.config.path("data").display().to_string();
    let restored = second.hub.command(&["restore", &bare, "--keys", &keys]).await?;
    assert_eq!(restored.code, Some(0), "{}{}", restored.stdout, restored.stderr);

    let journal = path("bare/journal.db");
    let mut bytes = std::fs::read(&journal)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&journal, bytes)?;
    let third = TestHub::prepare(|_| Ok(())).await?;
    let changed = third.hub.command(&["restore", &bare, "--keys", &keys]).await?;
    assert_eq!(changed.code, Some(1), "{}", changed.stdout);
    assert!(changed.stderr.contains("not what it was"), "{}", changed.stderr);
    assert!(!third.world.config.path("data/journal.db").exists(), "nothing was put there");
    Ok(())
}

/// Goal: on a machine that has nothing, the backup brings its configuration, says
/// which secrets to put beside it, and is restored once they are there.
#[tokio::test]
async fn a_backup_brings_its_configuration_but_no_secret() -> Result<()> {
    let first = TestHub::with(|config| own_package(config, "generic-pos-csv")).await?;
    orders::take(&first, 1001).await?;
    let folder = tempfile::TempDir::with_prefix("backup-")?;
    let backup = folder.path().join("one").display().to_string();
    let copied = first.hub.command(&["backup", &backup]).await?;
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
    assert!(copied.stdout.contains("the secrets it names are not among them"), "{}", copied.stdout);
    let token = std::fs::read_to_string(first.world.config.path("secrets/api-token"))?;
    for file in Config::files(&folder.path().join("one/config"))? {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        assert!(!text.contains(token.trim()), "{} has a secret", file.display());
    }
    assert!(folder.path().join("one/config/own/generic-pos-csv/package.yaml").exists());

    let empty = folder.path().join("machine");
    std::fs::create_dir(&empty)?;
    let config = empty.display().to_string();
    let restore = ["restore", &backup, "--config", &config];
    let early = hub::run(first.hub.binary(), &restore).await?;
    assert_eq!(early.code, Some(0), "data can be restored first: {}", early.stderr);
    assert!(early.stderr.contains("secrets/api-token"), "which one: {}", early.stderr);
    assert!(early.stdout.contains("the secrets there"), "{}", early.stdout);
    Config::copy(&first.world.config.path("secrets"), &empty.join("secrets"))?;
    std::fs::remove_dir_all(empty.join("data"))?;
    let restored = hub::run(first.hub.binary(), &restore).await?;
    assert_eq!(restored.code, Some(0), "{}{}", restored.stdout, restored.stderr);
    assert!(!restored.stdout.contains("the secrets there"), "{}", restored.stdout);

    // Where another configuration stands it stays.
    std::fs::remove_dir_all(empty.join("data"))?;
    let routes = empty.join("routes.yaml");
    let other = std::fs::read_to_string(&routes)? + "# mine\n";
    std::fs::write(&routes, &other)?;
    let beside = hub::run(first.hub.binary(), &restore).await?;
    assert!(beside.stdout.contains("config-of-backup"), "{}{}", beside.stdout, beside.stderr);
    assert_eq!(std::fs::read_to_string(&routes)?, other);
    Ok(())
}

/// Goal: a file whose first bytes are damaged is told with what to do about it, and
/// the store is made again by the command that is named.
#[tokio::test]
async fn a_damaged_first_page_is_told_with_the_command_that_mends_it() -> Result<()> {
    let mut hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    hub.hub.stop().await?;
    let data = hub.world.config.path("data");
    let damage = |name: &str| -> Result<Vec<u8>> {
        let whole = std::fs::read(data.join(name))?;
        let mut bytes = whole.clone();
        bytes[..16].fill(0xff);
        std::fs::write(data.join(name), bytes)?;
        // A log beside it may hold the first page once more.
        for suffix in ["-wal", "-shm"] {
            let beside = data.join(format!("{name}{suffix}"));
            if beside.exists() {
                std::fs::remove_file(beside)?;
            }
        }
        Ok(whole)
    };
    damage("store.db")?;
    let config = hub.hub.config().display().to_string();
    let serve = ["serve", "--config", &config, "--listen", "127.0.0.1:0"];
    let told = hub::run(hub.hub.binary(), &serve).await?;
    assert!(told.stderr.contains("`channelhub rebuild all`"), "{}", told.stderr);
    let rebuilt = hub.hub.command(&["rebuild", "all"]).await?;
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.stderr);

    let whole = damage("journal.db")?;
    let told = hub::run(hub.hub.binary(), &serve).await?;
    assert!(told.stderr.contains("`channelhub restore BACKUP`"), "{}", told.stderr);
    // Damage further in: what stands before it can be saved.
    let mut bytes = whole.clone();
    let last = bytes.len() - 4096;
    bytes[last..].fill(0xff);
    std::fs::write(data.join("journal.db"), bytes)?;
    let salvaged = hub.hub.command(&["salvage"]).await?;
    assert_eq!(salvaged.code, Some(0), "{}{}", salvaged.stdout, salvaged.stderr);
    assert!(data.join("journal.db.salvaged").exists(), "{}", salvaged.stdout);
    std::fs::write(data.join("journal.db"), whole)?;
    hub.hub.restart().await
}
