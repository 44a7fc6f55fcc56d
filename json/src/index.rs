//! The members of an object and of the objects in it, found in one pass: knows JSON's grammar, nothing about events.

use super::scan::{container_end, escaped_end, skip_space, value_end};
use super::text::decoded;
use super::word::{Signature, below, equal, find_each, is_same};
use super::{Known, Raw};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Objects further in are values like any other.
pub const LEVELS_MAX: usize = 8;

/// Keys with dots or escapes, which are read anew for every table, are known as such up to so many bytes in all; each
/// counts as at least [`ODD_BYTES`].
const ODD_BYTES_MAX: usize = 48 << 10;
const ODD_BYTES: usize = 32;

/// Members beyond so many are passed over, but for the object's own.
const MEMBERS_MAX: usize = 24 << 10;

/// An object of more members of its own is not read: no event has a thousandth of them.
const OWN_MEMBERS_MAX: usize = 100_000;

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The key without its quotes, escapes not decoded.
    key: &'a [u8],
    /// Whether the key may have an escape.
    odd: bool,
    /// The value.
    pub value: Raw<'a>,
}

impl<'a> Member<'a> {
    /// The key where it has neither a dot nor an escape.
    #[inline(always)]
    pub fn plain_key(&self) -> Option<&'a [u8]> {
        (!self.odd).then_some(self.key)
    }

    /// The key, decoded; `None` where it has an escape that JSON does not have.
    pub fn key(&self) -> Option<Cow<'a, [u8]>> {
        if self.odd { decoded(self.key) } else { Some(Cow::Borrowed(self.key)) }
    }
}

/// Where all members of an object stand, those of the objects in it behind the member that holds them.
///
/// Reading stops on anything that is not JSON; [`Index::end`] tells whether the object was read to its end.
/// An object further in that is not JSON has the members that stand before the fault.
#[derive(Clone, Debug)]
pub struct Index<'a> {
    bytes: &'a [u8],
    pub(super) entries: Vec<Entry>,
    end: Option<usize>,
    /// How many bytes of keys with dots or escapes are still known as such.
    odd_left: usize,
    is_cut: bool,
}

/// Where one member stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Where the key begins and ends, between its quotes.
    pub(super) key: (usize, usize),
    value: (usize, usize),
    /// The place of the next entry that is not inside the value.
    pub(super) next: usize,
    /// Of the key, see [`Signature`].
    pub(super) signature: u8,
    /// Whether the key may have a dot or an escape.
    pub(super) odd: bool,
}

impl Entry {
    /// Whether the key may be in a set, as far as its signature tells.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a signature has three bits besides the lowest five")]
    pub(super) fn may_be(&self, known: &Known) -> bool {
        self.odd || known[usize::from(self.signature >> 5)] >> (self.signature & 31) & 1 != 0
    }
}

impl<'a> Index<'a> {
    /// Reads an object and the objects in it, `levels` deep in all, at most [`LEVELS_MAX`]; white space before it is skipped.
    pub fn read(bytes: &'a [u8], levels: usize) -> Self {
        let mut index = Index {
            bytes,
            entries: Vec::with_capacity(64),
            end: None,
            odd_left: ODD_BYTES_MAX,
            is_cut: false,
        };
        let start = skip_space(bytes, 0);
        if bytes.get(start) == Some(&b'{') {
            index.end = index.read_members(start.wrapping_add(1), levels.min(LEVELS_MAX));
        }
        index
    }

    /// Reads from behind the opening brace; returns where the closing one is.
    fn read_members(&mut self, mut at: usize, levels: usize) -> Option<usize> {
        let bytes = self.bytes;
        // The entries whose objects are being read, the outermost first, and how deep that is.
        let (mut open, mut depth) = ([0usize; LEVELS_MAX], 1usize);
        let mut first = true;
        loop {
            at = skip_space(bytes, at);
            if bytes.get(at) != Some(&b'}') {
                if depth == 1 && self.entries.len() >= OWN_MEMBERS_MAX {
                    return None;
                }
                // The object's own members are read: what stands there is never written again.
                let is_full = depth > 1 && self.entries.len() >= MEMBERS_MAX;
                self.is_cut |= is_full;
                let fault = match if is_full { Err(at) } else { self.read_member(at, first) } {
                    Ok(value) if depth < levels && bytes.get(value) == Some(&b'{') => {
                        if let Some(open) = open.get_mut(depth.wrapping_sub(1)) {
                            *open = self.entries.len().wrapping_sub(1);
                        }
                        first = true;
                        depth = depth.wrapping_add(1);
                        at = value.wrapping_add(1);
                        continue;
                    }
                    Ok(value) => match (value_end(bytes, value), self.entries.last_mut()) {
                        (Some(end), Some(entry)) => {
                            entry.value.1 = end;
                            (at, first) = (end, false);
                            continue;
                        }
                        _ => {
                            self.entries.pop();
                            value
                        }
                    },
                    Err(fault) => fault,
                };
                if depth == 1 {
                    return None;
                }
                let Some(end) = container_end(bytes, fault) else {
                    self.entries.truncate(open.first().copied().unwrap_or_default());
                    return None;
                };
                at = end;
            }
            depth = depth.wrapping_sub(1);
            if depth == 0 {
                return Some(at);
            }
            at = at.wrapping_add(1);
            let next = self.entries.len();
            let open = open.get(depth.wrapping_sub(1)).copied().unwrap_or_default();
            if let Some(entry) = self.entries.get_mut(open) {
                entry.value.1 = at;
                entry.next = next;
            }
            first = false;
        }
    }

