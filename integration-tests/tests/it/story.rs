//! The demo itself, as a newcomer runs it, and with the hub killed meanwhile.

use clap::Parser as _;
use std::process::ExitCode;
use testkit::{
    Result,
    demo::{Options, run},
    hub::find_binary,
};

async fn play(arguments: &[&str]) -> Result<ExitCode> {
    let folder = tempfile::TempDir::with_prefix("channelhub-demo-")?;
    let (dir, hub) = (folder.path().join("demo-data"), find_binary()?);
    let (dir, hub) = (dir.display().to_string(), hub.display().to_string());
    let always = ["demo", "--once", "--dir", &dir, "--hub", &hub];
    run(Options::parse_from(always.iter().chain(arguments))).await
}

#[tokio::test]
async fn the_demo_comes_out_as_expected() -> Result<()> {
    assert_eq!(play(&[]).await?, ExitCode::SUCCESS);
    Ok(())
}

/// Goal: ten kills at random moments change nothing of what comes out.
/// Method: the seed is printed with the report; `--seed` plays it again.
#[tokio::test]
async fn ten_kills_at_random_moments_change_nothing() -> Result<()> {
    assert_eq!(play(&["--kill", "10"]).await?, ExitCode::SUCCESS);
    Ok(())
}
