//! Where the events lie in a request body; knows lines and JSON arrays, checks no event.

use std::fmt;
use std::ops::Range;

use memchr::{memchr, memchr2};

/// How many events one body may hold; the list of their places is kept in memory.
pub(crate) const EVENTS_MAX: usize = 1 << 20;

/// A body that cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FramingError {
    /// The first byte begins neither an object nor an array.
    NotJson,
    /// An array that does not end, or goes on after its end, at this offset.
    Array(usize),
    /// More than [`EVENTS_MAX`] events.
    TooMany,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FramingError::NotJson => f.write_str("the body is neither NDJSON nor a JSON array"),
            FramingError::Array(at) => write!(f, "the body is not a whole JSON array, see byte {at}"),
            FramingError::TooMany => write!(f, "the body has more than {EVENTS_MAX} events"),
        }
    }
}

/// Places in a body; a body is shorter than 4 GiB.
pub(crate) type Place = Range<u32>;

/// The places of the events of a body, in order.
///
/// A body of `ndjson` type has one event on each line that is not blank.
/// Any other body is an array when it begins with `[`, one object when it is one object, and lines otherwise.
///
/// # Errors
/// The body is nothing of that kind.
pub(crate) fn events(body: &[u8], ndjson: bool) -> Result<Vec<Place>, FramingError> {
    let start = blanks(body, 0);
    match body.get(start) {
        None => Ok(Vec::new()),
        Some(b'[') if !ndjson => array(body, start),
        Some(b'{') => {
            if !ndjson
                && let Some(end) = value(body, start)
                && blanks(body, end) == body.len()
            {
                return Ok(vec![place(start, end)]);
            }
            lines(body)
        }
        Some(_) => Err(FramingError::NotJson),
    }
}

/// Puts a body together again: `change` says for the event with that number what stands in its place, None for itself
/// and an empty text for nothing. The bytes between events stay, but for those before an event that is gone.
pub(crate) fn assemble<'a>(
    body: &'a [u8],
    events: &[Place],
    mut change: impl FnMut(usize) -> Option<&'a [u8]>,
    out: &mut Vec<u8>,
) -> usize {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        out.extend_from_slice(body);
        return 0;
    };
    out.extend_from_slice(&body[..first.start as usize]);
    let mut kept = 0;
    let mut before = first.start as usize;
    for (number, event) in events.iter().enumerate() {
        let bytes = change(number).unwrap_or(&body[event.start as usize..event.end as usize]);
        if !bytes.is_empty() {
            if kept > 0 {
                out.extend_from_slice(&body[before..event.start as usize]);
            }
            out.extend_from_slice(bytes);
            kept += 1;
        }
        before = event.end as usize;
    }
    out.extend_from_slice(&body[last.end as usize..]);
    kept
}

fn place(start: usize, end: usize) -> Place {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    narrow(start)..narrow(end)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn blanks(body: &[u8], from: usize) -> usize {
    body[from..].iter().position(|&byte| !is_blank(byte)).map_or(body.len(), |at| from + at)
}

fn push(events: &mut Vec<Place>, start: usize, end: usize) -> Result<(), FramingError> {
    if events.len() == EVENTS_MAX {
        return Err(FramingError::TooMany);
    }
    events.push(place(start, end));
    Ok(())
}

fn lines(body: &[u8]) -> Result<Vec<Place>, FramingError> {
    let mut events = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let end = memchr(b'\n', &body[at..]).map_or(body.len(), |found| at + found);
        let line = &body[at..end];
        if let Some(first) = line.iter().position(|&byte| !is_blank(byte)) {
            let last = line.iter().rposition(|&byte| !is_blank(byte)).unwrap_or(first);
            push(&mut events, at + first, at + last + 1)?;
        }
        at = end + 1;
    }
    Ok(events)
}

fn array(body: &[u8], start: usize) -> Result<Vec<Place>, FramingError> {
    let mut events = Vec::new();
    let mut at = blanks(body, start + 1);
    if body.get(at) != Some(&b']') {
        loop {
            let end = value(body, at).ok_or(FramingError::Array(at))?;
            push(&mut events, at, end)?;
            at = blanks(body, end);
            match body.get(at) {
                Some(b',') => at = blanks(body, at + 1),
                Some(b']') => break,
                _ => return Err(FramingError::Array(at)),
            }
        }
    }
    let after = blanks(body, at + 1);
    if after == body.len() { Ok(events) } else { Err(FramingError::Array(after)) }
}

