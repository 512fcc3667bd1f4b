//! `LAYOUTS.md` and `LAYOUTS.ja.md` say the same.

use translated::{Page, differences};

const ENGLISH: Page<'_> = Page { name: "LAYOUTS.md", text: include_str!("../LAYOUTS.md") };
const JAPANESE: Page<'_> = Page { name: "LAYOUTS.ja.md", text: include_str!("../LAYOUTS.ja.md") };

#[test]
fn both_pages_say_the_same() {
    let told = differences(ENGLISH, JAPANESE);
    assert!(told.is_empty(), "bring the other page in step:\n{}", told.join("\n"));
}
