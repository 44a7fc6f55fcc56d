//! Tables of paths, packed at compile time: what a path has in common with the one before it is not stored again.

use alloc::vec::Vec;

/// More paths than this in one table are not looked for.
pub const PATHS_MAX: usize = 64;

/// How many bytes [`pack`] needs.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub const fn packed_len(paths: &[(u8, &str)]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < paths.len() {
        len += 3 + paths[at].1.len() - shared(paths, at);
        at += 1;
    }
    len
}

/// Packs codes and paths: for each its code, how much of the path before it is kept, how many bytes follow, and those.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub const fn pack<const N: usize>(paths: &[(u8, &str)]) -> [u8; N] {
    assert!(paths.len() <= PATHS_MAX, "too many paths in one table");
    let mut out = [0; N];
    let (mut end, mut at) = (0, 0);
    while at < paths.len() {
        let (code, path) = paths[at];
        let kept = shared(paths, at);
        assert!(path.len() < 255, "too long a path");
        out[end] = code;
        out[end + 1] = kept as u8;
        out[end + 2] = (path.len() - kept) as u8;
        end += 3;
        let mut next = kept;
        while next < path.len() {
            out[end] = path.as_bytes()[next];
            end += 1;
            next += 1;
        }
        at += 1;
    }
    out
}

/// How many bytes a path has in common with the one before it.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs at compile time")]
const fn shared(paths: &[(u8, &str)], at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let (before, path) = (paths[at - 1].1.as_bytes(), paths[at].1.as_bytes());
    let mut same = 0;
    while same < before.len() && same < path.len() && before[same] == path[same] {
        same += 1;
    }
    same
}

/// A table of paths, unpacked.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    text: Vec<u8>,
    /// For each path its code and where it ends in `text`.
    entries: Vec<(u8, u16)>,
}

impl Paths {
    /// Unpacks what [`pack`] has packed.
    pub fn new(mut packed: &[u8]) -> Self {
        let mut paths = Paths::default();
        let mut last = 0usize;
        while let [code, kept, len, rest @ ..] = packed {
            let start = paths.text.len();
            paths.text.extend_from_within(last..last.saturating_add(usize::from(*kept)).min(start));
            let (path, rest) = rest.split_at_checked(usize::from(*len)).unwrap_or_default();
            paths.text.extend_from_slice(path);
            paths.entries.push((*code, paths.text.len() as u16));
            (packed, last) = (rest, start);
        }
        paths
    }

    /// A table of one path, with the code 0.
    pub fn one(path: &str) -> Self {
        let mut paths = Paths::default();
        paths.push(path);
        paths
    }

    /// Appends a path with the code 0.
    pub fn push(&mut self, path: &str) {
        self.text.extend_from_slice(path.as_bytes());
        self.entries.push((0, self.text.len() as u16));
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The path at a place; empty beyond the last.
    pub fn get(&self, at: usize) -> &[u8] {
        let end = |at: usize| self.entries.get(at).map_or(0, |(_, end)| usize::from(*end));
        self.text.get(at.checked_sub(1).map_or(0, end)..end(at)).unwrap_or_default()
    }

    /// The codes of the paths, in their order.
    pub fn codes(&self) -> impl Iterator<Item = u8> {
        self.entries.iter().map(|(code, _)| *code)
    }
}

/// Declares a packed table: `paths! { NAME: code => "path", … }`.
macro_rules! paths {
    ($($(#[$doc:meta])* $vis:vis $name:ident: $($code:expr => $path:literal),+ $(,)?;)+) => {$(
        $(#[$doc])*
        $vis static $name: &[u8] = &{
            const LIST: &[(u8, &str)] = &[$(($code, $path)),+];
            $crate::json::pack::<{ $crate::json::packed_len(LIST) }>(LIST)
        };
    )+};
}
pub(crate) use paths;

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn packed_paths_come_out_as_they_went_in() {
        const LIST: &[(u8, &str)] = &[(1, "a.b"), (2, "a.bc"), (3, "x"), (4, "x.y"), (5, "a"), (6, "a")];
        const PACKED: [u8; packed_len(LIST)] = pack(LIST);
        let paths = Paths::new(&PACKED);
        let unpacked: Vec<_> = paths.codes().enumerate().map(|(at, code)| (code, paths.get(at))).collect();
        let expected: Vec<_> = LIST.iter().map(|(code, path)| (*code, path.as_bytes())).collect();
        assert_eq!(unpacked, expected);
    }
}
