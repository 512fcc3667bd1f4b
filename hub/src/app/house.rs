//! Settings and packages put together: the channels as they are now. Made anew
//! by every reload; an arrival keeps the one it came into.

use super::library::Library;
use crate::{
    connection,
    gates::quota::Buckets,
    settings::{ApiToken, ChannelSettings, Input, Limits, Settings, WebhookProof},
};
use access::{
    ApiTokens, ChannelAccess, KeyEntry, KeyHash, KeyTable, LiveSecret, Scheme, Scope, Secret,
    channel::KeyHeader,
};
use adapter_kit::package::{self, Package};
use canon::entry::Route;
use codec::{
    diagnostic::{Diagnostic, Place},
    layout::arrives::Arrives,
};
use delivery::auth::Tokens;
use governor::clock::DefaultClock;
use std::{collections::BTreeMap, num::NonZeroU32, path::Path, sync::Arc};
use store::Trust;

/// Channels, routes and tokens in force.
#[derive(Debug)]
pub struct House {
    /// The organisation this hub serves.
    pub organisation: Arc<str>,
    /// Who may use the API.
    pub tokens: ApiTokens,
    /// Which events go where.
    pub routes: Vec<Route>,
    /// SHA-256 hex over the files of the configuration.
    pub sha256: String,
    /// Which channels are believed first about a customer.
    pub trust: Trust,
    /// Where packages were read from.
    pub library: Library,
    channels: BTreeMap<String, Arc<Channel>>,
}

/// One channel, ready to take and to deliver.
#[derive(Debug)]
pub struct Channel {
    settings: ChannelSettings,
    package: Arc<Package>,
    access: ChannelAccess,
    buckets: Arc<Buckets>,
    connection: Option<Connected>,
}

/// The tokens of a channel's connection, and what they were made from.
#[derive(Clone, Debug)]
struct Connected {
    wanted: connection::Wanted,
    tokens: Arc<Tokens>,
}

/// For channels that nothing comes in by: no quota is ever spent there.
const NO_LIMITS: Limits =
    Limits { per_minute: NonZeroU32::MIN, burst: NonZeroU32::MIN, body_bytes_max: 1 };

// === impl House ===

impl House {
    /// Puts settings and packages together. `sources` are the texts of the
    /// configuration, for places. `before` lends its buckets to
    /// channels whose quota did not change, so that a reload refills none.
    ///
    /// # Errors
    ///
    /// Every fault of every channel and package; warnings come with the house.
    pub fn build(
        settings: &Settings,
        sources: &BTreeMap<String, String>,
        library: &Library,
        before: Option<&Self>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let data = settings.hub.data.as_path();
        let mut build = Build { sources, library, before, data, diagnostics: Vec::new() };
        let mut channels = BTreeMap::new();
        for (name, channel) in &settings.channels {
            if let Some(channel) = build.channel(channel) {
                channels.insert(name.clone(), Arc::new(channel));
            }
        }
        build.check_trust(settings);
        build.check_folders(settings);
        build.check_calls(&channels);
        build.check_zones(&channels);
        build.check_routes(settings, &channels);
        let tokens = build.tokens(&settings.hub.tokens);
        if crate::settings::has_errors(&build.diagnostics) {
            return Err(build.diagnostics);
        }
        let Some(tokens) = tokens else { return Err(build.diagnostics) };
        let house = Self {
            organisation: settings.hub.organisation.as_str().into(),
            tokens,
            routes: settings.routes.clone(),
            sha256: settings.sha256.clone(),
            trust: trust(settings),
            library: library.clone(),
            channels,
        };
        Ok((house, build.diagnostics))
    }

    /// The channel of that name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&Arc<Channel>> {
        self.channels.get(name)
    }

    /// All channels, by name.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values()
    }
}

// === impl Channel ===

impl Channel {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What was set for it.
    #[must_use]
    pub fn settings(&self) -> &ChannelSettings {
        &self.settings
    }

    /// The package it speaks.
    #[must_use]
    pub fn package(&self) -> &Arc<Package> {
        &self.package
    }

    /// Who may bring data.
    #[must_use]
    pub fn access(&self) -> &ChannelAccess {
        &self.access
    }

    /// What they may still bring.
    #[must_use]
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// What is expected of its files, if they are checked: as set, else what its
    /// layout says.
    #[must_use]
    pub fn arrives(&self) -> Option<&Arrives> {
        match &self.settings.input {
            Some(Input::Folder { arrives: Some(own), .. }) => Some(own),
            Some(Input::Folder { .. }) => self.package.layout()?.arrives(),
            _ => None,
        }
    }

