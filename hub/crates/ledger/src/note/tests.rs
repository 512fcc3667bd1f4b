//! Keys survive their files; no changed note is accepted.

use super::*;

fn signer(folder: &Path, name: &str) -> Signer {
    Signer::open(&folder.join("ledger.key"), name).unwrap()
}

/// The key and note printed in the documentation of Go's `sumdb/note`.
#[test]
fn a_published_key_and_note_are_read() {
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let public = PublicKey::parse(key).unwrap();
    assert_eq!(public.to_string(), key);
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\
                \n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_eq!(public.open(note), Err("it is not a checkpoint"), "signed, but another text");
    let other = note.replace("problem is", "problem was");
    assert_eq!(public.open(&other), Err("its signature is wrong"));
}

#[test]
fn a_key_is_made_once_and_read_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let first = signer(folder.path(), "hub.example/journal");
    let note = first.sign(3, [7; 32]);
    let again = signer(folder.path(), "hub.example/journal");
    assert_eq!(again.public_key().open(&note).unwrap().size, 3);
    let file = folder.path().join("ledger.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let exported = fs::read_to_string(folder.path().join("ledger.key.pub")).unwrap();
    assert_eq!(&PublicKey::parse(&exported).unwrap(), first.public_key());
    let renamed = Signer::open(&file, "other.example/journal");
    assert!(matches!(renamed, Err(Error::Key { .. })), "{renamed:?}");
    let bad = Signer::open(&folder.path().join("new.key"), "https://hub");
    assert!(matches!(bad, Err(Error::Name { .. })), "{bad:?}");
}

#[test]
fn no_changed_note_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path(), "hub.example/journal");
    let note = signer.sign(1_000_000, [0xa5; 32]);
    let said =
        Checkpoint { origin: "hub.example/journal".to_owned(), size: 1_000_000, root: [0xa5; 32] };
    assert_eq!(signer.public_key().open(&note), Ok(said));
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(signer.public_key().open(&changed).is_err(), "byte {at} bit {bit}");
        }
    }
    let witnessed = format!("{note}— witness.example AAAAAAAA\n");
    assert!(signer.public_key().open(&witnessed).is_ok(), "other signers are passed over");
}
