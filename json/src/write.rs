//! Writes JSON: escapes only what has to be.

use super::word::{below, equal, find};
use alloc::{string::String, vec::Vec};

/// Appends `text` as a JSON string, quotes included; escapes only what JSON requires.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let (mut start, mut from) = (0usize, 0usize);
    // Two marks that need no escape are among these; they are rare in what is written.
    while let Some(at) = find(bytes, from, |word| below(word, b'#') | equal(word, b'\\')) {
        from = at.wrapping_add(1);
        let Some(&byte) = bytes.get(at).filter(|byte| !matches!(byte, b' ' | b'!')) else { continue };
        out.extend_from_slice(bytes.get(start..at).unwrap_or_default());
        start = from;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                let low = HEX.get(usize::from(byte & 15)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', b'0' | byte >> 4, low]);
            }
        }
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

/// Appends `value` in decimal. The standard formatting costs the module 9 KB.
#[inline(never)]
pub fn write_number(out: &mut Vec<u8>, mut value: u64) {
    let start = out.len();
    loop {
        out.push(b'0'.wrapping_add((value % 10) as u8));
        value /= 10;
        if value == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// The texts one after the other; `concat` has a loop for every length of what could stand between them.
#[inline(never)]
pub fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// An object being written, member by member.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Begins an object.
    pub fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Object { out, first: true }
    }

    /// Goes on with an object of which something is written already; `empty` where it has no member yet.
    pub fn inside(out: &'o mut Vec<u8>, empty: bool) -> Self {
        Object { out, first: empty }
    }

    /// Begins a member. Keys are of this project's own words, which need no escapes.
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Begins an object that is the value of a member.
    pub fn open(&mut self, key: &'static str) -> Object<'_> {
        self.key(key);
        self.out.push(b'{');
        Object { out: self.out, first: true }
    }

    /// Ends the object.
    pub fn close(self) {
        self.out.push(b'}');
    }

    /// Begins a list of objects that is the value of a member.
    pub fn open_list(&mut self, key: &'static str) -> Object<'_> {
        self.key(key);
        self.out.push(b'[');
        Object { out: self.out, first: true }
    }

    /// Begins the next object of a list.
    pub fn open_next(&mut self) -> Object<'_> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'{');
        Object { out: self.out, first: true }
    }

    /// Ends the list.
    pub fn close_list(self) {
        self.out.push(b']');
    }

    /// Writes a list of texts.
    pub fn list(&mut self, key: &'static str, values: &[impl AsRef<str>]) {
        self.key(key);
        let mut before = b'[';
        for value in values {
            self.out.push(before);
            write_string(self.out, value.as_ref());
            before = b',';
        }
        self.out.push(b']');
    }

    /// Writes a text that is known; one that is not leaves no member.
    #[inline(never)]
    pub fn text(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.key(key);
            write_string(self.out, value);
        }
    }

    /// Writes a member whose value is JSON already.
    pub fn raw(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(value);
    }

    /// Writes a number.
    pub fn number(&mut self, key: &'static str, value: u64) {
        self.key(key);
        write_number(self.out, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    #[test]
    fn written_strings_decode_to_themselves() {
        let text: String = (0..0x250).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        write_string(&mut out, &text);
        assert_eq!(decode(&out[1..out.len() - 1]).as_deref(), Some(text.as_str()));
    }
}