    /// How much may come in.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.settings.limits.unwrap_or(NO_LIMITS)
    }

    /// Whether it takes `POST /in/{channel}`.
    #[must_use]
    pub fn is_webhook(&self) -> bool {
        matches!(self.settings.input, Some(Input::Webhook { .. }))
    }

    /// The tokens of its connection, if it has one.
    #[must_use]
    pub fn tokens(&self) -> Option<&Arc<Tokens>> {
        self.connection.as_ref().map(|it| &it.tokens)
    }

    /// A value that the package asks for: as set, else its default.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<String> {
        let set = self.settings.values.get(name).cloned();
        let wanted = || self.package.manifest().settings.iter().find(|it| it.name == name);
        set.or_else(|| wanted().and_then(|it| it.default.clone()))
    }

    /// The address the far side signs; empty when its scheme signs none.
    #[must_use]
    pub fn registered_url(&self) -> &str {
        match &self.settings.input {
            Some(Input::Webhook { registered_url, .. }) => registered_url.as_deref().unwrap_or(""),
            _ => "",
        }
    }
}

// === building ===

struct Build<'a> {
    sources: &'a BTreeMap<String, String>,
    library: &'a Library,
    before: Option<&'a House>,
    data: &'a Path,
    diagnostics: Vec<Diagnostic>,
}

