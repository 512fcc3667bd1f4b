//! `channelhub shadow`: a new version of a map over what really came.
//!
//! It reads the journal of the configuration beside a running hub or without
//! one, and writes nothing.

mod compare;
mod report;

use super::{
    Config, Failure,
    map::place::{self, Draft},
    progress::Bar,
    screen::count,
};
use crate::{
    again,
    app::{
        DataFiles,
        house::Channel,
        library::Library,
        reload::{self, Read},
    },
};
use adapter_kit::package::{Options, Package};
use canon::entry::Body;
use journal::{Reader, Seal};
use report::Report;
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

/// Journal entries read at a time, from the last one back.
const BATCH_ENTRIES: u64 = 256;

/// Run a new version of an in map over stored raw arrivals and show, by kind and
/// field, where it differs from the one in force. Nothing is stored or sent.
/// Exit code 1 when more records differ than the threshold allows, when nothing
/// could be compared, and when the new version cannot read what is read today.
#[derive(Debug, clap::Args)]
pub(super) struct Shadow {
    /// The new version: a map file on disk. Its `map:` line says which one it
    /// takes the place of.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    /// Over so many arrivals, the last ones.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    last: usize,
    /// Only arrivals of this channel.
    #[arg(long)]
    channel: Option<String>,
    /// So many per cent of the records may differ.
    #[arg(long, value_name = "PCT", default_value_t = 0.0)]
    threshold: f64,
    /// text or json.
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    format: String,
    /// Show personal values in the examples, too.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    config: Config,
}

/// A channel that uses the map, with its package as it is and as it would be.
struct Candidate {
    channel: Arc<Channel>,
    new: Package,
    /// The map in the package, and its file there.
    id: String,
}

impl Shadow {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if !(0.0..=100.0).contains(&self.threshold) {
            return Err("--threshold is a percentage, 0 to 100".to_owned());
        }
        let config = &self.config.config;
        let read = reload::read(config, None, &mut |it, source| eprintln!("{}", it.render(source)))
            .map_err(|faults| format!("{} in {}", count(faults, "fault"), config.display()))?;
        let candidates = self.candidates(&read)?;
        let files = DataFiles::new(read.settings.hub.data.clone());
        let seal = Seal::load(&files.seal_key()).map_err(|it| it.to_string())?;
        let journal = Reader::open_read_only(&files.journal(), Some(seal));
        let journal = journal.map_err(|it| it.to_string())?;
        let arrivals = last(&journal, &candidates, self.last)?;
        let mut report = Report::new(self.reveal);
        let (bar, all) = (Bar::new("shadow"), arrivals.len() as u64);
        for (done, seq) in (1..).zip(arrivals) {
            let Some(stored) = again::read(&journal, seq).map_err(|it| it.to_string())? else {
                report.gone += 1;
                continue;
            };
            if let Some(candidate) = candidates.get(&stored.arrival.channel) {
                compare::arrival(&read.house.organisation, candidate, &stored, &mut report);
            }
            bar.at(done, all);
        }
        bar.end();
        if self.format == "json" {
            let json = serde_json::to_string_pretty(&report.to_json(self.threshold));
            say!("{}", json.map_err(|it| it.to_string())?);
        } else {
            for line in report.lines(self.threshold) {
                say!("{line}");
            }
        }
        let passed = report.passed(self.threshold);
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The channels whose package has a map of this id, each with a package in
    /// which the new version stands in its place.
    fn candidates(&self, read: &Read) -> Result<BTreeMap<String, Candidate>, Failure> {
        let shown = self.map.display();
        let map = Draft::read(&self.map)?;
        let id = map.id.as_str();
        if id.is_empty() {
            return Err(format!("{shown} has no `map:` line that says which it is"));
        }
        let library = Library::new(&read.settings.hub.packages);
        let mut found = BTreeMap::new();
        let mut known = Vec::new();
        for channel in read.house.channels() {
            let name = channel.name();
            if self.channel.as_deref().is_some_and(|it| it != name) {
                continue;
            }
            let maps: Vec<_> = channel.package().maps().collect();
            known.extend(maps.iter().map(|(_, map)| map.id().to_owned()));
            let Some((file, _)) = maps.iter().find(|(_, map)| map.id() == id) else { continue };
            let package = &channel.settings().package;
            let library = map.in_place_of(library.clone(), package, file);
            let options = Options { tables: channel.settings().tables.clone() };
            let new = Package::load(package, &library, &options).map_err(|faults| {
                place::print(&library, &faults);
                format!("{shown} has {}", count(faults.len(), "fault"))
            })?;
            let (channel, id) = (Arc::clone(channel), id.to_owned());
            found.insert(name.to_owned(), Candidate { channel, new, id });
        }
        if found.is_empty() {
            known.sort_unstable();
            known.dedup();
            let near = codec::diagnostic::nearest(id, known.iter().map(String::as_str));
            let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
            return Err(format!("no channel uses a map `{id}`{hint}"));
        }
        Ok(found)
    }
}

/// The last arrivals of these channels that came from outside, oldest first.
fn last(
    journal: &Reader,
    candidates: &BTreeMap<String, Candidate>,
    count: usize,
) -> Result<Vec<u64>, Failure> {
    let mut end = journal.head().map_err(|it| it.to_string())?;
    let mut found = Vec::new();
    while end > 0 && found.len() < count {
        let start = end.saturating_sub(BATCH_ENTRIES - 1).max(1);
        let mut of_batch = Vec::new();
        let mut from = start;
        // A read may stop early when entries are large.
        while from <= end {
            let entries =
                journal.read(from, BATCH_ENTRIES as usize).map_err(|it| it.to_string())?;
            let Some(reached) = entries.last().map(|it| it.seq) else { break };
            for entry in entries.iter().filter(|it| it.seq <= end) {
                let Body::Arrival(arrival) = &entry.body else { continue };
                if arrival.again.is_none() && candidates.contains_key(&arrival.channel) {
                    of_batch.push(entry.seq);
                }
            }
            from = reached + 1;
        }
        found.extend(of_batch.into_iter().rev());
        end = start - 1;
    }
    found.truncate(count);
    found.reverse();
    Ok(found)
}
