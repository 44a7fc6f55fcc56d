//! Walks over members and elements by their bytes: knows where values end, not what they mean.

use super::{Raw, decode};

/// One member of an object: the key between its quotes, still escaped, and the value.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The key without its quotes, escapes not decoded.
    pub key: &'a [u8],
    /// The value.
    pub value: Raw<'a>,
}

impl Member<'_> {
    /// Whether the key is this, however it is spelled.
    pub fn is(&self, key: &str) -> bool {
        self.key == key.as_bytes() || self.key.contains(&b'\\') && decode(self.key).as_deref() == Some(key)
    }
}

/// The members of one object, in order.
///
/// Stops early on anything that is not JSON; [`Members::end`] tells whether the object was read to its end.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First,
    Next,
    Ended,
    Broken,
}

impl<'a> Members<'a> {
    /// Starts at an object; white space before it is skipped.
    pub fn new(bytes: &'a [u8]) -> Self {
        let at = skip_space(bytes, 0);
        match bytes.get(at) {
            Some(b'{') => Members { bytes, at: at.saturating_add(1), state: State::First },
            _ => Members { bytes, at, state: State::Broken },
        }
    }

    /// The offset of the closing brace, once all members have been read and were well formed.
    pub fn end(&self) -> Option<usize> {
        (self.state == State::Ended).then_some(self.at)
    }

    fn step(&mut self) -> Option<Option<Member<'a>>> {
        let bytes = self.bytes;
        let mut at = skip_space(bytes, self.at);
        match (*bytes.get(at)?, self.state) {
            (b'}', State::First | State::Next) => {
                self.at = at;
                return Some(None);
            }
            (b',', State::Next) => at = skip_space(bytes, at.saturating_add(1)),
            (_, State::First) => {}
            _ => return None,
        }
        let key_start = at.saturating_add(1);
        (bytes.get(at) == Some(&b'"')).then_some(())?;
        let key_end = string_end(bytes, key_start)?;
        at = skip_space(bytes, key_end.saturating_add(1));
        (bytes.get(at) == Some(&b':')).then_some(())?;
        let value_start = skip_space(bytes, at.saturating_add(1));
        self.at = value_end(bytes, value_start)?;
        let key = bytes.get(key_start..key_end)?;
        Some(Some(Member { key, value: Raw(bytes.get(value_start..self.at)?) }))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        if matches!(self.state, State::Ended | State::Broken) {
            return None;
        }
        let step = self.step();
        self.state = match step {
            Some(Some(_)) => State::Next,
            Some(None) => State::Ended,
            None => State::Broken,
        };
        step.flatten()
    }
}

/// The elements of one array, in order; stops early on anything that is not JSON.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    /// Starts at an array; `bytes` begins with its bracket.
    pub fn new(bytes: &'a [u8]) -> Self {
        Elements { bytes, at: 0 }
    }

    /// Whether the closing bracket is next: after the last element the array was well formed.
    pub fn ended(&self) -> bool {
        let at = skip_space(self.bytes, self.at.max(1));
        self.bytes.get(at) == Some(&b']')
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        // Each element is preceded by the opening bracket or by a comma.
        let expected = if self.at == 0 { b'[' } else { b',' };
        let at = skip_space(self.bytes, self.at);
        (self.bytes.get(at) == Some(&expected)).then_some(())?;
        let start = skip_space(self.bytes, at.saturating_add(1));
        self.at = value_end(self.bytes, start)?;
        self.bytes.get(start..self.at).map(Raw)
    }
}

/// The offset of the first byte at or after `at` that is not white space.
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at = at.saturating_add(1);
    }
    at
}

/// The offset of the quote that ends a string whose first character is at `at`.
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = find_quote_or_backslash(bytes, at)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        at = at.saturating_add(2);
    }
}

/// Looks at eight bytes at a time: an interpreter pays by the instruction.
fn find_quote_or_backslash(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES.wrapping_mul(b'"' as u64));
        let backslash = word ^ (ONES.wrapping_mul(b'\\' as u64));
        let zero = (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash);
        if zero & HIGHS != 0 {
            // The lowest flag is exact; a borrow can only set false flags above it.
            return at.checked_add((zero & HIGHS).trailing_zeros() as usize >> 3);
        }
        at = at.saturating_add(8);
    }
    loop {
        match bytes.get(at)? {
            b'"' | b'\\' => return Some(at),
            _ => at = at.saturating_add(1),
        }
    }
}

/// The offset just after the value that starts at `at`.
///
/// Containers are skipped by counting, so nesting costs no stack; what is inside them is not validated.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    match bytes.get(at)? {
        b'"' => string_end(bytes, at.saturating_add(1))?.checked_add(1),
        b'{' | b'[' => {
            let mut depth = 0usize;
            loop {
                match bytes.get(at)? {
                    b'"' => at = string_end(bytes, at.saturating_add(1))?,
                    b'{' | b'[' => depth = depth.saturating_add(1),
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at = at.saturating_add(1);
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            while let Some(b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') = bytes.get(at) {
                at = at.saturating_add(1);
            }
            is_scalar(bytes.get(start..at)?).then_some(at)
        }
    }
}

/// Whether these bytes are a JSON literal or a JSON number.
fn is_scalar(bytes: &[u8]) -> bool {
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes {
        b"true" | b"false" | b"null" => return true,
        _ => {}
    }
    let mut rest = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{string::String, vec, vec::Vec};

    fn keys(text: &str) -> (Vec<String>, Option<usize>) {
        let mut members = Members::new(text.as_bytes());
        let keys = members.by_ref().map(|m| String::from_utf8_lossy(m.key).into_owned()).collect();
        (keys, members.end())
    }

    #[test]
    fn members_are_read_to_the_closing_brace() {
        assert_eq!(keys("{}"), (vec![], Some(1)));
        assert_eq!(keys(r#" {"a" : 1 , "b":{"c":[1,"}"]}} "#), (vec!["a".into(), "b".into()], Some(29)));
        assert_eq!(keys(r#"{"a\"b":"\\"}"#), (vec!["a\\\"b".into()], Some(12)));
    }

    #[test]
    fn broken_objects_have_no_end() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":nan}"#,
        ] {
            assert_eq!(keys(text).1, None, "{text}");
        }
    }

    #[test]
    fn scalars_follow_the_grammar() {
        for good in ["0", "-0", "10", "1.5", "1e9", "-1.25E+30", "true", "null"] {
            assert!(is_scalar(good.as_bytes()), "{good}");
        }
        for bad in ["", "-", "01", "1.", ".5", "1e", "1e+", "nan", "-inf", "True", "1x"] {
            assert!(!is_scalar(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn quotes_are_found_at_every_alignment() {
        for before in 0..24 {
            for special in [b'"', b'\\'] {
                let mut text = vec![0xa3; before];
                text.push(special);
                text.extend([b'"', b'!', b'[', 0x00, 0xff]);
                assert_eq!(find_quote_or_backslash(&text, 0), Some(before));
            }
        }
        assert_eq!(find_quote_or_backslash(&[0x21; 20], 0), None);
    }

    #[test]
    fn elements_end_with_the_array() {
        let texts: Vec<_> = Elements::new(br#"[ 1 ,{"a":[2]}, "x]" ]"#).map(|raw| raw.0).collect();
        assert_eq!(texts, [b"1".as_slice(), br#"{"a":[2]}"#, br#""x]""#]);
        assert_eq!(Elements::new(b"[]").count(), 0);
    }
}