impl Build<'_> {
    fn channel(&mut self, settings: &ChannelSettings) -> Option<Channel> {
        let file = format!("channels/{}.yaml", settings.name);
        let options = package::Options { tables: settings.tables.clone() };
        let package = match Package::load(&settings.package, self.library, &options) {
            Ok(package) => package,
            Err(faults) => {
                self.package_faults(settings, &file, faults);
                return None;
            }
        };
        self.diagnostics.extend(package.warnings().iter().cloned());
        let access = match access_of(settings, &package) {
            Ok(access) => access,
            Err(message) => {
                self.fault((&file, "webhook"), "C30", message, None);
                return None;
            }
        };
        if settings.input.is_some() && package.manifest().input.is_none() {
            let name = &settings.package;
            let message = format!("package {name} takes nothing in");
            self.fault((&file, name), "C31", message, None);
        }
        let calls_out = settings.output.as_ref().is_some_and(|it| !it.is_as_it_is());
        if calls_out && package.manifest().output.is_none() {
            let name = &settings.package;
            let message = format!("package {name} sends nothing out");
            self.fault((&file, name), "C32", message, None);
        }
        self.check_values(settings, &package, &file);
        self.check_folder(settings, &package, &file);
        let buckets = self.buckets(settings);
        let connection = self.connection(settings, &file);
        let (settings, package) = (settings.clone(), Arc::new(package));
        Some(Channel { settings, package, access, buckets, connection })
    }

    fn package_faults(&mut self, settings: &ChannelSettings, file: &str, faults: Vec<Diagnostic>) {
        let known = self.library.packages();
        if known.contains(&settings.package) {
            self.diagnostics.extend(faults);
            return;
        }
        let near = codec::diagnostic::nearest(&settings.package, known.iter().map(String::as_str));
        let help = near.map(|it| format!("did you mean `{it}`?"));
        let message = format!("there is no package `{}`", settings.package);
        self.fault((file, &settings.package), "C33", message, help);
    }

    /// Values the package asks for without a default.
    fn check_values(&mut self, settings: &ChannelSettings, package: &Package, file: &str) {
        for wanted in &package.manifest().settings {
            if wanted.default.is_none() && !settings.values.contains_key(&wanted.name) {
                let message =
                    format!("package {} needs `settings.{}`", settings.package, wanted.name);
                self.fault((file, "package"), "C34", message, Some(wanted.help.clone()));
            }
        }
    }

    /// What its folder is told to do, and what files of the package cannot have done.
    fn check_folder(&mut self, settings: &ChannelSettings, package: &Package, file: &str) {
        let Some(Input::Folder { acknowledge, pieces, .. }) = &settings.input else { return };
        let name = &settings.package;
        if *acknowledge && !package.acknowledges() {
            let message = format!("package {name} reads nothing that is acknowledged");
            let help = "`acknowledge` is for layouts of X12 and EDIFACT: leave it out".to_owned();
            self.fault((file, "acknowledge"), "C43", message, Some(help));
        }
        if let Some(because) = pieces.and_then(|_| package.may_be_cut().err()) {
            let message = format!("files of package {name} are not cut into pieces: {because}");
            let help = "leave `pieces` out; `quota.body_bytes_max` is the largest file".to_owned();
            self.fault((file, "pieces"), "C46", message, Some(help));
        }
    }

    fn check_trust(&mut self, settings: &Settings) {
        for name in settings.hub.trust.iter().filter(|it| !settings.channels.contains_key(*it)) {
            let known = settings.channels.keys().map(String::as_str);
            let near = codec::diagnostic::nearest(name, known);
            let help = near.map(|it| format!("did you mean `{it}`?"));
            let message = format!("`trust` names no channel: {name}");
            self.fault(("hub.yaml", name), "C39", message, help);
        }
    }

    /// Two channels on one folder would each take every file.
    fn check_folders(&mut self, settings: &Settings) {
        let mut seen: BTreeMap<&Path, &str> = BTreeMap::new();
        for (name, channel) in &settings.channels {
            let Some(Input::Folder { path, .. }) = &channel.input else { continue };
            if let Some(other) = seen.insert(path, name) {
                let message = format!("the folder of {name} is that of {other} too");
                let file = format!("channels/{name}.yaml");
                self.fault((&file, "path"), "C40", message, Some("give each its own".into()));
            }
        }
    }

    /// Time zones that there are not.
    fn check_zones(&mut self, channels: &BTreeMap<String, Arc<Channel>>) {
        for (name, channel) in channels {
            let Some(due) = channel.arrives().and_then(|it| it.due.as_ref()) else { continue };
            if let Err(fault) = crate::ingress::folder::check_zone(due) {
                let help = "an IANA name such as Asia/Tokyo".to_owned();
                self.fault((&format!("channels/{name}.yaml"), "folder"), "C44", fault, Some(help));
            }
        }
    }

    /// Addresses and networks that cannot be called as they are.
    fn check_calls(&mut self, channels: &BTreeMap<String, Arc<Channel>>) {
        for (name, channel) in channels {
            let file = format!("channels/{name}.yaml");
            if let Err(fault) = crate::dispatch::Destination::check(channel) {
                self.fault((&file, "base_url"), "C41", fault, None);
            }
            if let Err(fault) = crate::ingress::pull::check(channel) {
                self.fault((&file, "url"), "C42", fault, None);
            }
        }
    }

    fn check_routes(&mut self, settings: &Settings, channels: &BTreeMap<String, Arc<Channel>>) {
        for route in &settings.routes {
            let Some(channel) = channels.get(&route.to) else { continue };
            let Some(output) = &channel.settings.output else {
                let message = format!("a route leads to {}, which has no `out:`", route.to);
                self.fault(("routes.yaml", &route.to), "C35", message, None);
                continue;
            };
            let operations = channel.package.manifest().output.iter().flat_map(|it| &it.operations);
            let mut entities = operations.map(|it| it.entity.name());
            if !output.is_as_it_is() && !entities.any(|it| it == route.entity) {
                let (to, package) = (&route.to, &channel.settings.package);
                let message =
                    format!("a route sends {} to {to}, but package {package} cannot", route.entity);
                let help = format!("add an operation for {} to its manifest", route.entity);
                self.fault(("routes.yaml", &route.to), "C36", message, Some(help));
            }
            let entity = canon::entity::Entity::from_name(&route.entity);
            if entity.is_some_and(|it| it.classification() > channel.settings.data_class) {
                let message = format!(
                    "a route sends {} to {}, which may carry {} data at most",
                    route.entity,
                    route.to,
                    channel.settings.data_class.name()
                );
                let help = format!("raise `data_class` of {} or take the route out", route.to);
                self.fault(("routes.yaml", &route.to), "C37", message, Some(help));
            }
        }
    }

    /// The buckets of the house before, when the quota is the same.
    fn buckets(&self, settings: &ChannelSettings) -> Arc<Buckets> {
        let before = self.before.and_then(|it| it.channel(&settings.name));
        if let Some(before) = before.filter(|it| it.settings.limits == settings.limits) {
            return Arc::clone(&before.buckets);
        }
        let limits = settings.limits.unwrap_or(NO_LIMITS);
        let rate = governor::Quota::per_minute(limits.per_minute).allow_burst(limits.burst);
        Arc::new(Buckets::new(rate, DefaultClock::default()))
    }

    /// The connection of the house before, when it is the same: there is one of them
    /// in use at a time.
    fn connection(&mut self, settings: &ChannelSettings, file: &str) -> Option<Connected> {
        let made = connection::wanted(settings).and_then(|wanted| {
            let Some(wanted) = wanted else { return Ok(None) };
            let before = self.before.and_then(|it| it.channel(&settings.name));
            let before = before.and_then(|it| it.connection.as_ref());
            if let Some(before) = before.filter(|it| it.wanted == wanted) {
                return Ok(Some(before.clone()));
            }
            let tokens = wanted.tokens(self.data, &settings.name)?;
            Ok(Some(Connected { wanted, tokens }))
        });
        made.unwrap_or_else(|fault| {
            self.fault((file, "connection"), "C47", fault, None);
            None
        })
    }

    fn tokens(&mut self, tokens: &[ApiToken]) -> Option<ApiTokens> {
        match key_table(tokens, Scope::ALL) {
            Ok(table) => Some(ApiTokens::new(table)),
            Err(message) => {
                self.fault(("hub.yaml", "tokens"), "C38", message, None);
                None
            }
        }
    }

    /// A fault where `file` first says `word`.
    fn fault(
        &mut self,
        (file, word): (&str, &str),
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        let text = self.sources.get(file).map_or("", String::as_str);
        let mut fault = Diagnostic::error(code, file, locate(text, word), message);
        fault.help = help;
        self.diagnostics.push(fault);
    }
}

