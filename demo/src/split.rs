//! From chunks of a file to records: lines, arrays, `{"Records":[…]}` and documents of many lines.
//! Knows brackets and strings, not what a record means. Holds back one unfinished record and no more.

use memchr::{memchr, memchr2, memrchr};

/// A record longer than this is given up, in bytes.
pub(crate) const RECORD_BYTES_MAX: usize = 64 << 20;
/// So much of a file is looked at to tell its form, in bytes.
const PROBE_BYTES_MAX: usize = 1 << 20;
/// The first member of an object that is a list of events, in lower case and without white space.
const WRAPPERS: [&[u8]; 4] = [b"{\"records\":[", b"{\"events\":[", b"{\"value\":[", b"{\"items\":["];

/// The byte order mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes what is found in a file.
pub(crate) trait Sink {
    /// Whole lines, each of which is a record; the last one may lack its line end.
    fn lines(&mut self, block: &[u8]);
    /// One object out of a list, or a document of its own.
    fn record(&mut self, record: &[u8]);
}

/// Cuts a file into records as its chunks arrive.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    form: Form,
    /// What has arrived of a record that has not ended; before the form is known, all that has arrived.
    held: Vec<u8>,
    /// Bytes that belong to no record, apart from white space and the brackets of lists.
    pub(crate) skipped: u64,
    giving_up: bool,
}

#[derive(Debug, Default)]
enum Form {
    #[default]
    Unknown,
    Lines,
    Documents(Documents),
}

impl Splitter {
    /// Takes the next chunk.
    pub(crate) fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        if let Form::Unknown = self.form {
            self.held.extend_from_slice(chunk);
            self.decide(false, sink);
        } else {
            self.feed(chunk, sink);
        }
    }

    /// Says that the file has ended; false when it ends inside a record.
    pub(crate) fn finish(&mut self, sink: &mut impl Sink) -> bool {
        self.decide(true, sink);
        match &self.form {
            Form::Unknown => true,
            Form::Lines => {
                if !self.held.is_empty() {
                    sink.lines(&self.held);
                    self.held.clear();
                }
                !self.giving_up
            }
            Form::Documents(documents) => {
                documents.depth == 0 && documents.head.is_empty() && !self.giving_up
            }
        }
    }

    fn decide(&mut self, ended: bool, sink: &mut impl Sink) {
        if !matches!(self.form, Form::Unknown) {
            return;
        }
        if !ended && MARK.starts_with(&self.held) {
            return;
        }
        let after_mark = self.held.strip_prefix(MARK).unwrap_or(&self.held);
        if let Some(form) = form_of(after_mark, ended) {
            self.form = form;
            let held = std::mem::take(&mut self.held);
            self.feed(held.strip_prefix(MARK).unwrap_or(&held), sink);
        }
    }

    fn feed(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        match &mut self.form {
            Form::Unknown => {}
            Form::Lines => self.feed_lines(chunk, sink),
            Form::Documents(documents) => {
                documents.feed(chunk, &mut self.held, &mut self.skipped, sink);
                if self.held.len() > RECORD_BYTES_MAX {
                    self.skipped += self.held.len() as u64;
                    self.giving_up = true;
                    self.held = Vec::new();
                    documents.in_record = false;
                }
            }
        }
    }

    fn feed_lines(&mut self, mut chunk: &[u8], sink: &mut impl Sink) {
        if !self.held.is_empty() || self.giving_up {
            let Some(end) = memchr(b'\n', chunk) else {
                self.hold(chunk);
                return;
            };
            let (line, rest) = chunk.split_at(end + 1);
            if self.giving_up {
                self.skipped += line.len() as u64;
            } else {
                self.held.extend_from_slice(line);
                sink.lines(&self.held);
            }
            self.giving_up = false;
            self.held.clear();
            chunk = rest;
        }
        let whole = memrchr(b'\n', chunk).map_or(0, |end| end + 1);
        let (lines, rest) = chunk.split_at(whole);
        if !lines.is_empty() {
            sink.lines(lines);
        }
        self.hold(rest);
    }

    fn hold(&mut self, part: &[u8]) {
        if !self.giving_up && self.held.len() + part.len() <= RECORD_BYTES_MAX {
            self.held.extend_from_slice(part);
        } else {
            self.skipped += (self.held.len() + part.len()) as u64;
            self.held = Vec::new();
            self.giving_up = true;
        }
    }
}

