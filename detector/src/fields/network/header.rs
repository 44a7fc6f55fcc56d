//! What stands before a message: finds the device's name and the time of the line nearest to the message.
//! Knows the shapes of RFC 3164 and RFC 5424 headers, of Cisco's own and of relays; reads no calendar.

use super::{Observation, text};
use crate::fields::pieces::pieces;

/// No header has more words than this.
const WORDS_MAX: usize = 64;

const DAYS: &[u8] = b"SunMonTueWedThuFriSat";

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Adds the device and the time that a header tells, where they are not known yet.
pub(super) fn fill<'a>(header: &'a [u8], observation: &mut Observation<'a>) {
    let (device, time) = read(header);
    observation.resource("device", device.and_then(text));
    if observation.time.is_none() {
        observation.time = time.and_then(text);
    }
}

/// Of several headers the last counts: relays put theirs in front.
fn read(header: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let (mut device, mut time) = (None, None);
    // Whether a host name may come next.
    let mut expected = true;
    // Where the time begins that is being read, and whether its clock time has come.
    let mut start: Option<(usize, bool)> = None;
    // Where a year stands that may belong to the time after it.
    let mut year = None;
    let mut at = 0usize;
    for word in pieces(header, b" \t").take(WORDS_MAX) {
        let mut begin = at;
        at = at.saturating_add(word.len()).saturating_add(1);
        let mut word = word;
        if word.starts_with(b"<")
            && let Some(end) = word.iter().position(|&byte| byte == b'>')
        {
            // A priority opens a header of its own.
            (expected, start) = (true, None);
            let (priority, after) = word.split_at_checked(end.saturating_add(1)).unwrap_or_default();
            begin = begin.saturating_add(priority.len());
            word = after;
        }
        let stem = word.strip_suffix(b":").unwrap_or(word);
        let end = begin.saturating_add(stem.len());
        let year_before = year.take();
        if is_number(stem) {
            year = (word.len() == 4).then_some(begin);
        } else if let Some(month) = month_in(word) {
            start = Some((year_before.unwrap_or(begin.saturating_add(month)), false));
        } else if is_date(word) {
            // `2026-03-07T12:00:01` or `2026/03/07`, after which the clock time comes.
            let is_whole = word.len() > 10;
            if is_whole {
                time = Some(stem);
            }
            (expected, start) = (true, Some((begin, is_whole)));
        } else if let Some((from, clock)) = start {
            if is_clock(stem) {
                time = header.get(from..end);
                (expected, start) = (true, Some((from, true)));
            } else if clock {
                // The zone follows the clock time, or the host does; behind an offset it may still come.
                let is_offset = matches!(stem, [b'+' | b'-', b'0'..=b'9', ..]);
                if is_offset {
                    time = header.get(from..end);
                } else if matches!(stem, b"UTC" | b"GMT") || stem.len() < word.len() && stem.len() <= 5 {
                    if stem.iter().all(u8::is_ascii_uppercase) {
                        time = header.get(from..end);
                    }
                } else if is_name(stem) {
                    device = Some(stem);
                }
                (expected, start) = (is_offset, None);
            }
        } else if expected && is_name(stem) && !is_clock(stem) && !is_uptime(stem) {
            device = Some(stem);
            expected = false;
        }
    }
    (device, time)
}

/// The offset of a month's name that ends the word, perhaps after a node and a mark of the clock's state.
fn month_in(word: &[u8]) -> Option<usize> {
    let at = word.len().checked_sub(3)?;
    let (before, month) = word.split_at_checked(at)?;
    let known = MONTHS.chunks(3).any(|name| name == month);
    (known && matches!(before, [] | [.., b'*' | b'.' | b':'])).then_some(at)
}

/// `hh:mm:ss`, perhaps with a fraction.
fn is_clock(word: &[u8]) -> bool {
    word.get(2) == Some(&b':') && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

fn is_date(word: &[u8]) -> bool {
    matches!(word, [b'0'..=b'9', _, _, _, b'-' | b'/', _, _, b'-' | b'/', ..])
}

/// Also nothing at all, and the colon that stands alone.
fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

/// `01420002:5`, as F5 numbers its messages.
fn is_code(word: &[u8]) -> bool {
    let mut halves = word.splitn(2, |&byte| byte == b':');
    halves.all(is_number)
}

/// `2y10w`, `1d02h`.
fn is_uptime(word: &[u8]) -> bool {
    word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'y' | b'w' | b'd' | b'h'))
}

