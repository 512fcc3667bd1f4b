//! Far systems of every paging habit, read to their end while they change.

use super::*;
use adapter_kit::manifest::Manifest;
use serde_json::json;
use std::collections::BTreeSet;

const HEAD: &str = "\
package: example-shop
version: 1.0.0
title: Example
vendor: Example
class: ec
in:
  transport: pull
  format: json
  records:
    - { name: order, maps: [maps/order.map.yaml] }
  feeds:
    - name: orders
      path: /orders
      records_at: /orders
";

fn feed(lines: &str) -> Feed {
    let lines = lines.lines().map(|it| format!("      {it}\n")).collect::<String>();
    let manifest = Manifest::parse("package.yaml", &format!("{HEAD}{lines}")).unwrap();
    manifest.input.unwrap().feeds.remove(0)
}

/// A system with records of an id and a time, sorted as the test says.
#[derive(Default)]
struct Far {
    records: Vec<(u32, u32)>,
    newest_first: bool,
    filters: bool,
    /// Records that a page holds.
    size: usize,
    asked: usize,
}

impl Far {
    /// What is asked for, read from the texts as a server would read them.
    fn answer(&mut self, feed: &Feed, texts: &Texts) -> Vec<u8> {
        self.asked += 1;
        let cursor: Option<u32> = texts.cursor.as_deref().and_then(|it| it.parse().ok());
        let mut found: Vec<(u32, u32)> = self.records.clone();
        found.sort_by_key(|(id, at)| (*at, *id));
        if self.newest_first {
            found.reverse();
        }
        let page = texts.page.as_deref().and_then(|it| it.parse::<usize>().ok());
        let by = feed.pages.as_ref().map(|it| it.by.clone());
        if let Some(cursor) = cursor.filter(|_| self.filters) {
            found.retain(|(_, at)| *at >= cursor);
        }
        match by {
            Some(PageBy::Last { .. }) => {
                let after = u32::try_from(page.unwrap()).unwrap();
                found.retain(|(id, at)| Some(*at) > cursor || *id > after);
            }
            Some(PageBy::Offset) => drop(found.drain(..page.unwrap().min(found.len()))),
            Some(PageBy::Number) => {
                let before = (page.unwrap() - 1) * self.size;
                drop(found.drain(..before.min(found.len())));
            }
            Some(PageBy::Token(_)) | None => {}
        }
        found.truncate(self.size);
        let records = found.iter().map(|(id, at)| json!({"id": id, "at": at}));
        json!({"orders": records.collect::<Vec<_>>()}).to_string().into_bytes()
    }
}

/// Reads to the end, and a poll more; `meanwhile` changes the system after each
/// answer. Gives the ids read and the cursor that was stored last.
fn read(
    feed: &Feed,
    far: &mut Far,
    polls: usize,
    mut meanwhile: impl FnMut(&mut Far),
) -> (BTreeSet<u32>, Option<String>) {
    let (mut seen, mut durable) = (BTreeSet::new(), None);
    let mut place = Place::at(feed.cursor_start.clone());
    for _poll in 0..polls {
        for round in 0.. {
            assert!(round < 500, "it asks for ever");
            let bytes = far.answer(feed, &place.texts(feed));
            let page = Page::read(feed, None, &bytes).unwrap();
            meanwhile(far);
            if let Some((before, last)) = place.doubts(feed, &page) {
                let again = far.answer(feed, &before.texts(feed));
                let again = Page::read(feed, None, &again).unwrap();
                if again.records.last() != Some(last) {
                    place.shift();
                }
            }
            let ids = page.records.iter().map(|it| u32::try_from(it["id"].as_u64().unwrap()));
            seen.extend(ids.map(Result::unwrap));
            let step = place.after(feed, &page, Timestamp::from_ms(0)).unwrap();
            durable = step.durable.or(durable);
            place = step.next;
            if !step.more {
                break;
            }
        }
    }
    (seen, durable)
}

const SORTED: &str = "query: { since: \"{cursor}\", page: \"{page}\" }\ncursor_in_last: /at\n\
                      cursor_start: \"0\"\n";

#[test]
fn as_many_records_as_like_may_share_one_cursor() {
    for pages in [
        "pages: { by: offset, size: 4 }",
        "pages: { by: number, size: 4 }",
        "pages: { by: last, at: /id, start: \"0\", size: 4 }",
    ] {
        let feed = feed(&format!("{SORTED}{pages}"));
        for shared in 0..14 {
            let records = (1..=3).map(|id| (id, 5)).chain((4..4 + shared).map(|id| (id, 7)));
            let records = records.chain([(90, 9), (91, 9)]).collect();
            let mut far = Far { records, filters: true, size: 4, ..Far::default() };
            let all = far.records.iter().map(|(id, _)| *id).collect();
            let (seen, durable) = read(&feed, &mut far, 1, |_| {});
            assert_eq!((seen, durable.as_deref()), (all, Some("9")), "{pages}, {shared}");
        }
    }
}

