//! Functions of texts.

use super::{
    CallSite, Function, Group, Takes, may, needs,
    width::{Kana, Width, WidthTable},
};
use crate::{
    check::lower::Lower,
    plan::op::Op,
    types::{Kind, Type},
};

type Built = Option<(Op, Type)>;

/// A function without arguments that keeps a text a text.
macro_rules! plain {
    ($name:literal, $op:expr, $inverse:literal, $about:literal, $examples:expr) => {
        Function {
            name: $name,
            group: Group::Text,
            params: &[],
            takes: Takes::Text,
            gives: "a text",
            faults: "",
            loses: "",
            inverse: $inverse,
            about: $about,
            examples: $examples,
            lower: |_, site| Some(($op, kept(site, false))),
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "text",
        group: Group::Text,
        params: &[],
        takes: Takes::Single,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "as it was written",
        about: "A number, a truth value, a time or money as text. A number keeps its digits: `1.0` stays `1.0`.",
        examples: &[
            ("id | text", r#"{"id": 450789469}"#, r#""450789469""#),
            ("n | text", r#"{"n": 1.0}"#, r#""1.0""#),
        ],
        lower: |_, site| {
            let known = matches!(site.input.kind, Kind::Text);
            let ty = if known {
                site.input.clone()
            } else {
                Type { chars_min: 1, ..site.input.turned(Kind::Text) }
            };
            Some((Op::TextOf, ty))
        },
    },
    plain!(
        "trim",
        Op::Trim,
        "normal form",
        "Without white space (also the ideographic space) at both ends.",
        &[("a | trim", r#"{"a": "  山田　"}"#, r#""山田""#)]
    ),
    plain!(
        "collapse_space",
        Op::CollapseSpace,
        "normal form",
        "Runs of white space become one blank; none at the ends.",
        &[("a | collapse_space", r#"{"a": " a  b　c "}"#, r#""a b c""#)]
    ),
    plain!(
        "upper",
        Op::Upper,
        "normal form",
        "Upper case.",
        &[("a | upper", r#"{"a": "jpy"}"#, r#""JPY""#)]
    ),
    plain!(
        "lower",
        Op::Lower,
        "normal form",
        "Lower case.",
        &[("a | lower", r#"{"a": "Taro@Example.JP"}"#, r#""taro@example.jp""#)]
    ),
    plain!(
        "nfc",
        Op::Nfc,
        "normal form",
        "Unicode NFC: か and a combining ゛ become が.",
        &[("a | nfc", "{\"a\": \"か\u{3099}\"}", r#""が""#)]
    ),
    Function {
        name: "nfkc",
        group: Group::Text,
        params: &[],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "what the compatibility forms say: ㈱ becomes (株), ① becomes 1, ～ becomes ~",
        inverse: "",
        about: "Unicode NFKC. For search keys; for names and addresses use `width`.",
        examples: &[("a | nfkc", r#"{"a": "㈱①"}"#, r#""(株)1""#)],
        lower: |_, site| Some((Op::Nfkc, kept(site, true))),
    },
    Function {
        name: "width",
        group: Group::Text,
        params: &[
            may(
                "to",
                "`narrow` (usual): full-width letters, digits and signs become ASCII; `wide`: the other way; `nfkc`: all compatibility forms",
            ),
            may("keep", "characters that stay as they are, such as \"～㈱①\""),
            may("kana", "`full` (usual), `half`, `keep`"),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "normal form",
        about: "Makes widths the same as people mean it: ＡＢＣ１ becomes ABC1, ｶﾞ becomes ガ; ㈱ and ① stay.",
        examples: &[
            ("a | width", r#"{"a": "ＡＢＣ１２３　ｶﾞ㈱"}"#, r#""ABC123 ガ㈱""#),
            ("a | width(keep=\"～\")", r#"{"a": "１０～２０"}"#, r#""10～20""#),
            ("a | width(to=\"nfkc\", keep=\"㈱\")", r#"{"a": "㈱①"}"#, r#""㈱1""#),
        ],
        lower: lower_width,
    },
    plain!(
        "kana_full",
        Op::KanaFull,
        "normal form",
        "Half-width katakana in full width.",
        &[("a | kana_full", r#"{"a": "ﾔﾏﾀﾞ ﾀﾛｳ"}"#, r#""ヤマダ タロウ""#)]
    ),
    plain!(
        "kana_half",
        Op::KanaHalf,
        "normal form",
        "Full-width katakana in half width.",
        &[("a | kana_half", r#"{"a": "ヤマダ"}"#, r#""ﾔﾏﾀﾞ""#)]
    ),
    plain!(
        "kana_hira",
        Op::KanaHira,
        "",
        "Katakana as hiragana.",
        &[("a | kana_hira", r#"{"a": "ヤマダ"}"#, r#""やまだ""#)]
    ),
    plain!(
        "digits",
        Op::Digits,
        "",
        "Only the digits, as ASCII.",
        &[("a | digits", r#"{"a": "０３-1234"}"#, r#""031234""#)]
    ),
    Function {
        name: "strip",
        group: Group::Text,
        params: &[needs("chars", "characters to take out")],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "",
        about: "Without certain characters, wherever they stand.",
        examples: &[("a | strip(\"-\")", r#"{"a": "03-1234-5678"}"#, r#""0312345678""#)],
        lower: |lower, site| Some((Op::Strip(site.text(lower, 0)?.into()), kept(site, false))),
    },
    Function {
        name: "replace",
        group: Group::Text,
        params: &[needs("from", "text to look for"), needs("to", "text to put there")],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "",
        about: "One text for another, everywhere.",
        examples: &[("a | replace(\"/\", \"-\")", r#"{"a": "2026/01/05"}"#, r#""2026-01-05""#)],
        lower: |lower, site| {
            let (from, to) = (site.text(lower, 0)?, site.text(lower, 1)?);
            if from.is_empty() {
                lower.error("M00", site.span, "`replace` cannot look for an empty text");
                return None;
            }
            Some((
                Op::Replace { from: from.into(), to: lower.intern(&to) },
                site.input.turned(Kind::Text),
            ))
        },
    },
    Function {
        name: "prefix",
        group: Group::Text,
        params: &[needs("with", "what stands before it: a text or a path")],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "exact, if `with` is a literal",
        about: "With a text before it.",
        examples: &[("a | prefix(\"T\")", r#"{"a": "123"}"#, r#""T123""#)],
        lower: |lower, site| affix(lower, site, true),
    },
    Function {
        name: "suffix",
        group: Group::Text,
        params: &[needs("with", "what stands behind it: a text or a path")],
        takes: Takes::Text,
        gives: "a text",
        faults: "",
        loses: "",
        inverse: "exact, if `with` is a literal",
        about: "With a text behind it.",
        examples: &[(
            "a | suffix(b | prefix(\"-\"))",
            r#"{"a": "123", "b": "4567"}"#,
            r#""123-4567""#,
        )],
        lower: |lower, site| affix(lower, site, false),
    },
    Function {
        name: "without_prefix",
        group: Group::Text,
        params: &[
            needs("prefix", "what is taken away"),
            may("strict", "`true`: a text without it is a fault"),
        ],
        takes: Takes::Text,
        gives: "a text",
        faults: "with `strict=true`, when it does not begin with the prefix",
        loses: "",
        inverse: "exact, with `strict=true`",
        about: "Without a text at its beginning.",
        examples: &[
            (
                "a | without_prefix(\"gid://shopify/Order/\")",
                r#"{"a": "gid://shopify/Order/45"}"#,
                r#""45""#,
            ),
            ("a | without_prefix(\"#\", strict=true)", r#"{"a": "1001"}"#, "fault"),
        ],
        lower: |lower, site| {
            let prefix = site.text(lower, 0)?.into();
            let strict = if site.has(1) { site.flag(lower, 1)? } else { false };
            Some((
                Op::WithoutPrefix { prefix, strict },
                Type { chars_max: site.input.chars_max, ..site.input.turned(Kind::Text) },
            ))
        },
    },
];

/// A text that is no longer, or perhaps is, than before.
fn kept(site: &CallSite<'_>, longer: bool) -> Type {
    let chars_max = if longer { None } else { site.input.chars_max };
    Type { chars_max, ..site.input.turned(Kind::Text) }
}

fn lower_width(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Built {
    let to = match site.arg(0) {
        Some(_) => site.word(
            lower,
            0,
            &[("narrow", Width::Narrow), ("wide", Width::Wide), ("nfkc", Width::Nfkc)],
        )?,
        None => Width::Narrow,
    };
    let kana = match site.arg(2) {
        Some(_) => site.word(
            lower,
            2,
            &[("full", Kana::Full), ("half", Kana::Half), ("keep", Kana::Keep)],
        )?,
        None => Kana::Full,
    };
    let mut keep: Vec<char> =
        if site.has(1) { site.text(lower, 1)?.chars().collect() } else { Vec::new() };
    keep.sort_unstable();
    let longer = to == Width::Nfkc || kana == Kana::Half;
    Some((Op::Width(Box::new(WidthTable { to, kana, keep })), kept(site, longer)))
}

fn affix(lower: &mut Lower<'_>, site: &CallSite<'_>, before: bool) -> Built {
    let with = site.expr(lower, 0)?;
    if matches!(with.ty.kind, Kind::Object | Kind::List | Kind::Texts) {
        lower.error(
            "M05",
            site.span,
            format!("`{}` takes a single value, not {}", site.function.name, with.ty.kind.words()),
        );
        return None;
    }
    let chars_max = site.input.chars_max.zip(with.ty.chars_max).map(|(a, b)| a + b);
    let chars_min = if with.ty.may_be_absent() { 0 } else { with.ty.chars_min };
    let ty = Type { chars_max, chars_min, ..site.input.turned(Kind::Text) };
    let ty = Type { personal: ty.personal || with.ty.personal, ..ty };
    Some((if before { Op::Prefix(with.expr) } else { Op::Suffix(with.expr) }, ty))
}
