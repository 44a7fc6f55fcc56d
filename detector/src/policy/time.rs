//! Dates and times of events and policies: knows RFC 3339 and its relatives, no clock.

/// Milliseconds since 1970 of `2026-03-04T09:36:07Z` and its relatives; what is finer than a millisecond is cut off.
///
/// A space may stand for the `T`; a time without an offset is in UTC; a date alone is its midnight.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let mut rest = text.trim_ascii().as_bytes();
    let mut parts = [0i32; 6];
    for (at, part) in parts.iter_mut().enumerate() {
        match (at, rest) {
            (0, _) => {}
            (3, []) => break,
            (1 | 2, [b'-', tail @ ..])
            | (3, [b'T' | b't' | b' ', tail @ ..])
            | (4 | 5, [b':', tail @ ..]) => {
                rest = tail;
            }
            _ => return None,
        }
        *part = two_digits(&mut rest)?;
        if at == 0 {
            *part = part.wrapping_mul(100).wrapping_add(two_digits(&mut rest)?);
        }
    }
    let [year, month, day, hour, minute, second] = parts;
    if hour > 23
        || minute > 59
        || second > 60
        || !(1..=12).contains(&month)
        || day == 0
        || day > month_days(year, month)
    {
        return None;
    }
    let mut fraction = 0i64;
    if let [b'.' | b',', tail @ ..] = rest
        && tail.first().is_some_and(u8::is_ascii_digit)
    {
        rest = tail;
        let mut worth = 100i64;
        while let [digit @ b'0'..=b'9', tail @ ..] = rest {
            rest = tail;
            fraction = fraction.wrapping_add(worth.wrapping_mul((digit & 15).into()));
            worth /= 10;
        }
    }
    let mut minutes = hour.wrapping_mul(60).wrapping_add(minute);
    match rest.trim_ascii() {
        [] | [b'Z' | b'z'] | b"UTC" => {}
        [sign @ (b'+' | b'-'), tail @ ..] => {
            rest = tail;
            let mut offset = two_digits(&mut rest)?.wrapping_mul(60);
            rest = rest.strip_prefix(b":").unwrap_or(rest);
            offset = offset.wrapping_add(two_digits(&mut rest)?);
            if !rest.is_empty() || offset >= 24 * 60 {
                return None;
            }
            minutes = minutes.wrapping_add(if *sign == b'+' { offset.wrapping_neg() } else { offset });
        }
        _ => return None,
    }
    let minutes = i64::from(days(year, month, day)).wrapping_mul(24 * 60).wrapping_add(minutes.into());
    let seconds = minutes.wrapping_mul(60).wrapping_add(second.into());
    Some(seconds.wrapping_mul(1000).wrapping_add(fraction))
}

fn month_days(year: i32, month: i32) -> i32 {
    let next =
        if month == 12 { days(year.wrapping_add(1), 1, 1) } else { days(year, month.wrapping_add(1), 1) };
    next.wrapping_sub(days(year, month, 1))
}

/// Days from 1970 to a date of the Gregorian calendar, with years that begin in March.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let months = year.wrapping_mul(12).wrapping_add(month).wrapping_add(9);
    // Counted from March of the year -1, so that nothing is negative.
    let (year, month) = (months.wrapping_div(12), months.wrapping_rem(12));
    let in_year = (month.wrapping_mul(153).wrapping_add(2) / 5).wrapping_add(day);
    let leaps = (year.wrapping_sub(1) / 4)
        .wrapping_sub(year.wrapping_sub(1) / 100)
        .wrapping_add(year.wrapping_sub(1) / 400);
    year.wrapping_mul(365).wrapping_add(leaps).wrapping_add(in_year).wrapping_sub(719_834)
}

fn two_digits(rest: &mut &[u8]) -> Option<i32> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', tail @ ..] = *rest else { return None };
    *rest = tail;
    Some(i32::from(tens & 15).wrapping_mul(10).wrapping_add((ones & 15).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_moment_are_equal() {
        for text in [
            "2026-03-04T09:36:07Z",
            "2026-03-04 09:36:07",
            "2026-03-04t09:36:07.0009z",
            "2026-03-04T11:36:07+02:00",
            "2026-03-04T11:36:07+0200",
            "2026-03-03T23:06:07-10:30",
            " 2026-03-04 09:36:07 UTC ",
        ] {
            assert_eq!(millis(text), Some(1_772_616_967_000), "{text}");
        }
        assert_eq!(millis("1970-01-01"), Some(0));
        assert_eq!(millis("1970-01-01T00:00:01.1234567Z"), Some(1123));
        assert_eq!(millis("1970-01-01T00:00:00,5+00:00"), Some(500));
        assert_eq!(millis("2000-02-29T00:00:00Z"), Some(951_782_400_000));
        assert_eq!(millis("2000-03-01"), Some(951_868_800_000));
        assert_eq!(millis("1969-12-31T23:59:59Z"), Some(-1000));
        // A leap second.
        assert_eq!(millis("2016-12-31T23:59:60Z"), millis("2017-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2026",
            "2026-3-4",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "2026-01-00",
            "2026-01-01T",
            "2026-01-01T10",
            "2026-01-01T10:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T10:60:00Z",
            "2026-01-01T10:00:61Z",
            "2026-01-01T10:00:00X",
            "2026-01-01T10:00:00+2",
            "2026-01-01T10:00:00+02:00x",
            "2026-01-01T10:00:00.",
            "Mar 4 09:36:07",
            "1772616967",
            "2026-01-01T10:00:00+24:00",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
