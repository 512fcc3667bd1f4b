//! Control numbers of what goes out, of at most nine digits (ISA13): those of
//! messages and those of acknowledgements, which may go to one partner, never meet.
//!
//! Both are counted by folds of the journal, so each is the same after a retry, a
//! restart and a rebuild. After the last of its range a number comes again; X12 and
//! EDIFACT ask for no more than that.

/// Messages: 1 to 899,999,999.
const PARCELS: u64 = 899_999_999;
/// Acknowledgements: 900,000,000 to 999,999,999.
const ANSWERS_FROM: u64 = 900_000_000;
const ANSWERS: u64 = 100_000_000;

/// Of a delivery: its place among all to its destination, from 1.
#[must_use]
pub fn of_parcel(place: u64) -> u64 {
    place.saturating_sub(1) % PARCELS + 1
}

/// The other way round: the place of the delivery that last went out under a number, if
/// `last` is the place of the newest.
#[must_use]
pub fn place_of(number: u64, last: u64) -> Option<u64> {
    let rounds = last.checked_sub(number)? / PARCELS;
    (1..=PARCELS).contains(&number).then(|| number + rounds * PARCELS)
}

/// Of an acknowledgement: its place among all of its channel, from 1.
#[must_use]
pub fn of_answer(place: u64) -> u64 {
    ANSWERS_FROM + place.saturating_sub(1) % ANSWERS
}

/// Whether an acknowledgement went out under a number, if so many have a place.
#[must_use]
pub fn is_of_answer(number: u64, last: u64) -> bool {
    number.checked_sub(ANSWERS_FROM).is_some_and(|it| it < last.min(ANSWERS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_end_where_they_say() {
        assert_eq!((of_parcel(1), of_parcel(899_999_999)), (1, 899_999_999));
        assert_eq!(of_parcel(900_000_000), 1);
        assert_eq!((of_answer(1), of_answer(100_000_000)), (900_000_000, 999_999_999));
        assert_eq!(of_answer(100_000_001), 900_000_000);
    }

    #[test]
    fn a_number_is_of_the_newest_that_has_it() {
        assert_eq!((place_of(1, 0), place_of(1, 1), place_of(7, 9)), (None, Some(1), Some(7)));
        assert_eq!(place_of(7, PARCELS + 6), Some(7));
        assert_eq!(place_of(7, PARCELS + 7), Some(PARCELS + 7));
        assert_eq!((place_of(0, 9), place_of(900_000_000, u64::MAX)), (None, None));
    }

    #[test]
    fn a_number_is_of_an_answer_that_has_it() {
        assert!(is_of_answer(900_000_001, 2) && is_of_answer(999_999_999, u64::MAX));
        assert!(!is_of_answer(900_000_002, 2) && !is_of_answer(900_000_000, 0));
        assert!(!is_of_answer(1_000_000_000, u64::MAX) && !is_of_answer(7, 9));
    }

    proptest! {
        #[test]
        fn numbers_lead_back(place in 1_u64..u64::MAX / 2, behind in 0..PARCELS) {
            prop_assert_eq!(place_of(of_parcel(place), place + behind), Some(place));
        }

        #[test]
        fn no_two_meet(one in 1_u64..u64::MAX / 2, apart in 1..PARCELS, answer: u64) {
            prop_assert_ne!(of_parcel(one), of_parcel(one + apart));
            prop_assert_ne!(of_answer(one), of_answer(one + apart % (ANSWERS - 1) + 1));
            prop_assert_ne!(of_parcel(one), of_answer(answer));
            prop_assert!((1..1_000_000_000).contains(&of_parcel(one)));
            prop_assert!((1..1_000_000_000).contains(&of_answer(answer)));
        }
    }
}
