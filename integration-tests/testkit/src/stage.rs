//! One hub in a box for one test: a temporary folder, all far systems, the real
//! binary on a free port.

use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;

use crate::{
    Result,
    config::Config,
    hub::{Client, Hub, find_binary},
    wait::{Look, PATIENCE, until},
    world::World,
};

/// A hub with the world around it. Everything ends when it is dropped.
#[derive(Debug)]
pub struct TestHub {
    /// The far systems.
    pub world: World,
    /// The process.
    pub hub: Hub,
    _folder: TempDir,
}

// === impl TestHub ===

impl TestHub {
    /// With the omnichannel example as it is.
    ///
    /// # Errors
    /// When the hub does not get ready.
    pub async fn start() -> Result<Self> {
        Self::with(|_| Ok(())).await
    }

    /// With the omnichannel example after `edit`.
    ///
    /// # Errors
    /// When the edit fails or the hub does not get ready.
    pub async fn with(edit: impl FnOnce(&Config) -> Result<()>) -> Result<Self> {
        let mut stage = Self::prepare(edit).await?;
        stage.hub.restart().await?;
        Ok(stage)
    }

    /// The same, but the hub is not started.
    ///
    /// # Errors
    /// When the edit fails.
    pub async fn prepare(edit: impl FnOnce(&Config) -> Result<()>) -> Result<Self> {
        let folder = TempDir::with_prefix("channelhub-")?;
        let world = World::open(&folder.path().join("config")).await?;
        edit(&world.config)?;
        let hub = Hub::prepare(&find_binary()?, world.config.folder(), &world.token)?;
        Ok(Self { world, hub, _folder: folder })
    }

    /// A client with the API token.
    #[must_use]
    pub fn client(&self) -> Client {
        self.hub.client()
    }

    /// Where the hub listens.
    #[must_use]
    pub fn url(&self) -> String {
        self.hub.url()
    }

    /// Looks until it is so; a failure shows the end of the hub's log. A look
    /// that fails counts as "not yet": the hub may be on its way down or up.
    ///
    /// # Errors
    /// When it is not so for a long time.
    pub async fn until<T, F>(&self, what: &str, look: F) -> Result<T>
    where
        F: AsyncFnMut(&Client) -> Result<Look<T>>,
    {
        self.until_within(what, PATIENCE, look).await
    }

    /// [`Self::until`] with another patience.
    ///
    /// # Errors
    /// When it is not so for that long.
    pub async fn until_within<T, F>(&self, what: &str, patience: Duration, mut look: F) -> Result<T>
    where
        F: AsyncFnMut(&Client) -> Result<Look<T>>,
    {
        let client = self.client();
        let seen = until(what, patience, async || {
            Ok(look(&client).await.unwrap_or_else(|fail| Look::NotYet(fail.to_string())))
        });
        seen.await.map_err(|it| it.during(&format!("{}\n", self.hub.log_end())))
    }

    /// Waits until `count` events came by `channel`, and gives them.
    ///
    /// # Errors
    /// When they do not come, or more come.
    pub async fn events(&self, channel: &str, count: usize) -> Result<Vec<Value>> {
        self.until(&format!("{count} events from {channel}"), async |client| {
            let events = client.events(channel).await?;
            let seen = events.len();
            Ok(Look::when(seen == count, events, || format!("{seen} events")))
        })
        .await
    }

    /// Waits until `count` dead letters are there, and gives them.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn letters(&self, count: usize) -> Result<Vec<Value>> {
        self.until(&format!("{count} dead letters"), async |client| {
            let letters = client.letters().await?;
            let seen = format!("{letters:?}");
            Ok(Look::when(letters.len() == count, letters, || seen))
        })
        .await
    }
}