/// Goal: a record that leaves the page just read pulls one over from the page to
/// come; it is read all the same.
#[test]
fn what_slips_between_counted_pages_is_read() {
    for (pages, newest_first) in [
        ("pages: { by: offset, size: 4 }", false),
        ("pages: { by: number, size: 4 }", false),
        ("pages: { by: number, size: 4 }\nnewest_first: true", true),
    ] {
        let cursor = if newest_first { "cursor_greatest" } else { "cursor_in_last" };
        let text = format!("{SORTED}{pages}").replace("cursor_in_last", cursor);
        let feed = feed(&text);
        for leaves_after in 1..6 {
            // Sorted: many of one time, and later ones that lead away from it.
            let at = |id| if newest_first { id } else { 7 + id / 12 };
            let records = (1..=13).map(|id| (id, at(id))).collect();
            let filters = !newest_first;
            let mut far = Far { records, newest_first, filters, size: 4, asked: 0 };
            let (seen, durable) = read(&feed, &mut far, 2, |far| {
                if far.asked == leaves_after {
                    let first = if far.newest_first { 13 } else { 1 };
                    far.records.retain(|(id, _)| *id != first);
                }
            });
            let all: BTreeSet<u32> = (1..=13).collect();
            assert_eq!(seen, all, "{pages}, after {leaves_after}");
            // In the end the feed is as far as what is there.
            let far_enough = if newest_first { ["12", "13"] } else { ["8", "8"] };
            let durable = durable.unwrap_or_default();
            assert!(far_enough.contains(&durable.as_str()), "{pages}: {durable}");
        }
    }
}

#[test]
fn newest_first_stops_where_it_was() {
    let feed = feed(
        "query: { page: \"{page}\" }\ncursor_greatest: /at\nnewest_first: true\n\
         pages: { by: number, size: 4 }",
    );
    let records = (1..=30).map(|id| (id, id)).collect();
    let mut far = Far { records, newest_first: true, size: 4, ..Far::default() };
    let (seen, durable) = read(&feed, &mut far, 1, |_| {});
    assert_eq!((seen.len(), durable.as_deref()), (30, Some("30")));

    let mut place = Place::at(durable);
    far.records.push((31, 31));
    let page = Page::read(&feed, None, &far.answer(&feed, &place.texts(&feed))).unwrap();
    let step = place.after(&feed, &page, Timestamp::from_ms(0)).unwrap();
    assert_eq!((step.more, step.durable.as_deref()), (false, Some("31")));
    place = step.next;
    assert_eq!(place.cursor(), Some("31"));
}

#[test]
fn a_far_side_that_does_not_know_pages_is_told_of() {
    let feed = feed(&format!("{SORTED}pages: {{ by: offset, size: 2 }}"));
    let page = br#"{"orders":[{"id":1,"at":0},{"id":2,"at":0}]}"#;
    let page = Page::read(&feed, None, page).unwrap();
    let place = Place::at(feed.cursor_start.clone());
    let step = place.after(&feed, &page, Timestamp::from_ms(0)).unwrap();
    let fault = step.next.after(&feed, &page, Timestamp::from_ms(0)).unwrap_err();
    assert!(fault.contains("does not know pages"), "{fault}");
}

#[test]
fn windows_follow_each_other_up_to_now() {
    let feed = feed(
        "query: { from: \"{cursor}\", to: \"{until}\" }\nwindow: { days: 2, overlap_s: 60 }\n\
         cursor_start: 2026-01-01T00:00:00Z",
    );
    let now = Timestamp::parse_rfc3339("2026-01-04T12:00:00Z").unwrap();
    let mut place = Place::at(feed.cursor_start.clone());
    let mut asked = Vec::new();
    loop {
        place.open(&feed, now);
        let texts = place.texts(&feed);
        asked.push(format!("{} {}", texts.cursor.unwrap(), texts.until.unwrap()));
        let step = place.after(&feed, &Page::default(), now).unwrap();
        place = step.next;
        if !step.more {
            assert_eq!(step.durable.as_deref(), Some("2026-01-04T11:59:00Z"));
            break;
        }
    }
    let windows =
        ["2026-01-01T00:00:00Z 2026-01-03T00:00:00Z", "2026-01-03T00:00:00Z 2026-01-04T12:00:00Z"];
    assert_eq!(asked, windows);
}

/// Goal: a window that looks back is asked for whole each time.
#[test]
fn a_window_read_again_moves_with_the_clock() {
    let feed =
        feed("query: { from: \"{cursor}\", to: \"{until}\" }\nwindow: { days: 2 }\nrestart: true");
    for (now, from) in [
        ("2026-01-04T12:00:00Z", "2026-01-02T12:00:00Z"),
        ("2026-01-05T12:00:00Z", "2026-01-03T12:00:00Z"),
    ] {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        let mut place = Place::at(feed.cursor_start.clone());
        place.open(&feed, now);
        assert_eq!(place.cursor(), Some(from));
        let step = place.after(&feed, &Page::default(), now).unwrap();
        assert_eq!((step.durable, step.more), (None, false));
    }
}

#[test]
fn a_token_leads_from_page_to_page() {
    let feed = feed(
        "query: { since: \"{cursor}\", next: \"{page}\" }\ncursor_in_last: /at\n\
         cursor_start: \"0\"\npages: { by: token, at: /next }",
    );
    let read = |text: &str| Page::read(&feed, None, text.as_bytes()).unwrap();
    let now = Timestamp::from_ms(0);
    let place = Place::at(Some("5".to_owned()));
    let step = place.after(&feed, &read(r#"{"orders":[{"at":5}],"next":"n1"}"#), now).unwrap();
    assert_eq!((step.next.page.as_deref(), step.durable, step.more), (Some("n1"), None, true));
    // An empty page in the middle is no end, a list left out is an empty one.
    let step = step.next.after(&feed, &read(r#"{"next":"n2"}"#), now).unwrap();
    assert_eq!((step.next.page.as_deref(), step.more), (Some("n2"), true));
    let step = step.next.after(&feed, &read(r#"{"orders":[{"at":8}]}"#), now).unwrap();
    assert_eq!((step.next, step.more), (Place::at(Some("8".to_owned())), false));
    assert_eq!(step.durable.as_deref(), Some("8"));
    assert!(Page::read(&feed, None, b"[]").is_err(), "no list at the place");
}
