//! `channelhub check`: every fault, with its place and what was expected.

use crate::edi::PARTNER;
use testkit::{
    Result, TestHub,
    config::{Config, repository, secret},
    hub::{Hub, find_binary},
};

#[tokio::test]
async fn the_example_has_no_faults() -> Result<()> {
    let hub = TestHub::prepare(|_| Ok(())).await?;
    let checked = hub.hub.command(&["check"]).await?;
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
    Ok(())
}

/// Goal: the example with real platforms can be used as it stands, once its secrets
/// are there.
#[tokio::test]
async fn the_example_of_platforms_has_no_faults() -> Result<()> {
    let folder = tempfile::TempDir::with_prefix("channelhub-")?;
    let example = repository().join("config/examples/platforms");
    let config = Config::copy(&example, &folder.path().join("config"))?;
    let packages = repository().join("adapters/packages").display().to_string();
    config.replace("hub.yaml", "../../../adapters/packages", &packages)?;
    // Each secret that the page lists, and no other.
    let page = std::fs::read_to_string(example.join("secrets/README.md"))?;
    for name in page.lines().filter_map(|it| it.strip_prefix("| `")?.split('`').next()) {
        config.write(&format!("secrets/{name}"), &secret())?;
    }
    let hub = Hub::prepare(&find_binary()?, config.folder(), "no token")?;
    let checked = hub.command(&["check"]).await?;
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
    Ok(())
}

/// Goal: what cannot be done with files of a package is said before any file comes:
/// an interchange is never cut, and receipts are not acknowledged.
#[tokio::test]
async fn a_folder_is_told_nothing_that_its_files_cannot_have_done() -> Result<()> {
    let hub = TestHub::prepare(|config| {
        let cut = PARTNER.replace("acknowledge: true", "pieces: { records: 7 }");
        config.write("channels/partner.yaml", &cut)?;
        let plain = "in:\n  folder: { path: drop/pos-legacy, every: 500ms }\n";
        let told = plain.replace("every: 500ms", "acknowledge: true");
        config.replace("channels/pos-legacy.yaml", plain, &told)
    })
    .await?;
    let checked = hub.hub.command(&["check"]).await?;
    let said = format!("{}{}", checked.stdout, checked.stderr);
    assert_eq!(checked.code, Some(1), "{said}");
    for wanted in [
        "C46",
        "files of package generic-edi-x12 are not cut into pieces",
        "C43",
        "reads nothing that is acknowledged",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in:\n{said}");
    }
    Ok(())
}

/// Goal: three faults in three files are all reported at once, each with file,
/// line, column and the nearest right spelling.
#[tokio::test]
async fn all_faults_are_reported_at_once_with_their_places() -> Result<()> {
    let hub = TestHub::prepare(|config| {
        config.replace("hub.yaml", "organisation: tea-house", "organization: tea-house")?;
        config.replace("channels/ma.yaml", "quota: {", "qouta: {")?;
        config.replace("routes.yaml", "entity: consent", "entity: concent")
    })
    .await?;
    let checked = hub.hub.command(&["check"]).await?;
    let said = format!("{}{}", checked.stdout, checked.stderr);
    assert_eq!(checked.code, Some(1), "{said}");
    for wanted in
        ["hub.yaml:", "`organisation`", "channels/ma.yaml:", "`quota`", "routes.yaml:", "`consent`"]
    {
        assert!(said.contains(wanted), "{wanted} is not in:\n{said}");
    }
    let with_place = |line: &str| {
        let mut numbers = line.split("routes.yaml:").nth(1)?.split(':');
        let (row, column) = (numbers.next()?.trim(), numbers.next()?.trim());
        let digits = |it: &str| it.starts_with(|it: char| it.is_ascii_digit());
        (digits(row) && digits(column)).then_some(())
    };
    assert!(said.lines().any(|it| with_place(it).is_some()), "line and column:\n{said}");
    Ok(())
}

#[tokio::test]
async fn a_package_that_is_not_there_is_named_with_the_nearest_that_is() -> Result<()> {
    let hub = TestHub::prepare(|config| {
        config.replace("channels/ma.yaml", "package: generic-ma-rest", "package: generic-ma-rset")
    })
    .await?;
    let checked = hub.hub.command(&["check"]).await?;
    let said = format!("{}{}", checked.stdout, checked.stderr);
    assert_eq!(checked.code, Some(1), "{said}");
    assert!(said.contains("channels/ma.yaml:") && said.contains("`generic-ma-rest`"), "{said}");
    Ok(())
}

/// Goal: a channel is never open by accident.
#[tokio::test]
async fn a_channel_without_secrets_or_quota_does_not_start() -> Result<()> {
    for (old, new) in [
        ("quota: { per_minute: 600, burst: 100, body_bytes_max: 1MiB }", ""),
        ("      - { file: secrets/shopify-app-secret }", "      []"),
        ("data_class: restricted", ""),
    ] {
        let mut hub =
            TestHub::prepare(|config| config.replace("channels/ec-shopify.yaml", old, new)).await?;
        let checked = hub.hub.command(&["check"]).await?;
        assert_eq!(checked.code, Some(1), "without {old}: {}", checked.stdout);
        assert!(hub.hub.restart().await.is_err(), "without {old} it must not start");
    }
    Ok(())
}

/// Goal: a secret that stands in the settings is refused and not shown.
#[tokio::test]
async fn a_secret_in_the_settings_is_refused_and_not_printed() -> Result<()> {
    let hub = TestHub::prepare(|config| {
        let written = "      - hunter2-in-plain-sight";
        let file = "      - { file: secrets/shopify-app-secret }";
        config.replace("channels/ec-shopify.yaml", file, written)
    })
    .await?;
    let checked = hub.hub.command(&["check"]).await?;
    assert_eq!(checked.code, Some(1), "{}", checked.stdout);
    Ok(())
}
