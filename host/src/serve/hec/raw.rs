//! Raw bodies: a line is an event. Knows line ends and how a description stands at the end of a line of text.
//!
//! A line of text stays the line that it was: parsers find its time and its head where they were. What is said of it
//! follows as `name="value"` pairs, which LogScale's `kvParse()` and Splunk's field extraction read.

use memchr::{memchr2, memmem};
use serde_json::Value;
use tapsieve_records::{Change, Frame, Kind, Place, RECORD_BYTES_MAX};

use super::inside::{added, flat};
use crate::serve::pool::Part;

/// Lines end with `\n`, `\r` or both.
pub(crate) fn lines(body: &[u8], frames_max: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < body.len() && frames.len() < frames_max {
        let ended = memchr2(b'\n', b'\r', &body[at..]).map_or(body.len(), |found| at + found);
        let ends = if body[ended..].starts_with(b"\r\n") { 2 } else { 1 };
        let to = (ended + ends).min(body.len());
        let line = &body[at..ended];
        let start = at + line.len() - line.trim_ascii_start().len();
        let end = start.max(at + line.trim_ascii_end().len());
        let kind = match &body[start..end] {
            [] => Kind::Blank,
            line if line.len() > RECORD_BYTES_MAX => Kind::TooLong,
            [b'{', .., b'}'] => Kind::Record,
            _ => Kind::Other,
        };
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        frames.push(Frame {
            from: place(at),
            start: place(start),
            end: place(end),
            to: place(to),
            kind,
            place: Place::Line,
        });
        at = to;
    }
    frames
}

/// Turns what was made of lines of text back into these lines with what is said of them at their end.
pub(crate) fn as_lines(body: &[u8], frames: &[Frame], parts: &mut [Part]) {
    for part in parts {
        let sifted = &mut part.sifted;
        for (number, change) in &mut sifted.changes {
            let Some(frame) = frames.get(part.numbers.start + *number as usize) else { continue };
            let Change::Enriched(range) = change else { continue };
            if frame.kind != Kind::Other {
                continue;
            }
            let enriched = &sifted.enriched[range.clone()];
            let Some(members) = wrapped(enriched) else { continue };
            let line = &body[frame.start as usize..frame.end as usize];
            let pairs = pairs(&members);
            let start = sifted.enriched.len();
            sifted.enriched.extend_from_slice(line);
            // Said by a hop before this one.
            if memmem::find(line, pairs.as_bytes()).is_none() {
                sifted.enriched.extend_from_slice(pairs.as_bytes());
            }
            *range = start..sifted.enriched.len();
        }
    }
}

/// What was added to the record that a line was wrapped in.
fn wrapped(enriched: &[u8]) -> Option<Value> {
    let text = b"{\"message\":".len();
    let end = tapsieve_records::value_end(enriched, text)?;
    added(&[&enriched[..end], b"}"].concat(), enriched)
}

fn pairs(members: &Value) -> String {
    let mut text = String::new();
    for (name, value) in flat(members) {
        let value = match value {
            Value::Array(values) => {
                let texts: Vec<_> = values.iter().filter_map(Value::as_str).collect();
                Value::String(texts.join(","))
            }
            value => value,
        };
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_ends_a_line_and_no_byte_is_lost() {
        let body = b"one\ntwo\r\nthree\rfour\n\r\n {\"a\":1} ";
        let frames = lines(body, 100);
        let texts: Vec<_> = frames
            .iter()
            .map(|frame| std::str::from_utf8(&body[frame.start as usize..frame.end as usize]).unwrap())
            .collect();
        assert_eq!(texts, ["one", "two", "three", "four", "", "{\"a\":1}"]);
        assert_eq!(frames.last().unwrap().kind, Kind::Record);
        assert!(frames.windows(2).all(|two| two[0].to == two[1].from));
        assert_eq!(frames.last().unwrap().to as usize, body.len());
    }
}
