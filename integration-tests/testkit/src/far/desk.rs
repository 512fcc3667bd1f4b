//! What a far system remembers: every request as it came, and what it did.
//!
//! Idempotency is kept as the better real systems keep it: the same key with
//! the same body gets the first answer again, the same key with another body is
//! refused, and nothing is done twice.

use bytes::Bytes;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::faults::Faults;

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// From 1, in order of arrival.
    pub number: usize,
    /// Upper case.
    pub method: String,
    /// With the query.
    pub path: String,
    /// `Idempotency-Key`, if it had one.
    pub key: Option<String>,
    /// `traceparent`, if it had one.
    pub traceparent: Option<String>,
    /// The bytes.
    pub body: Bytes,
    /// What was answered; `None` when nothing was.
    pub status: Option<u16>,
}

/// One thing done, once.
#[derive(Clone, Debug)]
pub struct Effect {
    /// What kind: `order`, `customer`, `consent`, `deal`.
    pub kind: &'static str,
    /// The caller's id of the thing.
    pub subject: String,
    /// The key under which it was done.
    pub key: String,
    /// What was asked.
    pub body: Value,
    /// Our own id of it.
    pub far_id: String,
}

/// What to answer to a request that wants something done.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Done now.
    Done(Value),
    /// Was done before under this key; the same answer.
    Repeat(Value),
    /// The key was used for something else.
    KeyReused,
}

/// The memory of one far system, and its fault switches.
#[derive(Debug, Default)]
pub struct Desk {
    /// What it is told to do wrong.
    pub faults: Faults,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    received: Vec<Received>,
    effects: Vec<Effect>,
    by_key: HashMap<String, (Vec<u8>, Value)>,
    repeats: usize,
    reused_keys: Vec<String>,
}

// === impl Desk ===

impl Desk {
    /// Every request so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.book().received.clone()
    }

    /// Everything done so far, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.book().effects.clone()
    }

    /// Everything of this kind done so far, in order.
    pub fn effects_of(&self, kind: &str) -> Vec<Effect> {
        self.book().effects.iter().filter(|it| it.kind == kind).cloned().collect()
    }

    /// How often a key came again with the same body.
    pub fn repeats(&self) -> usize {
        self.book().repeats
    }

    /// Keys that came again with another body. Must stay empty.
    pub fn reused_keys(&self) -> Vec<String> {
        self.book().reused_keys.clone()
    }

    /// Does a thing once per key, and remembers the answer.
    pub fn once(&self, kind: &'static str, subject: &str, key: &str, body: &[u8]) -> Verdict {
        let mut book = self.book();
        if let Some((first_body, answer)) = book.by_key.get(key) {
            if first_body == body {
                let answer = answer.clone();
                book.repeats += 1;
                return Verdict::Repeat(answer);
            }
            book.reused_keys.push(key.to_owned());
            return Verdict::KeyReused;
        }
        let far_id = format!("{kind}-{:05}", book.effects.len() + 1);
        let answer = json!({ "id": far_id });
        book.by_key.insert(key.to_owned(), (body.to_vec(), answer.clone()));
        book.effects.push(Effect {
            kind,
            subject: subject.to_owned(),
            key: key.to_owned(),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            far_id,
        });
        Verdict::Done(answer)
    }

    pub(super) fn note(&self, mut received: Received) -> usize {
        let mut book = self.book();
        received.number = book.received.len() + 1;
        book.received.push(received);
        book.received.len()
    }

    pub(super) fn note_answer(&self, number: usize, status: u16) {
        if let Some(received) = self.book().received.get_mut(number - 1) {
            received.status = Some(status);
        }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_one_thing_once() {
        let desk = Desk::default();
        let first = desk.once("order", "A1", "k1", b"{\"n\":1}");
        assert_eq!(first, Verdict::Done(json!({ "id": "order-00001" })));
        let again = desk.once("order", "A1", "k1", b"{\"n\":1}");
        assert_eq!(again, Verdict::Repeat(json!({ "id": "order-00001" })));
        assert_eq!(desk.once("order", "A1", "k1", b"{\"n\":2}"), Verdict::KeyReused);
        assert_eq!((desk.effects().len(), desk.repeats()), (1, 1));
        assert_eq!(desk.reused_keys(), ["k1"]);
    }
}
