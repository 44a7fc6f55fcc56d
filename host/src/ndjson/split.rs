//! `{"Records":[…]}` as one line per element; knows brackets and strings, not what an element means.

use std::io::{self, Read};

use memchr::{memchr, memchr3};

/// How much is read at once.
const READ_BYTES: usize = 128 << 10;
/// How far into a line the first member is looked for, in bytes.
const PROBE_BYTES_MAX: usize = 4 << 10;
/// What is said of an input that ends inside a wrapper.
const UNFINISHED: &str = "ends inside \"Records\", everything before that was processed";

/// Splits every object whose first member is `Records` or `records`, an array; other lines pass as they are.
///
/// The object may be one line, many lines or the whole input, and of any length: nothing is held back but its start.
/// A line break inside an element is left out together with the blanks after it.
/// Members after the array follow the elements as a line of their own.
pub(crate) struct SplitReader<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The part of the buffer that is still to be looked at.
    at: usize,
    end: usize,
    ended: bool,
    state: State,
    out: Vec<u8>,
    out_at: usize,
    /// An error of the inner reader, held back until everything before it is out.
    failed: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a line.
    LineStart,
    /// In a line that passes as it is.
    Passing,
    /// In the array, between elements.
    Between,
    /// In an element or in the members after the array.
    Value { depth: usize, place: Place, members: bool },
    /// After the array.
    After,
    /// After the wrapper, on its last line.
    LineEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// After a line break outside a string.
    Broken,
    String,
    Escape,
}

enum Probe {
    /// The wrapper's start, and how long it is.
    Wrapper(usize),
    Other,
    More,
}

impl<R: Read> SplitReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        SplitReader {
            inner,
            buffer: vec![0; READ_BYTES],
            at: 0,
            end: 0,
            ended: false,
            state: State::LineStart,
            out: Vec::with_capacity(READ_BYTES),
            out_at: 0,
            failed: None,
        }
    }

    /// Looks at what is in the buffer; returns false when it needs more.
    fn step(&mut self) -> bool {
        let bytes = &self.buffer[self.at..self.end];
        let Some(&first) = bytes.first() else { return false };
        match self.state {
            State::LineStart => match probe(bytes, self.ended) {
                Probe::Wrapper(len) => {
                    self.at += len;
                    self.state = State::Between;
                }
                Probe::Other => self.state = State::Passing,
                Probe::More => return false,
            },
            State::Passing => {
                let line = memchr(b'\n', bytes);
                let len = line.map_or(bytes.len(), |at| at + 1);
                self.out.extend_from_slice(&bytes[..len]);
                self.at += len;
                if line.is_some() {
                    self.state = State::LineStart;
                }
            }
            State::Between => match first {
                b',' | b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b']' => {
                    self.at += 1;
                    self.state = State::After;
                }
                _ => self.state = State::Value { depth: 0, place: Place::Plain, members: false },
            },
            State::Value { .. } => self.value(),
            State::After => match first {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    self.state = State::LineEnd;
                }
                b',' => {
                    self.at += 1;
                    self.out.push(b'{');
                    self.state = State::Value { depth: 1, place: Place::Broken, members: true };
                }
                // Not JSON: the rest of the line passes as it is.
                _ => self.state = State::Passing,
            },
            State::LineEnd => match first {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.state = State::LineStart;
                }
                _ => self.state = State::LineStart,
            },
        }
        true
    }

    /// Copies as much of a value as the buffer has.
    fn value(&mut self) {
        let State::Value { mut depth, mut place, members } = self.state else { return };
        let bytes = &self.buffer[self.at..self.end];
        let mut next = State::Value { depth, place, members };
        let (mut from, mut at) = (0, 0);
        let mut done = false;
        while at < bytes.len() && !done {
            match place {
                Place::String => match memchr3(b'"', b'\\', b'\n', &bytes[at..]) {
                    None => at = bytes.len(),
                    Some(found) => {
                        at += found + 1;
                        match bytes[at - 1] {
                            b'"' => place = Place::Plain,
                            b'\\' => place = Place::Escape,
                            _ => {
                                // A string does not go over a line: this is not JSON, the next line starts anew.
                                self.out.extend_from_slice(&bytes[from..at]);
                                from = at;
                                next = State::LineStart;
                                done = true;
                            }
                        }
                    }
                },
                Place::Escape => {
                    at += 1;
                    place = Place::String;
                }
                Place::Broken => match bytes[at] {
                    b' ' | b'\t' | b'\r' | b'\n' => {
                        at += 1;
                        from = at;
                    }
                    _ => place = Place::Plain,
                },
                Place::Plain => {
                    match bytes[at] {
                        b'"' => place = Place::String,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            if depth == 0 {
                                self.out.extend_from_slice(&bytes[from..=at]);
                                self.out.push(b'\n');
                                from = at + 1;
                                next = if members { State::LineEnd } else { State::Between };
                                done = true;
                            }
                        }
                        // The end of an element that is neither object nor array.
                        b',' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                            self.out.extend_from_slice(&bytes[from..at]);
                            self.out.push(b'\n');
                            from = at;
                            next = State::Between;
                            done = true;
                            continue;
                        }
                        b'\r' | b'\n' => {
                            self.out.extend_from_slice(&bytes[from..at]);
                            from = at + 1;
                            place = Place::Broken;
                        }
                        _ => {}
                    }
                    at += 1;
                }
            }
        }
        if !done {
            self.out.extend_from_slice(&bytes[from.min(at)..at]);
            next = State::Value { depth, place, members };
        }
        self.at += at;
        self.state = next;
    }

    fn refill(&mut self) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.buffer.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        match self.inner.read(&mut self.buffer[self.end..]) {
            Ok(read) => {
                self.ended = read == 0;
                self.end += read;
            }
            Err(error) if self.end == 0 || error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.out.extend_from_slice(&self.buffer[..self.end]);
                self.end = 0;
                self.failed = Some(error);
            }
        }
        Ok(())
    }

    /// The input has ended: says so when that was inside a wrapper, once.
    fn finish(&mut self) -> io::Result<usize> {
        let state = std::mem::replace(&mut self.state, State::LineStart);
        match state {
            State::Between | State::Value { .. } | State::After => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, UNFINISHED))
            }
            State::LineStart | State::Passing | State::LineEnd => Ok(0),
        }
    }
}

