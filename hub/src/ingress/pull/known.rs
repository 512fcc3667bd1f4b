//! What was handed over of a feed, so that the same answer to the same question
//! need not be handed over again.
//!
//! It is a saving, never a memory that anything rests on: what is handed over
//! once too often the journal recognises, what is not handed over is lost. So an
//! answer counts as known only while it is the last one that its question had,
//! and all is forgotten when a round breaks off.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Answers of one round that are remembered, at most.
const ANSWERS_MAX: usize = 10_000;

/// One question of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// The page of that number, counted in the round.
    Page(u64),
    /// These ids, by hash, and which page of what they stand for.
    Ids([u8; 32], usize),
}

/// The last answers, by hash.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Of the round before.
    before: HashMap<Question, [u8; 32]>,
    /// Of this one.
    now: HashMap<Question, [u8; 32]>,
    pages: u64,
}

// === impl Question ===

impl Question {
    pub(super) fn ids(ids: &[String], page: usize) -> Self {
        let mut hasher = Sha256::new();
        for id in ids {
            hasher.update((id.len() as u64).to_be_bytes());
            hasher.update(id);
        }
        Self::Ids(hasher.finalize().into(), page)
    }
}

// === impl Known ===

impl Known {
    /// The question that the next page of this round answers.
    pub(super) fn next_page(&mut self) -> Question {
        self.pages += 1;
        Question::Page(self.pages)
    }

    /// Whether this was the last answer to that question.
    pub(super) fn has(&mut self, question: Question, answer: [u8; 32]) -> bool {
        let last = self.now.get(&question).or_else(|| self.before.get(&question));
        let same = last == Some(&answer);
        if same {
            self.put(question, answer);
        }
        same
    }

    /// An answer was handed over.
    pub(super) fn put(&mut self, question: Question, answer: [u8; 32]) {
        self.before.remove(&question);
        if self.now.len() < ANSWERS_MAX || self.now.contains_key(&question) {
            self.now.insert(question, answer);
        }
    }

    /// All of the feed was read.
    pub(super) fn round_ended(&mut self) {
        self.before = std::mem::take(&mut self.now);
        self.pages = 0;
    }

    /// The round broke off: what it saw is not what there was at one time.
    pub(super) fn broke_off(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 32] = [1; 32];
    const B: [u8; 32] = [2; 32];

    /// Answers that are handed over when one question is answered so, round by round.
    fn handed_over(answers: &[[u8; 32]]) -> usize {
        let mut known = Known::default();
        let mut ask = |answer| {
            let question = known.next_page();
            let same = known.has(question, answer);
            known.put(question, answer);
            known.round_ended();
            !same
        };
        answers.iter().filter(|answer| ask(**answer)).count()
    }

    #[test]
    fn only_the_last_answer_of_a_question_is_known() {
        assert_eq!(handed_over(&[A, A, A]), 1);
        assert_eq!(handed_over(&[A, B, A]), 3, "a state that came back is news");
        let mut known = Known::default();
        known.put(Question::Page(1), A);
        assert!(!known.has(Question::Page(2), A), "what is on another page may have moved there");
        assert!(known.has(Question::Page(1), A));
        known.put(Question::Page(1), B);
        assert!(!known.has(Question::Page(1), A), "also within one round");
    }

    #[test]
    fn nothing_is_known_after_a_round_that_broke_off() {
        let mut known = Known::default();
        let question = known.next_page();
        known.put(question, A);
        known.round_ended();
        known.broke_off();
        assert_eq!(known.next_page(), question, "pages are counted anew");
        assert!(!known.has(question, A));
    }

    #[test]
    fn what_does_not_fit_is_handed_over_again() {
        let mut known = Known::default();
        known.put(Question::ids(&["7".to_owned()], 0), A);
        known.round_ended();
        for page in 0..ANSWERS_MAX as u64 {
            known.put(Question::Page(page), A);
        }
        let late = Question::ids(&["7".to_owned()], 0);
        known.put(late, B);
        assert!(!known.has(late, A), "the answer before the last one is forgotten");
        assert_ne!(
            Question::ids(&["1".into(), "2".into()], 0),
            Question::ids(&["12".into()], 0),
            "ids are told apart"
        );
    }
}
