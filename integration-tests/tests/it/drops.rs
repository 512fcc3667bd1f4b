//! Files that the tests drop into the folders of channels, and what becomes of them.

use flate2::{Compression, Crc, write::DeflateEncoder, write::GzEncoder};
use serde_json::Value;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};
use testkit::{
    Result, TestHub,
    hub::Output,
    till::{Journal, Line, Receipt, journal::items},
    wait::{Look, PATIENCE},
};

/// The channel of the till that drops files.
pub(crate) const CHANNEL: &str = "channels/pos-legacy.yaml";
/// How it comes in the example.
pub(crate) const PLAIN: &str = "in:\n  folder: { path: drop/pos-legacy, every: 500ms }\n";

/// A till's file in CP932 with so many receipts, numbered from `first`.
pub(crate) fn journal(first: u32, count: u32) -> Result<Vec<u8>> {
    let receipt = |number| Receipt {
        register: "02",
        number,
        business_day: "20260105",
        at: "2026/01/05 12:00:58",
        member: "",
        lines: vec![Line::sale(&items::TEA, 1)],
    };
    Journal { receipts: (first..first + count).map(receipt).collect() }.bytes()
}

/// Drops a file into a folder, whole at once.
pub(crate) fn drop_into(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let written = folder.join(format!("{name}.tmp"));
    std::fs::write(&written, bytes)?;
    Ok(std::fs::rename(written, folder.join(name))?)
}

/// What lies in a folder, sorted.
pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Waits until a file lies where it belongs.
pub(crate) async fn moved(hub: &TestHub, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    hub.until_within(&format!("{} is there", file.display()), PATIENCE * 8, async |_| {
        Ok(Look::when(file.exists(), (), || format!("{:?}", files_in(folder))))
    })
    .await
}

/// Where a file lies that was refused: behind the id of the refusal in its name.
pub(crate) fn refused(folder: &Path, name: &str) -> Option<PathBuf> {
    let (aside, end) = (folder.join("refused"), format!(".{name}"));
    let found = files_in(&aside).into_iter().find(|it| it.ends_with(&end))?;
    Some(aside.join(found))
}

/// Why a file of a folder was refused, as it is written beside it.
pub(crate) async fn refusal(hub: &TestHub, folder: &Path, name: &str) -> Result<Value> {
    let note = format!("{name}.problem.json");
    hub.until_within(&format!("{name} is refused"), PATIENCE * 4, async |_| {
        let path = refused(folder, &note).unwrap_or_default();
        let found = std::fs::read(path).ok().and_then(|it| serde_json::from_slice(&it).ok());
        Ok(found.map_or_else(|| Look::NotYet("nothing".to_owned()), Look::Ready))
    })
    .await
}

/// The receipts that are stored, by their number at the till, once there are so many.
pub(crate) async fn sales(hub: &TestHub, count: usize) -> Result<Vec<String>> {
    hub.until_within(&format!("{count} sales"), PATIENCE * 4, async |client| {
        let path = "/api/v1/events?channel=pos-legacy&entity=pos_transaction";
        let found = client.all(path).await?;
        let ids = found.iter().filter_map(|it| it.pointer("/event/sourceid")?.as_str());
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let seen = ids.len();
        Ok(Look::when(seen == count, ids, || format!("{seen} sales")))
    })
    .await
}

/// The large file of the first channel that has one.
pub(crate) async fn large(hub: &TestHub) -> Result<Value> {
    let listed = hub.client().get("/api/v1/files/large").await?;
    Ok(listed.pointer("/items/0").cloned().unwrap_or_default())
}

/// Starts it to die at a named point of its commits.
pub(crate) async fn dies(hub: &mut TestHub, point: &str) -> Result<()> {
    hub.hub.die_at(Some(point));
    hub.hub.launch()?;
    testkit::wait::until(&format!("it dies at {point}"), PATIENCE * 8, async || {
        let is_dead = hub.hub.ended()?.is_some();
        Ok(Look::when(is_dead, (), || hub.hub.log_end()))
    })
    .await
}

/// Dies at named points, one after the other, and is then left to run.
pub(crate) async fn through_kills(hub: &mut TestHub, points: &[&str]) -> Result<()> {
    for point in points {
        dies(hub, point).await?;
    }
    hub.hub.die_at(None);
    hub.hub.restart().await
}

/// What a command printed that went well.
pub(crate) fn ok(output: Output) -> String {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    output.stdout
}

pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

pub(crate) fn zstd(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(zstd::encode_all(bytes, 1)?)
}

/// A zip (APPNOTE 6.3) of files that are deflated.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        let deflated = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut head = [20_u16, 0x0800, 8, 0, 0].map(u16::to_le_bytes).concat();
        for it in [crc.sum(), deflated.len().try_into()?, bytes.len().try_into()?] {
            head.extend(it.to_le_bytes());
        }
        head.extend(u16::try_from(name.len())?.to_le_bytes());
        head.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", head.as_slice(), &[0; 10]].concat());
        directory.extend(u32::try_from(out.len())?.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        out.extend([b"PK\x03\x04", head.as_slice(), name.as_bytes(), &deflated].concat());
    }
    let count = u16::try_from(files.len())?.to_le_bytes();
    let at = u32::try_from(out.len())?.to_le_bytes();
    let size = u32::try_from(directory.len())?.to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
    Ok(out)
}
