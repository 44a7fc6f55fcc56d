//! One block through one instance; knows which lines go to the module and what is written of each.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use memchr::{memchr, memrchr};

use super::block::Content;
use super::counts::{Counts, MirrorKey, Tally};
use super::lines::{self, Kind};
use crate::{Instance, Outcome, Trap};

/// How much is copied into the module at once, in bytes: it should stay in the core's cache.
const CHUNK_BYTES: usize = 256 << 10;
/// After this many calls that did not return in time the module is not called any more.
pub(crate) const TIMEOUTS_MAX: u32 = 3;

/// How a run goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write enriched records and nothing else.
    pub only_mirror: bool,
    /// Make one line of each element of `{"Records":[…]}` first.
    pub split_records: bool,
    /// Count mirror records by what their verdicts say.
    pub tally: bool,
    /// How many threads work.
    pub threads: NonZeroUsize,
    /// How long one call into the module may take, in seconds; the module's default when None.
    pub call_seconds: Option<u32>,
}

/// A part of what is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Bytes of the block.
    Read(Range<usize>),
    /// Bytes of [`Sifted::enriched`].
    Enriched(Range<usize>),
}

/// What became of a block.
#[derive(Default)]
pub(crate) struct Sifted {
    pub(crate) spans: Vec<Span>,
    pub(crate) enriched: Vec<u8>,
    pub(crate) counts: Counts,
    pub(crate) tally: Tally,
    /// How many lines the block has.
    pub(crate) lines: u64,
    /// The first failed call, and how many lines of the block lie before it.
    pub(crate) failure: Option<(u64, Trap)>,
}

impl Sifted {
    fn clear(&mut self) {
        self.spans.clear();
        self.enriched.clear();
        self.counts = Counts::default();
        self.tally.clear();
        self.lines = 0;
        self.failure = None;
    }

    fn pass(&mut self, range: Range<usize>) {
        match self.spans.last_mut() {
            Some(Span::Read(last)) if last.end == range.start => last.end = range.end,
            _ if range.is_empty() => {}
            _ => self.spans.push(Span::Read(range)),
        }
    }

    fn fail(&mut self, trap: Trap) {
        self.counts.failures += 1;
        self.failure.get_or_insert((self.lines, trap));
    }

    fn count(&mut self, kind: Kind) {
        self.lines += 1;
        match kind {
            Kind::Record => {}
            Kind::Blank => self.counts.blank += 1,
            Kind::NotJson => self.counts.not_json += 1,
        }
    }
}

/// Sends blocks through one instance.
pub(crate) struct Sifter {
    instance: Instance,
    options: Options,
    /// A record that a scan rules out is dropped.
    drops_ruled_out: bool,
    /// Calls of all threads that did not return in time.
    timeouts: Arc<AtomicU32>,
}

/// Why a part of a block is not finished.
struct Failure {
    trap: Trap,
    /// Where to go on.
    at: usize,
    /// No single record is to blame.
    in_scan: bool,
}

impl Sifter {
    pub(crate) fn new(mut instance: Instance, options: Options, timeouts: Arc<AtomicU32>) -> Sifter {
        if let Some(seconds) = options.call_seconds {
            instance.set_call_seconds(seconds);
        }
        // A module that fails here fails on records too, and is reported there.
        let drops_ruled_out = matches!(instance.process(b"{}"), Ok(Outcome::Dropped));
        Sifter { instance, options, drops_ruled_out, timeouts }
    }

    /// Decides what is written of a block.
    pub(crate) fn sift(&mut self, block: &[u8], content: Content, out: &mut Sifted) {
        out.clear();
        out.counts.bytes_in = block.len() as u64;
        if let Content::Piece { first } = content {
            if first {
                out.lines = 1;
                out.counts.too_long = 1;
            }
            if !self.options.only_mirror {
                out.pass(0..block.len());
            }
            return;
        }
        let mut at = 0;
        while at < block.len() {
            let end = chunk_end(block, at);
            self.chunk(block, at..end, out);
            at = end;
        }
    }

    fn chunk(&mut self, block: &[u8], range: Range<usize>, out: &mut Sifted) {
        let mut at = range.start;
        let mut every_line = false;
        while at < range.end {
            if self.timeouts.load(Ordering::Relaxed) >= TIMEOUTS_MAX {
                return self.pass_unanswered(block, at..range.end, out);
            }
            let Err(failure) = self.part(block, at..range.end, every_line, out) else { return };
            if matches!(failure.trap, Trap::TimedOut { .. }) {
                self.timeouts.fetch_add(1, Ordering::Relaxed);
            }
            let stuck = every_line && failure.in_scan;
            every_line |= failure.in_scan;
            out.fail(failure.trap);
            if !failure.in_scan {
                out.count(Kind::Record);
            }
            at = failure.at;
            if stuck {
                return self.pass_unanswered(block, at..range.end, out);
            }
        }
    }

