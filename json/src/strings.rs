//! Every string inside a value, at any depth: knows which of them are keys, nothing else.

use super::scan::{skip_space, string_end};
use super::{Raw, decode};
use alloc::borrow::Cow;

/// More strings of one value are not looked at.
const STRINGS_MAX: usize = 16 << 10;

/// The strings inside a value, in order, without the keys of nulls. A string that stands alone is its own only one.
#[derive(Clone, Debug)]
pub struct Strings<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Strings<'a> {
    /// Starts at a value.
    pub fn new(raw: Raw<'a>) -> Self {
        Strings { bytes: raw.0, at: 0, left: STRINGS_MAX }
    }

    /// Whether there were so many that some were not looked at.
    pub fn is_cut(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Strings<'a> {
    /// Whether it is a key, and the decoded text.
    type Item = (bool, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while *self.bytes.get(self.at)? != b'"' {
                self.at = self.at.wrapping_add(1);
            }
            let start = self.at.wrapping_add(1);
            let end = string_end(self.bytes, start)?;
            self.at = end.wrapping_add(1);
            self.left = self.left.checked_sub(1)?;
            let colon = skip_space(self.bytes, self.at);
            let is_key = self.bytes.get(colon) == Some(&b':');
            let value = skip_space(self.bytes, colon.wrapping_add(1));
            if !is_key || self.bytes.get(value) != Some(&b'n') {
                return Some((is_key, decode(self.bytes.get(start..end)?)?));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn strings_are_found_at_every_depth_and_keys_are_told_apart() {
        let text = br#"{"a" : ["b",{"c":"\u0064:"}],"e":1}"#;
        let found: Vec<_> = Strings::new(Raw(text)).collect();
        let expected = [(true, "a"), (false, "b"), (true, "c"), (false, "d:"), (true, "e")];
        assert_eq!(found, expected.map(|(is_key, text)| (is_key, Cow::Borrowed(text))));
        assert_eq!(Strings::new(Raw(br#""x""#)).count(), 1);
        assert_eq!(Strings::new(Raw(br#"{"a" : null,"b":"c"}"#)).count(), 2);
        assert_eq!(Strings::new(Raw(b"[1,true,{}]")).count(), 0);
    }
}
