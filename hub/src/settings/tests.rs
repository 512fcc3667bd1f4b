//! Settings as people write them: good ones load, each fault names its place.

use super::*;
use canon::entry::AfterRefusal;
use std::fs;

const HUB: &str = "# The hub.\norganisation: acme\nlisten: 127.0.0.1:0\n";
const CHANNEL: &str = "\
# A shop.
channel: shop
package: sample
class: ec
data_class: restricted
in:
  sample:
    every: 5s
quota:
  per_minute: 60
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let dir = folder(files);
    let loaded = load(dir.path());
    let text = |it: &Diagnostic| {
        let Place { line, column } = it.place;
        let more = format!(
            "{} {}",
            it.expected.as_deref().unwrap_or(""),
            it.help.as_deref().unwrap_or("")
        );
        format!("{}:{line}:{column} {} {} {more}", it.file, it.code, it.message)
    };
    assert_eq!(loaded.settings.is_none(), has_errors(&loaded.diagnostics));
    loaded.diagnostics.iter().map(text).collect()
}

#[test]
fn a_small_configuration_loads() {
    let dir = folder(&[("hub.yaml", HUB), ("channels/shop.yaml", CHANNEL)]);
    let loaded = load(dir.path());
    let settings = loaded.settings.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    assert_eq!(settings.hub.organisation, "acme");
    let shop = settings.channels.get("shop").unwrap();
    assert_eq!(shop.limits.unwrap().burst.get(), 60, "burst defaults to per_minute");
    assert!(matches!(shop.input, Some(Input::Sample { every }) if every.as_secs() == 5));
}

#[test]
fn each_fault_names_file_line_and_what_was_expected() {
    let cases: &[(&str, &str, &str)] = &[
        ("class: ec", "class: shop", "channels/shop.yaml:4:8 Y14"),
        ("data_class: restricted", "data_clas: restricted", "did you mean `data_class`"),
        ("  per_minute: 60", "  per_minute: 0", "channels/shop.yaml:10:15 Y13"),
        ("  per_minute: 60", "  per_minute: 60\n  burst: 61", "C09"),
        ("  per_minute: 60", "  per_minute: 60\n  body_bytes_max: 1Mb", "1MiB"),
        ("    every: 5s", "    every: 5", "C10"),
        ("  sample:\n    every: 5s", "  webhook: {}", "C07"),
        ("  sample:\n    every: 5s", "  webhook:\n    secrets: [hunter2]", "C12"),
        ("  sample:\n    every: 5s", "  webhook:\n    secrets: [{ file: nowhere }]", "nowhere"),
        ("quota:\n  per_minute: 60\n", "", "C04"),
        ("channel: shop", "channel: Shop!", "C03"),
        ("channel: shop", "channel: store", "C02"),
    ];
    for (from, to, want) in cases {
        assert!(CHANNEL.contains(from), "{from}");
        let channel = CHANNEL.replace(from, to);
        let faults = faults(&[("hub.yaml", HUB), ("channels/shop.yaml", &channel)]);
        assert!(faults.iter().any(|it| it.contains(want)), "{to:?}: want {want}, got {faults:#?}");
    }
}

/// Every table once, each with a key that it does not have.
const STRANGE: &[(&str, &str)] = &[
    (
        "hub.yaml",
        "organisation: acme\nzz: 1\napi: { zz: 1, tokens: [{ name: a, zz: 1 }] }\n\
         limits: { zz: 1 }\nkeep: { zz: 1 }\ntelemetry: { zz: 1 }\n",
    ),
    (
        "channels/all.yaml",
        "channel: all\nzz: 1\nquota: { zz: 1 }\nin:\n  zz: 1\n  sample: { zz: 1 }\n  \
         webhook: { zz: 1, static_header: { zz: 1 }, keys: [{ zz: 1 }] }\n  folder:\n    \
         zz: 1\n    pieces: { zz: 1 }\n    arrives:\n      zz: 1\n      bytes: { zz: 1 }\n      \
         sequence: { zz: 1 }\n      due: { zz: 1 }\n  pull:\n    zz: 1\n    auth:\n      zz: 1\n      \
         basic: { zz: 1 }\n      header: { zz: 1 }\n      oauth2: { zz: 1 }\n      \
         connection: { zz: 1, client_secret: { zz: 1 } }\nout: { zz: 1, retry: { zz: 1 } }\n",
    ),
    ("channels/screen.yaml", "channel: screen\nout: { screen: true, zz: 1 }\n"),
    ("routes.yaml", "zz: 1\nroutes:\n  - zz: 1\n"),
];

