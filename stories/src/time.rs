//! Times as events spell them, in milliseconds since 1970; knows no clock, so a syslog line takes its year from elsewhere.

/// The milliseconds of a time: RFC 3339, seconds or milliseconds since 1970, or a syslog time.
///
/// `year` stands in where the text has none.
pub fn millis(text: &str, year: Option<i64>) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        // Seconds until the year 5138, milliseconds from then on.
        let factor = if number.abs() < 1e11 { 1000.0 } else { 1.0 };
        return Some((number * factor) as i64);
    }
    let bytes = text.as_bytes();
    if bytes.get(4) == Some(&b'-') { rfc3339(text) } else { syslog(text, year) }
}

/// The year of a time in milliseconds.
pub fn year(millis: i64) -> i64 {
    civil(millis.div_euclid(86_400_000)).0
}

/// A time as `2026-03-04 09:41:07`.
pub fn text(millis: i64) -> String {
    let (year, month, day) = civil(millis.div_euclid(86_400_000));
    let seconds = millis.rem_euclid(86_400_000) / 1000;
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A moment as people read it: without a year where no event said one, and 1970 stands in.
pub fn moment(millis: i64) -> String {
    let text = text(millis);
    text.strip_prefix("1970-").map_or_else(|| text.clone(), str::to_owned)
}

/// A length of time in words: the two largest units.
pub fn length(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

fn rfc3339(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let day = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let clock = clock(text.get(11..)?)?;
    let rest = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
    let offset = match rest.as_bytes().first() {
        Some(sign @ (b'+' | b'-')) => {
            let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
            let minutes = digits.get(..2)?.parse::<i64>().ok()? * 60
                + digits.get(2..4).and_then(|m| m.parse::<i64>().ok()).unwrap_or(0);
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => 0,
    };
    Some(day * 86_400_000 + clock - offset * 60_000)
}

/// `Mar  7 12:00:01.123 UTC`, with a year before it, behind the day or nowhere; a `*` or `.` may stand before.
fn syslog(text: &str, year: Option<i64>) -> Option<i64> {
    const MONTHS: &str = "janfebmaraprmayjunjulaugsepoctnovdec";
    let (mut month, mut day, mut of_day, mut year) = (None, None, None, year);
    for word in text.split_whitespace() {
        let word = word.trim_matches(['*', '.', ',', ':']);
        if word.contains(':') {
            of_day = of_day.or_else(|| clock(word));
        } else if let Ok(number) = word.parse::<i64>() {
            if number >= 1970 { year = Some(number) } else { day = day.or(Some(number)) }
        } else if month.is_none() && word.len() >= 3 {
            let three = word.get(..3)?.to_ascii_lowercase();
            month = MONTHS.find(&three).filter(|at| at % 3 == 0).map(|at| at as i64 / 3 + 1);
        }
    }
    Some(days(year?, month?, day?) * 86_400_000 + of_day?)
}

/// `12:00:01.123` in milliseconds.
fn clock(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let fraction: String = match text.get(8..9) {
        Some("." | ",") => text.get(9..)?.chars().take_while(char::is_ascii_digit).take(3).collect(),
        _ => String::new(),
    };
    let millis = format!("{fraction:0<3}").parse::<i64>().ok()?;
    Some((number(0, 2)? * 3600 + number(3, 5)? * 60 + number(6, 8)?) * 1000 + millis)
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Counted from 1 March, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_moment() {
        let moment = Some(1_772_884_801_123);
        for spelled in [
            "2026-03-07T12:00:01.123Z",
            "2026-03-07T12:00:01.1234567Z",
            "2026-03-07 14:00:01.123+02:00",
            "2026-03-07T06:30:01.123-0530",
            "1772884801.123",
            "1772884801123",
            "Mar  7 12:00:01.123 UTC",
            "*Mar  7 12:00:01.123",
            "2026 Mar  7 12:00:01.123 UTC",
            "Mar 7 2026 12:00:01.123",
        ] {
            assert_eq!(millis(spelled, Some(2026)), moment, "{spelled}");
        }
        assert_eq!(millis("Mar  7 12:00:01", None), None);
        assert_eq!(millis("yesterday", Some(2026)), None);
    }

    #[test]
    fn days_and_dates_agree() {
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        assert_eq!(text(1_772_884_801_123), "2026-03-07 12:00:01");
        assert_eq!(length(5_400_000), "1 h 30 min");
    }
}