/// Where the value that starts at `start` ends; None when there is none or the body ends before it.
fn value(body: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match *body.get(at)? {
            b'"' => {
                at = string(body, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b',' | b':' if depth == 0 => return None,
            _ if depth == 0 => {
                let word =
                    |byte: u8| is_blank(byte) || matches!(byte, b',' | b']' | b'}' | b'"' | b'[' | b'{');
                return body[at..].iter().position(|&byte| word(byte)).map(|found| at + found);
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where the string that starts at `start` ends.
fn string(body: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr2(b'"', b'\\', body.get(at..)?)?;
        if body[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;

    fn texts(body: &str, ndjson: bool) -> Result<Vec<&str>, FramingError> {
        let events = events(body.as_bytes(), ndjson)?;
        Ok(events.iter().map(|event| &body[event.start as usize..event.end as usize]).collect())
    }

    #[test]
    fn bodies_are_taken_apart() {
        let cases: [(&str, &[&str]); 12] = [
            ("", &[]),
            (" \r\n", &[]),
            ("{\"a\":1}", &["{\"a\":1}"]),
            ("{\"a\":1}\n{\"b\":2}\r\n\n {\"c\":3} \n", &["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]),
            ("{\n \"a\": [1]\n}\n", &["{\n \"a\": [1]\n}"]),
            ("{\"a\":1}\nno json\n{\"b\":2}", &["{\"a\":1}", "no json", "{\"b\":2}"]),
            ("[]", &[]),
            (" [ ] \n", &[]),
            ("[{\"a\":\"]},\\\"\\\\\"},\n {\"b\":[{}]}\n]\n", &["{\"a\":\"]},\\\"\\\\\"}", "{\"b\":[{}]}"]),
            ("[1, \"two, 2\" ,null,[3],true]", &["1", "\"two, 2\"", "null", "[3]", "true"]),
            ("[[[]]]", &["[[]]"]),
            ("[{}]", &["{}"]),
        ];
        for (body, expected) in cases {
            assert_eq!(texts(body, false).as_deref(), Ok(expected), "{body:?}");
        }
        assert_eq!(texts("{\"a\":1}\n[2]", true).as_deref(), Ok(&["{\"a\":1}", "[2]"][..]));
    }

    #[test]
    fn bodies_that_are_neither_are_refused() {
        for body in ["no", "\"text\"", "1", "\u{1f}\u{8b}", "nul"] {
            assert_eq!(texts(body, false), Err(FramingError::NotJson), "{body:?}");
        }
        for body in
            ["[", "[1", "[1,", "[1,]", "[,]", "[1]]", "[1] 2", "[\"", "[\"\\", "[{]", "[}", "[1 2]", "[:]"]
        {
            assert!(matches!(texts(body, false), Err(FramingError::Array(_))), "{body:?}");
        }
        let many = format!("[{}1]", "1,".repeat(EVENTS_MAX));
        assert_eq!(texts(&many, false), Err(FramingError::TooMany));
    }

    #[test]
    fn what_is_put_together_keeps_framing_and_order() {
        let cases: [(&str, &[Option<&str>], &str, usize); 8] = [
            ("[{\"a\":1} ,\n{\"b\":2}]\n", &[None, None], "[{\"a\":1} ,\n{\"b\":2}]\n", 2),
            ("[1,2,3]", &[Some(""), None, None], "[2,3]", 2),
            ("[1, 2,3]", &[None, Some(""), None], "[1,3]", 2),
            ("[1,2,3 ]", &[None, None, Some("")], "[1,2 ]", 2),
            ("[1,2]", &[Some(""), Some("")], "[]", 0),
            ("{}\n{}\r\n{}", &[Some("{\"x\":1}"), None, Some("")], "{\"x\":1}\n{}", 2),
            ("{}\n{}\n", &[Some(""), None], "{}\n", 1),
            ("[]", &[], "[]", 0),
        ];
        for (body, changes, expected, kept) in cases {
            let events = events(body.as_bytes(), false).unwrap();
            let mut out = Vec::new();
            let count = assemble(body.as_bytes(), &events, |n| changes[n].map(str::as_bytes), &mut out);
            assert_eq!((String::from_utf8(out).unwrap().as_str(), count), (expected, kept), "{body:?}");
        }
    }
}
