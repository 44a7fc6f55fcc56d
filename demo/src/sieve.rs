//! A whole file: counts every event, keeps the mirror events, writes the enriched file. Knows no timeline and no table.

use std::ops::Range;

use tapsieve_detector::Detector;
use tapsieve_detector::json::{write_number, write_string};
use tapsieve_records::{
    Change, Decider, Frame, Framer, Framing, Kind, Outcome, Place, Sieve as Records, SieveOptions, Sifted,
    Told, Trap,
};
use tapsieve_stories::{Event, Stories, Story};
use wasm_bindgen::prelude::wasm_bindgen;

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

/// Reads a file chunk by chunk. Its memory is bounded by what it keeps, the longest record and the largest chunk.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Sieve {
    framer: Framer,
    records: Records<Native>,
    /// What has arrived of a record that has not ended.
    held: Vec<u8>,
    frames: Vec<Frame>,
    sifted: Sifted,
    body: Body,
}

/// How many stories the page gets.
const STORIES_MAX: usize = 500;
/// An event that is not kept has its place behind all that are.
const NOT_KEPT: u64 = 1 << 32;

/// The detector as what decides.
#[derive(Debug)]
struct Native(Detector);

impl Decider for Native {
    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
        let rest = block.get(from..).unwrap_or_default();
        Ok(self.0.scan(rest).map_or(block.len(), |at| from + at))
    }

    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        Ok(match self.0.process(block.get(record).unwrap_or_default()) {
            tapsieve_detector::Outcome::Unchanged => Outcome::Unchanged,
            tapsieve_detector::Outcome::Enriched(record) => Outcome::Enriched(record),
            tapsieve_detector::Outcome::Dropped => Outcome::Dropped,
        })
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        Ok(self.0.verdict().and_then(|json| std::str::from_utf8(json).ok()))
    }
}

#[derive(Debug)]
struct Body {
    export: Export,
    out: Vec<u8>,
    /// Rows since the last [`Sieve::rows`], each followed by a comma.
    rows: Vec<u8>,
    stories: Stories,
    closed: Vec<Story>,
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
    /// Bytes of records that are too long.
    bytes_skipped: u64,
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
        let options = SieveOptions { verdicts: true, wrap_lines: true, time_max: None };
        Ok(Sieve {
            framer: Framer::new(Framing { open: true, ..Framing::default() }),
            records: Records::new(Native(detector), options),
            held: Vec::new(),
            frames: Vec::new(),
            sifted: Sifted::default(),
            body: Body {
                export,
                out: Vec::new(),
                rows: Vec::new(),
                stories: Stories::new(tapsieve_stories::Options::default()),
                closed: Vec::new(),
                kept: Vec::new(),
                kept_bytes: 0,
                events: 0,
                mirror: 0,
                dropped: 0,
                bytes_dropped: 0,
                bytes_out: 0,
                bytes_mirror: 0,
                bytes_skipped: 0,
            },
        })
    }

    /// Takes the next chunk of the file.
    pub fn push(&mut self, chunk: &[u8]) {
        self.held.extend_from_slice(chunk);
        self.sift(false);
    }

    /// Says that the file has ended; false when it ends inside a list.
    pub fn finish(&mut self) -> bool {
        self.sift(true);
        !self.framer.is_unfinished()
    }

    /// The mirror events found since the last call, as a JSON array.
    pub fn rows(&mut self) -> String {
        let mut rows = std::mem::take(&mut self.body.rows);
        rows.pop();
        let rows = [b"[", rows.as_slice(), b"]"].concat();
        String::from_utf8_lossy(&rows).into_owned()
    }

    /// What the mirror events were joined into, the gravest first, as a JSON object.
    pub fn stories(&mut self) -> String {
        let body = &mut self.body;
        body.closed.extend(body.stories.closed());
        let mut told = std::mem::take(&mut body.closed);
        told.extend(body.stories.finish());
        told.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.began_millis.cmp(&b.began_millis)));
        let all = told.len();
        told.truncate(STORIES_MAX);
        serde_json::json!({ "all": all, "counts": body.stories.counts(), "stories": told }).to_string()
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
            ("bytesSkipped", body.bytes_skipped),
        ];
        let members = counts.map(|(name, count)| format!("\"{name}\":{count}"));
        format!("{{{}}}", members.join(","))
    }
}

impl Sieve {
    /// Takes what is whole of what is held.
    fn sift(&mut self, ended: bool) {
        let mut done = 0;
        loop {
            self.frames.clear();
            let block = &mut self.held[done..];
            let taken = self.framer.frame(block, ended, &mut self.frames);
            let (block, frames, body) = (&*block, self.frames.as_slice(), &mut self.body);
            let mut place = (0, body.events);
            self.records.sift(block, frames, &mut self.sifted, |told| {
                place.1 += frames[place.0..told.frame].iter().filter(|frame| is_event(frame)).count() as u64;
                place.0 = told.frame;
                body.tell(place.1 + 1, told, size(&frames[told.frame]));
            });
            body.frames(block, frames, &self.sifted);
            done += taken;
            if taken == 0 || done == self.held.len() {
                break;
            }
        }
        self.held.drain(..done);
    }
}

