//! Every shipped layout writes what it has read, and is named here: none falls out of
//! the check in silence.

use std::{collections::BTreeMap, path::Path};

use super::{published::layouts, *};

/// What becomes of a layout's fixtures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Back {
    /// There is none that it reads without a fault: it is only read from, or is no file.
    None,
    /// They are written so that it reads the same again.
    Same,
    /// They are written as the same bytes: it is `lossless`.
    Bytes,
}

/// Layouts that stand at `None`: lines within a record, workbooks, and messages that
/// partners send and no fixture has without notes or faults.
const SHIPPED: &str = "\
    generic-edi-edifact-supplier/source/order-answer.layout.yaml Same\n\
    generic-edi-edifact-supplier/source/purchase-order.layout.yaml None\n\
    generic-edi-edifact/source/dispatch-advice.layout.yaml None\n\
    generic-edi-edifact/source/invoice.layout.yaml None\n\
    generic-edi-edifact/source/order-response.layout.yaml None\n\
    generic-edi-edifact/source/order.layout.yaml Same\n\
    generic-edi-ryutsu-bms/source/messages.layout.yaml Same\n\
    generic-edi-x12-supplier/source/order-answer.layout.yaml Same\n\
    generic-edi-x12-supplier/source/purchase-order.layout.yaml None\n\
    generic-edi-x12/source/invoice.layout.yaml None\n\
    generic-edi-x12/source/order-acknowledgement.layout.yaml None\n\
    generic-edi-x12/source/order.layout.yaml Same\n\
    generic-edi-x12/source/ship-notice.layout.yaml None\n\
    generic-erp-soap/source/create-order.layout.yaml None\n\
    generic-erp-soap/source/shipped.layout.yaml Same\n\
    generic-pos-csv/source/journal-line.layout.yaml None\n\
    generic-pos-csv/source/journal.layout.yaml Same\n\
    generic-pos-fixed/source/sales-line.layout.yaml None\n\
    generic-pos-fixed/source/sales.layout.yaml Same\n\
    generic-pos-poslog/source/line.layout.yaml None\n\
    generic-pos-poslog/source/transaction.layout.yaml Same\n\
    generic-stock-xlsx/source/stock-count.layout.yaml None\n";

/// What a shipped layout reads from its fixtures it writes so that it reads the
/// same again, and as the same bytes where the layout is lossless.
#[test]
fn fixtures_of_shipped_layouts_are_written_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../adapters/packages");
    let mut found = Vec::new();
    layouts(&root, &mut found);
    let mut backs = BTreeMap::new();
    for path in &found {
        let text = std::fs::read_to_string(path).expect("a file");
        let layout = super::layout(&text);
        let package = path.ancestors().nth(2).expect("source/ is in a package");
        let mut back = Back::None;
        for fixture in std::fs::read_dir(package.join("fixtures")).expect("fixtures") {
            let folder = fixture.expect("an entry").path();
            let inputs =
                ["in.csv", "in.dat", "in.edi", "in.xml"].map(|it| std::fs::read(folder.join(it)));
            for bytes in inputs.into_iter().flatten() {
                back = back.max(written_back(&layout, &bytes, &folder.display().to_string()));
            }
        }
        let name = path.strip_prefix(&root).expect("a package").to_string_lossy().into_owned();
        assert!(!layout.is_lossless() || back == Back::Bytes, "{name}: a fixture that it reads");
        backs.insert(name, back);
    }
    let told: String = backs.iter().map(|(name, back)| format!("{name} {back:?}\n")).collect();
    assert_eq!(told, SHIPPED, "a layout that is new, gone, or written back otherwise");
}

fn written_back(layout: &Layout, bytes: &[u8], name: &str) -> Back {
    let Ok(rows) = layout.read(bytes) else { return Back::None };
    if rows.rows.is_empty() || !rows.faults.is_empty() {
        return Back::None;
    }
    let out = layout.write(&rows, &Policy::exact());
    let out = out.unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
    let again = layout.read(&out.bytes).unwrap_or_else(|it| panic!("{name}: {it}"));
    assert_eq!(all(&again), all(&rows), "{name}");
    if !layout.is_lossless() {
        return Back::Same;
    }
    assert_eq!(out.bytes, bytes, "{name}");
    Back::Bytes
}