    /// Reads a comma where one has to be, the key and the colon; returns where the value begins, or where the fault is.
    fn read_member(&mut self, mut at: usize, first: bool) -> Result<usize, usize> {
        let bytes = self.bytes;
        if !first {
            if bytes.get(at) != Some(&b',') {
                return Err(at);
            }
            at = skip_space(bytes, at.wrapping_add(1));
        }
        if bytes.get(at) != Some(&b'"') {
            return Err(at);
        }
        let start = at.wrapping_add(1);
        let (end, mut signature, mut odd) = read_key(bytes, start).ok_or(at)?;
        if odd {
            let left = self.odd_left.checked_sub(end.wrapping_sub(start).max(ODD_BYTES));
            odd = left.is_some();
            self.odd_left = left.unwrap_or_default();
            if !odd {
                self.is_cut = true;
                signature = Signature::of_key(bytes.get(start..end).unwrap_or_default());
            }
        }
        at = skip_space(bytes, end.wrapping_add(1));
        if bytes.get(at) != Some(&b':') {
            return Err(at);
        }
        let value = skip_space(bytes, at.wrapping_add(1));
        self.entries.push(Entry {
            key: (start, end),
            value: (value, value),
            next: self.entries.len().wrapping_add(1),
            signature,
            odd,
        });
        Ok(value)
    }

    /// The object's bytes and what may stand around them.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many members there are, those of the objects in it included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The offset of the closing brace, once all members have been read and were well formed.
    pub fn end(&self) -> Option<usize> {
        self.end
    }

    /// Whether the bytes are the object and nothing else.
    pub fn is_whole(&self) -> bool {
        let rest = self.end.and_then(|end| self.bytes.get(end.wrapping_add(1)..));
        rest.is_some_and(|rest| skip_space(rest, 0) == rest.len())
    }

    /// Whether it has so many members that some were passed over, or so many keys with dots or escapes that some are taken
    /// for other keys.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether the object has no member.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The object's own members, in order.
    pub fn members(&self) -> impl Iterator<Item = Member<'a>> {
        let mut at = 0;
        core::iter::from_fn(move || {
            let entry = self.entries.get(at)?;
            at = entry.next;
            Some(self.member(entry))
        })
    }

    /// The members whose keys may be in a set, compared by their signatures, and those whose keys have a dot or an escape.
    pub fn members_like(&self, known: &Known) -> impl Iterator<Item = Member<'a>> {
        let mut at = 0;
        core::iter::from_fn(move || {
            loop {
                let entry = self.entries.get(at)?;
                at = entry.next;
                if entry.may_be(known) {
                    return Some(self.member(entry));
                }
            }
        })
    }

    /// The value at one path, found as [`collect`](super::collect) finds many; it has no `*`.
    pub fn at(&self, path: &str) -> Option<Raw<'a>> {
        let mut last = None;
        self.any_at(path, |value| {
            last = Some(value);
            false
        });
        last
    }

    /// Whether one of the values at a path fits: a key can occur more than once, in any case and joined by dots.
    pub fn any_at(&self, path: &str, mut fits: impl FnMut(Raw<'a>) -> bool) -> bool {
        let ahead =
            |left: &'_ [u8]| Signature::of_key(left.split(|byte| *byte == b'.').next().unwrap_or_default());
        // The objects that the path leads through: where each ends, what is left of the path in it, and the signature of
        // the key that comes next.
        let mut levels = Vec::new();
        let (mut until, mut left) = (self.entries.len(), path.as_bytes());
        let mut signature = ahead(left);
        let mut at = 0usize;
        loop {
            if at >= until {
                (until, left, signature) = match levels.pop() {
                    Some(outer) => outer,
                    None => return false,
                };
                continue;
            }
            let Some(entry) = self.entries.get(at) else { return false };
            let inside = at.wrapping_add(1);
            at = entry.next;
            // Nearly every key ends here.
            if !(entry.odd || entry.signature == signature) {
                continue;
            }
            let Some(key) = self.member(entry).key() else { continue };
            let Some((first, rest)) = left.split_at_checked(key.len()) else { continue };
            if !is_same(first, &key) {
                continue;
            }
            match rest {
                [] if fits(self.value(entry)) => return true,
                [b'.', rest @ ..] => {
                    levels.push((until, left, signature));
                    (until, left, signature) = (entry.next, rest, ahead(rest));
                    at = inside;
                }
                _ => {}
            }
        }
    }

    /// Whether something holds for every value that is not itself an object with members; its path is the keys that
    /// lead to it, joined by dots.
    pub fn every_leaf(&self, mut holds: impl FnMut(&[u8], Raw<'a>) -> bool) -> bool {
        let mut path = Vec::new();
        // The objects around the entry: where each ends, and how long the path to it is.
        let mut levels: Vec<(usize, usize)> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            while levels.pop_if(|(until, _)| *until <= at).is_some() {}
            path.truncate(levels.last().map_or(0, |(_, len)| *len));
            if !path.is_empty() {
                path.push(b'.');
            }
            path.extend_from_slice(&self.member(entry).key().unwrap_or_default());
            if entry.next > at.wrapping_add(1) {
                levels.push((entry.next, path.len()));
            } else if !holds(&path, self.value(entry)) {
                return false;
            }
        }
        true
    }

    fn member(&self, entry: &Entry) -> Member<'a> {
        Member { key: self.key(entry), odd: entry.odd, value: self.value(entry) }
    }

    /// The key of an entry, escapes not decoded.
    pub(super) fn key(&self, entry: &Entry) -> &'a [u8] {
        self.bytes.get(entry.key.0..entry.key.1).unwrap_or_default()
    }

    /// The value of an entry.
    pub(super) fn value(&self, entry: &Entry) -> Raw<'a> {
        Raw(self.bytes.get(entry.value.0..entry.value.1).unwrap_or_default())
    }
}

