//! The only HTTP client of the hub: time-outs on everything, no redirects, no
//! proxy from the environment, and no connection to an address that the
//! channel does not allow.

use reqwest::{
    Method, Request, RequestBuilder, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::lookup_host, time::timeout};

use crate::{
    classify::Answer,
    guard::{AddressDenied, Networks},
};

/// Most of an answer that is read. The rest is left unread, and the connection
/// with it.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long one try may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// To be connected, TLS included.
    pub connect: Duration,
    /// From the start to the first byte of the answer.
    pub first_byte: Duration,
    /// From the start to the last byte.
    pub whole: Duration,
}

/// An HTTP client for one destination.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    networks: Arc<Networks>,
    waits: Waits,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The address may not be dialled. Nothing was sent.
    #[error(transparent)]
    Denied(#[from] AddressDenied),
    /// Not an address that can be called at all.
    #[error("{url} is not an http or https address")]
    NotHttp {
        /// What it is, without user, password and query.
        url: String,
    },
    /// More than was asked for.
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// Too slow. Whether the far side has the request is not known.
    #[error("no {what} within {}", shown(*.wait))]
    TimedOut {
        /// What did not come.
        what: &'static str,
        /// How long was waited.
        wait: Duration,
    },
    /// No connection. Nothing was sent.
    #[error("no connection: {}", innermost(.source))]
    Unreachable {
        /// What the client says.
        source: reqwest::Error,
    },
    /// The connection broke. Whether the far side has the request is not known.
    #[error("the connection broke: {}", innermost(.source))]
    Broken {
        /// What the client says.
        source: reqwest::Error,
    },
}

// === impl NoAnswer ===

impl NoAnswer {
    /// Whether a try that failed for this reason may have reached the far side all the
    /// same. `reason` is the text of the fault as the journal has it, perhaps behind
    /// `try 8 of 8: `.
    #[must_use]
    pub fn leaves_open(reason: &str) -> bool {
        let numbered = reason.strip_prefix("try ").and_then(|it| it.split_once(": "));
        let reason = numbered.map_or(reason, |(_, reason)| reason);
        let waited = reason.starts_with("no ") && reason.contains(" within ");
        (waited && !reason.starts_with("no connection"))
            || ["the connection broke: ", "the answer is larger than "]
                .iter()
                .any(|it| reason.starts_with(it))
    }
}

// === impl Waits ===

impl Waits {
    /// Waits that fit into `whole`.
    #[must_use]
    pub fn within(whole: Duration) -> Self {
        Self { connect: whole.min(Duration::from_secs(5)), first_byte: whole, whole }
    }
}

// === impl Client ===

impl Client {
    /// A client that may reach public addresses and `networks`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(networks: Networks, waits: Waits) -> Result<Self, reqwest::Error> {
        let networks = Arc::new(networks);
        let inner = reqwest::Client::builder()
            .user_agent(concat!("ChannelHub/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(waits.connect)
            .timeout(waits.whole)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .dns_resolver(Arc::new(Guarded(Arc::clone(&networks))))
            .build()?;
        Ok(Self { inner, networks, waits })
    }

    /// A request, not sent yet. One to an address that may not be dialled is no
    /// request: it fails when it is sent, wherever that is. [`Client::check`]
    /// says why.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        match self.check(&url) {
            Ok(()) => self.inner.request(method, url),
            // Not a URL: the client refuses it without dialling anything.
            Err(_) => self.inner.request(method, ""),
        }
    }

    /// Checks an address as far as that goes without asking for its name.
    ///
    /// # Errors
    /// When it is not HTTP, or names an address that may not be dialled.
    pub fn check(&self, url: &Url) -> Result<(), NoAnswer> {
        let not_http = || NoAnswer::NotHttp { url: plain(url) };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(not_http());
        }
        // The URL type has read every spelling of an IP address by now; those
        // are dialled without a resolver, so they are checked here.
        let host = url.host_str().ok_or_else(not_http)?;
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            self.networks.check(host, address)?;
        }
        Ok(())
    }

    /// Sends it and reads the answer, at most 64 KiB of it: enough to judge it.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, request: Request) -> Result<Answer, NoAnswer> {
        let response = self.start(request).await?;
        let (answer, _is_whole) = self.read(response, ANSWER_BYTES_MAX).await?;
        Ok(answer)
    }

    /// Sends it and reads the whole answer: for what the hub wants to have.
    ///
    /// # Errors
    /// When there is no answer, or it is larger than `bytes_max`.
    pub async fn fetch(&self, request: Request, bytes_max: usize) -> Result<Answer, NoAnswer> {
        let response = self.start(request).await?;
        match self.read(response, bytes_max).await? {
            (answer, true) => Ok(answer),
            (_, false) => Err(NoAnswer::TooLarge { bytes_max }),
        }
    }

    async fn start(&self, request: Request) -> Result<Response, NoAnswer> {
        self.check(request.url())?;
        let wait = self.waits.first_byte;
        match timeout(wait, self.inner.execute(request)).await {
            Err(_elapsed) => Err(NoAnswer::TimedOut { what: "answer", wait }),
            Ok(Err(source)) => Err(self.fault(source, "answer")),
            Ok(Ok(response)) => Ok(response),
        }
    }

    /// The answer as far as `bytes_max`, and whether that is all of it.
    async fn read(
        &self,
        mut response: Response,
        bytes_max: usize,
    ) -> Result<(Answer, bool), NoAnswer> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let is_whole = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = bytes_max - body.len();
                    body.extend(chunk.iter().take(room));
                    if chunk.len() > room {
                        break false;
                    }
                }
                Ok(None) => break true,
                Err(source) => return Err(self.fault(source, "end of the answer")),
            }
        };
        Ok((Answer { status, headers, body }, is_whole))
    }

    fn fault(&self, source: reqwest::Error, what: &'static str) -> NoAnswer {
        if let Some(denied) = find_denied(&source) {
            return NoAnswer::Denied(denied);
        }
        match (source.is_timeout(), source.is_connect()) {
            (true, true) => NoAnswer::TimedOut { what: "connection", wait: self.waits.connect },
            (true, false) => NoAnswer::TimedOut { what, wait: self.waits.whole },
            (false, true) => NoAnswer::Unreachable { source },
            (false, false) => NoAnswer::Broken { source },
        }
    }
}

/// Resolves a name and keeps the addresses that may be dialled. The client
/// dials exactly these: there is no second look-up that could answer otherwise.
#[derive(Debug)]
struct Guarded(Arc<Networks>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let mut denied = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for address in lookup_host((host, 0)).await? {
                match networks.check(host, address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(fault) => denied = Some(fault),
                }
            }
            match denied.filter(|_| allowed.is_empty()) {
                Some(denied) => Err(denied.into()),
                None => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

fn find_denied(error: &reqwest::Error) -> Option<AddressDenied> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(denied) = error.downcast_ref::<AddressDenied>() {
            return Some(denied.clone());
        }
        source = error.source();
    }
    None
}

/// The last word of a chain of errors: what the system said, without URLs.
fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn plain(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn shown(wait: Duration) -> String {
    if wait.subsec_millis() == 0 {
        return format!("{} s", wait.as_secs());
    }
    format!("{} ms", wait.as_millis())
}

#[cfg(test)]
mod tests;