impl SplitReader<()> {
    /// Whether an error says that the input ended inside a wrapper.
    pub(crate) fn is_unfinished(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.to_string() == UNFINISHED)
    }
}

impl<R: Read> Read for SplitReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.out_at == self.out.len() {
            self.out.clear();
            self.out_at = 0;
            while self.out.len() < READ_BYTES && self.step() {}
            if self.out.is_empty() {
                if self.ended && self.at == self.end {
                    return self.finish();
                }
                self.refill()?;
            }
        }
        let len = buffer.len().min(self.out.len() - self.out_at);
        buffer[..len].copy_from_slice(&self.out[self.out_at..self.out_at + len]);
        self.out_at += len;
        Ok(len)
    }
}

/// Tells whether a line starts a wrapper: blanks, `{`, `"Records"` or `"records"`, `:`, `[`.
fn probe(line: &[u8], ended: bool) -> Probe {
    let line = &line[..line.len().min(PROBE_BYTES_MAX)];
    let mut at = 0;
    for token in [&b"{"[..], b"\"Records\"", b":", b"["] {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = line.get(at) {
            // A blank line is a line of its own.
            if token == b"{" && line[at] == b'\n' {
                return Probe::Other;
            }
            at += 1;
        }
        for (index, &wanted) in token.iter().enumerate() {
            match line.get(at) {
                Some(&byte) if byte == wanted || (index == 1 && byte == b'r') => at += 1,
                Some(_) => return Probe::Other,
                None if ended || line.len() == PROBE_BYTES_MAX => return Probe::Other,
                None => return Probe::More,
            }
        }
    }
    Probe::Wrapper(at)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics says where")]
mod tests {
    use super::*;

    /// Splits `input` handed over in pieces of `step` bytes.
    fn split(input: &str, step: usize) -> (String, bool) {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let len = self.0.len().min(self.1).min(buffer.len());
                buffer[..len].copy_from_slice(&self.0[..len]);
                self.0 = &self.0[len..];
                Ok(len)
            }
        }
        let mut out = Vec::new();
        let result = SplitReader::new(Pieces(input.as_bytes(), step)).read_to_end(&mut out);
        (String::from_utf8(out).unwrap(), result.is_ok())
    }

    const CASES: &[(&str, &str)] = &[
        ("", ""),
        ("{\"a\":1}\n{\"b\":2}", "{\"a\":1}\n{\"b\":2}"),
        ("{\"Records\":[{\"a\":1},{\"b\":[2,{}]}]}\n", "{\"a\":1}\n{\"b\":[2,{}]}\n"),
        ("{\"records\":[{\"a\":1}]}", "{\"a\":1}\n"),
        ("{\"rEcords\":[{\"a\":1}]}", "{\"rEcords\":[{\"a\":1}]}"),
        ("{\"Records\":[]}\n{\"c\":3}\n", "{\"c\":3}\n"),
        ("{\"Records\":{\"a\":1}}\n", "{\"Records\":{\"a\":1}}\n"),
        ("{\"x\":1,\"Records\":[{\"a\":1}]}\n", "{\"x\":1,\"Records\":[{\"a\":1}]}\n"),
        ("{\"Records\":[{\"a\":\"]},\\\"\\\\\"}]}\n", "{\"a\":\"]},\\\"\\\\\"}\n"),
        (
            "{\r\n  \"Records\" : [\r\n    {\r\n      \"a\": 1,\r\n      \"b\": \"x y\"\r\n    }\r\n  ]\r\n}\r\n",
            "{\"a\": 1,\"b\": \"x y\"}\n",
        ),
        ("{\"Records\":[1, \"two, 2\", null]}\n", "1\n\"two, 2\"\nnull\n"),
        (
            "{\"Records\":[{\"a\":1}],\"next\":{\"t\":2}}\n{\"c\":3}\n",
            "{\"a\":1}\n{\"next\":{\"t\":2}}\n{\"c\":3}\n",
        ),
        ("{\"Records\":[{\"a\":1}]}{\"Records\":[{\"b\":1}]}", "{\"a\":1}\n{\"b\":1}\n"),
        ("{\"Records\":[{\"a\":\"open\n{\"b\":1}\n", "{\"a\":\"open\n{\"b\":1}\n"),
        ("\n\r\n {\"Records\":[{\"a\":1}]}\n\n{\"b\":2}\n", "\n\r\n{\"a\":1}\n\n{\"b\":2}\n"),
        ("{\"Records\":[{\"a\":1}] ?}\n{\"b\":2}\n", "{\"a\":1}\n?}\n{\"b\":2}\n"),
        ("{\"Rec", "{\"Rec"),
    ];

    #[test]
    fn wrappers_are_split_wherever_reads_end() {
        for &(input, expected) in CASES {
            for step in [1, 2, 3, 7, 1000] {
                assert_eq!(split(input, step), (expected.to_string(), true), "{input:?} by {step}");
            }
        }
    }

    #[test]
    fn an_unfinished_wrapper_is_given_out_and_reported() {
        for step in [1, 5, 1000] {
            assert_eq!(
                split("{\"Records\":[{\"a\":1},{\"b\":", step),
                ("{\"a\":1}\n{\"b\":".to_string(), false)
            );
            assert_eq!(split("{\"Records\":[{\"a\":1}", step), ("{\"a\":1}\n".to_string(), false));
        }
    }

    #[test]
    fn elements_longer_than_the_buffer_are_split() {
        let long = "x".repeat(3 * READ_BYTES);
        let input = format!("{{\"Records\":[{{\"a\":\"{long}\"}},{{\"b\":1}}]}}\n");
        assert_eq!(split(&input, 60_000), (format!("{{\"a\":\"{long}\"}}\n{{\"b\":1}}\n"), true));
    }
}
