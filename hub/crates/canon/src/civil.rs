//! Days of the Gregorian calendar as numbers and back, after Howard Hinnant's
//! published algorithms. Arithmetic only; what days exist is for the caller.

/// Days since 1970-01-01 of a day that exists, of any year within a million.
#[inline]
#[must_use]
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of that many days since 1970-01-01. At either end of the
/// numbers, where no calendar reaches, it stays at the last year there is.
#[inline]
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days of a month, 1 to 12.
#[inline]
#[must_use]
pub fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_follows_the_day_before() {
        let (mut year, mut month, mut day) = (-400, 1, 1);
        for number in days_from_civil(year, month, day)..=days_from_civil(2400, 12, 31) {
            assert_eq!(days_from_civil(year, month, day), number);
            assert_eq!(civil_from_days(number), (year, month, day));
            day += 1;
            if day > days_in(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 2, 29), 11_016);
    }

    #[test]
    fn the_ends_of_the_numbers_do_not_overflow() {
        assert!(civil_from_days(i64::MAX).0 > 9999);
        assert!(civil_from_days(i64::MIN).0 < 0);
    }
}