/// The order in `hub.yaml`, first believed most.
fn trust(settings: &Settings) -> Trust {
    let ranks = settings.hub.trust.iter().rev().zip(1..);
    ranks.map(|(channel, rank)| (channel.clone(), rank)).collect()
}

fn access_of(settings: &ChannelSettings, package: &Package) -> Result<ChannelAccess, String> {
    let closed = ChannelAccess::closed(&settings.name);
    match &settings.input {
        None => Ok(closed),
        Some(Input::Folder { .. }) => Ok(closed.with_folder()),
        Some(Input::Pull { .. } | Input::Sample { .. }) => Ok(closed.with_pull()),
        Some(Input::Webhook { proof, .. }) => webhook_access(closed, proof, settings, package),
    }
}

fn webhook_access(
    closed: ChannelAccess,
    proof: &WebhookProof,
    settings: &ChannelSettings,
    package: &Package,
) -> Result<ChannelAccess, String> {
    let live = |secrets: &[crate::settings::SecretText]| -> Vec<LiveSecret> {
        secrets.iter().map(|it| LiveSecret::lasting(Secret::new(it.reveal()))).collect()
    };
    match proof {
        WebhookProof::Signature(secrets) => {
            let signature = package.manifest().input.as_ref().and_then(|it| it.signature.as_ref());
            let signature = signature.ok_or_else(|| {
                let name = &settings.package;
                format!("package {name} has no signature scheme; use `keys` or `static_header`")
            })?;
            let scheme = serde_json::to_value(signature).and_then(serde_json::from_value::<Scheme>);
            let scheme = scheme.map_err(|it| it.to_string())?;
            closed.signed(&settings.name, scheme, &live(secrets)).map_err(|it| it.to_string())
        }
        WebhookProof::Keys(keys) => Ok(closed.with_keys(KeyHeader::Bearer, key_table(keys, &[])?)),
        WebhookProof::StaticHeader { name, values } => closed
            .with_static_header(&settings.name, name, live(values))
            .map_err(|it| it.to_string()),
    }
}

fn key_table(tokens: &[ApiToken], scopes: &[Scope]) -> Result<KeyTable, String> {
    let mut entries = Vec::new();
    for token in tokens {
        let hash = KeyHash::of(token.token.reveal(), None)
            .map_err(|fault| format!("token of {}: {fault}", token.name))?;
        entries.push(KeyEntry {
            owner: token.name.clone(),
            hash,
            not_before: None,
            not_after: None,
            scopes: scopes.to_vec(),
        });
    }
    KeyTable::new(entries, None).map_err(|it| it.to_string())
}

/// Where a text first says `word`, outside comments.
fn locate(text: &str, word: &str) -> (Place, u32) {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    for (number, line) in (1..).zip(text.lines()) {
        let said = line.split('#').next().unwrap_or_default();
        if let Some((before, _)) = said.split_once(word) {
            let column = narrow(before.chars().count()).saturating_add(1);
            return (Place { line: number, column }, narrow(word.chars().count()).max(1));
        }
    }
    (Place::START, 1)
}
