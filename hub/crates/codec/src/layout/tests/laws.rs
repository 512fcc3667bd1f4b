//! Laws: what is written is read again as it was, and what a lossless layout
//! reads without a fault it writes as the same bytes, whatever the bytes.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{framed, *};
use crate::rows::{Cell, Row};

static JOURNAL: LazyLock<Layout> = LazyLock::new(|| layout(include_str!("journal.layout.yaml")));
static ORDER: LazyLock<Layout> = LazyLock::new(|| layout(include_str!("order.layout.yaml")));
static VARYING: LazyLock<Layout> = LazyLock::new(|| layout(framed::VARYING));
/// Without the trailer more mutations get through to the records.
static LINES_ONLY: LazyLock<Layout> = LazyLock::new(|| {
    let text = include_str!("journal.layout.yaml");
    layout(text.split("  - name: end").next().expect("a first part"))
});

const HEADER: &str = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n";
const LINES: &str = "0001,000101,20260105,M1,\"表示ソート髙①㈱\",1080\r\n\
                     0001,000101,20260105,M1,\"ｶﾞﾑ \"\"ﾊﾟﾝ\"\"～\",-216\r\nEND,2,864\r\n";
const RECORDS: &str = "A260105             B00000001表示ソ髙   Dｶﾞﾑ     00012345012\
                       Dﾊﾟﾝ     -0000050-01B00000002           Z00002000011        ";

/// Adds a text to rows as a cell.
fn cell(rows: &mut Rows, text: &str) -> Cell {
    let start = narrow(rows.text.len());
    rows.text.push_str(text);
    Cell { start, end: narrow(rows.text.len()), offset: 0, length: 0 }
}

/// Changes bytes, cuts and doubles pieces.
pub(super) fn mutate(mut bytes: Vec<u8>, changes: &[(u16, u8, u8)]) -> Vec<u8> {
    for (at, kind, value) in changes {
        let at = usize::from(*at) % bytes.len().max(1);
        match kind % 4 {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = *value;
                }
            }
            1 => bytes.insert(at.min(bytes.len()), *value),
            2 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            _ => {
                let end = (at + usize::from(*value)).min(bytes.len());
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(end..end, piece);
            }
        }
    }
    bytes
}

fn holds(layout: &Layout, bytes: &[u8]) -> bool {
    let Ok(rows) = layout.read(bytes) else { return true };
    for fault in &rows.faults {
        assert!(!fault.faults.is_empty());
        assert!(fault.offset + fault.length <= wide(bytes.len()));
    }
    if !rows.faults.is_empty() {
        return true;
    }
    let written = layout.write(&rows, &Policy::exact()).expect("what is read can be written");
    assert_eq!(written.bytes.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    true
}

fn changes() -> impl Strategy<Value = Vec<(u16, u8, u8)>> {
    let byte =
        prop_oneof![any::<u8>(), Just(b'"'), Just(b','), Just(b'\n'), Just(b'0'), Just(0x81)];
    prop::collection::vec((any::<u16>(), any::<u8>(), byte), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_lossless_csv_comes_back(changes in changes()) {
        let bytes = mutate(cp932(&format!("{HEADER}{LINES}")), &changes);
        prop_assert!(holds(&JOURNAL, &bytes));
        let lines: String = LINES.lines().take(2).map(|it| format!("{it}\r\n")).collect();
        let body = mutate(cp932(&lines), &changes);
        let bytes = [cp932(HEADER), body].concat();
        prop_assert!(holds(&LINES_ONLY, &bytes));
    }

    #[test]
    fn lossless_fixed_records_come_back(changes in changes()) {
        let bytes = mutate(cp932(RECORDS), &changes);
        prop_assert!(holds(&ORDER, &bytes));
    }

    #[test]
    fn lossless_records_of_any_length_come_back(changes in changes()) {
        prop_assert!(holds(&VARYING, &mutate(framed::varying(), &changes)));
    }

    #[test]
    fn what_is_written_is_read_again(
        items in prop::collection::vec(("[ -~ｱ-ﾝぁ-んァ-ヶ一表髙①～]{0,12}", -999_999_i64..999_999), 1..6),
        member in "[ -~]{0,4}",
    ) {
        let layout = &*JOURNAL;
        let mut rows = Rows::default();
        let head = ["0001", "R-1", "20260105", &member].map(|it| cell(&mut rows, it)).to_vec();
        let lines = items.iter().map(|(item, amount)| {
            let cells = vec![cell(&mut rows, item), cell(&mut rows, &amount.to_string())];
            Row { cells, ..Row::default() }
        });
        let groups = vec![lines.collect()];
        rows.rows.push(Row { cells: head, groups, ..Row::default() });
        let written = layout.write(&rows, &Policy::exact()).expect("writes");
        let again = layout.read(&written.bytes).expect("reads");
        prop_assert_eq!(&again.faults, &Vec::new());
        prop_assert_eq!(all(&again), all(&rows));
    }
}
