//! Reads the values at many paths in one pass: knows paths, not what they mean.

use super::{Members, Paths, Raw, decode};
use alloc::borrow::Cow;
use alloc::{vec, vec::Vec};
use core::ops::Range;

/// The values found, one place per path.
pub type Found<'a> = [Option<Raw<'a>>];

/// No path has more segments than this.
const LEVELS_MAX: usize = 8;

/// Where a list of nodes begins and ends in the tree.
type Nodes = (u16, u16);

/// An object being read.
struct Level<'a> {
    members: Members<'a>,
    /// Where in the list of ways those that lead on from here begin.
    ways: usize,
    /// How many ways there were before.
    before: usize,
}

/// Fills `found` with the values at `paths` inside `object`, in one pass over it.
///
/// A path is a list of keys joined by dots, compared without regard to ASCII case.
/// A member whose key is itself joined by dots (`"userIdentity.arn"`) is found by the same path as the nested one.
/// The segment `*` stands for one key that ends in `Request` or `Response`, or for nothing.
/// Of members with the same key the last counts, as it does in the parsers of the hosts.
pub fn collect<'a>(object: &'a [u8], paths: Paths<'_>, found: &mut Found<'a>) {
    let tree = paths.tree;
    let mut ways: Vec<Nodes> = vec![(0, tree.len() as u16)];
    let mut levels = vec![Level { members: Members::new(object), ways: 0, before: 0 }];
    while let Some(level) = levels.last_mut() {
        let Some(member) = level.members.next() else {
            ways.truncate(level.before);
            levels.pop();
            continue;
        };
        let Some(key) = decoded(member.key) else { continue };
        let (mut start, end) = (level.ways, ways.len());
        let mut stop = end;
        let mut rest = &*key;
        // All keys of a flattened key but the last lead on, whatever else they are.
        while let Some(dot) = rest.iter().position(|&byte| byte == b'.') {
            let (segment, after) = rest.split_at_checked(dot).unwrap_or_default();
            follow(tree, &mut ways, start..stop, segment, |_| {});
            (start, stop) = (stop, ways.len());
            rest = after.get(1..).unwrap_or_default();
        }
        follow(tree, &mut ways, start..stop, rest, |place| {
            if let Some(found) = found.get_mut(usize::from(place)) {
                *found = Some(member.value);
            }
        });
        let below = ways.len() > stop;
        match member.value.object() {
            Some(object) if below && levels.len() < LEVELS_MAX => {
                levels.push(Level { members: Members::new(object), ways: stop, before: end });
            }
            _ => ways.truncate(end),
        }
    }
}

/// Follows one key from each of the ways in `from`: adds the nodes below it to the ways, and hands over the places of
/// the paths that end with it.
fn follow(tree: &[u8], ways: &mut Vec<Nodes>, from: Range<usize>, key: &[u8], mut hit: impl FnMut(u8)) {
    let first = key.first().map_or(0, u8::to_ascii_lowercase);
    for way in from {
        let Some(&(start, end)) = ways.get(way) else { return };
        let (mut at, end) = (usize::from(start), usize::from(end));
        while let Some([low, high, len, node @ ..]) = tree.get(at..end) {
            let places = at.saturating_add(3).saturating_add((*len).into());
            let next = at.saturating_add(2).saturating_add(u16::from_le_bytes([*low, *high]).into());
            at = next;
            let leads = match node.first() {
                Some(b'*') => ends_with(key, b"request") || ends_with(key, b"response"),
                name => {
                    // Nearly every key misses nearly every node at the first byte.
                    name.is_some_and(|name| *name == first)
                        && usize::from(*len) == key.len()
                        && starts_with(node, key)
                }
            };
            if let Some([count, rest @ ..]) = tree.get(places..next).filter(|_| leads) {
                let below = places.saturating_add(1).saturating_add((*count).into());
                rest.iter().take((*count).into()).for_each(|place| hit(*place));
                add(tree, ways, below, next);
            }
        }
    }
}

/// Adds a list of nodes to the ways, and the nodes below its `*`, which may stand for nothing.
fn add(tree: &[u8], ways: &mut Vec<Nodes>, start: usize, end: usize) {
    if let Some([low, high, _, name, count, ..]) = tree.get(start..end) {
        ways.push((start as u16, end as u16));
        if *name == b'*' {
            let below = start.saturating_add(5).saturating_add((*count).into());
            let end = start.saturating_add(2).saturating_add(u16::from_le_bytes([*low, *high]).into());
            ways.push((below as u16, end as u16));
        }
    }
}

/// Whether a name in lower case begins with a key, in any case.
fn starts_with(name: &[u8], key: &[u8]) -> bool {
    name.iter().zip(key).all(|(a, b)| *a == b.to_ascii_lowercase())
}

fn decoded(key: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !key.contains(&b'\\') {
        return Some(Cow::Borrowed(key));
    }
    decode(key).map(|text| Cow::Owned(text.into_owned().into_bytes()))
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::*;
    use std::string::String;

    fn find(object: &str, path: &str) -> Option<String> {
        let mut found = [None];
        collect(object.as_bytes(), Tree::new(&[path]).paths(), &mut found);
        found[0].map(|raw| String::from_utf8_lossy(raw.0).into_owned())
    }

    #[test]
    fn nested_and_flattened_keys_are_the_same_path() {
        for object in [r#"{"a":{"b":{"c":1}}}"#, r#"{"a.b.c":1}"#, r#"{"a.b":{"c":1}}"#, r#"{"A":{"b.C":1}}"#]
        {
            assert_eq!(find(object, "a.b.c").as_deref(), Some("1"), "{object}");
        }
        for object in
            [r#"{"a":{"b":1}}"#, r#"{"a.b.cd":1}"#, r#"{"ab.c":1}"#, r#"{"a":[{"b":{"c":1}}]}"#, r#"{"":1}"#]
        {
            assert_eq!(find(object, "a.b.c"), None, "{object}");
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
            assert_eq!(find(object, "p.*.Id").as_deref(), Some("1"), "{object}");
        }
        assert_eq!(find(r#"{"p":{"other":{"id":1}}}"#, "p.*.id"), None);
    }

    #[test]
    fn a_path_can_end_where_another_goes_on() {
        let tree = Tree::new(&["a", "a.b", "a.*.c", "a.b", "A.d"]);
        let mut found = [None; 5];
        collect(br#"{"a":{"b":1,"XResponse":{"c":2},"D":3}}"#, tree.paths(), &mut found);
        let texts = found.map(|raw| raw.map(|raw| raw.0));
        assert_eq!(texts[1..], [Some(&b"1"[..]), Some(b"2"), Some(b"1"), Some(b"3")]);
        assert!(texts[0].is_some_and(|object| object.starts_with(b"{\"b\"")));
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_escaped_keys_are_read() {
        assert_eq!(find(r#"{"a":1,"a":2}"#, "a").as_deref(), Some("2"));
        assert_eq!(find(r#"{"\u0061":1}"#, "a").as_deref(), Some("1"));
    }

    #[test]
    fn many_paths_are_filled_in_one_pass() {
        let mut found = [None; 3];
        collect(br#"{"x":{"a":1,"b":2},"y":null}"#, Tree::new(&["x.a", "x.b", "y"]).paths(), &mut found);
        assert_eq!(found, [Some(Raw(b"1")), Some(Raw(b"2")), Some(Raw(b"null"))]);
    }
}
