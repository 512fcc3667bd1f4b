//! A try in which the program itself breaks off.

use super::*;
use crate::app::testing::House;
use canon::entry::Body;

const SCREEN: &str = "\
# Where canonical events go.
channel: screen
package: sample
class: other
data_class: restricted
out:
  screen: true
  retry: { attempts: 2, base: 1s }
";

fn parcel(attempt: u32) -> DueParcel {
    DueParcel {
        id: ParcelId { seq: 1, index: 0, destination: "screen".to_owned() },
        key: "order/a".to_owned(),
        attempt,
        entity: "order".to_owned(),
        action: "updated".to_owned(),
        hub_id: String::new(),
        event: String::new(),
        replay: None,
        edited: false,
        gives_way: false,
        number: 1,
        released: false,
    }
}

/// Goal: what breaks the program off is not tried for ever; in the end it is a dead
/// letter that people see.
#[tokio::test]
async fn a_try_that_breaks_off_is_counted_and_the_last_one_is_a_dead_letter() {
    let House { rooms, folder: _folder } = House::open(&[("channels/screen.yaml", SCREEN)]);
    let to = current(&rooms, "screen").unwrap();
    let breaks_off = || async { panic!("a fault of the program") };
    let first = guarded(&rooms, &to, &parcel(1), breaks_off()).await.unwrap();
    assert!(!first.finished, "{first:?}");
    let second = guarded(&rooms, &to, &parcel(2), breaks_off()).await.unwrap();
    assert!(second.finished, "{second:?}");

    let entries = rooms.journal.reader().read(1, 9).unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|it| match &it.body {
            Body::Attempt(it) => (it.number, it.outcome.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(said.len(), 2);
    assert!(matches!(&said[0], (1, Outcome::Later { reason, .. }) if reason == BROKE_OFF));
    let (2, Outcome::Refused { code, reason }) = &said[1] else { panic!("{said:?}") };
    assert_eq!(code, "delivery-exhausted");
    assert!(reason.contains(BROKE_OFF), "{reason}");
    assert!(guarded(&rooms, &to, &parcel(1), async { None }).await.is_none());
    assert_eq!(rooms.journal.head(), 2, "nothing was sent, nothing is written down");
}
