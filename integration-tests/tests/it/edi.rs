//! Partners that trade by EDI: what they send is taken and acknowledged.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use testkit::{Result, TestHub, config::repository, config::secret, far::Webhook, wait::Look};

const PARTNER: &str = "\
# A partner that drops purchase orders.
channel: partner
package: generic-edi-x12
class: erp
data_class: restricted
in: { folder: { path: drop/partner, every: 100ms, acknowledge: true } }
quota: { per_minute: 60000, burst: 1000 }
settings: { own_id: \"4900000000017\", partner_id: FUJIMART }
";
const CALLER: &str = "\
# A partner that sends purchase orders by HTTP.
channel: caller
package: generic-edi-edifact
class: erp
data_class: restricted
in: { webhook: { keys: [{ name: caller, token: { file: secrets/caller } }] } }
quota: { per_minute: 600 }
settings: { own_id: \"4900000000017\", partner_id: \"4900000000123\" }
";

fn fixture(package: &str, case: &str) -> Result<Vec<u8>> {
    let folder = repository().join("adapters/packages").join(package).join("fixtures");
    Ok(std::fs::read(folder.join(case).join("in.edi"))?)
}

/// A file that appears whole.
fn drop_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let part = folder.join(format!("{name}.tmp"));
    std::fs::write(&part, bytes)?;
    Ok(std::fs::rename(part, folder.join(name))?)
}

/// The acknowledgements in the folder that have a name, with what they say.
fn acknowledgements(folder: &Path) -> BTreeMap<String, String> {
    let found = std::fs::read_dir(folder.join("ack")).into_iter().flatten().flatten();
    let paths = found.map(|it| it.path());
    let named = |it: &PathBuf| !name(it).starts_with('.');
    paths
        .filter(named)
        .map(|it| (name(&it), std::fs::read_to_string(&it).unwrap_or_default()))
        .collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Goal: each file of a partner is answered: what was accepted, what was not and
/// where it is wrong, and what was refused whole.
#[tokio::test]
async fn files_of_a_partner_are_acknowledged() -> Result<()> {
    let hub = TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
    let folder = hub.hub.config().join("drop/partner");
    for case in ["order", "bad-messages", "counts-differ"] {
        drop_file(&folder, &format!("{case}.edi"), &fixture("generic-edi-x12", case)?)?;
    }
    drop_file(&folder, "hello.edi", b"hello")?;
    let told = hub
        .until("three acknowledgements and four files away", async |_| {
            let told = acknowledgements(&folder);
            let done = std::fs::read_dir(folder.join("done")).into_iter().flatten().count();
            let refused = folder.join("refused/hello.edi").exists();
            let seen = format!("{:?}", told.keys());
            Ok(Look::when(told.len() == 3 && done == 2 && refused, told, || seen))
        })
        .await?;
    let order = &told["order.edi.ack.x12"];
    assert!(order.contains("*08*4900000000017  *ZZ*FUJIMART "), "it goes back: {order}");
    assert!(order.contains("AK1*PO*101~\nAK2*850*0001~\nAK5*A~\nAK9*A*1*1*1~"), "{order}");
    let mixed = &told["bad-messages.edi.ack.x12"];
    assert!(mixed.contains("AK3*BEG*2**8~\nAK4*5*373*8*20260231~\nAK5*R*5~"), "{mixed}");
    assert!(mixed.contains("AK9*P*4*4*2~"), "two of four fit the standard: {mixed}");
    let broken = &told["counts-differ.edi.ack.x12"];
    assert!(broken.contains("TA1*000000104*260105*0930*R*021~"), "{broken}");
    // The good order of the second file is that of the first: nothing new.
    hub.events("partner", 1).await?;
    Ok(())
}

/// Goal: a partner that sends by HTTP gets its acknowledgement as the answer, if
/// it asks for it.
#[tokio::test]
async fn a_caller_may_ask_for_the_acknowledgement() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/caller", &key)?;
        config.write("channels/caller.yaml", CALLER)
    })
    .await?;
    let send = async |case: &str, key: &str| -> Result<(u16, String)> {
        let body = fixture("generic-edi-edifact", case)?;
        let headers =
            [("authorization", format!("Bearer {key}")), ("accept", "application/edifact".into())];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let answer =
            Webhook { channel: "caller".to_owned(), headers, body }.send(&hub.url()).await?;
        Ok((answer.status, answer.text))
    };
    let (status, text) = send("order", &key).await?;
    assert_eq!(status, 202, "{text}");
    assert!(text.contains("UCI+R101+4900000000123:14+4900000000017:14+7'"), "{text}");
    assert!(text.contains("UCM+1+ORDERS:D:96A:UN+7'"), "{text}");
    let (status, again) = send("order", &key).await?;
    assert_eq!(status, 200, "{again}");
    let (status, text) = send("counts-differ", &key).await?;
    assert_eq!(status, 422, "{text}");
    assert!(text.contains("+4+29+UNZ+2'"), "{text}");
    let (status, text) = send("order", "wrong").await?;
    assert_eq!(status, 401);
    assert!(!text.contains("UCI"), "a stranger is told nothing: {text}");
    Ok(())
}