/// The form of a file that begins with these bytes; `None` when more of them are needed.
fn form_of(bytes: &[u8], ended: bool) -> Option<Form> {
    let text = bytes.trim_ascii_start();
    let documents = || Some(Form::Documents(Documents::default()));
    match text.first() {
        None => ended.then_some(Form::Lines),
        Some(b'[') => match text[1..].trim_ascii_start().first() {
            Some(b'{' | b']') => documents(),
            None if !ended => None,
            _ => Some(Form::Lines),
        },
        Some(b'{') => match wrapper(text) {
            Wrapper::Yes => documents(),
            Wrapper::Open if !ended => None,
            // A record in one line closes before the line does.
            _ => match memchr(b'\n', text) {
                Some(end) if closes(&text[..end]) => Some(Form::Lines),
                Some(_) => documents(),
                None if ended => Some(Form::Lines),
                None if text.len() > PROBE_BYTES_MAX => documents(),
                None => None,
            },
        },
        Some(_) => Some(Form::Lines),
    }
}

fn closes(line: &[u8]) -> bool {
    line.trim_ascii_end().last() == Some(&b'}')
}

enum Wrapper {
    Yes,
    No,
    /// The bytes end too early to tell.
    Open,
}

/// Whether an object begins like a list of events.
fn wrapper(bytes: &[u8]) -> Wrapper {
    let mut open: Vec<&[u8]> = WRAPPERS.to_vec();
    let significant = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    for (at, byte) in significant.enumerate() {
        open.retain(|wrapper| wrapper.get(at) == Some(&byte.to_ascii_lowercase()));
        match open.first() {
            None => return Wrapper::No,
            Some(only) if only.len() == at + 1 => return Wrapper::Yes,
            Some(_) => {}
        }
    }
    Wrapper::Open
}

/// Follows brackets and strings through documents that need not keep to lines.
#[derive(Debug, Default)]
struct Documents {
    depth: usize,
    /// Records begin at this depth: 0 for a document of its own, 1 in an array, 2 in a wrapper.
    base: usize,
    in_string: bool,
    escaped: bool,
    in_record: bool,
    /// The first bytes of a document that may turn out to be a wrapper.
    head: Vec<u8>,
}

impl Documents {
    fn feed(&mut self, chunk: &[u8], held: &mut Vec<u8>, skipped: &mut u64, sink: &mut impl Sink) {
        if self.head.is_empty() {
            self.follow(chunk, held, skipped, sink);
        } else {
            let mut whole = std::mem::take(&mut self.head);
            whole.extend_from_slice(chunk);
            self.follow(&whole, held, skipped, sink);
        }
    }

    fn follow(&mut self, chunk: &[u8], held: &mut Vec<u8>, skipped: &mut u64, sink: &mut impl Sink) {
        // Where the part of the record that lies in this chunk begins.
        let mut start = 0;
        let mut at = 0;
        while let Some(&byte) = chunk.get(at) {
            if self.in_string {
                at = self.string(chunk, at);
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    if self.depth == 0 {
                        self.base = match (byte, wrapper(&chunk[at..])) {
                            (b'[', _) => 1,
                            (_, Wrapper::Yes) => 2,
                            (_, Wrapper::No) => 0,
                            (_, Wrapper::Open) => {
                                self.head.extend_from_slice(&chunk[at..]);
                                return;
                            }
                        };
                    }
                    if byte == b'{' && !self.in_record && self.depth == self.base {
                        self.in_record = true;
                        start = at;
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.in_record && self.depth == self.base {
                        self.in_record = false;
                        held.extend_from_slice(&chunk[start..=at]);
                        sink.record(held);
                        held.clear();
                    } else if !self.in_record && self.depth < self.base {
                        // Members after the list are no records.
                        self.base = usize::MAX;
                    }
                }
                _ if self.depth == 0 && !byte.is_ascii_whitespace() && byte != b',' => *skipped += 1,
                _ => {}
            }
            at += 1;
        }
        if self.in_record {
            held.extend_from_slice(&chunk[start..]);
        }
    }

