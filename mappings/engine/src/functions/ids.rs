//! Functions of identifiers.

use canon::entity::Entity;

use super::{Function, Group, Takes, may, needs};
use crate::{
    plan::op::{Op, PrefectureForm, Region},
    types::{Kind, Type},
};

const REGIONS: [(&str, Region); 6] = [
    ("JP", Region { code: "JP", country: "81", trunk: "0", least: 9, most: 10 }),
    ("US", Region { code: "US", country: "1", trunk: "", least: 10, most: 10 }),
    ("KR", Region { code: "KR", country: "82", trunk: "0", least: 8, most: 10 }),
    ("TW", Region { code: "TW", country: "886", trunk: "0", least: 8, most: 9 }),
    ("GB", Region { code: "GB", country: "44", trunk: "0", least: 9, most: 10 }),
    ("DE", Region { code: "DE", country: "49", trunk: "0", least: 6, most: 13 }),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "gtin",
        group: Group::Identifier,
        params: &[],
        takes: Takes::Single,
        gives: "a text of 8, 12, 13 or 14 digits",
        faults: "when the check digit is wrong",
        loses: "",
        inverse: "exact",
        about: "A GTIN (JAN, EAN, UPC) whose check digit is right.",
        examples: &[
            ("a | gtin", r#"{"a": "4901234567894"}"#, r#""4901234567894""#),
            ("a | gtin", r#"{"a": "4901234567890"}"#, "fault"),
        ],
        lower: |_, site| {
            Some((
                Op::Gtin,
                Type {
                    chars_min: 8,
                    chars_max: Some(14),
                    pattern: Some("^([0-9]{8}|[0-9]{12,14})$".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "e164",
        group: Group::Identifier,
        params: &[needs("region", "where numbers without + belong: JP, US, KR, TW, GB or DE")],
        takes: Takes::Single,
        gives: "a text such as +81312345678",
        faults: "when it is no number of that region",
        loses: "",
        inverse: "normal form",
        about: "A telephone number in E.164. Hyphens, brackets and full-width digits are read.",
        examples: &[
            ("a | e164(\"JP\")", r#"{"a": "０３-1234-5678"}"#, r#""+81312345678""#),
            ("a | e164(JP)", r#"{"a": "+81 90 1234 5678"}"#, r#""+819012345678""#),
            ("a | e164(\"JP\")", r#"{"a": "12345"}"#, "fault"),
        ],
        lower: |lower, site| {
            let region = site.word(lower, 0, &REGIONS)?;
            let ty = Type {
                chars_min: 8,
                chars_max: Some(16),
                pattern: Some(r"^\+[1-9][0-9]{6,14}$".into()),
                ..site.input.turned(Kind::Text)
            };
            Some((Op::E164 { region }, ty))
        },
    },
    Function {
        name: "postal_jp",
        group: Group::Identifier,
        params: &[],
        takes: Takes::Single,
        gives: "a text NNN-NNNN",
        faults: "when it has not seven digits",
        loses: "",
        inverse: "normal form",
        about: "A Japanese postal code.",
        examples: &[
            ("a | postal_jp", r#"{"a": "〒１０００００１"}"#, r#""100-0001""#),
            ("a | postal_jp", r#"{"a": "100"}"#, "fault"),
        ],
        lower: |_, site| {
            Some((
                Op::PostalJp,
                Type {
                    chars_min: 8,
                    chars_max: Some(8),
                    pattern: Some("^[0-9]{3}-[0-9]{4}$".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "prefecture",
        group: Group::Identifier,
        params: &[may("form", "`iso` (usual): JP-13; `name`: 東京都; `number`: 13")],
        takes: Takes::Single,
        gives: "a text",
        faults: "when it is no prefecture",
        loses: "",
        inverse: "normal form",
        about: "A prefecture of Japan by its name, its number 1 to 47, or JP-01 to JP-47.",
        examples: &[
            ("a | prefecture", r#"{"a": "東京都"}"#, r#""JP-13""#),
            ("a | prefecture(name)", r#"{"a": 27}"#, r#""大阪府""#),
        ],
        lower: |lower, site| {
            let forms = [
                ("iso", PrefectureForm::Iso),
                ("name", PrefectureForm::Name),
                ("number", PrefectureForm::Number),
            ];
            let form = if site.has(0) { site.word(lower, 0, &forms)? } else { PrefectureForm::Iso };
            let ty = match form {
                PrefectureForm::Iso => Type {
                    chars_min: 5,
                    chars_max: Some(5),
                    pattern: Some("^[A-Z]{2}-[A-Z0-9]{1,3}$".into()),
                    ..site.input.turned(Kind::Text)
                },
                PrefectureForm::Name => {
                    Type { chars_min: 3, chars_max: Some(4), ..site.input.turned(Kind::Text) }
                }
                PrefectureForm::Number => {
                    Type { chars_min: 1, chars_max: Some(2), ..site.input.turned(Kind::Text) }
                }
            };
            Some((Op::Prefecture(form), ty))
        },
    },
    Function {
        name: "invoice_no_jp",
        group: Group::Identifier,
        params: &[],
        takes: Takes::Single,
        gives: "a text T and 13 digits",
        faults: "when it has not that form",
        loses: "",
        inverse: "normal form",
        about: "The registration number of a qualified invoice issuer.",
        examples: &[
            ("a | invoice_no_jp", r#"{"a": "T7000012050002"}"#, r#""T7000012050002""#),
            ("a | invoice_no_jp", r#"{"a": "7000012050002"}"#, r#""T7000012050002""#),
        ],
        lower: |_, site| {
            Some((
                Op::InvoiceNoJp,
                Type {
                    chars_min: 14,
                    chars_max: Some(14),
                    pattern: Some("^T[1-9][0-9]{12}$".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "sha256",
        group: Group::Identifier,
        params: &[],
        takes: Takes::Single,
        gives: "64 hex digits",
        faults: "",
        loses: "everything but equality",
        inverse: "",
        about: "The SHA-256 of a text. What comes out is no personal data for the check of classes.",
        examples: &[(
            "a | sha256",
            r#"{"a": "abc"}"#,
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        )],
        lower: |_, site| {
            Some((
                Op::Sha256,
                Type {
                    personal: false,
                    chars_min: 64,
                    chars_max: Some(64),
                    pattern: Some("^[0-9a-f]{64}$".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "uuid5",
        group: Group::Identifier,
        params: &[needs("namespace", "a UUID as text")],
        takes: Takes::Single,
        gives: "a UUID as text",
        faults: "",
        loses: "everything but equality",
        inverse: "",
        about: "The name-based UUID (version 5) of a text in a namespace.",
        examples: &[(
            "a | uuid5(\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\")",
            r#"{"a": "www.example.com"}"#,
            r#""2ed6657d-e927-568b-95e1-2665a8aea6a2""#,
        )],
        lower: |lower, site| {
            let text = site.text(lower, 0)?;
            let Ok(namespace) = uuid::Uuid::parse_str(&text) else {
                lower.error("M00", site.span, format!("`{text}` is no UUID"));
                return None;
            };
            Some((
                Op::Uuid5(namespace),
                Type {
                    chars_min: 36,
                    chars_max: Some(36),
                    format: Some("uuid".into()),
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
    Function {
        name: "hub_id",
        group: Group::Identifier,
        params: &[needs("entity", "name of the canonical entity, such as party")],
        takes: Takes::Single,
        gives: "a hub id",
        faults: "",
        loses: "",
        inverse: "",
        about: "The hub's own id of the thing that this channel knows by that source id. The same channel must bring that thing too. (The example is of the organisation `acme` on the channel `ec`.)",
        examples: &[(
            "a | hub_id(party)",
            r#"{"a": "4711"}"#,
            r#""pty_0ea1701618628f48864478822350fb9b""#,
        )],
        lower: |lower, site| {
            let names: Vec<(&str, Entity)> =
                Entity::ALL.iter().map(|it| (it.name(), *it)).collect();
            let entity = site.word(lower, 0, &names)?;
            let pattern = Some("^[a-z]{3}_[0-9a-f]{32}$".to_owned());
            Some((
                Op::HubId(entity),
                Type {
                    chars_min: 36,
                    chars_max: Some(36),
                    pattern,
                    personal: false,
                    ..site.input.turned(Kind::Text)
                },
            ))
        },
    },
];
