//! The one loop: scan a block, process what the scan names, survive what fails, count everything. Knows no byte of what
//! is written around records.

use std::ops::Range;
use std::time::{Duration, Instant};

use memchr::{memchr, memchr_iter, memmem};

use crate::BLOCK_BYTES;
use crate::answer::{Outcome, Trap};
use crate::counts::Counts;
use crate::frame::{Frame, Kind};
use crate::walk::{Walk, Walked, value_end};

/// How much is given to a decider at once, in bytes: it should stay in the core's cache.
const CHUNK_BYTES: usize = BLOCK_BYTES / 4;

/// Decides about records: an instance of the module, or the detector. For one thread at a time.
///
/// After an error the next call is [`Decider::load`], and it meets a decider as good as new.
pub trait Decider {
    /// Takes in the block that the next calls are about.
    ///
    /// # Errors
    /// It cannot be taken in.
    fn load(&mut self, _block: &[u8]) -> Result<(), Trap> {
        Ok(())
    }

    /// An offset inside the first record from `from` on that may be about mirroring; the block's length when there is none.
    ///
    /// # Errors
    /// There is no answer about the block.
    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap>;

    /// What becomes of the record that lies at `record` in the block.
    ///
    /// # Errors
    /// There is no answer about the record.
    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap>;

    /// The description of the last record as a JSON object, where it was about mirroring.
    ///
    /// # Errors
    /// There is no answer.
    fn verdict(&mut self) -> Result<Option<&str>, Trap>;

    /// It has checked with [`keeps`] itself that nothing of a record is lost.
    fn is_checked(&self) -> bool {
        false
    }
}

/// How a sieve works.
#[derive(Clone, Copy, Debug, Default)]
pub struct SieveOptions {
    /// Ask for verdicts.
    pub verdicts: bool,
    /// Give a line that is not JSON to the decider as `{"message":"…"}`.
    pub wrap_lines: bool,
    /// How long one call of [`Sieve::sift`] may take; what is left then passes unanswered.
    pub time_max: Option<Duration>,
}

/// What becomes of a record that does not stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This part of [`Sifted::enriched`] goes on instead.
    Enriched(Range<usize>),
    /// Nothing goes on.
    Dropped,
}

/// What became of a block. Its buffers are used again.
#[derive(Debug, Default)]
pub struct Sifted {
    /// By the number of the frame, in order.
    pub changes: Vec<(u32, Change)>,
    /// The enriched records, one after the other.
    pub enriched: Vec<u8>,
    /// What was counted; not the bytes.
    pub counts: Counts,
    /// The first call that failed, and the number of its frame.
    pub first_failure: Option<(usize, Trap)>,
}

impl Sifted {
    /// Empties it for the next block.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.enriched.clear();
        self.counts = Counts::default();
        self.first_failure = None;
    }

    fn change(&mut self, number: usize, change: Change) {
        self.changes.push((u32::try_from(number).unwrap_or(u32::MAX), change));
    }

    /// What goes on instead of a frame are the last `len` enriched bytes, nothing where there are none; `None` changes nothing.
    fn replace(&mut self, number: usize, len: Option<usize>) {
        let end = self.enriched.len();
        match len {
            None => {}
            Some(0) => self.change(number, Change::Dropped),
            Some(len) => self.change(number, Change::Enriched(end - len..end)),
        }
    }

    fn fail(&mut self, number: usize, trap: Trap) {
        self.counts.failures += 1;
        self.first_failure.get_or_insert((number, trap));
    }
}

/// A mirror event, as it is told while its block is sifted.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The number of its frame.
    pub frame: usize,
    /// The record, as it was given to the decider.
    pub record: &'a [u8],
    /// What became of it; the enriched record is the end of [`Sifted::enriched`].
    pub outcome: Outcome<'a>,
    /// Its description, a JSON object.
    pub verdict: &'a str,
}

/// Sends blocks through one decider.
#[derive(Debug)]
pub struct Sieve<D> {
    decider: D,
    options: SieveOptions,
    /// A record that a scan rules out is dropped.
    drops_ruled_out: bool,
    failed: Option<Trap>,
    /// That it does not answer at all was counted.
    is_said: bool,
    wrapped: Vec<u8>,
}

/// Why a chunk is not finished.
struct Failure {
    trap: Trap,
    /// The frame that failed, or from which on a scan failed.
    number: usize,
    stage: Stage,
}

enum Stage {
    /// No single record is to blame.
    Scan,
    Record,
    /// The record has its answer.
    Verdict,
}

