//! Partners that trade by EDI: what they send is taken and acknowledged.

mod answers;
mod parties;

use crate::drops::refused;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use testkit::{
    Result, TestHub,
    config::{repository, secret},
    far::Webhook,
    wait::{Look, PATIENCE, until},
};

pub(crate) const PARTNER: &str = "\
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
            let refused = refused(&folder, "hello.edi").is_some();
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
    // What is refused is acknowledged like what is taken.
    let (status, text) =
        send("zstd", zstd(&fixture("generic-edi-edifact", "counts-differ")?)?).await?;
    assert_eq!(status, 422, "{text}");
    assert!(text.contains("+4+29+UNZ+2'"), "{text}");
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
        let text = text.replace("000000101", &format!("{:09}", 101 + number));
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

/// Two purchase orders with the control numbers of the first.
fn orders() -> Result<[Vec<u8>; 2]> {
    let order = String::from_utf8_lossy(&fixture("generic-edi-x12", "order")?).into_owned();
    let other = order.replace("FM-26-0001", "FM-26-0002");
    Ok([order.into_bytes(), other.into_bytes()])
}

/// The acknowledgements with a name, once there are as many as wanted.
async fn acknowledged(
    hub: &TestHub,
    folder: &Path,
    count: usize,
) -> Result<BTreeMap<String, String>> {
    hub.until("acknowledgements", async |_| {
        let told = acknowledgements(folder);
        let seen = format!("{:?}", told.keys());
        Ok(Look::when(told.len() == count, told, || seen))
    })
    .await
}

/// Goal: killed at any point of an acknowledgement, dropped or released: each file
/// is answered once, even where the next file has its name already.
#[tokio::test]
async fn killed_within_an_acknowledgement_each_file_is_answered_once() -> Result<()> {
    let [order, other] = orders()?;
    for (point, then) in [
        ("answer.prepared:1", None),
        ("answer.file_moved:1", None),
        ("answer.named:1", None),
        // The partner drops the next file under the same name while the hub is dead.
        ("answer.file_moved:1", Some(&other)),
    ] {
        let mut hub = TestHub::with(|config| {
            let partner = PARTNER.replace("acknowledge: true", "acknowledge: true, arrives: {}");
            config.write("channels/partner.yaml", &partner)
        })
        .await?;
        let folder = hub.hub.config().join("drop/partner");
        hub.hub.stop().await?;
        hub.hub.die_at(Some(point));
        hub.hub.launch()?;
        drop_file(&folder, "order.edi", &order)?;
        until_dead(&mut hub).await?;
        if let Some(next) = then {
            let text = String::from_utf8_lossy(next).replace("000000101", "000000102");
            drop_file(&folder, "order.edi", text.as_bytes())?;
        }
        hub.hub.die_at(None);
        hub.hub.launch()?;
        let count = 1 + usize::from(then.is_some());
        let told = acknowledged(&hub, &folder, count).await.map_err(|it| it.during(point))?;
        hub.events("partner", count).await.map_err(|it| it.during(point))?;
        let numbers: Vec<bool> = told.values().map(|it| it.contains("*000000101*")).collect();
        assert!(told.contains_key("order.edi.ack.x12"), "{point}: {numbers:?}");
        // It stays so: no answer is added by further looks.
        drop_file(&folder, "last.edi", b"hello")?;
        hub.until("the last file refused", async |_| {
            Ok(Look::when(refused(&folder, "last.edi").is_some(), (), || point.to_owned()))
        })
        .await?;
        assert_eq!(acknowledgements(&folder).len(), count, "{point}");
    }
    Ok(())
}

async fn until_dead(hub: &mut TestHub) -> Result<()> {
    let process = &mut hub.hub;
    until("it dies", PATIENCE * 2, async || {
        Ok(match process.ended()? {
            Some(_) => Look::Ready(()),
            None => Look::NotYet(process.log_end()),
        })
    })
    .await
}

/// Goal: a file that is released out of `held/` is answered once, whenever the hub
/// dies in between.
#[tokio::test]
async fn a_released_file_is_answered_once_whatever_happens() -> Result<()> {
    let [order, other] = orders()?;
    for point in ["answer.prepared:2", "answer.file_moved:2", "answer.named:2"] {
        let mut hub =
            TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
        let folder = hub.hub.config().join("drop/partner");
        hub.hub.stop().await?;
        hub.hub.die_at(Some(point));
        hub.hub.launch()?;
        drop_file(&folder, "a.edi", &order)?;
        acknowledged(&hub, &folder, 1).await?;
        drop_file(&folder, "b.edi", &other)?;
        let id = hub
            .until("a held file", async |_| {
                let found = std::fs::read_dir(folder.join("held")).into_iter().flatten().flatten();
                let name = found.map(|it| name(&it.path())).find(|it| it.ends_with(".b.edi"));
                Ok(name.map_or(Look::NotYet("nothing is held".to_owned()), |it| {
                    Look::Ready(it.chars().take(36).collect::<String>())
                }))
            })
            .await?;
        let released = ["files", "release", &id, "--reason", "they count anew"];
        let released = hub.hub.command(&released).await?;
        assert_eq!(released.code, Some(0), "{}{}", released.stdout, released.stderr);
        until_dead(&mut hub).await?;
        hub.hub.die_at(None);
        hub.hub.launch()?;
        let told = acknowledged(&hub, &folder, 2).await.map_err(|it| it.during(point))?;
        assert!(told.contains_key("b.edi.ack.x12"), "{point}: {:?}", told.keys());
        hub.events("partner", 2).await.map_err(|it| it.during(point))?;
        drop_file(&folder, "last.edi", b"hello")?;
        hub.until("the last file refused", async |_| {
            Ok(Look::when(refused(&folder, "last.edi").is_some(), (), || point.to_owned()))
        })
        .await?;
        assert_eq!(acknowledgements(&folder).len(), 2, "{point}");
    }
    Ok(())
}
