//! Reads one feed on from where it was, to its end for now.

use super::{
    Trouble,
    asking::{Asking, Holes},
    known::{Known, Question},
    page::Page,
    place::{Place, Texts},
};
use crate::{arrival::Way, ingress::receive::Reception};
use adapter_kit::manifest::{Ask, Cursor, Details, Feed, Format, PageBy};
use bytes::Bytes;
use canon::clock::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tracing::{info, warn};

/// Pages asked for in a row before other feeds get a turn.
const PAGES_MAX: usize = 100;

/// Where each feed of a channel goes on; JSON in the journal.
type Cursors = BTreeMap<String, String>;

/// One feed, and what is remembered of reading it. All of it may be forgotten:
/// the journal has the cursor, and knows what it has.
pub(super) struct Reading {
    feed: Feed,
    /// When it is to be read again.
    pub(super) due: Timestamp,
    /// Troubles in a row.
    pub(super) failures: u32,
    place: Option<Place>,
    known: Known,
}

/// What is handed over.
struct Brought {
    /// What it answers.
    question: Question,
    bytes: Bytes,
    records: usize,
    /// What the journal is to remember with it.
    durable: Option<String>,
    /// Where it was asked for, for people.
    after: String,
}

// === impl Reading ===

impl Reading {
    pub(super) fn new(feed: Feed) -> Self {
        Self { feed, due: Timestamp::default(), failures: 0, place: None, known: Known::default() }
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Reads on. `true`: there is more now, but others are to have a turn.
    pub(super) async fn read_on(
        &mut self,
        asking: &Asking,
        reception: &Reception,
    ) -> Result<bool, Trouble> {
        let read = self.read_pages(asking, reception).await;
        match &read {
            Ok(_) => self.failures = 0,
            Err(trouble) => {
                self.failures = self.failures.saturating_add(1);
                self.known.broke_off();
                // A page that is not known any more must not be asked for ever.
                if trouble.refused && self.place.as_ref().is_some_and(Place::is_inside) {
                    self.place = None;
                }
            }
        }
        read
    }

    async fn read_pages(
        &mut self,
        asking: &Asking,
        reception: &Reception,
    ) -> Result<bool, Trouble> {
        let clock = &reception.rooms().clock;
        let mut cursors = cursors(asking, reception).await?;
        let mut place = self.place.clone().unwrap_or_else(|| self.beginning(&cursors));
        for _page in 0..PAGES_MAX {
            place.open(&self.feed, clock.now());
            self.place = Some(place.clone());
            let (bytes, page) = self.ask(asking, &place, reception).await?;
            if let Some((before, last)) = place.doubts(&self.feed, &page) {
                let (_, again) = self.ask(asking, &before, reception).await?;
                if again.records.last() != Some(last) {
                    place.shift();
                }
            }
            let step = place.after(&self.feed, &page, clock.now());
            if step.is_err() {
                self.place = None;
            }
            let step = step?;
            self.tell_if_stuck(asking, &page, &step.next, step.more);
            let after = place.cursor().unwrap_or("-").to_owned();
            let (question, records) = (self.known.next_page(), page.count);
            let brought = Brought { question, bytes, records, durable: step.durable, after };
            self.bring(asking, reception, &mut cursors, (brought, &page)).await?;
            place = step.next;
            self.place = Some(place.clone());
            if !step.more {
                self.known.round_ended();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the journal says the feed was. A feed that lists everything there
    /// is begins anew each time; its place on the way is nothing to remember.
    fn beginning(&self, cursors: &Cursors) -> Place {
        let stored = cursors.get(&self.feed.name).filter(|_| !self.feed.restart).cloned();
        Place::at(stored.or_else(|| self.feed.cursor_start.clone()))
    }

    async fn ask(
        &self,
        asking: &Asking,
        place: &Place,
        reception: &Reception,
    ) -> Result<(Bytes, Page), Trouble> {
        let texts = place.texts(&self.feed);
        let next = self.feed.pages.as_ref().and_then(|it| it.body.as_ref());
        let later: Option<Ask> = next
            .filter(|_| place.is_inside())
            .map(|body| Ask { body: Some(body.clone()), ..self.feed.ask.clone() });
        let ask = later.as_ref().unwrap_or(&self.feed.ask);
        let clock = &*reception.rooms().clock;
        let bytes = asking.fetch(&self.feed, ask, texts.holes(), clock).await?;
        let page = Page::read(&self.feed, records_at(asking), &bytes)?;
        Ok((bytes, page))
    }

    /// Hands over what came, or what its ids stand for.
    async fn bring(
        &mut self,
        asking: &Asking,
        reception: &Reception,
        cursors: &mut Cursors,
        (brought, page): (Brought, &Page),
    ) -> Result<(), Trouble> {
        let Some(details) = self.feed.details.clone() else {
            // A cursor in the answer is remembered also when nothing came with it.
            let moves =
                brought.durable.is_some() && matches!(self.feed.cursor, Cursor::InAnswer(_));
            if brought.records > 0 || moves {
                self.hand_over(asking, reception, cursors, brought).await?;
            }
            return Ok(());
        };
        let ids = page.ids(&details.id_at).map_err(|it| self.named(&it))?;
        let batches: Vec<&[String]> = ids.chunks(details.batch).collect();
        for (index, batch) in batches.iter().enumerate() {
            let mut read = Some((0, 0));
            while let Some(so_far) = read {
                let answer = self.ask_details(asking, reception, (&details, batch, so_far));
                let Some((bytes, next)) = answer.await? else { break };
                // Only with the last of them is everything before the cursor there.
                let is_last = next.is_none() && index + 1 == batches.len();
                let durable = brought.durable.clone().filter(|_| is_last);
                let (records, after) = (batch.len(), brought.after.clone());
                let question = Question::ids(batch, so_far.0);
                let brought = Brought { question, bytes, records, durable, after };
                self.hand_over(asking, reception, cursors, brought).await?;
                read = next;
            }
        }
        Ok(())
    }

    /// One answer to a second question, and the pages and records read of it
    /// when there are more. `None`: the one thing asked for is gone there.
    async fn ask_details(
        &self,
        asking: &Asking,
        reception: &Reception,
        (details, ids, (pages, records)): (&Details, &[String], (usize, usize)),
    ) -> Result<Option<(Bytes, Option<(usize, usize)>)>, Trouble> {
        let at = details.pages.as_ref().map(|it| match it.by {
            PageBy::Offset => records.to_string(),
            _ => (pages + 1).to_string(),
        });
        let texts = self.place.as_ref().map(|it| it.texts(&self.feed));
        let of_place = texts.as_ref().map(Texts::holes).unwrap_or_default();
        let holes = Holes { ids: Some(ids), page: at.as_deref(), ..of_place };
        let clock = &*reception.rooms().clock;
        let bytes = match asking.fetch(&self.feed, &details.ask, holes, clock).await {
            Ok(bytes) => bytes,
            Err(trouble) if trouble.gone && details.batch == 1 => {
                let (channel, feed) = (asking.channel().name(), &self.feed.name);
                warn!(channel, feed, "what was listed is gone already");
                return Ok(None);
            }
            Err(trouble) => return Err(trouble),
        };
        let count = super::page::count(&self.feed, records_at(asking), &bytes)?;
        let full = details.pages.as_ref().is_some_and(|it| count >= it.size);
        Ok(Some((bytes, full.then(|| (pages + 1, records + count)))))
    }

    async fn hand_over(
        &mut self,
        asking: &Asking,
        reception: &Reception,
        cursors: &mut Cursors,
        brought: Brought,
    ) -> Result<(), Trouble> {
        let hash: [u8; 32] = Sha256::digest(&brought.bytes).into();
        let before = cursors.get(&self.feed.name);
        let moves = brought.durable.is_some() && brought.durable.as_ref() != before;
        if !moves && self.known.has(brought.question, hash) {
            return Ok(());
        }
        if let Some(next) = brought.durable {
            cursors.insert(self.feed.name.clone(), next);
        }
        let place = serde_json::to_string(&cursors).map_err(|it| it.to_string())?;
        let way = Way::Pulled { feed: self.feed.name.clone(), cursor: place };
        let origin = format!("{} after {}", self.feed.name, brought.after);
        let arrival =
            crate::ingress::brought(reception, asking.channel(), origin, brought.bytes, way);
        let answer = reception.receive(arrival).await.map_err(|it| it.to_string())?;
        self.known.put(brought.question, hash);
        let (channel, sequence) = (asking.channel().name(), answer.sequence);
        info!(channel, feed = self.feed.name, sequence, records = brought.records, "pulled");
        Ok(())
    }

    /// Without pages, what lies behind a page of one cursor cannot be asked for.
    fn tell_if_stuck(&self, asking: &Asking, page: &Page, next: &Place, more: bool) {
        let sorted = matches!(self.feed.cursor, Cursor::InLast(_)) && self.feed.pages.is_none();
        let shared = page.count > 1
            && page.records.iter().all(|it| {
                let Cursor::InLast(pointer) = &self.feed.cursor else { return false };
                it.pointer(pointer) == page.records.last().and_then(|last| last.pointer(pointer))
            });
        if sorted && shared && !more && next.cursor() == page.last.as_deref() {
            warn!(
                channel = asking.channel().name(),
                feed = self.feed.name,
                records = page.count,
                "all records of a page share one cursor, and the package names no `pages`: \
                 what lies behind them is not reached if the page was full"
            );
        }
    }

    fn named(&self, fault: &str) -> Trouble {
        Trouble::from(format!("{}: {fault}", self.feed.name))
    }
}

/// Where the package's format has its records.
fn records_at(asking: &Asking) -> Option<&str> {
    match &asking.channel().package().manifest().input.as_ref()?.format {
        Format::Json { records_at } => records_at.as_deref(),
        Format::Ndjson | Format::Layout { .. } => None,
    }
}

/// Where each feed was, as the journal says.
async fn cursors(asking: &Asking, reception: &Reception) -> Result<Cursors, String> {
    let name = asking.channel().name().to_owned();
    let journal = reception.rooms().journal.reader();
    let stored = tokio::task::spawn_blocking(move || journal.cursor(&name))
        .await
        .map_err(|it| it.to_string())?
        .map_err(|it| it.to_string())?;
    stored.map_or(Ok(Cursors::new()), |text| {
        serde_json::from_str(&text)
            .map_err(|fault| format!("the cursor in the journal cannot be read: {fault}"))
    })
}
