//! What is told of a workbook before there is a layout for it.

use super::{
    super::super::{Seen, Suspicion, survey},
    book::{Book, cells, texts},
};

#[test]
fn a_workbook_is_told_with_its_header_and_what_is_suspicious() {
    let rows = [
        texts(1, &["棚卸表 2026年11月"]),
        texts(3, &["店", "JAN", "日付", "数量", "備考"]),
        cells(
            4,
            &[
                ("t='str'", "<v>0012</v>"),
                ("", "<v>4901234567894</v>"),
                ("s='1'", "<v>46000</v>"),
                ("", "<v>3</v>"),
                ("t='str'", "<v>良 </v>"),
            ],
        ),
        cells(
            5,
            &[
                ("", "<v>13</v>"),
                ("", "<v>49012345678940000</v>"),
                ("", "<v>46001</v>"),
                ("t='str'", "<v>4</v>"),
                ("t='e'", "<v>#N/A</v>"),
            ],
        ),
        cells(
            6,
            &[
                ("s='2'", "<v>14</v>"),
                ("", "<v>4901234567894</v>"),
                ("s='1'", "<v>46002</v>"),
                ("", "<v>5</v>"),
                ("", "<f>A1*2</f>"),
            ],
        ),
    ];
    let mut book = Book { formats: vec!["yyyy/m/d", "0000"], ..Book::of(&rows.concat()) };
    book.sheets.push(("空", "hidden", String::new()));
    let found = survey(&book.bytes(), 1).expect("a workbook");
    let [stock, empty] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((empty.name.as_str(), empty.hidden, &empty.area), ("空", true, &None));
    assert_eq!((stock.area.as_deref(), stock.header), (Some("A1:E6"), Some(3)));
    let names: Vec<&str> = stock.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["店", "JAN", "日付", "数量", "備考"]);
    let suspicious: Vec<Vec<_>> = stock
        .columns
        .iter()
        .map(|it| it.suspicious.iter().map(|(what, it)| (*what, it.0, it.1[0].as_str())).collect())
        .collect();
    use Suspicion as S;
    let wanted: [&[(S, u64, &str)]; 5] = [
        &[(S::ZerosLost, 1, "A5: 13"), (S::ZerosShown, 1, "A6: 0014")],
        &[(S::DigitsLost, 1, "B5: 49012345678940000")],
        &[(S::DateAsSerial, 1, "C5: 46001")],
        &[(S::NumberAsText, 1, "D5: 4")],
        &[
            (S::Spaces, 1, "E4: 良 "),
            (S::Error, 1, "E5: #N/A"),
            (S::Uncomputed, 1, "E6: a formula"),
        ],
    ];
    for (found, wanted) in suspicious.iter().zip(wanted) {
        assert_eq!(found, wanted);
    }
    let dates = &stock.columns[2].seen;
    assert_eq!((dates.get(&Seen::Date), dates.get(&Seen::Number)), (Some(&2), Some(&1)));
}

#[test]
fn a_sheet_without_names_and_what_is_in_order_are_told_as_they_are() {
    let rows = [texts(2, &["A1", "7"]), texts(3, &["A2", "7"])].concat();
    let found = survey(&Book::of(&rows).bytes(), 3).expect("a workbook");
    assert_eq!((found[0].header, found[0].rows), (None, 2));
    assert!(found[0].columns.iter().all(|it| it.suspicious.is_empty()), "{found:?}");
    assert!(survey(b"a,b", 3).is_err());
}