/// Reads a key whose first character is at `at`: where its quote is, its signature, whether it may have a dot or an
/// escape. Of such keys there is no signature.
#[inline(always)]
fn read_key(bytes: &[u8], start: usize) -> Option<(usize, u8, bool)> {
    let mut signature = Signature::default();
    // Quotes and dots, and what is as rare in keys.
    let special = |word| below(word, b'/') | equal(word, b'\\');
    let (at, word, len) = find_each(bytes, start, special, |word| signature = signature.add(word))?;
    if bytes.get(at) == Some(&b'"') {
        return Some((at, signature.end(word, len), false));
    }
    Some((escaped_end(bytes, at, at)?, 0, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{string::String, vec, vec::Vec};

    fn keys(text: &str) -> (Vec<String>, Option<usize>) {
        let index = Index::read(text.as_bytes(), LEVELS_MAX);
        let keys = index.members().map(|member| String::from_utf8_lossy(member.key).into_owned()).collect();
        (keys, index.end())
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
            r#"{"a":{"b":1}"#,
            r#"{"a":{"b":"}"#,
        ] {
            assert_eq!(keys(text).1, None, "{text}");
        }
    }

    /// How deep an object is read does not change where its members stand.
    #[test]
    fn every_depth_gives_the_same_members() {
        for text in [
            r#"{"a":{"b":{"c":{}},"d":[{"e":1}]},"f":{},"g":2}"#,
            r#"{"a":{"b":nan,"c":1},"d":{"e":1,}}"#,
            r#"{"a":{"b":{"c" 1},"d":2},"e":{"f":[1,2]]}"#,
            r#"{"a":{"b":1,"c":{"d":2}"#,
            r#"{"a":1,"b":{"c":{"d":"x},"e":1}}"#,
            r#"{"a":{]"b":1},"c":{"d":1]"#,
        ] {
            let seen = |levels| {
                let index = Index::read(text.as_bytes(), levels);
                let members: Vec<_> = index.members().map(|member| (member.key, member.value)).collect();
                (members, index.end())
            };
            for levels in 2..5 {
                assert_eq!(seen(levels), seen(1), "{text} {levels}");
            }
        }
    }

    #[test]
    fn what_is_inside_stands_behind_its_member() {
        let index = Index::read(br#"{"a":{"b":{"c":1},"d":2},"e":{}}"#, 2);
        let places: Vec<_> = index.entries.iter().map(|entry| entry.next).collect();
        assert_eq!(places, [3, 2, 3, 4], "{:?}", index.entries);
        let index = Index::read(br#"{"a":{"b":nan,"c":1},"d":2}"#, 2);
        let texts: Vec<_> = index.entries.iter().map(|entry| index.value(entry).0).collect();
        assert_eq!(texts, [&br#"{"b":nan,"c":1}"#[..], b"2"]);
    }

    #[test]
    fn leaves_have_the_path_that_leads_to_them() {
        let index = Index::read(br#"{"a":{"b":{"c":1},"d":[{"x":2}]},"e.f":{},"\u0067":3}"#, LEVELS_MAX);
        let mut leaves = Vec::new();
        index.every_leaf(|path, value| {
            leaves.push((String::from_utf8_lossy(path).into_owned(), value.0));
            true
        });
        let expected: [(&str, &[u8]); 4] =
            [("a.b.c", b"1"), ("a.d", br#"[{"x":2}]"#), ("e.f", b"{}"), ("g", b"3")];
        assert_eq!(leaves, expected.map(|(path, value)| (path.into(), value)));
    }

    #[test]
    fn only_white_space_may_stand_behind() {
        for (text, whole) in [("{} \n", true), ("{}{}", false), ("{} x", false), ("{", false)] {
            assert_eq!(Index::read(text.as_bytes(), 1).is_whole(), whole, "{text:?}");
        }
    }
}