#[test]
fn every_key_stands_on_the_page_of_keys() {
    let dir = folder(STRANGE);
    let strange = load(dir.path()).diagnostics;
    let strange: Vec<_> = strange.iter().filter(|it| it.code == "Y12").collect();
    let asked = STRANGE.iter().map(|(_, text)| text.matches("zz: 1").count()).sum::<usize>();
    assert_eq!(strange.len(), asked, "{strange:#?}");
    let pages = [
        ("README.md", include_str!("../../../config/README.md")),
        ("README.ja.md", include_str!("../../../config/README.ja.md")),
    ];
    for (page, text) in pages {
        for fault in &strange {
            let keys = fault.expected.as_deref().unwrap_or_default();
            for key in keys.trim_start_matches("one of ").split(", ") {
                let ways = [
                    format!("`{key}`"),
                    format!("`{key}:"),
                    format!("`{key}."),
                    format!(".{key}`"),
                    format!("{{ {key}:"),
                ];
                let stands = ways.iter().any(|it| text.contains(it));
                assert!(stands, "{page} lacks `{key}`: {}", fault.message);
            }
        }
    }
}

/// Goal: one fault is told once, and not as another one beside it.
#[test]
fn a_proof_that_cannot_be_used_is_a_proof_that_is_there() {
    let told = |proof: &str| {
        let input = format!("  webhook:\n    {proof}");
        let channel = CHANNEL.replace("  sample:\n    every: 5s", &input);
        faults(&[("hub.yaml", HUB), ("channels/shop.yaml", &channel)])
    };
    for (proof, wanted) in [
        ("static_header: { name: x-key }", "Y11"),
        ("static_header: { name: x-key, values: [] }", "C12"),
        ("static_header: { nam: x-key, values: [{ file: none }] }", "Y11"),
    ] {
        let told = told(proof);
        assert!(told.iter().any(|it| it.contains(wanted)), "{proof}: {told:?}");
        assert!(!told.iter().any(|it| it.contains("C07")), "{proof}: {told:?}");
    }
    for proof in ["registered_url: https://example.com", "secrets: []"] {
        assert!(told(proof).iter().any(|it| it.contains("C07")), "{proof}");
    }
}

#[test]
fn large_files_are_cut_within_bounds() {
    let read = |pieces: &str| {
        let input = format!("  folder:\n    path: drop{pieces}");
        let channel = CHANNEL.replace("  sample:\n    every: 5s", &input);
        let dir = folder(&[("hub.yaml", HUB), ("channels/shop.yaml", &channel)]);
        let loaded = load(dir.path());
        let input = loaded.settings.and_then(|mut it| it.channels.remove("shop")?.input);
        (input, format!("{:?}", loaded.diagnostics))
    };
    let Some(Input::Folder { pieces, .. }) = read("").0 else { panic!("{}", read("").1) };
    assert_eq!(pieces, None);
    let set = "\n    pieces: { bytes: 64KiB, records: 7, file_bytes_max: 1GiB }";
    let Some(Input::Folder { pieces, .. }) = read(set).0 else { panic!("{}", read(set).1) };
    let wanted = Pieces { bytes: 64 << 10, records: 7, file_bytes_max: 1 << 30 };
    assert_eq!(pieces, Some(wanted));
    for bad in ["bytes: 63KiB", "bytes: 1GiB", "records: 0", "records: 20001", "file_bytes_max: 1B"]
    {
        let (input, told) = read(&format!("\n    pieces: {{ {bad} }}"));
        assert!(input.is_none() && told.contains("C45"), "{bad}: {told}");
    }
}

