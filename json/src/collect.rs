//! Reads the values at many paths in one pass: knows paths, not what they mean.

use super::index::Entry;
use super::paths::{List, Node};
use super::text::decoded;
use super::word::{Signature, equal, first, is_same};
use super::{Index, LEVELS_MAX, Paths, Raw};
use alloc::vec::Vec;
use core::ops::Range;

/// The values found, each with the code of its path, in the order of the table.
pub type Found<'a> = Vec<(u8, Raw<'a>)>;

/// An object being read.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The place of the entry behind it.
    until: usize,
    /// Where in the list of ways those that lead on from here begin.
    ways: usize,
    /// How many ways there were before.
    before: usize,
    /// Whether one of the ways leads to a `*`.
    starred: bool,
}

/// Finds the values at `paths` inside an object.
///
/// A path is a list of keys joined by dots, compared without regard to ASCII case.
/// A member whose key is itself joined by dots (`"userIdentity.arn"`) is found by the same path as the nested one.
/// The segment `*` stands for one key that ends in `Request` or `Response`, or for nothing.
/// Of members with the same key the last counts, as it does in the parsers of the hosts.
pub fn collect<'a>(index: &Index<'a>, paths: Paths<'_>) -> Found<'a> {
    let mut walk = Walk { tree: paths.tree, ways: Vec::with_capacity(16), found: Vec::with_capacity(32) };
    walk.ways.extend(List::root(paths.tree));
    // The objects around the one that is being read.
    let (mut levels, mut depth) = ([Level::default(); LEVELS_MAX], 0usize);
    let mut level = Level { until: index.entries.len(), ..Level::default() };
    let mut at = 0usize;
    loop {
        if at >= level.until {
            walk.ways.truncate(level.before);
            depth = depth.wrapping_sub(1);
            match levels.get(depth) {
                Some(outer) => level = *outer,
                None => break,
            }
            continue;
        }
        let Some(entry) = index.entries.get(at) else { break };
        let inside = at.wrapping_add(1);
        at = entry.next;
        // Nearly every key is in no path at all.
        if !(entry.may_be(&paths.known) || level.starred) {
            continue;
        }
        let end = walk.ways.len();
        let below = walk.step(index, entry, level.ways..end);
        if walk.ways.len() > below
            && entry.next > inside
            && let Some(outer) = levels.get_mut(depth)
        {
            *outer = level;
            depth = depth.wrapping_add(1);
            let starred = walk.ways.iter().skip(below).any(|list| list.has_star());
            level = Level { until: entry.next, ways: below, before: end, starred };
            at = inside;
        } else {
            walk.ways.truncate(end);
        }
    }
    for (place, _) in &mut walk.found {
        *place = paths.codes.get(usize::from(*place)).copied().unwrap_or_default();
    }
    walk.found
}

/// Which ways lead on, and what has been found.
struct Walk<'p, 'a> {
    tree: &'p [u8],
    /// The lists in which a member's key is looked for; those of an object behind those of the object around it.
    ways: Vec<List>,
    /// The values, each with the place of its path.
    found: Vec<(u8, Raw<'a>)>,
}

impl<'a> Walk<'_, 'a> {
    /// Follows the key of a member, which may be joined of several; returns where the ways that it leads to begin.
    #[inline(always)]
    fn step(&mut self, index: &Index<'a>, entry: &Entry, from: Range<usize>) -> usize {
        let (key, value, end) = (index.key(entry), index.value(entry), from.end);
        if entry.odd {
            return self.follow_segments(key, value, from);
        }
        self.follow(key, entry.signature, from, Some(value));
        end
    }

    #[cold]
    #[inline(never)]
    fn follow_segments(&mut self, key: &[u8], value: Raw<'a>, from: Range<usize>) -> usize {
        let Some(key) = decoded(key) else { return self.ways.len() };
        let (mut start, mut stop, mut rest) = (from.start, from.end, &*key);
        // All keys but the last lead on, whatever else they are.
        while let Some(dot) = rest.iter().position(|&byte| byte == b'.') {
            let (segment, after) = rest.split_at_checked(dot).unwrap_or_default();
            self.follow(segment, Signature::of_key(segment), start..stop, None);
            (start, stop) = (stop, self.ways.len());
            rest = after.get(1..).unwrap_or_default();
        }
        self.follow(rest, Signature::of_key(rest), start..stop, Some(value));
        stop
    }

    /// Follows one key from each of the ways in `from`; a value is what its paths may end with.
    fn follow(&mut self, key: &[u8], signature: u8, from: Range<usize>, value: Option<Raw<'a>>) {
        for way in from {
            let Some(list) = self.ways.get(way).copied() else { return };
            if list.has_star() && is_body(key) {
                self.arrive(list.node(self.tree, 0), value);
            }
            // Nearly every key misses every node here, eight at a time.
            let mut first_place = 0usize;
            while first_place < list.len() {
                let mut same = equal(list.signatures(self.tree, first_place), signature);
                while same != 0 {
                    let node = list.node(self.tree, first_place.wrapping_add(first(same)));
                    self.arrive(node.filter(|node| is_same(node.key, key)), value);
                    same &= same.wrapping_sub(1);
                }
                first_place = first_place.wrapping_add(8);
            }
        }
    }

