//! Objects that are lists of events; knows their names and how they begin.

/// The first member of an object that is a list of events, in any case.
pub const WRAPPERS: &[&str] = &["records", "events", "value", "items", "entries", "logevents"];

/// How far the opening bracket is looked for, in bytes.
const OPENING_BYTES_MAX: usize = 4 << 10;

/// How an object or an array begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It is a list; its first element stands after so many bytes.
    List(usize),
    /// It is no list.
    Other,
    /// The bytes end too early to tell.
    More,
}

/// Whether `{` and what follows is a list: one of [`WRAPPERS`] first, and an array.
pub(crate) fn wrapper(bytes: &[u8], ended: bool) -> Opening {
    let seen = &bytes[..bytes.len().min(OPENING_BYTES_MAX)];
    let more = if ended || seen.len() == OPENING_BYTES_MAX { Opening::Other } else { Opening::More };
    let mut at = 0;
    for token in [&b"{"[..], b"\"", b":", b"["] {
        at += seen[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match seen.get(at) {
            None => return more,
            Some(byte) if *byte == token[0] => at += 1,
            Some(_) => return Opening::Other,
        }
        if token == b"\"" {
            let rest = &seen[at..];
            let Some(len) = rest.iter().position(|&byte| byte == b'"') else {
                let long = rest.len() > 16;
                return if long { Opening::Other } else { more };
            };
            if !WRAPPERS.iter().any(|name| rest[..len].eq_ignore_ascii_case(name.as_bytes())) {
                return Opening::Other;
            }
            at += len + 1;
        }
    }
    Opening::List(at)
}

/// Whether `[` and what follows is a list of events, not the `[` of a log line such as `[note]` or `[12:30]`.
pub(crate) fn array(bytes: &[u8], ended: bool) -> Opening {
    let blanks =
        bytes.iter().skip(1).take(OPENING_BYTES_MAX).take_while(|byte| byte.is_ascii_whitespace()).count();
    let rest = &bytes[1 + blanks..];
    let more = if ended || blanks == OPENING_BYTES_MAX { Opening::Other } else { Opening::More };
    let list = Opening::List(1);
    match rest.first() {
        None => more,
        Some(b'{' | b']' | b'"' | b'[') => list,
        Some(_) => match rest
            .iter()
            .take(40)
            .position(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte))
        {
            // A word first: only a comma after it makes a list.
            Some(len) => {
                let word = matches!(&rest[..len], b"null" | b"true" | b"false");
                let number = std::str::from_utf8(&rest[..len]).is_ok_and(|text| text.parse::<f64>().is_ok());
                if (word || number) && rest[len..].trim_ascii_start().first() == Some(&b',') {
                    list
                } else {
                    Opening::Other
                }
            }
            None if rest.len() < 40 => more,
            None => Opening::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_waited_for() {
        let word = |len| [b"[", &*vec![b'a'; len]].concat();
        let name = |len| [b"{\"", &*vec![b'a'; len]].concat();
        let told = [array(&word(39), false), array(&word(40), false), array(&word(41), false)];
        assert_eq!(told, [Opening::More, Opening::Other, Opening::Other]);
        let told = [wrapper(&name(16), false), wrapper(&name(17), false), wrapper(&name(18), false)];
        assert_eq!(told, [Opening::More, Opening::Other, Opening::Other]);
        let blanks = |len| [b"[", &*vec![b' '; len]].concat();
        let told = [array(&blanks(OPENING_BYTES_MAX - 1), false), array(&blanks(OPENING_BYTES_MAX), false)];
        assert_eq!(told, [Opening::More, Opening::Other]);
        assert_eq!(array(b"[ ", true), Opening::Other);
    }
}
