//! What is kept of a refresh token, and what a crash leaves of it.

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

fn connected() -> (tempfile::TempDir, Connection) {
    let data = tempfile::tempdir().unwrap();
    let connection = Connection::of(data.path(), "freee");
    connect(&connection, "canary-0", NOW).unwrap();
    (data, connection)
}

/// Connects it, if it is free.
fn connect(connection: &Connection, token: &str, now: Timestamp) -> Result<(), String> {
    connection.reserve()?.ok_or_else(|| connection.in_use())?.connect(&Secret::new(token), now)
}

fn token(connection: &Connection) -> String {
    connection.open(&connection.state().unwrap().unwrap()).unwrap().expose().to_owned()
}

#[test]
fn the_next_token_takes_the_place_of_the_one_before() {
    let (data, connection) = connected();
    for use_ in 1..4_u64 {
        let mut turn = connection.begin(later(use_)).unwrap();
        assert_eq!(turn.token().expose(), format!("canary-{}", use_ - 1));
        turn.done(Some(&Secret::new(format!("canary-{use_}"))), later(use_)).unwrap();
        let state = connection.state().unwrap().unwrap();
        assert_eq!((state.uses, state.in_doubt_since), (use_, None));
    }
    // A far side that gives none leaves the one there is.
    connection.begin(later(9)).unwrap().done(None, later(9)).unwrap();
    assert_eq!(token(&connection), "canary-3");
    for file in fs::read_dir(data.path().join("connections")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("canary"), "it is sealed: {text}");
    }
    let other = Connection::of(data.path(), "square");
    fs::copy(&connection.path, &other.path).unwrap();
    assert!(other.begin(NOW).unwrap_err().contains("does not open"), "not for another channel");
}

#[test]
fn a_lost_key_is_not_replaced_beside_a_journal() {
    let (data, connection) = connected();
    fs::remove_file(data.path().join("seal.key")).unwrap();
    fs::write(data.path().join("journal.db"), "").unwrap();
    // Told before the far side gives a token that then could not be kept.
    assert!(connection.reserve().unwrap_err().contains("is missing"));
    assert!(!data.path().join("seal.key").exists());
}

#[test]
fn a_use_that_was_cut_off_is_told_when_the_token_is_refused() {
    let (_data, connection) = connected();
    drop(connection.begin(later(5)).unwrap());
    let state = connection.state().unwrap().unwrap();
    assert_eq!(state.in_doubt_since, Some(later(5)), "noted before the far side was asked");
    let mut turn = connection.begin(later(60)).unwrap();
    assert_eq!(turn.token().expose(), "canary-0", "perhaps it never came there");
    turn.refused("HTTP 400, \"invalid_grant\"", later(60));
    drop(turn);
    let told = connection.begin(later(61)).unwrap_err();
    assert!(told.contains("invalid_grant") && told.contains("was cut off"), "{told}");
    assert!(told.contains("`channelhub connect freee`"), "{told}");
    assert_eq!(connection.since(), Some(NOW));
    connect(&connection, "canary-new", later(90)).unwrap();
    assert_eq!(connection.since(), Some(later(90)), "it is another account");
    assert_eq!(connection.begin(later(91)).unwrap().token().expose(), "canary-new");
}

#[test]
fn one_uses_it_at_a_time_and_a_half_written_file_is_none() {
    let (_data, connection) = connected();
    let turn = connection.begin(NOW).unwrap();
    assert!(connection.begin(NOW).unwrap_err().contains("in use just now"));
    assert!(connection.reserve().unwrap().is_none());
    drop(turn);
    // Who is about to get a token has the connection, and may still come away with none.
    let reserved = connection.reserve().unwrap().unwrap();
    assert!(connection.begin(NOW).unwrap_err().contains("in use just now"));
    drop(reserved);
    assert_eq!(connection.since(), Some(NOW));
    // A crash within a write leaves the file of before.
    fs::write(connection.path.with_extension("part"), "{\"channel\": ").unwrap();
    assert_eq!(connection.begin(NOW).unwrap().token().expose(), "canary-0");
    let nobody = Connection::of(connection.folder().unwrap(), "square");
    assert!(nobody.begin(NOW).unwrap_err().contains("`channelhub connect square`"));
}

#[test]
fn a_token_that_cannot_be_kept_is_not_done() {
    let (data, connection) = connected();
    let mut turn = connection.begin(NOW).unwrap();
    let folder = data.path().join("connections");
    fs::rename(&folder, data.path().join("away")).unwrap();
    assert!(turn.done(Some(&Secret::new("canary-1")), NOW).is_err());
    fs::rename(data.path().join("away"), &folder).unwrap();
    turn.done(Some(&Secret::new("canary-1")), NOW).unwrap();
    assert_eq!(token(&connection), "canary-1", "it was not lost meanwhile");
}