impl<D: Decider> Sieve<D> {
    /// Tries the decider with `{}`.
    pub fn new(decider: D, options: SieveOptions) -> Sieve<D> {
        let mut sieve = Sieve {
            decider,
            options,
            drops_ruled_out: false,
            failed: None,
            is_said: false,
            wrapped: Vec::new(),
        };
        sieve.try_out();
        sieve
    }

    /// Why the decider did not answer when it was last tried, if it did not.
    pub fn failed(&self) -> Option<&Trap> {
        self.failed.as_ref()
    }

    /// How it works from now on.
    pub fn options(&mut self) -> &mut SieveOptions {
        &mut self.options
    }

    /// The decider.
    pub fn decider(&mut self) -> &mut D {
        &mut self.decider
    }

    fn try_out(&mut self) {
        let trial = b"{}";
        let answer = self.decider.load(trial).and_then(|()| self.decider.process(trial, 0..2));
        match answer {
            Ok(outcome) => (self.drops_ruled_out, self.failed) = (outcome == Outcome::Dropped, None),
            Err(trap) => self.failed = Some(trap),
        }
    }

    /// Does not answer in time, whatever the record.
    fn is_stuck(&self) -> bool {
        matches!(self.failed, Some(Trap::TimedOut { .. }))
    }

    /// Decides about the records of a block, and tells of those that are about mirroring.
    ///
    /// A call that fails or takes too long costs its record, which passes unchanged, and no other.
    pub fn sift(&mut self, block: &[u8], frames: &[Frame], out: &mut Sifted, mut tell: impl FnMut(Told<'_>)) {
        out.clear();
        let began = self.options.time_max.map(|max| (Instant::now(), max));
        let (mut at, mut every_record) = (0, false);
        while at < frames.len() {
            if self.is_stuck() || began.is_some_and(|(began, max)| began.elapsed() > max) {
                frames[at..].iter().for_each(|frame| self.unanswered(frame, out));
                // What is stuck from the start is said too.
                if !std::mem::replace(&mut self.is_said, true)
                    && let (Some(trap), None) = (&self.failed, &out.first_failure)
                {
                    out.fail(at, trap.clone());
                }
                return;
            }
            let end = chunk_end(frames, at);
            let Err(Failure { trap, number, stage }) =
                self.chunk(block, frames, at..end, every_record, out, &mut tell)
            else {
                (at, every_record) = (end, false);
                continue;
            };
            match stage {
                // Not even one record can be taken in.
                Stage::Scan if every_record => {
                    frames[number..end].iter().for_each(|frame| self.unanswered(frame, out));
                    (at, every_record) = (end, false);
                }
                Stage::Scan => (at, every_record) = (number, true),
                Stage::Record => {
                    self.unanswered(&frames[number], out);
                    at = number + 1;
                }
                Stage::Verdict => at = number + 1,
            }
            if matches!(trap, Trap::TimedOut { .. }) {
                self.try_out();
            }
            out.fail(number, trap);
        }
    }

    /// Goes through the frames at `numbers` until the end or a failed call; they are taken in as one block.
    ///
    /// With `every_record` each one is processed: the scan of these frames has failed.
    fn chunk(
        &mut self,
        whole: &[u8],
        frames: &[Frame],
        numbers: Range<usize>,
        every_record: bool,
        out: &mut Sifted,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(), Failure> {
        let base = frames[numbers.start].from;
        let block = &whole[base as usize..frames[numbers.end - 1].to as usize];
        let unscanned = |number: usize| move |trap| Failure { trap, number, stage: Stage::Scan };
        let mut at = numbers.start;
        let is_passing = |frame: &Frame| matches!(frame.kind, Kind::Piece | Kind::TooLong | Kind::Between);
        if numbers.len() == 1 && is_passing(&frames[at]) {
            self.ruled_out(&frames[at], at, out);
            return Ok(());
        }
        self.decider.load(block).map_err(unscanned(at))?;
        while at < numbers.end {
            let mut named = at;
            if !every_record {
                let from = (frames[at].from - base) as usize;
                let found = base as usize + self.decider.scan(block, from).map_err(unscanned(at))?;
                named += frames[at..numbers.end].partition_point(|frame| frame.to as usize <= found);
            }
            for (number, frame) in (at..).zip(&frames[at..named]) {
                self.ruled_out(frame, number, out);
            }
            at = named;
            if at == numbers.end {
                break;
            }
            let frame = &frames[at];
            let record = (frame.start - base) as usize..(frame.end - base) as usize;
            match frame.kind {
                Kind::Record => self.record(block, record, at, out, tell)?,
                Kind::Other if self.options.wrap_lines => {
                    self.wrapped_line(&block[record], at, out, tell)?;
                    if at + 1 < numbers.end {
                        self.decider.load(block).map_err(unscanned(at + 1))?;
                    }
                }
                Kind::Other if block[record.clone()].ends_with(b"}") => {
                    self.line(block, record, at, out, tell)?;
                }
                _ => count(frame.kind, &mut out.counts),
            }
            at += 1;
        }
        Ok(())
    }

    /// Notes a frame in which a scan saw nothing.
    fn ruled_out(&self, frame: &Frame, number: usize, out: &mut Sifted) {
        let is_record = frame.kind == Kind::Record || (frame.kind == Kind::Other && self.options.wrap_lines);
        if !is_record {
            return count(frame.kind, &mut out.counts);
        }
        if self.drops_ruled_out {
            out.counts.dropped += 1;
            out.change(number, Change::Dropped);
        } else {
            out.counts.unchanged += 1;
        }
    }

    /// Notes a frame about which the decider was asked in vain, or not at all.
    fn unanswered(&self, frame: &Frame, out: &mut Sifted) {
        match frame.kind {
            Kind::Record => {
                out.counts.unchanged += 1;
                out.counts.unanswered += 1;
            }
            kind => count(kind, &mut out.counts),
        }
    }

    /// Processes a frame's record, or its records where several objects stand in a row.
    fn record(
        &mut self,
        block: &[u8],
        record: Range<usize>,
        number: usize,
        out: &mut Sifted,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(), Failure> {
        let Some(parts) = several(&block[record.clone()]) else {
            let outcome = self.one(block, record, number, out, tell)?;
            out.replace(number, outcome);
            return Ok(());
        };
        let mut line = Vec::new();
        let mut is_changed = false;
        let mut before = record.start;
        for part in parts {
            let part = record.start + part.start..record.start + part.end;
            let outcome = self.one(block, part.clone(), number, out, tell)?;
            if outcome != Some(0) && !line.is_empty() {
                line.extend_from_slice(&block[before..part.start]);
            }
            match outcome {
                Some(len) => line.extend(out.enriched.drain(out.enriched.len() - len..)),
                None => line.extend_from_slice(&block[part.clone()]),
            }
            is_changed |= outcome.is_some();
            before = part.end;
        }
        line.extend_from_slice(&block[before..record.end]);
        if line.is_empty() || is_changed {
            out.enriched.extend_from_slice(&line);
            out.replace(number, Some(line.len()));
        }
        Ok(())
    }

    /// Gives a line that ends as JSON does to the decider as it is. Where no event is found in it, it is a line like any
    /// other, which no policy drops.
    fn line(
        &mut self,
        block: &[u8],
        record: Range<usize>,
        number: usize,
        out: &mut Sifted,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(), Failure> {
        let before = out.counts;
        match self.one(block, record, number, out, tell)? {
            enriched @ Some(1..) => out.replace(number, enriched),
            _ => {
                out.counts = before;
                count(Kind::Other, &mut out.counts);
            }
        }
        Ok(())
    }

    /// Gives a line that is not JSON to the decider as the member of a record, the way shippers do.
    fn wrapped_line(
        &mut self,
        line: &[u8],
        number: usize,
        out: &mut Sifted,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(), Failure> {
        let mut wrapped = std::mem::take(&mut self.wrapped);
        wrapped.clear();
        wrap(line, &mut wrapped);
        let loaded = self.decider.load(&wrapped);
        let result = match loaded {
            Ok(()) => self.one(&wrapped, 0..wrapped.len(), number, out, tell),
            Err(trap) => Err(Failure { trap, number, stage: Stage::Record }),
        };
        self.wrapped = wrapped;
        out.replace(number, result?);
        Ok(())
    }

    /// Processes one record and counts it; returns the length of what goes on instead, 0 where nothing does.
    fn one(
        &mut self,
        block: &[u8],
        record: Range<usize>,
        number: usize,
        out: &mut Sifted,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<Option<usize>, Failure> {
        let original = &block[record.clone()];
        let failed = |trap| Failure { trap, number, stage: Stage::Record };
        let start = out.enriched.len();
        let is_checked = self.decider.is_checked();
        let changed = match self.decider.process(block, record).map_err(failed)? {
            Outcome::Unchanged => None,
            Outcome::Dropped => Some(0),
            Outcome::Enriched(enriched) => {
                if !is_checked {
                    keeps(original, enriched)
                        .map_err(|why| failed(Trap::BadResult { call: "process", why: why.into() }))?;
                }
                out.enriched.extend_from_slice(enriched);
                Some(enriched.len())
            }
        };
        match changed {
            None => out.counts.unchanged += 1,
            Some(0) => out.counts.dropped += 1,
            Some(_) => out.counts.enriched += 1,
        }
        if self.options.verdicts {
            match self.decider.verdict() {
                Ok(Some(verdict)) => {
                    let outcome = match changed {
                        None => Outcome::Unchanged,
                        Some(0) => Outcome::Dropped,
                        Some(_) => Outcome::Enriched(&out.enriched[start..]),
                    };
                    tell(Told { frame: number, record: original, outcome, verdict });
                }
                Ok(None) => {}
                // The answer stands whatever becomes of the description.
                Err(trap) => {
                    match changed {
                        Some(0) => out.change(number, Change::Dropped),
                        Some(len) => out.change(number, Change::Enriched(start..start + len)),
                        None => {}
                    }
                    return Err(Failure { trap, number, stage: Stage::Verdict });
                }
            }
        }
        Ok(changed)
    }
}

/// A plain line as a record of its own.
fn wrap(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"message\":\"");
    spell(line, out);
    out.extend_from_slice(b"\"}");
}

/// Writes a text as it stands between the quotes of a JSON string.
fn spell(text: &[u8], out: &mut Vec<u8>) {
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' | '\\' => out.extend([b'\\', c as u8]),
            '\0'..='\u{1f}' => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Counts what is no record.
fn count(kind: Kind, counts: &mut Counts) {
    match kind {
        Kind::Other | Kind::Record => counts.not_json += 1,
        Kind::Blank => counts.blank += 1,
        Kind::TooLong => counts.too_long += 1,
        Kind::Piece | Kind::Between => {}
    }
}

/// The end of the run of frames from `at` on that is taken in at once; at least one frame.
fn chunk_end(frames: &[Frame], at: usize) -> usize {
    let limit = frames[at].from as usize + CHUNK_BYTES;
    let fit = frames[at..].partition_point(|frame| frame.to as usize <= limit);
    at + fit.max(1)
}

/// The places of the objects where a line holds several in a row.
fn several(line: &[u8]) -> Option<Vec<Range<usize>>> {
    // Cheap, and nearly always the end of it: `}` and `{` with nothing between them but blanks.
    let follows = |at: usize| line[..at].trim_ascii_end().last() == Some(&b'}');
    if !memchr_iter(b'{', line).skip(1).any(follows) {
        return None;
    }
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(end) = line.get(at).filter(|&&byte| byte == b'{').and_then(|_| value_end(line, at)) {
        parts.push(at..end);
        at = end + line[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
    (at == line.len()).then_some(parts)
}

/// Checks that an answer is one JSON object with the whole record in it: grown at one place, or around it. A record behind
/// a header is no JSON, so around it there is a text that spells it.
///
/// # Errors
/// Says what it is instead.
pub fn keeps(original: &[u8], enriched: &[u8]) -> Result<(), &'static str> {
    if memchr(b'\n', enriched).is_some() && memchr(b'\n', original).is_none() {
        return Err("a record with a line break");
    }
    const LOST: &str = "a record without the original in it";
    let before = original.iter().zip(enriched).take_while(|(one, other)| one == other).count();
    let after = original.len() - before;
    if let Some(end) = enriched.len().checked_sub(after).filter(|&end| end >= before)
        && enriched[end..] == original[before..]
    {
        let mut walk = Walk::in_object();
        let whole = walk.go(&enriched[before..end], 0) == Walked::More && walk.is_between_members();
        // What has grown behind the last brace is no member.
        let rest = if enriched.len() == original.len() { original } else { &original[before..] };
        let ends = rest.trim_ascii_end().ends_with(b"}");
        return if whole && enriched.first() == original.first() && ends {
            Ok(())
        } else {
            Err("a record that is no JSON object")
        };
    }
    match enriched.first() == Some(&b'{') && value_end(enriched, 0) == Some(enriched.trim_ascii_end().len()) {
        false => Err("a record that is no JSON object"),
        true if memmem::find(enriched, original.trim_ascii_end()).is_some() => Ok(()),
        true if original.first() != Some(&b'{') => {
            let mut text = Vec::new();
            spell(original.trim_ascii_end(), &mut text);
            memmem::find(enriched, &text).map(|_| ()).ok_or(LOST)
        }
        true => Err(LOST),
    }
}
