//! Talks to a running hub's API, for commands beside it.

use super::Failure;
use crate::settings::{self, Settings};
use serde_json::Value;
use std::{path::Path, time::Duration};

/// The API of the hub whose configuration is here.
#[derive(Debug)]
pub(super) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// Longest wait for a connection to the hub on this machine.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(3);

impl Client {
    /// Reads address and token from the configuration in `dir`; `url` names
    /// another address, for a hub started with `--listen`.
    pub(super) fn new(dir: &Path, url: Option<String>) -> Result<Self, Failure> {
        let settings = load(dir)?;
        let token = settings
            .hub
            .tokens
            .first()
            .map(|it| it.token.reveal().to_owned())
            .ok_or("hub.yaml has no `api.tokens`; `channelhub init` writes one")?;
        let base = url.unwrap_or_else(|| address(&settings));
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_WAIT_MAX)
            .build()
            .map_err(|cause| cause.to_string())?;
        Ok(Self { base, token, http })
    }

    /// GET, as JSON.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        let response = self.open(path).await?;
        response.json().await.map_err(|cause| cause.to_string())
    }

    /// GET of a list, page by page to its end; gives how many items it had.
    pub(super) async fn each(
        &self,
        path: &str,
        query: &[(&str, &str)],
        mut with: impl FnMut(&Value),
    ) -> Result<u64, Failure> {
        let (mut after, mut count): (Option<String>, u64) = (None, 0);
        loop {
            let pairs = query.iter().copied().chain(after.as_deref().map(|it| ("after", it)));
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            let page = self.get(&format!("{path}?{text}")).await?;
            for item in page.get("items").and_then(Value::as_array).into_iter().flatten() {
                with(item);
                count += 1;
            }
            after = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// GET, to be read as it comes.
    pub(super) async fn open(&self, path: &str) -> Result<reqwest::Response, Failure> {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// POST of a JSON body.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        self.send(request).await?.json().await.map_err(|cause| cause.to_string())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.bearer_auth(&self.token).send().await.map_err(|cause| {
            format!("no hub answers at {} ({cause}); is `channelhub serve` running?", self.base)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem: Value = response.json().await.unwrap_or_default();
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
        Err(format!("{status}: {} [{}] {}", text("title"), text("code"), text("detail")))
    }
}

/// The address under which the hub of `settings` is reached from this machine.
pub(super) fn address(settings: &Settings) -> String {
    let listening = settings.hub.data.join("listening");
    // A running hub writes down where it listens: `--listen` may have moved it.
    if let Ok(text) = std::fs::read_to_string(listening) {
        return text.trim().to_owned();
    }
    format!("http://{}", settings.hub.listen)
}

/// Settings of the configuration in `dir`; all faults are printed.
pub(super) fn load(dir: &Path) -> Result<Settings, Failure> {
    let loaded = settings::load(dir);
    super::check::print(&loaded.diagnostics, &loaded.sources);
    loaded.settings.ok_or_else(|| format!("the configuration in {} has faults", dir.display()))
}