#[test]
fn how_long_things_are_kept_is_said_in_days() {
    let settings = |keep: &str| {
        let hub = format!("{HUB}\nkeep: {{ {keep} }}\n");
        let dir = folder(&[("hub.yaml", &hub), ("channels/shop.yaml", CHANNEL)]);
        let loaded = load(dir.path());
        (loaded.settings.map(|it| (it.hub.keep_raw, it.hub.keep_dedupe_keys)), loaded.diagnostics)
    };
    let days = |days: u64| Some(std::time::Duration::from_secs(days * 86_400));
    assert_eq!(settings("raw: 90d, dedupe_keys: 30d").0, Some((days(90), days(30))));
    assert_eq!(settings("raw: 1d").0, Some((days(1), None)), "for ever unless said");
    let (refused, faults) = settings("dedupe_keys: 6d");
    assert!(refused.is_none() && faults.iter().any(|it| it.code == "C18"), "{faults:?}");
}

#[test]
fn faults_of_all_files_come_at_once() {
    let faults = faults(&[
        ("hub.yaml", "# The hub.\norganisaton: acme\n"),
        ("channels/shop.yaml", &CHANNEL.replace("class: ec", "class: shop")),
        ("routes.yaml", "# Routes.\nroutes:\n  - entity: oder\n    to: shop\n"),
    ]);
    for file in ["hub.yaml", "channels/shop.yaml", "routes.yaml"] {
        assert!(faults.iter().any(|it| it.starts_with(file)), "{file}: {faults:#?}");
    }
    assert!(faults.iter().any(|it| it.contains("did you mean `order`")), "{faults:#?}");
}

#[test]
fn a_secret_is_never_printed() {
    let channel = CHANNEL
        .replace("  sample:\n    every: 5s", "  webhook:\n    secrets: [{ file: secrets/shop }]");
    let dir = folder(&[
        ("hub.yaml", HUB),
        ("channels/shop.yaml", &channel),
        ("secrets/shop", "canary-3f9a\n"),
    ]);
    let loaded = load(dir.path());
    let settings = loaded.settings.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    assert!(!format!("{settings:?}").contains("canary"), "{settings:?}");
    let shop = settings.channels.get("shop").unwrap();
    let Some(Input::Webhook { proof: WebhookProof::Signature(secrets), .. }) = &shop.input else {
        panic!("{shop:?}");
    };
    assert_eq!(secrets.first().unwrap().reveal(), "canary-3f9a");
}

#[test]
fn policies_of_routes_are_read_and_checked() {
    let route = |lines: &str| format!("# Routes.\nroutes:\n  - entity: {lines}\n    to: shop\n");
    let read = |lines: &str| {
        let routes = route(lines);
        let dir =
            folder(&[("hub.yaml", HUB), ("channels/shop.yaml", CHANNEL), ("routes.yaml", &routes)]);
        let loaded = load(dir.path());
        loaded.settings.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics)).routes
    };
    assert!(read("inventory_level\n    latest_only: true")[0].latest_only);
    assert_eq!(read("order\n    after_refusal: wait")[0].after_refusal, AfterRefusal::Wait);
    assert_eq!(read("order")[0].after_refusal, AfterRefusal::GoOn);
    for (lines, want) in [
        ("inventory_movement\n    latest_only: true", "C22"),
        ("order\n    latest_only: true\n    after_refusal: wait", "C22"),
        ("order\n    after_refusal: waits", "did you mean `wait`"),
    ] {
        let routes = route(lines);
        let faults =
            faults(&[("hub.yaml", HUB), ("channels/shop.yaml", CHANNEL), ("routes.yaml", &routes)]);
        assert!(faults.iter().any(|it| it.contains(want)), "{lines}: {faults:#?}");
    }
}