/// Bytes as a frame of zstd with blocks that are not compressed (RFC 8878).
fn zstd(bytes: &[u8]) -> Result<Vec<u8>> {
    let length = u32::try_from(bytes.len())?.to_le_bytes();
    let mut out = [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0], length.as_slice()].concat();
    let blocks = bytes.chunks(1 << 16).count();
    for (number, block) in (1..).zip(bytes.chunks(1 << 16)) {
        let head = u32::try_from(block.len())? << 3 | u32::from(number == blocks);
        out.extend(head.to_le_bytes().iter().take(3));
        out.extend(block);
    }
    Ok(out)
}

/// Goal: a body that says how it is compressed is what is in it: acknowledged,
/// kept and recognised as if it had come plain.
#[tokio::test]
async fn a_compressed_body_is_what_is_in_it() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/caller", &key)?;
        config.write("channels/caller.yaml", CALLER)
    })
    .await?;
    let order = fixture("generic-edi-edifact", "order")?;
    let send = async |encoding: &str, body: Vec<u8>| -> Result<(u16, String)> {
        let headers = [
            ("authorization", format!("Bearer {key}")),
            ("accept", "application/edifact".into()),
            ("content-encoding", encoding.to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let answer =
            Webhook { channel: "caller".to_owned(), headers, body }.send(&hub.url()).await?;
        Ok((answer.status, answer.text))
    };
    let (status, text) = send("zstd", zstd(&order)?).await?;
    assert_eq!(status, 202, "{text}");
    assert!(text.contains("UCM+1+ORDERS:D:96A:UN+7'"), "{text}");
    let (status, again) = send("identity", order.clone()).await?;
    assert_eq!(status, 200, "{again}");
    for (encoding, body) in [("br", order.clone()), ("gzip", zstd(&order)?), ("zstd", order)] {
        let (status, text) = send(encoding, body).await?;
        assert_eq!(status, 422, "{encoding}: {text}");
        assert!(text.contains("Content-Encoding"), "{text}");
    }
    Ok(())
}

/// Goal: kill -9 at any time: each file is answered exactly once.
/// Method: files keep coming while the hub is killed; the partner takes each
/// acknowledgement away as soon as it has a name.
#[tokio::test]
async fn each_file_is_acknowledged_once_whatever_happens() -> Result<()> {
    const FILES: usize = 60;
    const KILLS: usize = 6;
    let mut hub = TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
    let folder = hub.hub.config().join("drop/partner");
    let order = String::from_utf8_lossy(&fixture("generic-edi-x12", "order")?).into_owned();
    for number in 0..FILES {
        let text = order.replace("FM-26-0001", &format!("FM-26-{number:04}"));
        drop_file(&folder, &format!("{number:03}.edi"), text.as_bytes())?;
    }
    let mut taken: Vec<String> = Vec::new();
    for kill in 1..=KILLS {
        hub.until("some more acknowledgements", async |_| {
            for it in acknowledgements(&folder).into_keys() {
                std::fs::remove_file(folder.join("ack").join(&it))?;
                taken.push(it);
            }
            let enough = taken.len() >= kill * FILES / (KILLS + 1);
            Ok(Look::when(enough, (), || format!("{} taken", taken.len())))
        })
        .await?;
        hub.hub.kill9().await?;
        hub.hub.restart().await?;
    }
    hub.until("all acknowledgements", async |_| {
        for it in acknowledgements(&folder).into_keys() {
            std::fs::remove_file(folder.join("ack").join(&it))?;
            taken.push(it);
        }
        Ok(Look::when(taken.len() >= FILES, (), || format!("{} taken", taken.len())))
    })
    .await?;
    hub.events("partner", FILES).await?;
    taken.sort();
    let want: Vec<String> = (0..FILES).map(|it| format!("{it:03}.edi.ack.x12")).collect();
    assert_eq!(taken, want, "each once");
    Ok(())
}
