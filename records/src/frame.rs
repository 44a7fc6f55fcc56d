//! Where records lie in bytes that arrive in any cuts; knows lines, arrays, wrappers and objects in a row, not what is
//! in a record.

use memchr::memchr;

use crate::RECORD_BYTES_MAX;
use crate::walk::{Walk, Walked};
use crate::wrappers::{Opening, array, wrapper};

/// The byte order mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How bytes are taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    /// One record on each line and nothing else, whatever the bytes look like.
    pub only_lines: bool,
    /// Open arrays and the wrappers of [`crate::WRAPPERS`] on any line: each element is written as a line of its own.
    pub open: bool,
    /// How many frames one call gives at most.
    pub frames_max: usize,
}

impl Default for Framing {
    fn default() -> Self {
        Framing { only_lines: false, open: false, frames_max: 1 << 16 }
    }
}

/// A record and the bytes around it that go with it. Only what frames hold is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where the bytes before the record begin.
    pub from: u32,
    /// Where the record begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// Where the bytes after it end.
    pub to: u32,
    /// What it looks like from outside.
    pub kind: Kind,
    /// What the bytes around it are.
    pub place: Place,
}

/// What a frame holds, as far as its ends tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Begins with `{` and ends with `}`.
    Record,
    /// Anything else that is not blank.
    Other,
    /// A blank line.
    Blank,
    /// A piece of a record of more than [`RECORD_BYTES_MAX`].
    Piece,
    /// The last piece of such a record.
    TooLong,
    /// Brackets and blanks that belong to no record.
    Between,
}

/// What the bytes around a record are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its line: all of it goes on or none.
    Line,
    /// The first in a list or row: the bytes before it always go on.
    First,
    /// Another one: the bytes before it go on when it does and something before it did.
    Next,
    /// An element that becomes a line of its own; the bytes around it do not go on.
    Element,
}

/// Finds records; keeps what it needs to go on from one call to the next.
///
/// - A line that begins with `{` and ends with `}` is a record; any other line is not, unless an object that begins on it
///   ends on a later one.
/// - Input that begins with an array is taken apart into its elements.
/// - Input that begins with two objects on one line is taken as objects in a row, with blanks between them or not.
/// - A byte order mark before any of these is no part of a record.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    state: State,
    /// The value that is being followed, and where it begins.
    walking: Option<usize>,
    walk: Walk,
    /// The first unfinished byte was looked at up to here.
    seen: usize,
    /// So many bytes after the last frame were understood.
    opened: usize,
    /// No object of many lines begins before this: that was tried.
    plain_until: usize,
    /// In a record that is too long.
    long: bool,
    unfinished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first record, or after an array.
    Start,
    Line,
    Row {
        first: bool,
    },
    List {
        first: bool,
        wrapper: bool,
    },
    /// After a wrapper's array.
    Members,
    /// After a list, on its last line.
    LineEnd,
}

impl Framer {
    /// At the start of an input.
    pub fn new(framing: Framing) -> Framer {
        Framer {
            framing,
            state: State::Start,
            walking: None,
            walk: Walk::new(),
            seen: 0,
            opened: 0,
            plain_until: 0,
            long: false,
            unfinished: false,
        }
    }

    /// Finds the records of `bytes`, in order, and returns how many bytes they took.
    ///
    /// The next call gets the bytes that are left and more after them; with `ended` no more will come. A record that is
    /// not whole is left until [`RECORD_BYTES_MAX`] bytes of it are there. Bytes are changed only where the framing opens
    /// lists: an element is put on one line, in its place.
    pub fn frame(&mut self, bytes: &mut [u8], ended: bool, frames: &mut Vec<Frame>) -> usize {
        let mut at = 0;
        while at < bytes.len() && frames.len() < self.framing.frames_max {
            match self.next(bytes, at, ended, frames) {
                Some(to) => {
                    if to > at {
                        (self.seen, self.opened) = (self.seen.max(to), 0);
                    }
                    at = to;
                }
                None if ended => {
                    self.rest(bytes, at, frames);
                    at = bytes.len();
                }
                None if bytes.len() - at >= RECORD_BYTES_MAX => {
                    let start = self.walking.unwrap_or(at).max(at);
                    let kind = if self.in_value() { Kind::Piece } else { Kind::Between };
                    let place = if self.long { Place::Line } else { self.place() };
                    self.push(frames, [at, start, bytes.len(), bytes.len()], kind, place);
                    self.long |= kind == Kind::Piece;
                    self.opened = 0;
                    at = bytes.len();
                }
                None => break,
            }
        }
        self.unfinished |=
            ended && at == bytes.len() && matches!(self.state, State::List { .. } | State::Members);
        self.walking = self.walking.map(|start| start.saturating_sub(at));
        self.seen = self.seen.saturating_sub(at);
        self.plain_until = self.plain_until.saturating_sub(at);
        at
    }

