//! Feeds as people write them, right and wrong.

use super::*;
use crate::manifest::Manifest;
use canon::clock::Timestamp;

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
";

fn feed(text: &str) -> Result<Feed, String> {
    let lines = text.lines().map(|it| format!("      {it}\n")).collect::<String>();
    let manifest = Manifest::parse("package.yaml", &format!("{HEAD}    -\n{lines}"));
    let manifest = manifest.map_err(|faults| {
        faults.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("; ")
    })?;
    Ok(manifest.input.unwrap().feeds.remove(0))
}

#[test]
fn two_questions_become_typed() {
    let feed = feed(
        "name: orders
method: POST
path: /search
body: '{{\"from\":\"{cursor}\",\"to\":\"{until}\",\"page\":{page}}'
window: { days: 60, offset: \"+0900\" }
cursor_start: 2026-01-01T00:00:00+0900
pages: { by: number, size: 1000 }
details: { ids_at: /ids, batch: 100, method: POST, path: /get, body: '{{\"ids\":{ids}}' }",
    )
    .unwrap();
    assert_eq!(feed.cursor, Cursor::None);
    assert_eq!(feed.pages.as_ref().unwrap().by, PageBy::Number);
    let details = feed.details.as_ref().unwrap();
    assert_eq!((details.ids_at.as_str(), details.batch), ("/ids", 100));
    assert_eq!(feed.templates().count(), 4);
    assert_eq!(feed.window.as_ref().unwrap().overlap_s, 300);
}

#[test]
fn parts_that_do_not_fit_are_faults() {
    let cases = [
        ("path: /a?p={page}", "`{page}` needs `pages`"),
        ("path: /a\npages: { by: offset, size: 10 }", "nothing asks with it"),
        ("path: /a/{page}\npages: { by: offset }", "`size` tells"),
        ("path: /a/{page}\npages: { by: token, at: /next, size: 5 }", "`size` tells"),
        ("path: /a/{page}\npages: { by: token }", "`at` is where"),
        ("path: /a/{page}\npages: { by: last, at: /id, size: 5 }", "need `start`"),
        ("path: /a/{until}", "belong together"),
        ("path: /a\nwindow: { days: 1 }", "belong together"),
        ("path: /a/{until}\nwindow: { days: 1, offset: JST }", "`offset` is `JST`"),
        ("path: /a/{ids}", "belongs into the question of `details`"),
        ("path: /a\ndetails: { ids_at: /ids, path: /b }", "asks for `{ids}`"),
        ("path: /a\ncursor_at: /a\ncursor_in_last: /b", "the cursor is one of"),
        ("path: /a\nnewest_first: true", "needs `cursor_greatest`"),
        ("path: /a\ncursor_greatest: /at\nnewest_first: true", "needs `pages`"),
        ("path: /a\ncursor_in_last: /at\nrestart: true", "needs no cursor"),
    ];
    for (text, want) in cases {
        let fault = feed(&format!("name: orders\n{text}")).unwrap_err();
        assert!(fault.contains(want), "{text:?} gave {fault:?}");
    }
}

#[test]
fn times_are_written_as_the_far_side_writes_them() {
    let at = Timestamp::parse_rfc3339("2026-01-04T15:00:00.250Z").unwrap();
    for (offset, want) in [
        ("Z", "2026-01-04T15:00:00Z"),
        ("+09:00", "2026-01-05T00:00:00+09:00"),
        ("+0900", "2026-01-05T00:00:00+0900"),
        ("-0330", "2026-01-04T11:30:00-0330"),
    ] {
        let window = Window { days: 1, overlap_s: 0, offset: offset.to_owned() };
        assert_eq!(window.write(at), want);
        assert_eq!(Window::parse(want).unwrap().as_ms(), at.as_ms() - 250);
    }
    assert_eq!(Window::parse("soon"), None);
}
