//! The report of `text inspect` on a workbook: its sheets, what stands in their
//! columns, and suspicious cells. In English and Japanese, and as JSON.

use crate::problem::Language;
use codec::layout::{ColumnSurvey, Seen, SheetSurvey, Suspicion};
use serde_json::{Map, Value, json};

/// The report as JSON.
pub(super) fn document(file: &str, sheets: &[SheetSurvey]) -> Value {
    let sheets: Vec<Value> = sheets
        .iter()
        .map(|it| {
            json!({
                "name": it.name,
                "hidden": it.hidden,
                "area": it.area,
                "rows": it.rows,
                "hidden_rows": it.hidden_rows,
                "merged_areas": it.merged_areas,
                "header_row": it.header,
                "columns": it.columns.iter().map(column).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "file": file, "workbook": { "sheets": sheets } })
}

fn column(it: &ColumnSurvey) -> Value {
    let seen = it.seen.iter().map(|(seen, count)| (word(*seen).to_owned(), json!(count)));
    let suspicious = it.suspicious.iter().map(|(what, (count, first))| {
        (suspicion_word(*what).to_owned(), json!({ "count": count, "examples": first }))
    });
    json!({
        "column": it.column,
        "name": it.name,
        "seen": seen.collect::<Map<_, _>>(),
        "suspicious": suspicious.collect::<Map<_, _>>(),
    })
}

/// The report for people.
pub(super) fn page(file: &str, sheets: &[SheetSurvey], language: Language) -> String {
    let t = |english: String, japanese: String| match language {
        Language::English => english,
        Language::Japanese => japanese,
    };
    let count = sheets.len();
    let mut out = t(
        format!("{file}: a workbook with {count} sheets\n"),
        format!("{file}：ワークブック、{count} シート\n"),
    );
    for sheet in sheets {
        sheet_page(&mut out, sheet, &t);
    }
    out.push_str(&t(
        "Read it by a layout with `format: xlsx`: `channelhub layout check LAYOUT --on FILE`\n"
            .to_owned(),
        "`format: xlsx` のレイアウトで読み取ります：`channelhub layout check LAYOUT --on FILE`\n"
            .to_owned(),
    ));
    out
}

fn sheet_page(out: &mut String, sheet: &SheetSurvey, t: &impl Fn(String, String) -> String) {
    let SheetSurvey { name, hidden, area, rows, hidden_rows, merged_areas, header, columns } =
        sheet;
    let shown = if *hidden {
        t(" (hidden)".to_owned(), "（非表示）".to_owned())
    } else {
        String::new()
    };
    let Some(area) = area else {
        let line = t(
            format!("Sheet `{name}`{shown}: nothing in it\n"),
            format!("シート「{name}」{shown}：セルなし\n"),
        );
        out.push_str(&line);
        return;
    };
    let mut lines = vec![t(
        format!("Sheet `{name}`{shown}: {area}, {rows} rows with something in them"),
        format!("シート「{name}」{shown}：{area}、値のある行 {rows}"),
    )];
    if *hidden_rows > 0 {
        lines.push(t(
            format!("  {hidden_rows} rows are hidden: `hidden_rows` of the layout says whether they count"),
            format!("  非表示の行 {hidden_rows}：扱いはレイアウトの `hidden_rows` で決める"),
        ));
    }
    if *merged_areas > 0 {
        lines.push(t(
            format!("  {merged_areas} merged areas: `merged` of the layout says how they are read"),
            format!("  結合セル {merged_areas} か所：読み方はレイアウトの `merged` で決める"),
        ));
    }
    lines.push(match header {
        Some(row) => t(
            format!("  row {row} looks like the names of the columns"),
            format!("  {row} 行目は見出しのよう"),
        ),
        None => t("  no row looks like names of columns".into(), "  見出しらしい行なし".into()),
    });
    for column in columns {
        lines.push(column_line(column, t));
        for (what, (count, first)) in &column.suspicious {
            let (english, japanese) = suspicion_text(*what);
            let (more, first) =
                (if (first.len() as u64) < *count { " …" } else { "" }, first.join(", "));
            lines.push(t(
                format!("      {english}: {count} ({first}{more})"),
                format!("      {japanese}：{count}（{first}{more}）"),
            ));
        }
    }
    out.push_str(&lines.join("\n"));
    out.push('\n');
}

fn column_line(column: &ColumnSurvey, t: &impl Fn(String, String) -> String) -> String {
    let ColumnSurvey { column, name, seen, .. } = column;
    let list = |words: fn(Seen) -> &'static str| {
        let each = seen.iter().map(|(it, count)| format!("{} ×{count}", words(*it)));
        each.collect::<Vec<_>>().join(", ")
    };
    t(
        format!("    {column:<3} {name}  {}", list(english)),
        format!("    {column:<3} {name}  {}", list(japanese)),
    )
}

fn word(seen: Seen) -> &'static str {
    match seen {
        Seen::Number => "number",
        Seen::Text => "text",
        Seen::Date => "date",
        Seen::Truth => "truth_value",
        Seen::Error => "error",
        Seen::Uncomputed => "uncomputed",
    }
}

fn english(seen: Seen) -> &'static str {
    match seen {
        Seen::Number => "number",
        Seen::Text => "text",
        Seen::Date => "date",
        Seen::Truth => "true or false",
        Seen::Error => "error",
        Seen::Uncomputed => "formula without a value",
    }
}

fn japanese(seen: Seen) -> &'static str {
    match seen {
        Seen::Number => "数値",
        Seen::Text => "文字列",
        Seen::Date => "日付",
        Seen::Truth => "真偽値",
        Seen::Error => "エラー",
        Seen::Uncomputed => "未計算の数式",
    }
}

fn suspicion_word(suspicion: Suspicion) -> &'static str {
    match suspicion {
        Suspicion::NumberAsText => "number_as_text",
        Suspicion::DateAsSerial => "date_as_serial",
        Suspicion::ZerosLost => "zeros_lost",
        Suspicion::ZerosShown => "zeros_shown",
        Suspicion::DigitsLost => "digits_lost",
        Suspicion::Spaces => "spaces",
        Suspicion::Error => "error",
        Suspicion::Uncomputed => "uncomputed",
    }
}

fn suspicion_text(suspicion: Suspicion) -> (&'static str, &'static str) {
    match suspicion {
        Suspicion::NumberAsText => ("numbers stored as text", "文字列として保存された数値"),
        Suspicion::DateAsSerial => {
            ("days as bare serial numbers, not shown as dates", "日付の書式がないシリアル値")
        }
        Suspicion::ZerosLost => (
            "numbers among codes: leading zeros are lost, if there were any",
            "コードの中の数値（先頭のゼロが失われたおそれ）",
        ),
        Suspicion::ZerosShown => (
            "leading zeros are only shown by the format, not stored",
            "先頭のゼロは表示形式だけで、値にはない",
        ),
        Suspicion::DigitsLost => (
            "more than 15 digits: a spreadsheet has set the last ones to 0",
            "15 桁を超える数値（表計算ソフトが下位の桁を 0 にしている）",
        ),
        Suspicion::Spaces => ("white space before or behind a text", "前後に空白のある文字列"),
        Suspicion::Error => ("cells with an error", "エラーのセル"),
        Suspicion::Uncomputed => {
            ("formulas that were never computed: save it in a spreadsheet", "未計算の数式")
        }
    }
}