    /// The input ended inside a list.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    fn in_value(&self) -> bool {
        self.walking.is_some() || self.state == State::Line
    }

    /// Where the record that is being read stands.
    fn place(&self) -> Place {
        match self.state {
            State::Members | State::List { .. } if self.framing.open => Place::Element,
            State::Row { first } | State::List { first, .. } => {
                if first {
                    Place::First
                } else {
                    Place::Next
                }
            }
            _ => Place::Line,
        }
    }

    fn push(&self, frames: &mut Vec<Frame>, at: [usize; 4], kind: Kind, place: Place) {
        let is_long = matches!(kind, Kind::Record | Kind::Other) && at[2] - at[1] > RECORD_BYTES_MAX;
        let kind = if is_long { Kind::TooLong } else { kind };
        let [from, start, end, to] = at.map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        frames.push(Frame { from, start, end, to, kind, place });
    }

    /// The next frame from `at` on, or a step towards it; None when the bytes end before it does.
    fn next(&mut self, bytes: &mut [u8], at: usize, ended: bool, frames: &mut Vec<Frame>) -> Option<usize> {
        if self.walking.is_some() {
            return self.value(bytes, at, ended, frames);
        }
        match self.state {
            State::Start => self.start(bytes, at, ended, frames),
            State::Line => self.line(bytes, at, ended, frames),
            State::Row { .. } | State::List { .. } | State::Members => self.between(bytes, at, ended, frames),
            State::LineEnd => self.line_end(bytes, at, frames),
        }
    }

    /// Goes into `state`, of which so many bytes from `at` on are understood.
    fn enter(&mut self, state: State, at: usize, understood: usize) -> Option<usize> {
        self.state = state;
        if self.framing.open {
            return Some(at + understood);
        }
        self.opened = understood;
        Some(at)
    }

    fn follow(
        &mut self,
        bytes: &mut [u8],
        at: usize,
        start: usize,
        ended: bool,
        frames: &mut Vec<Frame>,
    ) -> Option<usize> {
        (self.walking, self.walk, self.seen) = (Some(start), Walk::new(), start);
        self.value(bytes, at, ended, frames)
    }

    fn start(&mut self, bytes: &mut [u8], at: usize, ended: bool, frames: &mut Vec<Frame>) -> Option<usize> {
        let first = blanks(bytes, at, true);
        let opening = match bytes.get(first) {
            _ if self.framing.only_lines => Opening::Other,
            None if ended || first - at > RECORD_BYTES_MAX / 2 => Opening::Other,
            None => return None,
            Some(b'[') => array(&bytes[first..], ended),
            Some(b'{') => match wrapper(&bytes[first..], ended) {
                // A list in an object is told on its line.
                Opening::List(_) if self.framing.open => Opening::Other,
                Opening::More => Opening::More,
                _ => return self.follow(bytes, at, first, ended, frames),
            },
            Some(0xef) if !ended && MARK.starts_with(&bytes[first..]) => return None,
            Some(_) => Opening::Other,
        };
        match opening {
            Opening::More => None,
            Opening::List(len) if !self.framing.open => {
                self.enter(State::List { first: true, wrapper: false }, at, first - at + len)
            }
            Opening::List(_) | Opening::Other => self.enter(State::Line, at, 0),
        }
    }

    fn line(&mut self, bytes: &mut [u8], at: usize, ended: bool, frames: &mut Vec<Frame>) -> Option<usize> {
        let mut start = at;
        if !self.long {
            start = blanks(bytes, at, false);
            let opening = match bytes.get(start) {
                Some(b'{') if self.framing.open => wrapper(&bytes[start..], ended),
                Some(b'[') if self.framing.open => array(&bytes[start..], ended),
                _ => Opening::Other,
            };
            match opening {
                Opening::Other => {}
                Opening::More => return None,
                Opening::List(len) => {
                    let wrapper = bytes[start] == b'{';
                    return self.enter(State::List { first: true, wrapper }, at, start - at + len);
                }
            }
        }
        let from = self.seen.max(start).min(bytes.len());
        let to = match memchr(b'\n', &bytes[from..]) {
            Some(found) => from + found + 1,
            None if ended => bytes.len(),
            None => {
                self.seen = bytes.len();
                return None;
            }
        };
        let end =
            start.max(to - bytes[start.min(to)..to].iter().rev().take_while(|&&byte| is_blank(byte)).count());
        let begins = end > start && bytes[start] == b'{';
        let kind = if self.long {
            Kind::TooLong
        } else if end == start {
            Kind::Blank
        } else if begins && bytes[end - 1] == b'}' {
            Kind::Record
        } else if begins && !self.framing.only_lines && start >= self.plain_until {
            return self.follow(bytes, at, start, ended, frames);
        } else {
            Kind::Other
        };
        self.long = false;
        self.push(frames, [at, start, end, to], kind, Place::Line);
        Some(to)
    }

    /// Between the records of a list or row, and after it.
    fn between(
        &mut self,
        bytes: &mut [u8],
        at: usize,
        ended: bool,
        frames: &mut Vec<Frame>,
    ) -> Option<usize> {
        let mut next = (at + self.opened).min(bytes.len());
        let is_list = matches!(self.state, State::List { .. });
        while bytes.get(next).is_some_and(|&byte| is_blank(byte) || (is_list && byte == b',')) {
            next += 1;
        }
        let byte = *bytes.get(next)?;
        match (self.state, byte) {
            (State::List { wrapper: true, .. }, b']') => self.enter(State::Members, at, next + 1 - at),
            (State::List { .. }, b']') | (State::Members, b'}') => {
                self.enter(State::LineEnd, at, next + 1 - at)
            }
            (State::Members, b',') => {
                // What stands beside the list becomes an object of its own.
                bytes[next] = b'{';
                self.follow(bytes, at, next, ended, frames)
            }
            (State::List { .. }, _) | (State::Row { .. }, b'{') => {
                self.follow(bytes, at, next, ended, frames)
            }
            _ => {
                self.state = State::Line;
                Some(if self.framing.open { next } else { at })
            }
        }
    }

    fn line_end(&mut self, bytes: &mut [u8], at: usize, frames: &mut Vec<Frame>) -> Option<usize> {
        let from = (at + self.opened).min(bytes.len());
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
        let mut to = from + bytes[from..].iter().take_while(blank).count();
        match bytes.get(to) {
            None => return None,
            Some(b'\n') => to += 1,
            _ => {}
        }
        if !self.framing.open {
            self.push(frames, [at, at, to, to], Kind::Between, Place::Line);
        }
        self.state = if self.framing.open { State::Line } else { State::Start };
        Some(to)
    }

    /// Follows a value to its end.
    fn value(&mut self, bytes: &mut [u8], at: usize, ended: bool, frames: &mut Vec<Frame>) -> Option<usize> {
        let start = self.walking?;
        // An object of many lines, or the first of the input: lines are lines when it does not come out as one.
        let tried = matches!(self.state, State::Start | State::Line);
        let walked = self.walk.go(bytes, self.seen.max(start));
        let end = match walked {
            Walked::Ended(end) => end,
            Walked::More if !(tried && (ended || bytes.len() - at >= RECORD_BYTES_MAX)) => {
                self.seen = bytes.len();
                return None;
            }
            Walked::More | Walked::Bad(_) if tried => {
                self.plain_until = if let Walked::Bad(bad) = walked { bad } else { bytes.len() };
                return self.leave(at);
            }
            Walked::More | Walked::Bad(_) => return self.broken(bytes, at, start, walked, ended, frames),
        };
        let after = blanks(bytes, end, false);
        match self.state {
            State::Start if after == bytes.len() && !ended => {
                // The next byte tells whether another object follows.
                (self.walk, self.seen) = (Walk::new(), start);
                return None;
            }
            State::Start if bytes.get(after) != Some(&b'{') => {
                let spread = self.walk.has_breaks;
                let at = self.leave(at)?;
                // Blank lines before it are lines of their own.
                if !spread && memchr(b'\n', &bytes[at..start]).is_none() {
                    self.seen = end;
                }
                return Some(at);
            }
            State::Start if self.framing.open => self.state = State::Line,
            State::Start => self.state = State::Row { first: true },
            State::Line if after == bytes.len() && !ended => {
                (self.walk, self.seen) = (Walk::new(), start);
                return None;
            }
            _ => {}
        }
        let is_line = self.state == State::Line;
        let record = if bytes[start] == b'{' { Kind::Record } else { Kind::Other };
        let kind = if self.long { Kind::TooLong } else { record };
        let place = if is_line && self.framing.open { Place::Element } else { self.place() };
        let mut last = end;
        if place == Place::Element && self.walk.has_breaks && !self.long {
            last = start + join_lines(&mut bytes[start..end]);
        }
        let to = match bytes.get(after) {
            Some(b'\n') if is_line => after + 1,
            _ => end,
        };
        let from = if place == Place::Element { start } else { at };
        self.push(frames, [from, start, last, to], kind, place);
        self.walking = None;
        self.long = false;
        self.state = match self.state {
            State::Row { .. } => State::Row { first: false },
            State::List { wrapper, .. } => State::List { first: false, wrapper },
            State::Members => State::Members,
            other => other,
        };
        if self.state == State::Members {
            // The bracket that closed the members closed the wrapper.
            self.state = State::LineEnd;
        }
        self.seen = to;
        Some(to)
    }

    /// What was followed is no value of its own: it is read line by line.
    fn leave(&mut self, at: usize) -> Option<usize> {
        (self.walking, self.state, self.seen, self.opened) = (None, State::Line, at, 0);
        Some(at)
    }

    /// A list or row that is not JSON any more: the rest of this line is no record, and the next one starts anew.
    fn broken(
        &mut self,
        bytes: &[u8],
        at: usize,
        start: usize,
        walked: Walked,
        ended: bool,
        frames: &mut Vec<Frame>,
    ) -> Option<usize> {
        let Walked::Bad(bad) = walked else { return None };
        let to = match (bytes[..bad].last(), memchr(b'\n', &bytes[bad..])) {
            (Some(b'\n'), _) => bad,
            (_, Some(found)) => bad + found + 1,
            _ if ended || bytes.len() - at >= RECORD_BYTES_MAX => bytes.len(),
            _ => {
                // The rest of the line is still to come.
                self.seen = bad;
                return None;
            }
        };
        let from = if self.framing.open { start } else { at };
        self.push(frames, [from, start.max(from), to, to], Kind::Other, Place::Line);
        self.leave(to)
    }

    /// The input ends in the middle of something.
    fn rest(&mut self, bytes: &[u8], at: usize, frames: &mut Vec<Frame>) {
        let start = self.walking.unwrap_or(if self.framing.open { bytes.len() } else { at });
        let from = if self.framing.open { start } else { at };
        let kind = match self.walking {
            _ if self.long => Kind::TooLong,
            Some(_) => Kind::Other,
            None => Kind::Between,
        };
        if from < bytes.len() {
            self.push(frames, [from, start.max(from), bytes.len(), bytes.len()], kind, Place::Line);
        }
        self.walking = None;
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Skips blanks and byte order marks, over lines or not.
fn blanks(bytes: &[u8], mut at: usize, over_lines: bool) -> usize {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r') => at += 1,
            Some(b'\n') if over_lines => at += 1,
            Some(0xef) if bytes[at..].starts_with(MARK) => at += MARK.len(),
            _ => return at,
        }
    }
}

/// Takes line breaks outside strings away, with the blanks after them; returns the new length.
fn join_lines(bytes: &mut [u8]) -> usize {
    let (mut len, mut in_string, mut at) = (0, false, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        if !in_string && matches!(byte, b'\r' | b'\n') {
            at += bytes[at..].iter().take_while(|&&byte| is_blank(byte)).count();
            continue;
        }
        in_string ^= byte == b'"';
        let copied = if in_string && byte == b'\\' { 2.min(bytes.len() - at) } else { 1 };
        bytes.copy_within(at..at + copied, len);
        (at, len) = (at + copied, len + copied);
    }
    len
}
