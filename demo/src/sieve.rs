//! A whole file: counts every event, keeps the mirror events, writes the enriched file. Knows no timeline and no table.

use memchr::memchr;
use tapsieve_detector::json::{write_number, write_string};
use tapsieve_detector::{Detector, Outcome};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::split::{Sink, Splitter};

/// How many mirror events are kept for the table; all are counted.
const KEPT_MAX: usize = 50_000;
/// How many bytes of their records are kept.
const KEPT_BYTES_MAX: usize = 128 << 20;

/// What a sieve writes.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// Nothing: it keeps the mirror events instead.
    Nothing,
    /// The mirror events that the policy leaves, enriched.
    Mirror,
    /// Every event that the policy leaves.
    All,
}

/// Reads a file chunk by chunk. Its memory is bounded by what it keeps and the longest record.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Sieve {
    splitter: Splitter,
    body: Body,
}

#[derive(Debug)]
struct Body {
    detector: Detector,
    export: Export,
    out: Vec<u8>,
    /// Rows since the last [`Sieve::rows`], each followed by a comma.
    rows: Vec<u8>,
    wrapped: Vec<u8>,
    kept: Vec<Box<[u8]>>,
    kept_bytes: usize,
    events: u64,
    mirror: u64,
    dropped: u64,
    bytes_dropped: u64,
    /// Bytes that go on under the policy, line ends included.
    bytes_out: u64,
    /// Bytes that would go on if only mirror events did.
    bytes_mirror: u64,
}

#[wasm_bindgen]
impl Sieve {
    /// With a policy as JSON, or the default one.
    ///
    /// # Errors
    /// The policy is refused.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: Option<String>, export: Export) -> Result<Self, String> {
        let mut detector = Detector::new();
        if let Some(policy) = policy {
            detector.configure(policy.as_bytes())?;
        }
        Ok(Sieve {
            splitter: Splitter::default(),
            body: Body {
                detector,
                export,
                out: Vec::new(),
                rows: Vec::new(),
                wrapped: Vec::new(),
                kept: Vec::new(),
                kept_bytes: 0,
                events: 0,
                mirror: 0,
                dropped: 0,
                bytes_dropped: 0,
                bytes_out: 0,
                bytes_mirror: 0,
            },
        })
    }

    /// Takes the next chunk of the file.
    pub fn push(&mut self, chunk: &[u8]) {
        self.splitter.push(chunk, &mut self.body);
    }

    /// Says that the file has ended; false when it ends inside a record.
    pub fn finish(&mut self) -> bool {
        self.splitter.finish(&mut self.body)
    }

    /// The mirror events found since the last call, as a JSON array.
    pub fn rows(&mut self) -> String {
        let mut rows = std::mem::take(&mut self.body.rows);
        rows.pop();
        let rows = [b"[", rows.as_slice(), b"]"].concat();
        String::from_utf8_lossy(&rows).into_owned()
    }

    /// What has been written since the last call.
    pub fn written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body.out)
    }

    /// A kept record as it stood in the file, or wrapped if it was a plain line.
    #[must_use]
    pub fn record(&self, id: usize) -> Option<Vec<u8>> {
        self.body.kept.get(id).map(|record| record.to_vec())
    }

    /// The counts so far, as a JSON object.
    #[must_use]
    pub fn counts(&self) -> String {
        let body = &self.body;
        let counts = [
            ("events", body.events),
            ("mirror", body.mirror),
            ("kept", body.kept.len() as u64),
            ("dropped", body.dropped),
            ("bytesDropped", body.bytes_dropped),
            ("bytesOut", body.bytes_out),
            ("bytesMirror", body.bytes_mirror),
            ("bytesSkipped", self.splitter.skipped),
        ];
        let members = counts.map(|(name, count)| format!("\"{name}\":{count}"));
        format!("{{{}}}", members.join(","))
    }
}

impl Sink for Body {
    fn lines(&mut self, mut block: &[u8]) {
        // Without a policy that drops and without a file to write, lines that a scan rules out only count.
        while !block.is_empty() {
            let quiet = match self.detector.scan(block) {
                None => block.len(),
                Some(at) => block[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1),
            };
            let (ruled_out, rest) = block.split_at(quiet);
            self.quiet_lines(ruled_out);
            let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, rest) = rest.split_at(end);
            self.line(line);
            block = rest;
        }
    }

    fn record(&mut self, record: &[u8]) {
        self.one(record, record.len() + 1);
    }
}

