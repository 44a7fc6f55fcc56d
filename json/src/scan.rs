//! Walks over values by their bytes: knows where they end, not what they mean.

use super::Raw;
use super::word::{all_equal, equal, find, first};

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
        let start = skip_space(self.bytes, at.wrapping_add(1));
        self.at = value_end(self.bytes, start)?;
        self.bytes.get(start..self.at).map(Raw)
    }
}

/// The offset of the first byte from `start` on that is one of two.
#[inline(never)]
pub fn find_either(bytes: &[u8], start: usize, one: u8, other: u8) -> Option<usize> {
    find(bytes, start, |word| equal(word, one) | equal(word, other))
}

/// The offset of the first byte at or after `at` that is not white space.
#[inline(always)]
pub(super) fn skip_space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(byte) if *byte > b' ' => at,
        _ => skip_all_space(bytes, at),
    }
}

#[inline(never)]
fn skip_all_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at = at.wrapping_add(1);
    }
    at
}

/// The offset of the quote that ends a string whose first character is at `start`.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let end = find(bytes, start, |word| equal(word, b'"'))?;
    match is_escaped(bytes, start, end) {
        true => escaped_end(bytes, start, end.wrapping_add(1)),
        false => Some(end),
    }
}

/// The same from a place in the string on that nothing escapes, where an escape is near.
pub(super) fn escaped_end(bytes: &[u8], start: usize, mut at: usize) -> Option<usize> {
    loop {
        // Of eight bytes each is what it seems where no two backslashes are neighbours.
        while let Some(word) = bytes.get(at..).and_then(|bytes| bytes.first_chunk()) {
            let word = u64::from_le_bytes(*word);
            let (quotes, backslashes) = (all_equal(word, b'"'), all_equal(word, b'\\'));
            if backslashes & backslashes << 8 != 0 {
                break;
            }
            let ends = quotes & !(backslashes << 8);
            if ends != 0 {
                return Some(at.wrapping_add(first(ends)));
            }
            // The last byte may escape the next.
            at = at.wrapping_add(8).wrapping_sub((backslashes >> 63) as usize);
        }
        let end = find(bytes, at, |word| equal(word, b'"'))?;
        if !is_escaped(bytes, start, end) {
            return Some(end);
        }
        at = end.wrapping_add(1);
    }
}

/// Whether an odd number of backslashes stands before a place inside a string.
#[inline(always)]
fn is_escaped(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut at = end;
    while at > start && bytes.get(at.wrapping_sub(1)) == Some(&b'\\') {
        at = at.wrapping_sub(1);
    }
    end.wrapping_sub(at) & 1 == 1
}

/// The offset just after the value that starts at `start`; most values are strings.
///
/// Containers are skipped by counting, so nesting costs no stack; what is inside them is not validated.
#[inline(always)]
pub(super) fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => string_end(bytes, start.wrapping_add(1))?.checked_add(1),
        b'{' | b'[' => container_end(bytes, start.wrapping_add(1))?.checked_add(1),
        b'0'..=b'9' if matches!(bytes.get(start.wrapping_add(1)), Some(b',' | b'}' | b']')) => {
            Some(start.wrapping_add(1))
        }
        _ => scalar_end(bytes, start),
    }
}

#[inline(never)]
fn scalar_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while let Some(b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') = bytes.get(at) {
        at = at.wrapping_add(1);
    }
    is_scalar(bytes.get(start..at)?).then_some(at)
}

/// The offset of the brace or bracket that ends a container, from a place inside it that is in no string.
#[inline(never)]
pub(super) fn container_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at.wrapping_add(1))?,
            b'{' | b'[' => depth = depth.wrapping_add(1),
            b'}' | b']' => depth = depth.wrapping_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        at = at.wrapping_add(1);
    }
}

/// How many digits come first.
#[inline(never)]
fn digits(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether these bytes are a JSON literal or a JSON number.
fn is_scalar(bytes: &[u8]) -> bool {
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
    fn quotes_are_found_at_every_alignment_behind_any_number_of_backslashes() {
        for before in 0..24 {
            for backslashes in 0..12 {
                let mut text = vec![0xa3; before];
                text.resize(before + backslashes, b'\\');
                text.extend([b'"', b'!', b'[', 0x00, 0xff, b'"']);
                let first = before + backslashes;
                let expected = if backslashes % 2 == 0 { first } else { first + 5 };
                assert_eq!(string_end(&text, 0), Some(expected));
                assert_eq!(string_end(&text, first), Some(first));
            }
        }
        assert_eq!(string_end(&[0x21; 20], 0), None);
    }

    #[test]
    fn the_end_is_the_first_quote_that_nothing_escapes() {
        // An interpreter takes a thousand times as long.
        let longest = if cfg!(miri) { 5 } else { 11 };
        for len in 0..=longest {
            for choice in 0..3usize.pow(len) {
                let mut rest = choice;
                let mut text = vec![b'\\', b'"'];
                for _ in 0..len {
                    text.push(b"x\\\""[rest % 3]);
                    rest /= 3;
                }
                let mut expected = 0;
                while !matches!(text.get(expected), None | Some(b'"')) {
                    expected += if text[expected] == b'\\' { 2 } else { 1 };
                }
                let expected = (expected < text.len()).then_some(expected);
                assert_eq!(string_end(&text, 0), expected, "{}", String::from_utf8_lossy(&text));
                assert_eq!(escaped_end(&text, 0, 0), expected, "{}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn elements_end_with_the_array() {
        let texts: Vec<_> = Elements::new(br#"[ 1 ,{"a":[2]}, "x]" ]"#).map(|raw| raw.0).collect();
        assert_eq!(texts, [b"1".as_slice(), br#"{"a":[2]}"#, br#""x]""#]);
        assert_eq!(Elements::new(b"[]").count(), 0);
    }
}
