//! Tables of paths as trees of keys, written at compile time: what paths have in common is stored, and compared, once.

use super::word::Signature;
use alloc::string::String;
use alloc::vec::Vec;

/// More paths than this in one table are not looked for.
pub const PATHS_MAX: usize = 120;

/// No tree of a table that is written at compile time is longer.
pub const TREE_BYTES_MAX: usize = 4096;

/// A table of paths.
///
/// The tree is a list of nodes: how many there are, the signatures of their keys, how far from the list's beginning each
/// node ends, in two bytes, and the nodes.
/// A node is the length of its key, the key, the number of paths that end here, their places in the table, and the list
/// of the nodes below it, if there are any.
/// A `*` comes first in its list, which is told by the highest bit of the number.
/// Behind the tree stand zeros, so that signatures can be read eight at a time.
#[derive(Clone, Copy, Debug)]
pub struct Paths<'p> {
    /// What each path is read for, in the order of the table.
    pub codes: &'p [u8],
    /// The keys.
    pub tree: &'p [u8],
    /// The signatures of all keys, a bit for each.
    pub known: Known,
}

impl Paths<'_> {
    /// Each path with its code, in the order of the table: for documentation.
    pub fn list(&self) -> Vec<(u8, String)> {
        let mut found = Vec::new();
        let mut open: Vec<_> = List::root(self.tree).map(|list| (list, String::new())).into_iter().collect();
        while let Some((list, before)) = open.pop() {
            for node in (0..list.len()).filter_map(|place| list.node(self.tree, place)) {
                let mut path = before.clone();
                path.push_str(&String::from_utf8_lossy(node.key));
                for place in node.places {
                    let code = self.codes.get(usize::from(*place)).copied().unwrap_or_default();
                    found.push((*place, code, path.clone()));
                }
                path.push('.');
                open.extend(node.below.map(|list| (list, path)));
            }
        }
        found.sort();
        found.into_iter().map(|(_, code, path)| (code, path)).collect()
    }
}

/// A set of signatures.
pub type Known = [u32; 8];

const STARRED: u8 = 0x80;

/// How many zeros stand behind a tree.
const PADDING: usize = 8;

/// A list of nodes.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// Where it begins in the tree.
    start: u16,
    count: u8,
}

/// A node of a tree.
pub(super) struct Node<'p> {
    pub(super) key: &'p [u8],
    /// The places of the paths that end here.
    pub(super) places: &'p [u8],
    pub(super) below: Option<List>,
}

impl List {
    /// The outermost keys.
    pub(super) fn root(tree: &[u8]) -> Option<Self> {
        tree.first().map(|count| List { start: 0, count: *count })
    }

    /// Whether its first node is a `*`.
    pub(super) fn has_star(self) -> bool {
        self.count & STARRED != 0
    }

    pub(super) fn len(self) -> usize {
        usize::from(self.count & !STARRED)
    }

    /// The signatures of eight keys, the first one lowest; those behind the last mean nothing.
    #[inline(always)]
    pub(super) fn signatures(self, tree: &[u8], place: usize) -> u64 {
        let at = usize::from(self.start).wrapping_add(1).wrapping_add(place);
        let chunk = tree.get(at..).and_then(|rest| rest.first_chunk());
        chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk))
    }

    /// The node at a place.
    #[inline(never)]
    pub(super) fn node(self, tree: &[u8], place: usize) -> Option<Node<'_>> {
        if place >= self.len() {
            return None;
        }
        let list = tree.get(self.start.into()..)?;
        let ends = self.len().wrapping_add(1);
        let end_of = |place: usize| -> Option<usize> {
            let bytes = list.get(ends.wrapping_add(place << 1)..)?.first_chunk()?;
            Some(u16::from_le_bytes(*bytes).into())
        };
        let start = match place.checked_sub(1) {
            Some(before) => end_of(before)?,
            None => ends.wrapping_add(self.len() << 1),
        };
        let end = end_of(place)?;
        let (len, rest) = list.get(start..end)?.split_first()?;
        let (key, rest) = rest.split_at_checked((*len).into())?;
        let (count, rest) = rest.split_first()?;
        let (places, below) = rest.split_at_checked((*count).into())?;
        let start = usize::from(self.start).wrapping_add(end).wrapping_sub(below.len());
        let below = below.first().map(|count| List { start: start as u16, count: *count });
        Some(Node { key, places, below })
    }
}