impl Body {
    /// Lines of which none is about mirroring.
    fn quiet_lines(&mut self, lines: &[u8]) {
        if lines.is_empty() {
            return;
        }
        let drops = self.detector.process(b"{}") == Outcome::Dropped;
        if self.export == Export::All && !drops {
            for line in lines.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
                if !line.is_empty() {
                    self.events += 1;
                    let from = self.out.len();
                    match line {
                        [b'{', ..] => self.out.extend_from_slice(line),
                        _ => wrap(&mut self.out, line),
                    }
                    self.out.push(b'\n');
                    self.bytes_out += (self.out.len() - from) as u64;
                }
            }
            return;
        }
        let (mut events, mut filled) = (0, false);
        let mut bytes = 0;
        for &byte in lines {
            let ends = byte == b'\n';
            events += u64::from(ends && filled);
            filled = !ends && (filled || !byte.is_ascii_whitespace());
            bytes += 1;
        }
        events += u64::from(filled);
        self.events += events;
        if drops {
            self.dropped += events;
            self.bytes_dropped += bytes;
        } else {
            self.bytes_out += bytes;
        }
    }

    /// A line that may be about mirroring; a plain line becomes a record of its own.
    fn line(&mut self, line: &[u8]) {
        let text = line.trim_ascii();
        match text.first() {
            None => {}
            Some(b'{') => self.one(text, line.len()),
            Some(_) => {
                let mut wrapped = std::mem::take(&mut self.wrapped);
                wrapped.clear();
                wrap(&mut wrapped, text);
                self.one(&wrapped, line.len());
                self.wrapped = wrapped;
            }
        }
    }

    /// One record that took `bytes` in the file.
    fn one(&mut self, record: &[u8], bytes: usize) {
        self.events += 1;
        let (answer, len) = match self.detector.process(record) {
            Outcome::Unchanged => {
                self.bytes_out += bytes as u64;
                if self.export == Export::All {
                    in_one_line(&mut self.out, record);
                }
                ("unchanged", bytes)
            }
            Outcome::Dropped => {
                self.dropped += 1;
                self.bytes_dropped += bytes as u64;
                ("dropped", bytes)
            }
            Outcome::Enriched(enriched) => {
                self.bytes_out += enriched.len() as u64 + 1;
                if self.export != Export::Nothing {
                    in_one_line(&mut self.out, enriched);
                }
                ("enriched", enriched.len() + 1)
            }
        };
        let Some(verdict) = self.detector.verdict() else { return };
        self.mirror += 1;
        self.bytes_mirror += len as u64;
        let room = self.kept.len() < KEPT_MAX && self.kept_bytes + record.len() <= KEPT_BYTES_MAX;
        if self.export != Export::Nothing {
            return;
        }
        // Rows beyond the limit still go to the totals and the timeline.
        self.rows.extend_from_slice(b"{\"n\":");
        write_number(&mut self.rows, self.events);
        if room {
            self.rows.extend_from_slice(b",\"id\":");
            write_number(&mut self.rows, self.kept.len() as u64);
            self.kept_bytes += record.len();
            self.kept.push(record.into());
        }
        self.rows.extend_from_slice(b",\"bytes\":");
        write_number(&mut self.rows, bytes as u64);
        self.rows.extend_from_slice(b",\"answer\":\"");
        self.rows.extend_from_slice(answer.as_bytes());
        self.rows.extend_from_slice(b"\",\"verdict\":");
        self.rows.extend_from_slice(verdict);
        self.rows.extend_from_slice(b"},");
    }
}

/// A plain line as a record, the way shippers wrap one.
fn wrap(out: &mut Vec<u8>, line: &[u8]) {
    out.extend_from_slice(b"{\"message\":");
    write_string(out, &String::from_utf8_lossy(line));
    out.push(b'}');
}

/// A record and a line end; line ends between its members become blanks.
fn in_one_line(out: &mut Vec<u8>, record: &[u8]) {
    out.extend(record.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::{Export, Sieve};

    const MIRROR: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorTarget"}"#;
    const QUIET: &str = r#"{"eventName":"RunInstances"}"#;
    const SPAN: &str = "<189>1: sw1: %SPAN-5-SESSION_UP: Session 7 is up \"now\"";

    fn sieve(file: &str, export: Export) -> Sieve {
        let mut sieve = Sieve::new(None, export).unwrap_or_else(|problem| panic!("{problem}"));
        file.as_bytes().chunks(7).for_each(|chunk| sieve.push(chunk));
        assert!(sieve.finish());
        sieve
    }

    #[test]
    fn events_are_counted_and_mirror_events_kept() {
        let file = format!("{QUIET}\n\n  \n{MIRROR}\n{QUIET}\n{SPAN}\n{QUIET}");
        let mut sieve = sieve(&file, Export::Nothing);
        let counts = sieve.counts();
        assert!(counts.starts_with(r#"{"events":5,"mirror":2,"kept":2,"dropped":0,"#), "{counts}");
        assert_eq!(sieve.record(0).as_deref(), Some(MIRROR.as_bytes()));
        let wrapped = format!(r#"{{"message":"{}"}}"#, SPAN.replace('"', "\\\""));
        assert_eq!(sieve.record(1).as_deref(), Some(wrapped.as_bytes()));
        assert_eq!(sieve.record(2), None);
        let rows = sieve.rows();
        assert!(
            rows.starts_with(r#"[{"n":2,"id":0,"bytes":76,"answer":"enriched","verdict":{"schema":1,"#),
            "{rows}"
        );
        assert!(rows.ends_with("}}]") && rows.contains(r#"{"n":4,"id":1,"#), "{rows}");
        assert_eq!(sieve.rows(), "[]");
    }

    #[test]
    fn a_list_is_counted_by_its_elements() {
        let file = format!("{{\"Records\":[{QUIET},{MIRROR},{QUIET}]}}");
        let counts = sieve(&file, Export::Nothing).counts();
        assert!(counts.starts_with(r#"{"events":3,"mirror":1,"#), "{counts}");
    }

    #[test]
    fn the_written_file_has_a_line_for_every_event() {
        let spread = MIRROR.replace(',', ",\n  ");
        for file in [
            format!("{QUIET}\n{MIRROR}\n{SPAN}\nplain\n{QUIET}"),
            format!("[{QUIET},{spread},{{\"message\":\"%SPAN-5-SESSION_UP: x\"}},{QUIET},{QUIET}]"),
        ] {
            let all = sieve(&file, Export::All).written();
            let all = String::from_utf8_lossy(&all);
            assert_eq!(all.lines().count(), 5, "{all}");
            assert!(all.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{all}");
            let mirror = sieve(&file, Export::Mirror).written();
            let mirror = String::from_utf8_lossy(&mirror);
            let lines: Vec<_> = all.lines().filter(|line| line.contains("mirrorAction")).collect();
            assert_eq!(mirror.lines().collect::<Vec<_>>(), lines);
            assert_eq!(lines.len(), 2);
        }
    }
}
