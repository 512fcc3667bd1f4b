//! The faults of an interchange's envelopes: bounded, and found by the message or
//! group that they lie on without looking through all of them.

use std::collections::HashMap;

use crate::fault::{Code, Fault, Level};

/// Faults of envelopes in one input. With more of them it is refused whole: nobody
/// reads them one by one, and a sender with so many has another trouble.
pub const FAULTS_MAX: usize = 5_000;

/// What is wrong with the envelopes of one interchange, in the order of finding.
#[derive(Clone, Debug)]
pub struct Findings {
    all: Vec<Fault>,
    /// By number of the message, of the group.
    on_message: HashMap<u32, Vec<usize>>,
    on_group: HashMap<u32, Vec<usize>>,
    /// The first for which nothing can be trusted.
    broken: Option<usize>,
    /// Faults that may still come.
    room: usize,
    full: bool,
}

// === impl Findings ===

impl Findings {
    /// None yet, and at most `room` of them.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            all: Vec::new(),
            on_message: HashMap::new(),
            on_group: HashMap::new(),
            broken: None,
            room,
            full: false,
        }
    }

    /// Takes a fault. The first that has no room becomes [`Code::TooLarge`], for
    /// which the interchange is refused; those behind it are not taken.
    pub(crate) fn push(&mut self, fault: Fault) {
        if self.full {
            return;
        }
        let fault = match self.room.checked_sub(1) {
            Some(room) => {
                self.room = room;
                fault
            }
            None => {
                self.full = true;
                let expected = format!("at most {FAULTS_MAX} faults of envelopes in one input");
                Fault { offset: fault.offset, ..Fault::new(Code::TooLarge, 0, expected) }
            }
        };
        let index = self.all.len();
        let level = fault.code.level();
        let (by, number) = match level {
            Level::Group => (&mut self.on_group, fault.group),
            _ => (&mut self.on_message, fault.message),
        };
        if number > 0 {
            by.entry(number).or_default().push(index);
        }
        if level == Level::Interchange && !fault.note {
            self.broken.get_or_insert(index);
        }
        self.all.push(fault);
    }

    /// There were more than it takes.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Faults that may still come, in this interchange or behind it.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.all.iter()
    }

    /// The first for which nothing in the interchange can be trusted.
    pub fn broken(&self) -> Option<&Fault> {
        self.broken.and_then(|it| self.all.get(it))
    }

    /// Those of a group itself, by its number from 1.
    pub fn on_group(&self, number: u32) -> impl Iterator<Item = &Fault> {
        self.at(self.on_group.get(&number))
    }

    /// Those of a message itself, by its number from 1.
    pub fn on_message(&self, number: u32) -> impl Iterator<Item = &Fault> {
        self.at(self.on_message.get(&number))
    }

    fn at<'f>(&'f self, indices: Option<&'f Vec<usize>>) -> impl Iterator<Item = &'f Fault> {
        indices.into_iter().flatten().filter_map(|it| self.all.get(*it))
    }
}
