//! `config/README.md` and `config/README.ja.md` say the same. (The pages on
//! layouts and on maps are compared beside what they describe.)

use translated::{Page, differences};

const ENGLISH: Page<'_> =
    Page { name: "README.md", text: include_str!("../../../config/README.md") };
const JAPANESE: Page<'_> =
    Page { name: "README.ja.md", text: include_str!("../../../config/README.ja.md") };

#[test]
fn both_pages_say_the_same() {
    let told = differences(ENGLISH, JAPANESE);
    assert!(told.is_empty(), "bring the other page in step:\n{}", told.join("\n"));
}
