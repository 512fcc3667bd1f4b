//! What operators decide on refused files is carried out.

use super::{
    super::{held::name_of, moves::put_with_reason},
    *,
};
use crate::problem::Refusal;

const ID: &str = "01933a3c-7b7c-7c63-9f6e-3c3a7c1c9b11";

fn decided(name: &str, state: HeldState) -> HeldFile {
    HeldFile {
        id: ID.to_owned(),
        channel: "pos".to_owned(),
        name: name.to_owned(),
        sha256: String::new(),
        code: "undecodable".to_owned(),
        reason: String::new(),
        state,
        file: canon::entry::RefusedFile::default(),
        at: canon::clock::Timestamp::from_ms(0),
        seq: 1,
        settled_by: "operator:mika".to_owned(),
        settled_why: "mended".to_owned(),
    }
}

/// Puts a file aside as the walk does.
async fn refuse(folder: &Path, name: &str, content: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, content).unwrap();
    let (aside, full) = (folder.join(REFUSED), name_of(ID, OsStr::new(name)));
    let refusal = Refusal::FileTooLarge { bytes: 3, because: "of a test".to_owned() };
    assert!(put_with_reason(&file, (&aside, &full), &refusal, ID).await);
    aside.join(full)
}

#[tokio::test]
async fn what_an_operator_decided_is_carried_out_once_its_place_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let aside = refuse(folder, "a.csv", "old").await;
    std::fs::write(folder.join("a.csv"), "new").unwrap();
    let released = decided("a.csv", HeldState::Released);
    carry_out(folder, &released, &aside).await;
    assert!(aside.exists(), "its place is taken");
    std::fs::remove_file(folder.join("a.csv")).unwrap();
    carry_out(folder, &released, &aside).await;
    assert_eq!(std::fs::read_to_string(folder.join("a.csv")).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.join(REFUSED)).unwrap().count(), 0);
}

#[tokio::test]
async fn a_long_name_and_a_lost_reason_hinder_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let name = format!("{}.csv", "売".repeat(83));
    assert_eq!(name.len(), 253);
    let aside = refuse(folder, &name, "old").await;
    assert_eq!(std::fs::read_dir(folder.join(REFUSED)).unwrap().count(), 2, "with its reason");
    for entry in std::fs::read_dir(folder.join(REFUSED)).unwrap() {
        let path = entry.unwrap().path();
        if path != aside {
            std::fs::remove_file(path).unwrap();
        }
    }
    carry_out(folder, &decided(&name, HeldState::Discarded), &aside).await;
    assert_eq!(std::fs::read_to_string(folder.join("discarded").join(&name)).unwrap(), "old");
}
