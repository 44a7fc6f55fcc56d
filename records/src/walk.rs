//! Finds the end of a JSON value that arrives in any cuts; knows brackets and strings, checks no more than that.

use memchr::memchr3;

/// How far a value has been followed.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    depth: usize,
    inside: Inside,
    /// The last byte outside strings that is not blank.
    last: u8,
    /// There was a line break outside strings.
    pub(crate) has_breaks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A number, `true`, `false` or `null` that stands alone.
    Word,
    String,
    Escape,
    /// After a line break in a string.
    Break,
}

/// What [`Walk::go`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walked {
    /// The value ends before this offset.
    Ended(usize),
    /// It goes on after these bytes.
    More,
    /// Not JSON, seen at this offset.
    Bad(usize),
}

impl Walk {
    /// At the start of a value.
    pub(crate) fn new() -> Walk {
        Walk { depth: 0, inside: Inside::Nothing, last: b'[', has_breaks: false }
    }

    /// Inside an object, between members.
    pub(crate) fn in_object() -> Walk {
        Walk { depth: 1, inside: Inside::Nothing, last: b',', has_breaks: false }
    }

    /// Everything that was opened since [`Walk::in_object`] is closed.
    pub(crate) fn is_between_members(&self) -> bool {
        self.depth == 1 && self.inside == Inside::Nothing
    }

    /// Follows the value through the bytes from `at` on.
    pub(crate) fn go(&mut self, bytes: &[u8], mut at: usize) -> Walked {
        while let Some(&byte) = bytes.get(at) {
            match self.inside {
                Inside::String => {
                    let Some(found) = memchr3(b'"', b'\\', b'\n', &bytes[at..]) else { return Walked::More };
                    at += found + 1;
                    self.inside = match bytes[at - 1] {
                        b'\\' => Inside::Escape,
                        b'\n' => Inside::Break,
                        _ => Inside::Nothing,
                    };
                    self.last = b'"';
                    if self.inside == Inside::Nothing && self.depth == 0 {
                        return Walked::Ended(at);
                    }
                    continue;
                }
                Inside::Escape => self.inside = Inside::String,
                // A string that was cut off, and the next line's record.
                Inside::Break if byte == b'{' => return Walked::Bad(at),
                Inside::Break => {
                    self.inside = Inside::String;
                    continue;
                }
                Inside::Nothing | Inside::Word => match byte {
                    b'"' | b'{' | b'[' => {
                        // A value begins here: after another one, or where a key should stand, this is not JSON.
                        let begins =
                            matches!(self.last, b'[' | b',' | b':') || (byte == b'"' && self.last == b'{');
                        if !begins {
                            return Walked::Bad(at);
                        }
                        match byte {
                            b'"' => self.inside = Inside::String,
                            _ => self.depth += 1,
                        }
                        self.last = byte;
                    }
                    b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}' if self.inside == Inside::Word => {
                        return Walked::Ended(at);
                    }
                    b'}' | b']' => {
                        let Some(depth) = self.depth.checked_sub(1) else { return Walked::Bad(at) };
                        (self.depth, self.last) = (depth, byte);
                        if depth == 0 {
                            return Walked::Ended(at + 1);
                        }
                    }
                    b'\r' | b'\n' => self.has_breaks = true,
                    b' ' | b'\t' => {}
                    b',' | b':' if self.depth == 0 => return Walked::Bad(at),
                    _ => {
                        self.last = byte;
                        if self.depth == 0 {
                            self.inside = Inside::Word;
                        }
                    }
                },
            }
            at += 1;
        }
        Walked::More
    }
}

/// Where the value ends that begins at `start`, if it ends in these bytes; knows brackets and strings, no more.
pub fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match Walk::new().go(bytes, start) {
        Walked::Ended(end) => Some(end),
        Walked::More | Walked::Bad(_) => None,
    }
}