/// Writes a tree at compile time; returns it with its length.
pub const fn tree(list: &[(u8, &str)]) -> ([u8; TREE_BYTES_MAX], usize) {
    assert!(list.len() <= PATHS_MAX, "too many paths in one table");
    let mut out = [0; TREE_BYTES_MAX];
    let len = write(list, 0, 0, &mut out, 0);
    (out, len.wrapping_add(PADDING))
}

/// The first bytes.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub const fn prefix<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = bytes[at];
        at += 1;
    }
    out
}

/// The signatures of all keys in lists of paths.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub const fn known(lists: &[&[&str]]) -> Known {
    let (mut known, mut list, mut at) = ([0; 8], 0, 0);
    while list < lists.len() {
        if at == lists[list].len() {
            (list, at) = (list + 1, 0);
            continue;
        }
        let path = lists[list][at].as_bytes();
        let mut start = 0;
        while start <= path.len() {
            let end = key_end(path, start);
            let signature = Signature::of(path.split_at(end).0.split_at(start).1);
            known[(signature >> 5) as usize] |= 1 << (signature & 31);
            start = end + 1;
        }
        at += 1;
    }
    known
}

/// The codes of a table.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub const fn codes<const N: usize>(list: &[(u8, &str)]) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = list[at].0;
        at += 1;
    }
    out
}

/// Writes the list of the nodes below the first `prefix` bytes of a path, its dot included; returns where it ends.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn write(list: &[(u8, &str)], model: usize, prefix: usize, out: &mut [u8], start: usize) -> usize {
    let mut count = 0;
    let mut node = next_node(list, model, prefix, None);
    while let Some(at) = node {
        let path = list[at].1.as_bytes();
        let key = path.split_at(key_end(path, prefix)).0.split_at(prefix).1;
        count += 1;
        out[start + count] = Signature::of(key);
        node = next_node(list, model, prefix, node);
    }
    node = next_node(list, model, prefix, None);
    let Some(first) = node else { return start };
    out[start] = count as u8 | if is_star(list, first, prefix) { STARRED } else { 0 };
    let (mut ends, mut end) = (start + 1 + count, start + 1 + 3 * count);
    while let Some(at) = node {
        end = write_node(list, at, prefix, out, end);
        out[ends] = (end - start) as u8;
        out[ends + 1] = ((end - start) >> 8) as u8;
        ends += 2;
        node = next_node(list, model, prefix, node);
    }
    end
}

/// The first path of the node that follows in the list below a prefix: that of the `*`, then the others in the table's
/// order.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn next_node(list: &[(u8, &str)], model: usize, prefix: usize, before: Option<usize>) -> Option<usize> {
    let (mut star, mut at) = match before {
        None => (true, 0),
        Some(before) if is_star(list, before, prefix) => (false, 0),
        Some(before) => (false, before + 1),
    };
    loop {
        if at == list.len() {
            if !star {
                return None;
            }
            (star, at) = (false, 0);
        }
        let path = list[at].1.as_bytes();
        if is_below(path, list[model].1.as_bytes(), prefix)
            && is_star(list, at, prefix) == star
            && is_first(list, at, prefix, key_end(path, prefix))
        {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether the key behind the first `prefix` bytes of a path is a `*`.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn is_star(list: &[(u8, &str)], at: usize, prefix: usize) -> bool {
    let path = list[at].1.as_bytes();
    path.len() > prefix && path[prefix] == b'*' && key_end(path, prefix) == prefix + 1
}

/// Writes the node of the key that goes on behind the first `prefix` bytes of a path; returns where it ends.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn write_node(list: &[(u8, &str)], at: usize, prefix: usize, out: &mut [u8], start: usize) -> usize {
    let path = list[at].1.as_bytes();
    let stop = key_end(path, prefix);
    out[start] = (stop - prefix) as u8;
    let mut end = start + 1;
    let mut from = prefix;
    while from < stop {
        out[end] = path[from];
        end += 1;
        from += 1;
    }
    let count = end;
    end += 1;
    let mut other = 0;
    while other < list.len() {
        let name = list[other].1.as_bytes();
        if name.len() == stop && is_same(name, path, stop) {
            out[end] = other as u8;
            end += 1;
            out[count] += 1;
        }
        other += 1;
    }
    write(list, at, stop + 1, out, end)
}

/// Where the key that begins at `start` ends.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn key_end(path: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < path.len() && path[end] != b'.' {
        end += 1;
    }
    end
}

