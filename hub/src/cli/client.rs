//! Talks to a running hub's API, for commands beside it.

use super::{Config, Failure};
use crate::{
    app::DataFiles,
    settings::beside::{Faulty, HubFile},
};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

/// Where a hub keeps its files.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DataFolder {
    #[command(flatten)]
    pub(super) config: Config,
    /// The data folder, when hub.yaml cannot say it.
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

/// Which hub, and who asks.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Hub {
    #[command(flatten)]
    config: Config,
    /// Address of the hub, when it does not listen where hub.yaml says.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with a token of the API, when it is not to be the first one in hub.yaml.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Where a hub listens.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Address {
    #[command(flatten)]
    pub(super) config: Config,
    /// Address of the hub, when it does not listen where hub.yaml says.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}

/// The API of a running hub.
#[derive(Debug)]
pub(super) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

// === what hub.yaml says ===

impl DataFolder {
    /// The folder: what was named, or what hub.yaml says.
    pub(super) fn path(&self) -> Result<PathBuf, Failure> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => asked(&self.config, HubFile::data, "name the data folder itself with --data"),
        }
    }

    /// The files in it.
    pub(super) fn files(&self) -> Result<DataFiles, Failure> {
        self.path().map(DataFiles::new)
    }
}

impl Address {
    /// What was named, where a running hub wrote that it listens (`--listen` may have
    /// moved it), or what hub.yaml says.
    pub(super) fn get(&self) -> Result<String, Failure> {
        if let Some(url) = &self.url {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let found = |hub: &HubFile| {
            let data = hub.data()?;
            match std::fs::read_to_string(data.join("listening")) {
                Ok(text) => Ok(text.trim().to_owned()),
                Err(_) => hub.listen().map(|it| format!("http://{it}")),
            }
        };
        asked(&self.config, found, "name the address of the hub with --url")
    }
}

impl Hub {
    /// Its API.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let address = Address { config: self.config.clone(), url: self.url.clone() };
        Client::new(address.get()?, self.token()?)
    }

    fn token(&self) -> Result<String, Failure> {
        let Some(path) = &self.token_file else {
            let first = |hub: &HubFile| hub.token().map(|it| it.reveal().to_owned());
            let help = "name a file that holds a token of the API with --token-file";
            return asked(&self.config, first, help);
        };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| format!("{}: {cause}", path.display()))?;
        match text.trim() {
            "" => Err(format!("{} is empty: it must hold a token of the API", path.display())),
            token => Ok(token.to_owned()),
        }
    }
}

/// One value of hub.yaml, whatever else is wrong with the configuration.
fn asked<T>(
    config: &Config,
    value: impl FnOnce(&HubFile) -> Result<T, Faulty>,
    way_out: &str,
) -> Result<T, Failure> {
    let dir = &config.config;
    HubFile::open(dir).and_then(|hub| value(&hub)).map_err(|faulty| {
        eprintln!("{faulty}\n");
        let file = dir.join("hub.yaml");
        format!("{} does not say what is needed here: mend it, or {way_out}", file.display())
    })
}

/// Longest wait for a connection to the hub on this machine.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(3);

impl Client {
    fn new(base: String, token: String) -> Result<Self, Failure> {
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
