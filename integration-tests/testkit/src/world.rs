//! All far systems of the omnichannel example, and the configuration that
//! connects a hub with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Result,
    config::{Config, repository, secret},
    far::{FakeErp, FakeShopify, Keeper},
    hub::Hub,
    till::Till,
};

/// The seven systems of the tea house.
#[derive(Debug)]
pub struct World {
    /// Polled for goods receipts and stock counts; takes orders.
    pub erp: FakeErp,
    /// Sends contacts; takes customers, consents, deals.
    pub crm: Keeper,
    /// Sends message events; takes customers, consents, deals.
    pub ma: Keeper,
    /// Sends opportunities; takes customers.
    pub sfa: Keeper,
    /// Sends orders, customers and stock.
    pub shopify: FakeShopify,
    /// Drops CSV journals.
    pub till: Till,
    /// Drops fixed-width journals.
    pub fixed_till: Till,
    /// The hub's configuration for this run.
    pub config: Config,
    /// Opens the hub's API.
    pub token: String,
}

/// The addresses the example has, which this run's replace.
const ERP: &str = "http://127.0.0.1:9101";
const CRM: &str = "http://127.0.0.1:9102";
const MA: &str = "http://127.0.0.1:9103";
const SFA: &str = "http://127.0.0.1:9104";

// === impl World ===

impl World {
    /// Starts all systems and writes the hub's configuration to `folder`.
    ///
    /// # Errors
    /// When a port or a file cannot be had, or the example has changed.
    pub async fn open(folder: &Path) -> Result<Self> {
        let config = Config::copy(&example(), folder)?;
        let world = Self {
            erp: FakeErp::start().await?,
            crm: Keeper::start().await?,
            ma: Keeper::start().await?,
            sfa: Keeper::start().await?,
            shopify: FakeShopify::default(),
            till: Till::new(&folder.join("drop/pos-legacy"))?,
            fixed_till: Till::new(&folder.join("drop/pos-fixed"))?,
            config,
            token: secret(),
        };
        world.write_addresses()?;
        world.write_secrets()?;
        Ok(world)
    }

    /// Starts a hub on this configuration.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn hub(&self, binary: &Path) -> Result<Hub> {
        Hub::start(binary, self.config.folder(), &self.token).await
    }

    fn write_addresses(&self) -> Result<()> {
        let packages = repository().join("adapters/packages").display().to_string();
        self.config.replace("hub.yaml", "../../../adapters/packages", &packages)?;
        self.config.replace("channels/erp.yaml", ERP, &self.erp.url())?;
        self.config.replace("channels/crm.yaml", CRM, &self.crm.url())?;
        self.config.replace("channels/ma.yaml", MA, &self.ma.url())?;
        self.config.replace("channels/sfa.yaml", SFA, &self.sfa.url())
    }

    fn write_secrets(&self) -> Result<()> {
        let secrets = [
            ("api-token", &self.token),
            ("shopify-app-secret", &self.shopify.secret),
            ("erp-client-secret", &self.erp.client_secret),
            ("crm-webhook-secret", &self.crm.webhook_secret),
            ("crm-token", &self.crm.token),
            ("ma-webhook-secret", &self.ma.webhook_secret),
            ("ma-token", &self.ma.token),
            ("sfa-webhook-secret", &self.sfa.webhook_secret),
            ("sfa-token", &self.sfa.token),
        ];
        for (name, value) in secrets {
            let file = format!("secrets/{name}");
            self.config.write(&file, value)?;
            only_for_me(&self.config.path(&file))?;
        }
        Ok(())
    }
}

/// The example configuration in the repository.
fn example() -> PathBuf {
    repository().join("config/examples/omnichannel")
}

/// Nobody else on this machine reads a secret.
fn only_for_me(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o600))?)
}