/// Whether a word can be the name or the address of a device.
pub fn is_host(word: &str) -> bool {
    is_name(word.as_bytes())
}

fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphanumeric)
        && !is_number(word)
        && !is_code(word)
        && !DAYS.chunks(3).any(|day| day == word)
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_and_time_are_found() {
        for (header, device, time) in [
            ("", None, None),
            ("<189>", None, None),
            (
                "<189>1187: sw1: 001190: Mar  7 12:00:01.123 UTC: ",
                Some("sw1"),
                Some("Mar  7 12:00:01.123 UTC"),
            ),
            ("<189>62: .Mar  7 12:00:01: ", None, Some("Mar  7 12:00:01")),
            ("<189>62: *Mar  7 2026 12:00:01.123 UTC: ", None, Some("Mar  7 2026 12:00:01.123 UTC")),
            ("<189>62: 2y10w: ", None, None),
            (
                "<189>Mar  7 12:00:01 192.0.2.254 62: Mar  7 12:00:03: ",
                Some("192.0.2.254"),
                Some("Mar  7 12:00:03"),
            ),
            ("<189>Mar  7 12:00:01 2001:db8::fe 62: ", Some("2001:db8::fe"), Some("Mar  7 12:00:01")),
            ("<189>Mar  7 12:00:02 relay1 Mar  7 12:00:01 sw1 62: ", Some("sw1"), Some("Mar  7 12:00:01")),
            ("<189>1 2026-03-07T12:00:02.000Z sw1 - - - - ", Some("sw1"), Some("2026-03-07T12:00:02.000Z")),
            (
                "<189>Mar  7 12:00:01 n9k1 : 2026 Mar  7 12:57:15 UTC: ",
                Some("n9k1"),
                Some("2026 Mar  7 12:57:15 UTC"),
            ),
            (
                "<189>9: xr1 RP/0/RP0/CPU0:Mar  7 12:00:01.1 : config[67]: ",
                Some("xr1"),
                Some("Mar  7 12:00:01.1"),
            ),
            ("<166>Oct 18 14:39:03 edge01.bru01 Aaa: ", Some("edge01.bru01"), Some("Oct 18 14:39:03")),
            (
                "2026-03-07 12:00:01 +0000\t192.0.2.254",
                Some("192.0.2.254"),
                Some("2026-03-07 12:00:01 +0000"),
            ),
            ("Mar  7 12:00:01\t192.0.2.254\t", Some("192.0.2.254"), Some("Mar  7 12:00:01")),
            ("158 2026/03/07 12:00:01.12 UTC MINOR: ", None, Some("2026/03/07 12:00:01.12 UTC")),
            ("Mar  7 12:00:01 lb1 notice tmsh[163]: 01420002:5: ", Some("lb1"), Some("Mar  7 12:00:01")),
            ("01420002:5: ", None, None),
            ("Sat Mar  7 12:00:01: ", None, Some("Mar  7 12:00:01")),
            ("<189>Sat sw1: ", Some("sw1"), None),
            // Nothing is named where a dash stands.
            ("<189>1 2026-03-07T12:00:02.000Z - - - - ", None, Some("2026-03-07T12:00:02.000Z")),
            // A date alone is no time, so no host follows it.
            ("<189>2026-03-07 sw1: ", None, None),
            ("Mar  7 12:00:01 mx1 mgd[3046]: ", Some("mx1"), Some("Mar  7 12:00:01")),
            (
                "2026-03-07T12:00:02.1Z stdout F <189>62: sw1: 000061: Mar  7 12:00:01: ",
                Some("sw1"),
                Some("Mar  7 12:00:01"),
            ),
        ] {
            let bytes = |text: Option<&'static str>| text.map(str::as_bytes);
            assert_eq!(read(header.as_bytes()), (bytes(device), bytes(time)), "{header}");
        }
    }
}
