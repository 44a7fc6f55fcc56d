//! Tables of paths as trees of keys, written at compile time: what paths have in common is stored, and compared, once.

use alloc::vec::Vec;

/// More paths than this in one table are not looked for.
pub const PATHS_MAX: usize = 64;

/// No tree of a table that is written at compile time is longer.
pub(crate) const TREE_BYTES_MAX: usize = 4096;

/// A table of paths.
///
/// The tree is a list of nodes. A node is its length after these two bytes, the length of its key, the key in lower
/// case, the number of paths that end here, their places in the table, and the list of the nodes below it.
/// Among the nodes of one list `*` comes first.
#[derive(Clone, Copy, Debug)]
pub struct Paths<'p> {
    /// What each path is read for, in the order of the table.
    pub codes: &'p [u8],
    /// The keys.
    pub tree: &'p [u8],
}

/// A tree that is written at run time, in which every path stands for itself.
#[derive(Clone, Debug)]
pub struct Tree(Vec<u8>);

impl Tree {
    /// Writes the tree of at most [`PATHS_MAX`] paths, whose values have their places.
    pub fn new(paths: &[&str]) -> Self {
        let mut tree = Vec::new();
        for (place, path) in paths.iter().take(PATHS_MAX).enumerate() {
            let mut keys = path.as_bytes().split(|&byte| byte == b'.');
            // Of every key the node has four bytes besides it, in place of the dot; of the last one its path's place.
            let count = keys.clone().count();
            let mut left = path.len().saturating_add(count.saturating_mul(3));
            let mut next = keys.next();
            while let Some(key) = next {
                next = keys.next();
                tree.extend_from_slice(&(left as u16).to_le_bytes());
                tree.push(key.len() as u8);
                tree.extend(key.iter().map(u8::to_ascii_lowercase));
                tree.push(u8::from(next.is_none()));
                left = left.saturating_sub(key.len().saturating_add(4));
            }
            tree.push(place as u8);
        }
        Tree(tree)
    }

    /// The table.
    pub fn paths(&self) -> Paths<'_> {
        Paths { codes: &[], tree: &self.0 }
    }
}

/// Writes a tree at compile time; returns it with its length.
pub(crate) const fn tree(list: &[(u8, &str)]) -> ([u8; TREE_BYTES_MAX], usize) {
    assert!(list.len() <= PATHS_MAX, "too many paths in one table");
    let mut out = [0; TREE_BYTES_MAX];
    let len = write(list, 0, 0, &mut out, 0);
    (out, len)
}

/// The first bytes.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(crate) const fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = bytes[at];
        at += 1;
    }
    out
}

/// The codes of a table.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(crate) const fn codes<const N: usize>(list: &[(u8, &str)]) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = list[at].0;
        at += 1;
    }
    out
}

/// Writes the nodes below the first `prefix` bytes of a path, its dot included; returns where they end.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn write(list: &[(u8, &str)], model: usize, prefix: usize, out: &mut [u8], mut end: usize) -> usize {
    let mut pass = 0;
    while pass < 2 {
        let mut at = 0;
        while at < list.len() {
            let path = list[at].1.as_bytes();
            let stop = key_end(path, prefix);
            let is_star = stop == prefix + 1 && path[prefix] == b'*';
            if is_below(path, list[model].1.as_bytes(), prefix)
                && is_star == (pass == 0)
                && is_first(list, at, prefix, stop)
            {
                let start = end;
                out[start + 2] = (stop - prefix) as u8;
                end += 3;
                let mut from = prefix;
                while from < stop {
                    out[end] = path[from].to_ascii_lowercase();
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
                end = write(list, at, stop + 1, out, end);
                let len = end - start - 2;
                out[start] = len as u8;
                out[start + 1] = (len >> 8) as u8;
            }
            at += 1;
        }
        pass += 1;
    }
    end
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
macro_rules! paths {
    ($($(#[$doc:meta])* $vis:vis $name:ident: $($code:expr => $path:literal),+ $(,)?;)+) => {$(
        $(#[$doc])*
        $vis static $name: $crate::json::Paths<'static> = {
            const LIST: &[(u8, &str)] = &[$(($code, $path)),+];
            const TREE: ([u8; $crate::json::TREE_BYTES_MAX], usize) = $crate::json::tree(LIST);
            $crate::json::Paths {
                codes: &$crate::json::codes::<{ LIST.len() }>(LIST),
                tree: &$crate::json::first::<{ TREE.1 }>(&TREE.0),
            }
        };
    )+};
}
pub(crate) use paths;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Raw, collect};

    paths! {
        SHARED: 7 => "a", 8 => "a.b", 9 => "A.c.d", 9 => "a.*.e", 7 => "a.b";
    }

    /// Both ways to write a tree lead to the same values.
    #[test]
    fn a_tree_of_compile_time_is_one_of_run_time() {
        let object = br#"{"a":{"b":1,"C":{"d":2},"XRequest":{"E":3},"a.b":4},"a.c.D":5}"#;
        let (mut first, mut second) = ([None; 5], [None; 5]);
        collect(object, SHARED, &mut first);
        collect(object, Tree::new(&["a", "a.b", "A.c.d", "a.*.e", "a.b"]).paths(), &mut second);
        assert_eq!(first[1..], [Some(Raw(b"1")), Some(Raw(b"5")), Some(Raw(b"3")), Some(Raw(b"1"))]);
        assert_eq!(SHARED.codes, [7, 8, 9, 9, 7]);
        assert_eq!(first, second);
    }
}