/// Whether a frame is counted as an event.
fn is_event(frame: &Frame) -> bool {
    matches!(frame.kind, Kind::Record | Kind::Other)
}

/// How many bytes of the file a frame stands for, the line end or comma after it included.
fn size(frame: &Frame) -> u64 {
    match frame.place {
        Place::Element => u64::from(frame.end - frame.start) + 1,
        _ => u64::from(frame.to - frame.from),
    }
}

impl Body {
    /// Counts and writes what was sifted.
    fn frames(&mut self, block: &[u8], frames: &[Frame], sifted: &Sifted) {
        self.events += sifted.counts.records() + sifted.counts.not_json;
        self.dropped += sifted.counts.dropped;
        let mut changes = sifted.changes.iter().peekable();
        for (number, frame) in frames.iter().enumerate() {
            let change = changes.next_if(|change| change.0 as usize == number).map(|change| &change.1);
            match change {
                Some(Change::Dropped) => self.bytes_dropped += size(frame),
                Some(Change::Enriched(range)) => {
                    self.bytes_out += range.len() as u64 + 1;
                    if self.export != Export::Nothing {
                        in_one_line(&mut self.out, &sifted.enriched[range.clone()]);
                    }
                }
                None if matches!(frame.kind, Kind::Piece | Kind::TooLong) => {
                    self.bytes_skipped += size(frame)
                }
                None => {
                    self.bytes_out += size(frame);
                    if self.export == Export::All {
                        self.unchanged(frame.kind, &block[frame.start as usize..frame.end as usize]);
                    }
                }
            }
        }
    }

    fn unchanged(&mut self, kind: Kind, record: &[u8]) {
        match kind {
            Kind::Record => in_one_line(&mut self.out, record),
            Kind::Other => {
                wrap(&mut self.out, record);
                self.out.push(b'\n');
            }
            Kind::Blank | Kind::Piece | Kind::TooLong | Kind::Between => {}
        }
    }

    /// Takes a mirror event into the stories; its place is its row's number where it is kept.
    fn join(&mut self, number: u64, verdict: &str, record: &[u8]) {
        let Ok(verdict) = serde_json::from_str::<serde_json::Value>(verdict) else { return };
        // Some identities stand in the record only.
        let mut enriched = serde_json::from_slice(record).unwrap_or_default();
        match &mut enriched {
            serde_json::Value::Object(members) => drop(members.insert("mirror".into(), verdict)),
            other => *other = serde_json::json!({ "mirror": verdict }),
        }
        let at = if self.fits(record) { self.kept.len() as u64 } else { NOT_KEPT + number };
        if let Some(event) = Event::read(&enriched, at) {
            self.stories.add(event);
            // Beyond the bound the gravest go on to be told.
            self.closed.extend(self.stories.closed());
            if self.closed.len() > 4 * STORIES_MAX {
                self.closed.sort_by_key(|story| std::cmp::Reverse(story.severity));
                self.closed.truncate(STORIES_MAX);
            }
        }
    }

    fn fits(&self, record: &[u8]) -> bool {
        self.kept.len() < KEPT_MAX && self.kept_bytes + record.len() <= KEPT_BYTES_MAX
    }

    /// Keeps a mirror event that took `bytes` in the file.
    fn tell(&mut self, number: u64, told: Told<'_>, bytes: u64) {
        let (answer, len) = match told.outcome {
            Outcome::Unchanged => ("unchanged", bytes),
            Outcome::Dropped => ("dropped", bytes),
            Outcome::Enriched(enriched) => ("enriched", enriched.len() as u64 + 1),
        };
        self.mirror += 1;
        self.bytes_mirror += len;
        if self.export != Export::Nothing {
            return;
        }
        let record = told.record;
        self.join(number, told.verdict, record);
        // Rows beyond the limit still go to the totals and the timeline.
        self.rows.extend_from_slice(b"{\"n\":");
        write_number(&mut self.rows, number);
        if self.fits(record) {
            self.rows.extend_from_slice(b",\"id\":");
            write_number(&mut self.rows, self.kept.len() as u64);
            self.kept_bytes += record.len();
            self.kept.push(record.into());
        }
        self.rows.extend_from_slice(b",\"bytes\":");
        write_number(&mut self.rows, bytes);
        self.rows.extend_from_slice(b",\"answer\":\"");
        self.rows.extend_from_slice(answer.as_bytes());
        self.rows.extend_from_slice(b"\",\"verdict\":");
        self.rows.extend_from_slice(told.verdict.as_bytes());
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
