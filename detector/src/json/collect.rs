//! Reads the values at many paths in one pass: knows paths, not what they mean.

use super::{Members, Paths, Raw, decode};
use alloc::borrow::Cow;
use alloc::{vec, vec::Vec};

/// The values found, one place per path.
pub type Found<'a> = [Option<Raw<'a>>];

/// No path has more segments than this.
const LEVELS_MAX: usize = 8;

/// An object being read.
struct Level<'a> {
    members: Members<'a>,
    /// Where in the list of ways those that led here begin.
    ways: usize,
}

/// A path, how many of its bytes led here, and the next one in lower case.
#[derive(Clone, Copy)]
struct Way {
    path: u8,
    offset: u8,
    next: u8,
}

impl Way {
    fn new(paths: &Paths, path: u8, offset: u8) -> Self {
        let next = paths.get(path.into()).get(usize::from(offset)).copied().unwrap_or_default();
        Way { path, offset, next: next.to_ascii_lowercase() }
    }
}

/// Fills `found` with the values at `paths` inside `object`, in one pass over it.
///
/// A path is a list of keys joined by dots, compared without regard to ASCII case.
/// A member whose key is itself joined by dots (`"userIdentity.arn"`) is found by the same path as the nested one.
/// The segment `*` stands for one key that ends in `Request` or `Response`, or for nothing.
/// Of members with the same key the last counts, as it does in the parsers of the hosts.
pub fn collect<'a>(object: &'a [u8], paths: &Paths, found: &mut Found<'a>) {
    let mut ways: Vec<Way> = (0..paths.len() as u8).map(|path| Way::new(paths, path, 0)).collect();
    let mut levels = vec![Level { members: Members::new(object), ways: 0 }];
    while let Some(level) = levels.last_mut() {
        let Some(member) = level.members.next() else {
            ways.truncate(level.ways);
            levels.pop();
            continue;
        };
        let Some(key) = decoded(member.key) else { continue };
        let (start, end) = (level.ways, ways.len());
        let first = key.first().copied().unwrap_or_default().to_ascii_lowercase();
        for at in start..end {
            let Some(&Way { path, offset, next }) = ways.get(at) else { break };
            // Nearly every key misses nearly every path at the first byte.
            if next != first && next != b'*' {
                continue;
            }
            let whole = paths.get(path.into());
            let Some(rest) = whole.get(usize::from(offset)..) else { continue };
            match advance(rest, &key) {
                Step::Miss => {}
                Step::Value => {
                    if let Some(found) = found.get_mut(usize::from(path)) {
                        *found = Some(member.value);
                    }
                }
                Step::Inside(left) => {
                    let offset = whole.len().saturating_sub(left) as u8;
                    ways.push(Way::new(paths, path, offset));
                }
            }
        }
        if ways.len() > end {
            match member.value.object() {
                Some(object) if levels.len() < LEVELS_MAX => {
                    levels.push(Level { members: Members::new(object), ways: end });
                }
                _ => ways.truncate(end),
            }
        }
    }
}

fn decoded(key: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !key.contains(&b'\\') {
        return Some(Cow::Borrowed(key));
    }
    decode(key).map(|text| Cow::Owned(text.into_owned().into_bytes()))
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Miss,
    /// The key is the end of the path.
    Value,
    /// The key is a part of the path; so many bytes of the path are left.
    Inside(usize),
}

fn advance(mut path: &[u8], mut key: &[u8]) -> Step {
    if key.is_empty() {
        return Step::Miss;
    }
    loop {
        if let Some(after) = path.strip_prefix(b"*.") {
            path = after;
            let segment = key.split(|&byte| byte == b'.').next().unwrap_or_default();
            if ends_with(segment, b"request") || ends_with(segment, b"response") {
                match key.get(segment.len().saturating_add(1)..) {
                    Some(rest) => key = rest,
                    None => return Step::Inside(path.len()),
                }
            }
        }
        if let Some((same, rest)) = path.split_at_checked(key.len())
            && same.eq_ignore_ascii_case(key)
        {
            return match rest {
                [] => Step::Value,
                [b'.', inside @ ..] => Step::Inside(inside.len()),
                _ => Step::Miss,
            };
        }
        // A flattened key can reach over a `*`.
        let Some(star) = path.iter().position(|&byte| byte == b'*').filter(|&star| star > 0) else {
            return Step::Miss;
        };
        let (Some((before, after)), Some((same, rest))) =
            (path.split_at_checked(star), key.split_at_checked(star))
        else {
            return Step::Miss;
        };
        if !same.eq_ignore_ascii_case(before) {
            return Step::Miss;
        }
        (path, key) = (after, rest);
    }
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn paths(paths: &[&str]) -> Paths {
        let mut packed = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            packed.extend([at as u8, 0, path.len() as u8]);
            packed.extend(path.as_bytes());
        }
        Paths::new(&packed)
    }

    fn find(object: &str, path: &str) -> Option<String> {
        let mut found = [None];
        collect(object.as_bytes(), &paths(&[path]), &mut found);
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
    fn the_last_of_equal_keys_counts_and_escaped_keys_are_read() {
        assert_eq!(find(r#"{"a":1,"a":2}"#, "a").as_deref(), Some("2"));
        assert_eq!(find(r#"{"\u0061":1}"#, "a").as_deref(), Some("1"));
    }

    #[test]
    fn many_paths_are_filled_in_one_pass() {
        let mut found = [None; 3];
        collect(br#"{"x":{"a":1,"b":2},"y":null}"#, &paths(&["x.a", "x.b", "y"]), &mut found);
        assert_eq!(found, [Some(Raw(b"1")), Some(Raw(b"2")), Some(Raw(b"null"))]);
    }
}
