//! `text inspect` on what is not plain text: compressed files, archives, workbooks.

use crate::drops::{gzip, ok, zip, zstd};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use testkit::{
    Result,
    config::repository,
    hub::{Output, find_binary, run},
    till::cp932,
};

async fn inspect(file: &Path, more: &[&str]) -> Result<Output> {
    let file = file.display().to_string();
    run(&find_binary()?, &[&["text", "inspect", &file], more].concat()).await
}

/// Goal: what is in gzip and zstd is told as if it were plain; of an archive each
/// file, or the one that is named; of a workbook its sheets, columns and cells.
#[tokio::test]
async fn what_is_packed_is_looked_into() -> Result<()> {
    let temp = TempDir::with_prefix("channelhub-inspect-")?;
    let write = |name: &str, bytes: &[u8]| -> Result<std::path::PathBuf> {
        let path = temp.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let plain = cp932("店舗コード,商品名\r\n0001,ﾘｮｸﾁｬ\r\n")?;
    let book = repository().join("adapters/packages/generic-stock-xlsx/fixtures/counted/in.xlsx");
    let book = std::fs::read(book)?;
    let json = async |path: &Path, more: &[&str]| -> Result<Value> {
        let all = [&["--format", "json"], more].concat();
        Ok(serde_json::from_str(&ok(inspect(path, &all).await?))?)
    };
    for (name, bytes) in [("a.csv.gz", gzip(&plain)?), ("a.csv.zst", zstd(&plain)?)] {
        let told = json(&write(name, &bytes)?, &[]).await?;
        assert_eq!((&told["read_as"], &told["bytes"]), (&"cp932".into(), &plain.len().into()));
        assert_eq!(told["layout"]["delimiter"], ",", "{told}");
    }
    let files: [(&str, &[u8]); 3] = [("夜間/a.csv", &plain), ("b.xlsx", &book), ("c", b"\x1F\x8B")];
    let archive = write("all.zip", &zip(&files)?)?;
    let told = json(&archive, &[]).await?;
    let members = told["members"].as_array().expect("members");
    assert_eq!((&members[0]["member"], members.len()), (&"夜間/a.csv".into(), 3), "{told}");
    assert_eq!(members[0]["report"]["read_as"], "cp932", "{told}");
    assert!(members[1]["report"]["workbook"]["sheets"].is_array(), "{told}");
    assert!(members[2]["report"]["not_read"].is_string(), "{told}");
    let one = json(&archive, &["--member", "夜間/a.csv"]).await?;
    assert_eq!(one["bytes"], plain.len(), "{one}");
    let near = inspect(&archive, &["--member", "夜間/b.csv"]).await?;
    assert!(near.stderr.contains("did you mean `夜間/a.csv`?"), "{}", near.stderr);

    let book = write("b.xlsx", &book)?;
    let told = json(&book, &[]).await?;
    let stock = &told["workbook"]["sheets"][1];
    assert_eq!((&stock["area"], &stock["header_row"]), (&"A1:I11".into(), &4.into()), "{told}");
    assert_eq!(stock["columns"][6]["suspicious"]["zeros_shown"]["count"], 4, "{told}");
    let english = ok(inspect(&book, &[]).await?);
    assert!(english.contains("looks like the names of the columns"), "{english}");
    let japanese = ok(inspect(&book, &["--language", "ja"]).await?);
    assert!(japanese.contains("見出しのよう"), "{japanese}");
    Ok(())
}
