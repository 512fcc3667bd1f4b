//! Orders that the hub makes up, so that a newcomer sees it work with no
//! outside system. The same number always gives the same order.

use super::receive::Reception;
use crate::{arrival::Way, settings::Input};
use canon::clock::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const NAMES: [(&str, &str, &str); 4] = [
    ("山田", "花子", "hanako@example.com"),
    ("髙橋", "一郎", "ichiro@example.com"),
    ("佐藤", "美咲", "misaki@example.com"),
    ("齋藤", "健", "ken@example.com"),
];
const GOODS: [(&str, &str, u64, &str); 4] = [
    ("TEA-500", "緑茶 500ml", 198, "0.08"),
    ("BAG-01", "トートバッグ", 1980, "0.10"),
    ("CUP-02", "湯呑み", 1200, "0.10"),
    ("RICE-5K", "新潟産コシヒカリ 5kg", 2980, "0.08"),
];

/// Makes an order every so often until the daemon stops or the channel goes.
pub(super) async fn watch(reception: &Reception, name: &str) {
    let rooms = reception.rooms();
    let stopping = rooms.tasks.stopping();
    let first = u64::try_from(rooms.clock.now().as_ms() / 1000).unwrap_or(0);
    for number in first.. {
        let house = rooms.house();
        let Some(channel) = house.channel(name) else { return };
        let Some(Input::Sample { every }) = channel.settings().input else { return };
        let order = order(number, rooms.clock.now());
        let way = Way::Sample { number };
        let arrival =
            super::brought(reception, channel, format!("sample {number}"), order.into(), way);
        // What came of it is in the log and in the journal.
        let _seen_elsewhere = reception.receive(arrival).await;
        tokio::select! {
            () = rooms.clock.sleep(every.max(Duration::from_millis(10))) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// The order of that number.
fn order(number: u64, at: Timestamp) -> String {
    let pick = |index: u64, len: usize| usize::try_from(index).unwrap_or(0) % len;
    let (family, given, email) = NAMES.get(pick(number, NAMES.len())).copied().unwrap_or_default();
    let mut total = 0;
    let lines: Vec<Value> = (0..=number % 3)
        .map(|line| {
            let index = pick(number / 3 + line, GOODS.len());
            let (sku, title, price, rate) = GOODS.get(index).copied().unwrap_or_default();
            let quantity = 1 + (number + line) % 2;
            total += price * quantity;
            json!({ "no": line + 1, "sku": sku, "title": title, "unit_price": price.to_string(),
                    "quantity": quantity, "tax_rate": rate })
        })
        .collect();
    json!({
        "id": format!("S{number}"),
        "number": number,
        "placed_at": at.to_string(),
        "customer": { "name": format!("{family} {given}"), "email": email },
        "currency": "JPY",
        "lines": lines,
        "total": total.to_string(),
        "paid": !number.is_multiple_of(4),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_the_same_order() {
        let at = Timestamp::from_ms(1_767_582_000_000);
        assert_eq!(order(7, at), order(7, at));
        assert_ne!(order(7, at), order(8, at));
        let order: Value = serde_json::from_str(&order(8, at)).unwrap();
        let sum: u64 = order["lines"].as_array().unwrap().iter().fold(0, |sum, line| {
            let price: u64 = line["unit_price"].as_str().unwrap().parse().unwrap();
            sum + price * line["quantity"].as_u64().unwrap()
        });
        assert_eq!(order["total"], sum.to_string());
    }
}