    /// Enters the value at the places of a node, and pushes the list of its children; a `*` among them may match nothing, so
    /// its children are pushed too.
    #[inline(never)]
    fn arrive(&mut self, node: Option<Node<'_>>, value: Option<Raw<'a>>) {
        let Some(node) = node else { return };
        for place in node.places {
            value.into_iter().for_each(|value| self.enter(*place, value));
        }
        let Some(list) = node.below else { return };
        self.ways.push(list);
        if list.has_star() {
            self.ways.extend(list.node(self.tree, 0).and_then(|star| star.below));
        }
    }

    /// Enters a value at its place, instead of one that is there already.
    fn enter(&mut self, place: u8, value: Raw<'a>) {
        let behind = self.found.iter().rev().take_while(|(other, _)| *other > place).count();
        let at = self.found.len().wrapping_sub(behind);
        match at.checked_sub(1).and_then(|before| self.found.get_mut(before)) {
            Some((same, old)) if *same == place => *old = value,
            _ => self.found.insert(at, (place, value)),
        }
    }
}

/// Whether a key can stand for a `*`.
#[inline(never)]
fn is_body(key: &[u8]) -> bool {
    [&b"Request"[..], b"Response"].iter().any(|end| {
        let tail = key.len().checked_sub(end.len()).and_then(|start| key.get(start..));
        tail.is_some_and(|tail| is_same(tail, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths;
    use std::string::String;

    paths! {
        NESTED: 0 => "a.b.c";
        STARRED: 0 => "p.*.Id";
        SIMPLE: 0 => "a";
        SEVERAL: 0 => "a", 1 => "a.b", 2 => "a.*.c", 3 => "a.b", 4 => "A.d";
        MANY: 0 => "y", 1 => "x.a", 2 => "z", 3 => "x.b";
    }

    fn find(object: &str, paths: Paths<'_>) -> Option<String> {
        let found = collect(&Index::read(object.as_bytes(), LEVELS_MAX), paths);
        found.first().map(|(_, raw)| String::from_utf8_lossy(raw.0).into_owned())
    }

    #[test]
    fn nested_and_flattened_keys_are_the_same_path() {
        for object in [r#"{"a":{"b":{"c":1}}}"#, r#"{"a.b.c":1}"#, r#"{"a.b":{"c":1}}"#, r#"{"A":{"b.C":1}}"#]
        {
            assert_eq!(find(object, NESTED).as_deref(), Some("1"), "{object}");
        }
        for object in
            [r#"{"a":{"b":1}}"#, r#"{"a.b.cd":1}"#, r#"{"ab.c":1}"#, r#"{"a":[{"b":{"c":1}}]}"#, r#"{"":1}"#]
        {
            assert_eq!(find(object, NESTED), None, "{object}");
        }
    }

    #[test]
    fn star_stands_for_the_request_or_for_nothing() {
        for object in [
            r#"{"p":{"CreateXRequest":{"id":1}}}"#,
            r#"{"p":{"id":1}}"#,
            r#"{"p.CreateXRequest.id":1}"#,
            r#"{"p.id":1}"#,
            r#"{"p.CreateXRequest":{"id":1}}"#,
        ] {
            assert_eq!(find(object, STARRED).as_deref(), Some("1"), "{object}");
        }
        assert_eq!(find(r#"{"p":{"other":{"id":1}}}"#, STARRED), None);
    }

    #[test]
    fn a_path_can_end_where_another_goes_on() {
        let object = br#"{"a":{"b":1,"XResponse":{"c":2},"D":3}}"#;
        let found = collect(&Index::read(object, LEVELS_MAX), SEVERAL);
        let whole = (0, Raw(&object[5..object.len() - 1]));
        assert_eq!(found, [whole, (1, Raw(b"1")), (2, Raw(b"2")), (3, Raw(b"1")), (4, Raw(b"3"))]);
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_escaped_keys_are_read() {
        assert_eq!(find(r#"{"a":1,"a":2}"#, SIMPLE).as_deref(), Some("2"));
        assert_eq!(find(r#"{"\u0061":1}"#, SIMPLE).as_deref(), Some("1"));
    }

    #[test]
    fn many_paths_are_filled_in_one_pass() {
        let index = Index::read(br#"{"x":{"a":1,"b":2},"y":null}"#, LEVELS_MAX);
        let found = collect(&index, MANY);
        assert_eq!(found, [(0, Raw(b"null")), (1, Raw(b"1")), (3, Raw(b"2"))]);
    }
}
