//! Lines of a block; knows line ends and the cheap test for an object, not JSON.

use memchr::{memchr, memchr_iter, memrchr};

/// What a line looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Begins with `{` and ends with `}`.
    Record,
    /// Nothing but blanks.
    Blank,
    /// Anything else.
    NotJson,
}

/// The length of `line` without its line end, LF or CR LF.
pub(crate) fn content_len(line: &[u8]) -> usize {
    match line {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n'] => rest.len(),
        _ => line.len(),
    }
}

/// Looks at both ends of a line, with or without its line end.
#[inline]
pub(crate) fn kind(line: &[u8]) -> Kind {
    match line {
        [b'{', .., b'}', b'\n'] | [b'{', .., b'}'] => Kind::Record,
        _ => kind_of_other(line),
    }
}

fn kind_of_other(line: &[u8]) -> Kind {
    match line.trim_ascii() {
        [] => Kind::Blank,
        [b'{', .., b'}'] => Kind::Record,
        _ => Kind::NotJson,
    }
}

/// Calls `f` with the start and end of each line of `block`, line ends included.
#[inline]
pub(crate) fn each(block: &[u8], mut f: impl FnMut(usize, usize)) {
    let mut start = 0;
    for at in memchr_iter(b'\n', block) {
        f(start, at + 1);
        start = at + 1;
    }
    if start < block.len() {
        f(start, block.len());
    }
}

/// The start and end of the line of `block` that the byte at `offset` lies in, line end included.
pub(crate) fn around(block: &[u8], offset: usize) -> (usize, usize) {
    let start = memrchr(b'\n', &block[..offset]).map_or(0, |at| at + 1);
    let end = memchr(b'\n', &block[offset..]).map_or(block.len(), |at| offset + at + 1);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_line_decide() {
        for (line, expected) in [
            (&b"{}\n"[..], Kind::Record),
            (b"{}", Kind::Record),
            (b"{\"a\":1}\r\n", Kind::Record),
            (b" \t{\"a\":1} \n", Kind::Record),
            (b"", Kind::Blank),
            (b"\n", Kind::Blank),
            (b" \r\n", Kind::Blank),
            (b"{", Kind::NotJson),
            (b"}\n", Kind::NotJson),
            (b"[{}]\n", Kind::NotJson),
            (b"{\"a\":1\n", Kind::NotJson),
            (b"Jun 1 host %SYS\n", Kind::NotJson),
        ] {
            assert_eq!(kind(line), expected, "{:?}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn lines_are_found_from_any_offset() {
        let block = b"ab\n\ncde\r\nf";
        let mut lines = Vec::new();
        each(block, |start, end| lines.push((start, end)));
        assert_eq!(lines, [(0, 3), (3, 4), (4, 9), (9, 10)]);
        for (start, end) in lines {
            for offset in start..end {
                assert_eq!(around(block, offset), (start, end), "offset {offset}");
            }
        }
        assert_eq!(content_len(b"cde\r\n"), 3);
        assert_eq!(content_len(b"f"), 1);
        assert_eq!(content_len(b"\n"), 0);
    }
}
