//! A hub with one webhook channel and everything on, and its measurement.

use super::{
    drive::{self, Load, Sent},
    figures::Figures,
    watch::{Beside, Watch},
};
use std::path::Path;
use testkit::{config::Config, hub};

/// The hub, and where its orders go.
#[derive(Debug)]
pub(crate) struct House {
    hub: hub::Hub,
    load: Load,
}

// === impl House ===

impl House {
    pub(crate) async fn start(folder: &Path) -> testkit::Result<Self> {
        let key = testkit::config::secret();
        let hub = start_hub(folder, &key).await?;
        let load = Load { url: format!("{}/in/shop", hub.url()), bearer: Some(key) };
        Ok(Self { hub, load })
    }

    /// Sends, and waits until the folds have taken in all of it.
    pub(crate) async fn measure(&self, sent: Sent) -> testkit::Result<(Figures, Beside)> {
        let watch = Watch::start(&self.hub).await?;
        let figures = drive::run(&self.load, sent).await?;
        Ok((figures, watch.end(&self.hub).await?))
    }

    pub(crate) async fn stop(&mut self) -> testkit::Result<()> {
        self.hub.stop().await.map(drop)
    }
}

async fn start_hub(folder: &Path, key: &str) -> testkit::Result<hub::Hub> {
    let binary = hub::find_binary()?;
    let config = Config::empty(&folder.join("config"))?;
    let token = testkit::config::secret();
    config.write("secrets/api.token", &token)?;
    config.write("secrets/shop.token", key)?;
    config.write(
        "hub.yaml",
        "# For the accept bench.\norganisation: bench\nlisten: 127.0.0.1:0\n\
         api:\n  tokens:\n    - name: bench\n      token: { file: secrets/api.token }\n\
         limits:\n  peer_per_minute: 100000000\ntelemetry:\n  log: error\n",
    )?;
    config.write(
        "channels/shop.yaml",
        "# Everything on.\nchannel: shop\npackage: sample\nclass: ec\ndata_class: restricted\n\
         in:\n  webhook:\n    keys:\n      - name: shop\n        token: { file: secrets/shop.token }\n\
         quota:\n  per_minute: 100000000\n",
    )?;
    hub::Hub::start(&binary, config.folder(), &token).await
}