/// Whether a path goes on where another one has come to after `prefix` bytes.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn is_below(path: &[u8], model: &[u8], prefix: usize) -> bool {
    prefix == 0 || path.len() > prefix && path[prefix - 1] == b'.' && is_same(path, model, prefix - 1)
}

/// Whether no path before this one goes on with the same key.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn is_first(list: &[(u8, &str)], at: usize, prefix: usize, stop: usize) -> bool {
    let path = list[at].1.as_bytes();
    let mut other = 0;
    while other < at {
        let name = list[other].1.as_bytes();
        if name.len() >= stop && key_end(name, prefix) == stop && is_same(name, path, stop) {
            return false;
        }
        other += 1;
    }
    true
}

/// Whether the first `len` bytes are the same.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn is_same(a: &[u8], b: &[u8], len: usize) -> bool {
    let mut at = 0;
    while at < len {
        if at >= a.len() || at >= b.len() || a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Declares a table: `paths! { NAME: code => "path", … }`.
#[macro_export]
macro_rules! paths {
    ($($(#[$doc:meta])* $vis:vis $name:ident: $($code:expr => $path:literal),+ $(,)?;)+) => {$(
        $(#[$doc])*
        $vis static $name: $crate::Paths<'static> = {
            const LIST: &[(u8, &str)] = &[$(($code, $path)),+];
            const TREE: ([u8; $crate::TREE_BYTES_MAX], usize) = $crate::tree(LIST);
            $crate::Paths {
                codes: &$crate::codes::<{ LIST.len() }>(LIST),
                tree: &$crate::prefix::<{ TREE.1 }>(&TREE.0),
                known: $crate::known(&[&[$($path),+]]),
            }
        };
    )+};
}

#[cfg(test)]
mod tests {
    use crate::{Index, LEVELS_MAX, Raw, collect};
    use alloc::string::String;

    paths! {
        SHARED: 7 => "a", 8 => "a.b", 9 => "A.c.d", 9 => "a.*.e", 7 => "a.b";
    }

    /// One pass finds what the paths lead to one by one.
    #[test]
    fn a_table_finds_what_its_paths_lead_to() {
        let object = br#"{"a":{"b":1,"C":{"d":2},"XRequest":{"E":3},"a.b":4},"a.c.D":5,"b":6}"#;
        let object = Index::read(object, LEVELS_MAX);
        let found = collect(&object, SHARED);
        assert_eq!(found[1..], [(8, Raw(b"1")), (9, Raw(b"5")), (9, Raw(b"3")), (7, Raw(b"1"))]);
        assert_eq!(SHARED.codes, [7, 8, 9, 9, 7]);
        let listed = [(7, "a"), (8, "a.b"), (9, "A.c.d"), (9, "a.*.e"), (7, "a.b")];
        let paths = SHARED.list();
        let same = |((code, path), (listed, name)): (&(u8, String), (u8, &str))| {
            *code == listed && path.eq_ignore_ascii_case(name)
        };
        assert!(paths.len() == listed.len() && paths.iter().zip(listed).all(same), "{paths:?}");
        for (place, path) in [(0, "a"), (1, "a.b"), (2, "A.c.d"), (4, "a.b")] {
            assert_eq!(object.at(path), Some(found[place].1), "{path}");
        }
    }
}
