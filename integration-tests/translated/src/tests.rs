//! Each kind of difference is told.

use super::*;

const ORIGINAL: &str = "# P\n\n[x](P.ja.md)\n\nSee `a` and\n`b\nc`, at most 8 million of [these](x.tsv).\n\n\
    ## Two Words (B)\n\n- one `d`\n  more\n- two\n\n| k 7 | `e` [y](Q.md) |\n\n\
    ```yaml\n# in: 3\n# why\nf: 1  # why\n```\n\n    g: 2\n    h: 3\n\n### `fn(x)`\n\n### A\n\n## A\n";

fn told(translation: &str) -> Vec<String> {
    let original = Page { name: "P.md", text: ORIGINAL };
    differences(original, Page { name: "P.ja.md", text: translation })
}

/// As a translator would leave it.
fn translation() -> String {
    let text = ORIGINAL.replace("P.ja.md", "P.md").replace("Q.md", "Q.ja.md");
    let text = text.replace("See", "参照").replace("why", "なぜ").replace("more", "なお");
    text.replace("## Two Words (B)", "<a id=\"two-words-b\"></a>\n\n## 語 (B)")
        .replace("\n## A", "\n<a id=\"a-1\"></a>\n## あ")
}

#[test]
fn words_may_be_others() {
    assert_eq!(told(&translation()), Vec::<String>::new());
}

#[test]
fn what_is_left_out_or_added_is_told() {
    let changes = [
        ("(P.md)", "(O.md)"),
        ("`a`", "a"),
        ("`a`", "`a` `aa`"),
        ("`b\nc`", "`b`"),
        ("8", "9"),
        ("x.tsv", "y.tsv"),
        ("words-b", "words"),
        ("a-1", "a"),
        ("`d`", "`dd`"),
        ("- two\n", ""),
        ("`e`", "e"),
        ("k 7", "k"),
        ("Q.ja.md", "R.ja.md"),
        ("in: 3", "in: 4"),
        ("f: 1", "f: 2"),
        ("    h", "    hh"),
        ("    g: 2\n    h: 3\n", ""),
        ("fn(x)", "fn(y)"),
        ("### `fn(x)`\n", ""),
    ];
    let whole = translation();
    for (from, to) in changes {
        assert!(whole.contains(from), "{from}");
        assert!(!told(&whole.replace(from, to)).is_empty(), "{from} for {to} is not told");
    }
    let more = format!("{whole}\n| another | row |\n");
    assert_eq!(told(&more), ["## A / ## あ: rows of tables: 0 in P.md, 1 in P.ja.md"]);
}
