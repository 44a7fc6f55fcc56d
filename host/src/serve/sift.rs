//! The events of one body through one instance; knows what a failed call means, not where bodies come from.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::framing::Place;
use crate::ndjson::MirrorKey;
use crate::{Instance, Module, Outcome, Trap};

/// How much is copied into the module at once, in bytes: it should stay in the core's cache.
const CHUNK_BYTES: usize = 256 << 10;
/// After an event of this size the instance is replaced: its memory grows and never shrinks.
const LARGE_BYTES: usize = 1 << 20;
/// How long one call into the module may take, in seconds.
const CALL_SECONDS: u32 = 1;
/// How long the module may take over one body; what is left then passes unchanged.
const BODY_TIME_MAX: Duration = Duration::from_secs(5);

/// What becomes of an event that does not stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// This part of [`Sifted::enriched`] goes on instead.
    Enriched(Range<usize>),
    /// Nothing goes on.
    Dropped,
}

/// What became of a run of events.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    /// By the event's number in the body, in order.
    pub(crate) changes: Vec<(u32, Change)>,
    pub(crate) enriched: Vec<u8>,
    /// What the module says of the events that it enriched or dropped as mirror events.
    pub(crate) verdicts: Vec<(MirrorKey, bool)>,
    /// Events for which the module gave no answer; they stay as they are.
    pub(crate) unanswered: u64,
    pub(crate) first_failure: Option<Trap>,
    pub(crate) time: Duration,
}

/// An instance that is ready for events.
pub(crate) struct Sifter {
    module: Module,
    instance: Instance,
    /// An event that a scan rules out is dropped.
    drops_ruled_out: bool,
}

impl Sifter {
    /// Starts an instance and tries it.
    ///
    /// # Errors
    /// The module fails.
    pub(crate) fn new(module: &Module) -> Result<Sifter, Trap> {
        let mut instance = fresh(module);
        let drops_ruled_out = instance.process(b"{}")? == Outcome::Dropped;
        Ok(Sifter { module: module.clone(), instance, drops_ruled_out })
    }

    /// Asks the module about the events at `numbers`, whose places are `events`.
    pub(crate) fn sift(&mut self, body: &[u8], events: &[Place], numbers: Range<usize>) -> Sifted {
        let began = Instant::now();
        let mut out = Sifted::default();
        let mut at = numbers.start;
        let mut every_event = false;
        let mut largest = 0;
        while at < numbers.end {
            if began.elapsed() > BODY_TIME_MAX {
                out.unanswered += (numbers.end - at) as u64;
                break;
            }
            let end = chunk_end(events, at..numbers.end);
            let chunk = events[at].start as usize..events[end - 1].end as usize;
            largest = largest.max(chunk.len());
            match self.chunk(body, events, at..end, every_event, &mut out) {
                Ok(()) => (at, every_event) = (end, false),
                Err(failure) => {
                    out.first_failure.get_or_insert(failure.trap);
                    if failure.in_scan && every_event {
                        out.unanswered += (end - failure.at) as u64;
                        (at, every_event) = (end, false);
                    } else {
                        out.unanswered += u64::from(!failure.in_scan);
                        at = failure.at + usize::from(!failure.in_scan);
                        every_event |= failure.in_scan;
                    }
                }
            }
        }
        if largest > LARGE_BYTES {
            self.instance = fresh(&self.module);
        }
        out.time = began.elapsed();
        out
    }

    /// Goes through the events at `numbers` until the end or a failed call; they are copied in as one block.
    ///
    /// With `every_event` each one is processed: the scan of these events has failed.
    fn chunk(
        &mut self,
        body: &[u8],
        events: &[Place],
        numbers: Range<usize>,
        every_event: bool,
        out: &mut Sifted,
    ) -> Result<(), Failure> {
        let base = events[numbers.start].start as usize;
        let end = events[numbers.end - 1].end as usize;
        let mut at = numbers.start;
        let unscanned = |at: usize| move |trap| Failure { trap, at, in_scan: true };
        let mut block = self.instance.block(&body[base..end]).map_err(unscanned(at))?;
        while at < numbers.end {
            let mut candidate = at;
            if !every_event {
                let from = events[at].start as usize - base;
                let found = base + block.scan(from).map_err(unscanned(at))?;
                let after = events[at..numbers.end].partition_point(|event| event.end as usize <= found);
                candidate = at + after;
            }
            if self.drops_ruled_out {
                let ruled_out = (at..candidate).filter(|&number| is_object(body, &events[number]));
                out.changes.extend(ruled_out.map(|number| (narrow(number), Change::Dropped)));
            }
            at = candidate;
            if at < numbers.end {
                if is_object(body, &events[at]) {
                    let place = events[at].start as usize..events[at].end as usize;
                    one(&mut block, place.start - base..place.end - base, &body[place], at, out)
                        .map_err(|trap| Failure { trap, at, in_scan: false })?;
                }
                at += 1;
            }
        }
        Ok(())
    }
}

/// Asks about the event at `place` of the body, which is at `event` of the block, and notes the answer.
fn one(
    block: &mut crate::Block<'_>,
    event: Range<usize>,
    original: &[u8],
    number: usize,
    out: &mut Sifted,
) -> Result<(), Trap> {
    let change = match block.process(event)? {
        Outcome::Unchanged => return Ok(()),
        Outcome::Dropped => Change::Dropped,
        // It would become two lines.
        Outcome::Enriched(record) if has_break(record) && !has_break(original) => {
            return Err(Trap::BadResult { call: "process", why: "a record with a line break".into() });
        }
        Outcome::Enriched(record) => {
            let start = out.enriched.len();
            out.enriched.extend_from_slice(record);
            Change::Enriched(start..out.enriched.len())
        }
    };
    let dropped = change == Change::Dropped;
    out.changes.push((narrow(number), change));
    // The answer stands whatever becomes of the description.
    if let Ok(Some(verdict)) = block.verdict() {
        out.verdicts.push((serde_json::from_str(verdict).unwrap_or_default(), dropped));
    }
    Ok(())
}

/// Why a chunk is not finished.
struct Failure {
    trap: Trap,
    /// The event that failed, or from which on a scan failed.
    at: usize,
    in_scan: bool,
}

fn fresh(module: &Module) -> Instance {
    let mut instance = module.instance();
    instance.set_call_seconds(CALL_SECONDS);
    instance
}

/// The end of the run of events that starts at `numbers.start` and is copied at once; at least one event.
fn chunk_end(events: &[Place], numbers: Range<usize>) -> usize {
    let limit = events[numbers.start].start as usize + CHUNK_BYTES;
    let fit = events[numbers.clone()].partition_point(|event| event.end as usize <= limit);
    numbers.start + fit.max(1)
}

fn is_object(body: &[u8], event: &Place) -> bool {
    body[event.start as usize] == b'{'
}

fn has_break(record: &[u8]) -> bool {
    memchr::memchr(b'\n', record).is_some()
}

/// A body has fewer events than [`super::framing::EVENTS_MAX`].
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
