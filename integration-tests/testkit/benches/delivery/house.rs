//! A hub with one shop that sends and so many destinations that take events as
//! they are.

use std::fmt::Write as _;
use tempfile::TempDir;
use testkit::{
    Result,
    config::{Config, repository, secret},
    hub::{Hub, find_binary},
};

/// One hub and its folder. Everything ends when it is dropped.
pub(crate) struct House {
    pub(crate) hub: Hub,
    /// What the shop proves itself with.
    pub(crate) key: String,
    _folder: TempDir,
}

/// Its limits are out of the way.
const HUB: &str = "# For the delivery bench.
organisation: bench
listen: 127.0.0.1:0
packages: [own]
api: { tokens: [{ name: bench, token: { file: secrets/api.token } }] }
limits: { peer_per_minute: 100000000 }
telemetry: { log: error }
";

/// Lines of orders, one document each.
const SHOP: &str = "# Sends orders, one or many at a time.
channel: shop
package: sample
class: ec
data_class: restricted
in: { webhook: { keys: [{ name: shop, token: { file: secrets/shop.token } }] } }
quota: { per_minute: 100000000, body_bytes_max: 8MiB }
";

// === impl House ===

impl House {
    /// Starts it, with one destination for each address.
    ///
    /// # Errors
    /// When the hub does not get ready.
    pub(crate) async fn start(urls: &[String]) -> Result<Self> {
        let binary = find_binary()?;
        let folder = TempDir::with_prefix("channelhub-bench-")?;
        let config = Config::empty(&folder.path().join("config"))?;
        let (token, key) = (secret(), secret());
        config.write("secrets/api.token", &token)?;
        config.write("secrets/shop.token", &key)?;
        config.write("hub.yaml", HUB)?;
        config.write("channels/shop.yaml", SHOP)?;
        // The sample package, but an arrival may hold many orders.
        Config::copy(&repository().join("adapters/packages/sample"), &config.path("own/sample"))?;
        config.replace("own/sample/package.yaml", "format: json", "format: ndjson")?;
        let mut routes = String::from("# Everybody hears of every order.\nroutes:\n");
        for (number, url) in (1..).zip(urls) {
            config.write(&format!("channels/d{number}.yaml"), &destination(number, url))?;
            writeln!(routes, "  - {{ entity: order, from: [shop], to: d{number} }}")?;
        }
        config.write("routes.yaml", &routes)?;
        let hub = Hub::start(&binary, config.folder(), &token).await?;
        Ok(Self { hub, key, _folder: folder })
    }
}

/// With a short patience, so that a hanging one is met many times in a short run,
/// and enough tries that nothing becomes a dead letter.
fn destination(number: usize, url: &str) -> String {
    format!(
        "# Destination {number}.
channel: d{number}
package: sample
class: other
data_class: restricted
out:
  cloudevents: true
  base_url: {url}
  auth: none
  wait_max: 1s
  retry: {{ attempts: 1000, base: 200ms, cap: 5s }}
  allow_networks: [127.0.0.0/8]
"
    )
}