    /// Goes through whole lines until the end or a failed call.
    ///
    /// With `every_line` each line is processed: the scan of these lines has failed.
    fn part(
        &mut self,
        block: &[u8],
        range: Range<usize>,
        every_line: bool,
        out: &mut Sifted,
    ) -> Result<(), Failure> {
        let text = &block[range.clone()];
        let base = range.start;
        let unscanned = |at: usize| move |trap| Failure { trap, at: base + at, in_scan: true };
        let mut loaded = self.instance.block(text).map_err(unscanned(0))?;
        let mut at = 0;
        while at < text.len() {
            let candidate = if every_line { at } else { loaded.scan(at).map_err(unscanned(at))? };
            if candidate >= text.len() {
                self.options.rule_out(self.drops_ruled_out, block, base + at..range.end, out);
                return Ok(());
            }
            let (start, end) = lines::around(text, candidate);
            self.options.rule_out(self.drops_ruled_out, block, base + at..base + start, out);
            at = end;
            let line = &text[start..end];
            let kind = lines::kind(line);
            if kind != Kind::Record {
                out.count(kind);
                if !self.options.only_mirror {
                    out.pass(base + start..base + end);
                }
                continue;
            }
            let outcome = self.options.record(&mut loaded, block, base + start..base + end, base, out);
            outcome.map_err(|trap| Failure { trap, at: base + end, in_scan: false })?;
            out.count(Kind::Record);
        }
        Ok(())
    }

    /// The module cannot be asked about these lines: they pass as they are.
    fn pass_unanswered(&self, block: &[u8], range: Range<usize>, out: &mut Sifted) {
        lines::each(&block[range.clone()], |start, end| {
            let kind = lines::kind(&block[range.start + start..range.start + end]);
            out.count(kind);
            if kind == Kind::Record {
                out.counts.unchanged += 1;
                out.counts.unanswered += 1;
            }
        });
        if !self.options.only_mirror {
            out.pass(range);
        }
    }
}

impl Options {
    /// Processes the record that is the line at `line` of the block; `loaded` starts at `base`.
    ///
    /// The caller counts the line, after a trap too.
    fn record(
        &self,
        loaded: &mut crate::Block<'_>,
        block: &[u8],
        line: Range<usize>,
        base: usize,
        out: &mut Sifted,
    ) -> Result<(), Trap> {
        let content = line.start..line.start + lines::content_len(&block[line.clone()]);
        let outcome = match loaded.process(content.start - base..content.end - base) {
            Ok(Outcome::Enriched(record)) if memchr(b'\n', record).is_some() => {
                Err(Trap::BadResult { call: "process", why: "a record with a line break".into() })
            }
            outcome => outcome,
        };
        match outcome {
            Ok(Outcome::Enriched(record)) => {
                let start = out.enriched.len();
                out.enriched.extend_from_slice(record);
                out.spans.push(Span::Enriched(start..out.enriched.len()));
                out.pass(content.end..line.end);
                out.counts.enriched += 1;
            }
            Ok(Outcome::Dropped) => out.counts.dropped += 1,
            Ok(Outcome::Unchanged) | Err(_) => {
                if !self.only_mirror {
                    out.pass(line);
                }
                out.counts.unchanged += 1;
                out.counts.unanswered += u64::from(outcome.is_err());
            }
        }
        outcome?;
        if self.tally
            && let Some(verdict) = loaded.verdict()?
        {
            let key: MirrorKey = serde_json::from_str(verdict).unwrap_or_default();
            *out.tally.entry(key).or_default() += 1;
        }
        Ok(())
    }

    /// Lines that a scan has ruled out: in the usual case one span, however many there are.
    fn rule_out(&self, drops: bool, block: &[u8], range: Range<usize>, out: &mut Sifted) {
        let mut records = 0;
        lines::each(&block[range.clone()], |start, end| {
            let (start, end) = (range.start + start, range.start + end);
            let kind = lines::kind(&block[start..end]);
            out.count(kind);
            if kind == Kind::Record {
                records += 1;
            } else if drops && !self.only_mirror {
                out.pass(start..end);
            }
        });
        if drops {
            out.counts.dropped += records;
        } else {
            out.counts.unchanged += records;
            if !self.only_mirror {
                out.pass(range);
            }
        }
    }
}

/// Where the chunk that starts at `at` ends: at a line, and without a small remainder.
fn chunk_end(block: &[u8], at: usize) -> usize {
    let rest = &block[at..];
    if rest.len() <= CHUNK_BYTES + CHUNK_BYTES / 2 {
        return block.len();
    }
    match memrchr(b'\n', &rest[..CHUNK_BYTES]).or_else(|| memchr(b'\n', rest)) {
        Some(line) => at + line + 1,
        None => block.len(),
    }
}