    /// Goes on inside a string; returns where it stopped.
    fn string(&mut self, chunk: &[u8], at: usize) -> usize {
        if self.escaped {
            self.escaped = false;
            return at + 1;
        }
        let Some(offset) = memchr2(b'"', b'\\', &chunk[at..]) else { return chunk.len() };
        match chunk[at + offset] {
            b'\\' => self.escaped = true,
            _ => self.in_string = false,
        }
        at + offset + 1
    }
}

#[cfg(test)]
mod tests {
    use super::{RECORD_BYTES_MAX, Sink, Splitter};

    #[derive(Default)]
    struct Found(Vec<String>);

    impl Sink for Found {
        fn lines(&mut self, block: &[u8]) {
            self.0.extend(String::from_utf8_lossy(block).lines().map(|line| format!("line {line}")));
        }
        fn record(&mut self, record: &[u8]) {
            self.0.push(format!("record {}", String::from_utf8_lossy(record)));
        }
    }

    /// What is found in a file, which may not depend on how it is cut into chunks.
    fn found(file: &[u8]) -> (Vec<String>, bool, u64) {
        let cut = |size: usize| {
            let (mut splitter, mut found) = (Splitter::default(), Found::default());
            file.chunks(size).for_each(|chunk| splitter.push(chunk, &mut found));
            let whole = splitter.finish(&mut found);
            (found.0, whole, splitter.skipped)
        };
        let expected = cut(file.len().max(1));
        for size in 1..=file.len().min(40) {
            assert_eq!(cut(size), expected, "chunks of {size}");
        }
        expected
    }

    #[test]
    fn lines_stay_lines() {
        for (file, lines) in [
            ("{\"a\":1}\n{\"b\":[{}]}\n", vec!["line {\"a\":1}", "line {\"b\":[{}]}"]),
            ("{\"a\":1}\r\n\n{\"b\":2}", vec!["line {\"a\":1}", "line ", "line {\"b\":2}"]),
            ("\u{feff}<189>1: x\n[note] y\n", vec!["line <189>1: x", "line [note] y"]),
            ("[note] y\n", vec!["line [note] y"]),
            ("", vec![]),
        ] {
            assert_eq!(
                found(file.as_bytes()),
                (lines.iter().map(|&l| l.into()).collect(), true, 0),
                "{file}"
            );
        }
    }

    #[test]
    fn lists_are_split() {
        let records = ["record {\"a\":\"}]\\\"{\"}", "record {\"b\":[{\"c\":1}]}"];
        let list = r#"{"a":"}]\"{"},{"b":[{"c":1}]}"#;
        for file in [
            format!("{{\"Records\":[{list}]}}"),
            format!("\n {{ \"records\" : [ {list} ], \"next\":[{{\"no\":1}}] }}\n"),
            format!("[{list}]"),
            format!("[\n{list}\n]\n"),
            list.replacen("},{", "}]}\n{\"Events\":[{", 1).replacen('{', "{\"Events\":[{", 1) + "]}",
        ] {
            assert_eq!(found(file.as_bytes()), (records.map(Into::into).to_vec(), true, 0), "{file}");
        }
    }

    #[test]
    fn documents_of_many_lines_are_records() {
        let file = b"{\n \"a\": 1\n}\n{\n \"Records\": 2\n}";
        let records = ["record {\n \"a\": 1\n}", "record {\n \"Records\": 2\n}"];
        assert_eq!(found(file), (records.map(Into::into).to_vec(), true, 0));
    }

    #[test]
    fn what_is_no_record_is_counted_and_an_open_end_is_said() {
        assert_eq!(found(b"{\n}xyz{\n}").2, 3);
        for file in ["{\"Records\":[{\"a\":1},{\"b\"", "[{}", "{\n\"a\":\"", "{\n}\n{\"Reco"] {
            assert!(!found(file.as_bytes()).1, "{file}");
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_memory() {
        let (mut splitter, mut found) = (Splitter::default(), Found::default());
        splitter.push(b"line\n", &mut found);
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..=RECORD_BYTES_MAX >> 20 {
            splitter.push(&chunk, &mut found);
        }
        splitter.push(b"tail\nnext\n", &mut found);
        assert_eq!(found.0, ["line line", "line next"]);
        assert_eq!(splitter.skipped as usize, RECORD_BYTES_MAX + (1 << 20) + 5);
    }
}
