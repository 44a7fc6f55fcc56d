//! All events of a record, wherever its wrappers put them: knows how deep and how much is read, not what wraps.
//!
//! Only what holds an anchor is opened, so what lies beside an event costs what noise costs. What is read in all is
//! limited by the record's length, whatever the record is made of.

use crate::catalog::{EventOutcome, Severity};
use crate::classify::{Verdict, classify};
use crate::envelope::{Part, Shape, object_of, opened, part, parts, shape, time_in};
use crate::fields::{
    Observation, Text, is_event, is_forged, is_host, is_row, observe, observe_fields, observe_line,
    observe_schema,
};
use crate::json::{Elements, Index, LEVELS_MAX, Raw};
use crate::policy::Policy;
use crate::prefilter::Prefilter;
use crate::room::has_room;
use alloc::borrow::{Cow, ToOwned};
use alloc::{vec, vec::Vec};
use core::cell::{Cell, OnceCell};

/// Wrappers inside wrappers are opened so deep; a list and its element are two.
const DEPTH_MAX: u8 = 16;

/// For every byte of a record so many are read again inside of its wrappers,
const AGAIN: usize = 3;

/// and so many in any record.
const AGAIN_BYTES_MIN: usize = 512 << 10;

/// What the members of an object count for, in bytes: each is compared with all that is looked for.
const MEMBER_BYTES: usize = 128;

/// So many parts are read,
const PARTS_MAX: usize = 2048;

/// of which a text counts for several: it is read as whatever it may be.
const TEXT_PARTS: usize = 3;

/// What is in a record.
pub(crate) struct Found<'r> {
    /// The gravest event, the first of equals; one that is not approved goes before one that is, one that has ended
    /// before one that has only begun.
    pub(crate) gravest: Option<Verdict<'r>>,
    /// How many events there are.
    pub(crate) matches: usize,
    /// Whether the policy drops everything that is in the record.
    pub(crate) dropped: bool,
    /// Whether a limit left a part with an anchor in it unread.
    pub(crate) is_cut: bool,
    /// Whether an anchor stands where nothing was read.
    pub(crate) is_in_doubt: bool,
}

/// A part that is to be read.
struct Job<'r> {
    part: Part<'r>,
    depth: u8,
    /// Whether it is an element of a list, or inside one.
    is_listed: bool,
    /// Whether what it is inside of, or stands beside as a copy, is an event itself.
    is_inside: bool,
    /// Whether it stands below a name that is no wrapper's.
    is_guess: bool,
    /// The place of the nearest wrapper that it is inside of.
    within: Option<usize>,
}

/// What one part says.
#[derive(Default)]
struct Read<'x> {
    observation: Option<Observation<'x>>,
    /// What it wraps.
    parts: Vec<Part<'x>>,
    /// Whether what it wraps are the elements of a list,
    is_list: bool,
    /// and whether the list ends early.
    is_broken: bool,
    /// Whether what it wraps stands below names that are no wrappers'.
    is_guess: bool,
    /// Whether there is something in it that is about something else.
    has_other: bool,
    /// Whether an anchor stands in it that was not read.
    is_in_doubt: bool,
    /// Whether it has more in it than is read.
    is_cut: bool,
    /// How many members it has.
    members: usize,
}

/// Orders verdicts.
fn rank(verdict: &Verdict<'_>) -> (Severity, bool, bool) {
    (verdict.severity, verdict.approved.is_none(), verdict.outcome != EventOutcome::Started)
}

/// Reads a record, whose index is at hand.
pub(crate) fn gather<'r>(
    policy: &'r Policy,
    prefilter: &Prefilter,
    index: &Index<'r>,
    device: Option<Raw<'r>>,
    time: Option<Raw<'r>>,
) -> Found<'r> {
    let bytes = index.bytes();
    let mut gather = Gather {
        policy,
        prefilter,
        device: device.and_then(Raw::text).filter(|name| is_host(name)),
        time: time.and_then(Raw::text),
        left: Cell::new(bytes.len().saturating_mul(AGAIN).saturating_add(AGAIN_BYTES_MIN)),
        parts_left: PARTS_MAX,
        found: Found { gravest: None, matches: 0, dropped: true, is_cut: false, is_in_doubt: false },
        jobs: vec![],
        again: vec![],
        wrappers: vec![],
    };
    let record = Part { bytes: Cow::Borrowed(bytes), ..Part::default() };
    let read = gather.object(bytes, index, false);
    let job =
        Job { part: record, depth: 0, is_listed: false, is_inside: false, is_guess: false, within: None };
    gather.take(job, read);
    let mut at = 0usize;
    loop {
        while let Some(job) = gather.jobs.get_mut(at) {
            let job = Job { part: core::mem::take(&mut job.part), ..*job };
            let read = gather.read(&job.part, job.is_guess);
            gather.take(job, read);
            at = at.saturating_add(1);
        }
        // What tells of the same event comes after what it is beside.
        let Some(job) = gather.again.pop() else { break };
        gather.jobs.push(job);
    }
    // What is inside comes after what it is in.
    while let Some(Wrapper { part, within, is_told, .. }) = gather.wrappers.pop() {
        if is_told {
            continue;
        }
        if !gather.affords(&part, false) || !has_room(part.bytes.len()) {
            gather.found.is_cut = true;
        } else if let Some(observation) = observe_schema(&Index::read(inside(&part), LEVELS_MAX), prefilter) {
            gather.add(observation.into_owned(), false, within);
        }
    }
    gather.found
}

/// The object of a part, without the marks that may stand before it.
fn inside<'p>(part: &'p Part<'_>) -> &'p [u8] {
    match shape(&part.bytes, part.is_text) {
        Shape::Object(object) => object,
        Shape::Many(other) | Shape::Line(other) => other,
    }
}

/// Is read in other products' schemas unless a part inside of it has told of an event, which it then tells anew.
struct Wrapper<'r> {
    part: Part<'r>,
    /// The place of the one that it is in.
    within: Option<usize>,
    is_told: bool,
    /// When, as it says itself; looked for once.
    time: OnceCell<Option<Text<'r>>>,
}

struct Gather<'r, 'p> {
    policy: &'r Policy,
    prefilter: &'p Prefilter,
    /// Who sent a line, where the shipper's record tells it.
    device: Option<Text<'r>>,
    /// When, in the same way.
    time: Option<Text<'r>>,
    /// How many bytes may be read again, and how many parts.
    left: Cell<usize>,
    parts_left: usize,
    found: Found<'r>,
    jobs: Vec<Job<'r>>,
    /// Those that tell again what others tell.
    again: Vec<Job<'r>>,
    /// What wraps parts and tells of no event by itself.
    wrappers: Vec<Wrapper<'r>>,
}

impl<'r> Gather<'r, '_> {
    /// Enters what a part says, and what it wraps among the jobs.
    fn take(&mut self, job: Job<'r>, read: Read<'r>) {
        let is_guess = job.is_guess || read.is_guess;
        if !is_guess {
            self.found.dropped &= !read.is_broken;
            if (job.is_listed || read.is_list) && read.has_other {
                self.found.dropped &= self.policy.drops_unchanged();
            }
        }
        self.found.is_in_doubt |= read.is_in_doubt;
        self.found.is_cut |= read.is_cut;
        self.left.set(self.left.get().saturating_sub(read.members.saturating_mul(MEMBER_BYTES)));
        let is_inside = job.is_inside || read.observation.is_some();
        let is_listed = job.is_listed || read.is_list;
        let mut within = job.within;
        if let Some(observation) = read.observation {
            // Rules, alerts and lists have names of operations; an event says when, or who.
            if job.is_guess && observation.actor.is_none() && observation.time.is_none() {
                self.found.is_in_doubt = true;
            } else {
                // What stands beside it in such a list is not known.
                self.found.dropped &= !(job.is_guess && job.is_listed);
                self.add(observation, job.is_inside, within);
            }
        } else if !job.is_guess && !read.is_list && !read.parts.is_empty() {
            self.wrappers.push(Wrapper { part: job.part, within, is_told: false, time: OnceCell::new() });
            within = self.wrappers.len().checked_sub(1);
        }
        for part in read.parts {
            if job.depth < DEPTH_MAX && self.affords(&part, read.is_list) {
                let jobs = if part.is_again { &mut self.again } else { &mut self.jobs };
                jobs.push(Job {
                    is_inside: is_inside || part.is_again,
                    part,
                    depth: job.depth.saturating_add(1),
                    is_listed,
                    is_guess,
                    within,
                });
            } else if is_guess {
                self.found.is_in_doubt = true;
            } else {
                self.found.is_cut = true;
            }
        }
    }

    /// Whether a part may still be read; counts it.
    fn affords(&mut self, part: &Part<'_>, is_listed: bool) -> bool {
        let bytes = match *part.bytes {
            // Lists in lists hold nothing that anybody writes.
            [b'[', ..] if is_listed => part.bytes.len().saturating_mul(2),
            // The elements of a list are counted when they are opened.
            [b'[', ..] => part.bytes.len() / 4,
            _ => part.bytes.len(),
        };
        let left = self.left.get().checked_sub(bytes);
        let parts_left = self.parts_left.checked_sub(if part.is_text { TEXT_PARTS } else { 1 });
        self.left.set(left.unwrap_or_default());
        self.parts_left = parts_left.unwrap_or_default();
        left.is_some() && parts_left.is_some()
    }

    /// Judges an event. What is inside of another event tells of the same one, unless it is graver.
    fn add(&mut self, mut observation: Observation<'r>, is_inside: bool, mut within: Option<usize>) {
        while let Some(wrapper) = within.and_then(|at| self.wrappers.get_mut(at)) {
            wrapper.is_told = true;
            within = wrapper.within;
            if observation.time.is_none() {
                observation.time = wrapper.time.get_or_init(|| time_in(inside(&wrapper.part))).clone();
            }
        }
        let mut verdict = classify(observation);
        self.policy.judge(&mut verdict);
        self.found.is_cut |= verdict.observation.is_cut;
        self.found.dropped &= self.policy.drops(&verdict);
        let known = self.found.gravest.as_ref().map(rank);
        let is_graver = known.is_none_or(|known| known < rank(&verdict));
        if is_graver || !is_inside {
            self.found.matches = self.found.matches.saturating_add(1);
        }
        // The original says more than what was made of it.
        if is_graver || is_inside && known == Some(rank(&verdict)) {
            self.found.gravest = Some(verdict);
        }
    }

    /// Reads a part; what is in it is kept apart from its bytes where those do not last.
    fn read(&self, part: &Part<'r>, is_guess: bool) -> Read<'r> {
        if !has_room(part.bytes.len()) {
            return Read { is_cut: true, ..Read::default() };
        }
        match &part.bytes {
            Cow::Borrowed(bytes) => self.read_bytes(bytes, part, is_guess),
            Cow::Owned(bytes) => {
                let read = self.read_bytes(bytes, part, is_guess);
                Read {
                    observation: read.observation.map(Observation::into_owned),
                    parts: read.parts.into_iter().map(Part::into_owned).collect(),
                    ..read
                }
            }
        }
    }

    fn read_bytes<'x>(&self, bytes: &'x [u8], part: &Part<'_>, is_guess: bool) -> Read<'x>
    where
        'r: 'x,
    {
        match shape(bytes, part.is_text) {
            Shape::Object(object) => self.object(object, &Index::read(object, LEVELS_MAX), is_guess),
            Shape::Many(array) => self.list(array, part.may_be_line),
            Shape::Line(line) => self.line(line, part.may_be_line),
        }
    }

    fn object<'x>(&self, bytes: &'x [u8], object: &Index<'x>, is_guess: bool) -> Read<'x>
    where
        'r: 'x,
    {
        let mut read = Read { is_cut: object.is_cut(), members: object.len(), ..Read::default() };
        if is_forged(object) {
            read.has_other = true;
            return read;
        }
        let mut raws = vec![];
        let each = |raw: Raw<'x>, part| {
            raws.push(raw.0);
            read.parts.push(part);
        };
        read.is_cut |= parts(object, &self.left, |bytes| self.prefilter.has(bytes), each);
        // Another document in the same text.
        let rest = object.end().and_then(|end| bytes.get(end.saturating_add(1)..)).unwrap_or_default();
        if self.prefilter.has(rest) {
            raws.push(rest);
            read.parts.push(Part {
                bytes: Cow::Borrowed(rest),
                is_text: true,
                may_be_line: true,
                is_again: false,
            });
        }
        read.observation = observe(object).or_else(|| self.policy.observe(object));
        if read.observation.is_none() && read.parts.is_empty() {
            if !is_event(object) {
                self.guess(object, |raw, part| {
                    raws.push(raw.0);
                    read.parts.push(part);
                });
            }
            read.is_guess = !read.parts.is_empty();
            if !read.is_guess && !is_guess {
                read.observation = observe_schema(object, self.prefilter);
            }
        }
        if read.observation.is_none() {
            read.has_other = read.parts.is_empty();
            read.is_in_doubt = self.is_unread(bytes, &raws) && !is_row(object);
        }
        read
    }

    /// Takes what is JSON in the members of a wrapper of somebody's own, whatever their names.
    fn guess<'x>(&self, object: &Index<'x>, mut each: impl FnMut(Raw<'x>, Part<'x>)) {
        for member in object.members().filter(|member| self.prefilter.has(member.value.0)) {
            if let Some(part) = part(member.value, false)
                && !matches!(shape(&part.bytes, part.is_text), Shape::Line(_))
            {
                each(member.value, part);
            }
        }
    }

    fn list<'x>(&self, array: &'x [u8], may_be_line: bool) -> Read<'x> {
        if let Some(object) = object_of(array) {
            let part = Part { bytes: Cow::Owned(object), is_text: false, may_be_line, is_again: false };
            return Read { parts: vec![part], ..Read::default() };
        }
        let mut read = Read { is_list: true, ..Read::default() };
        let mut raws = vec![];
        let mut elements = Elements::new(array);
        for element in elements.by_ref() {
            // More could not be read; the record is kept.
            if read.parts.len() > self.parts_left {
                read.is_cut = true;
                continue;
            }
            let part = self.prefilter.has(element.0).then(|| part(element, may_be_line)).flatten();
            match part {
                Some(part) => {
                    raws.push(element.0);
                    read.parts.push(part);
                }
                None => read.has_other = true,
            }
        }
        read.is_broken = !elements.ended();
        read.is_in_doubt = self.is_unread(array, &raws);
        read
    }

    fn line<'x>(&self, line: &'x [u8], may_be_line: bool) -> Read<'x>
    where
        'r: 'x,
    {
        let mut read = Read::default();
        let start = opened(line).unwrap_or(line.len());
        let (header, json) = line.split_at_checked(start).unwrap_or_default();
        if self.prefilter.has(json) {
            read.parts.push(Part {
                bytes: Cow::Borrowed(json),
                is_text: true,
                may_be_line: false,
                is_again: false,
            });
        }
        let text = if may_be_line { core::str::from_utf8(line).unwrap_or_default() } else { "" };
        // Several readings are of one event.
        let mut gravest: Option<Verdict<'x>> = None;
        for mut observation in observe_line(text, line, self.prefilter) {
            // The line's own header knows better: the member may name a relay.
            observation.resource("device", self.device.as_deref().map(|name| name.to_owned().into()));
            if observation.time.is_none() {
                observation.time = self.time.as_deref().map(|time| time.to_owned().into());
            }
            let mut verdict = classify(observation);
            self.policy.judge(&mut verdict);
            if gravest.as_ref().is_none_or(|known| rank(known) < rank(&verdict)) {
                gravest = Some(verdict);
            }
        }
        read.observation = gravest.map(|verdict| verdict.observation).or_else(|| observe_fields(text));
        if read.observation.is_none() {
            read.has_other = read.parts.is_empty();
            read.is_in_doubt = self.is_unread(header, &[]);
        }
        read
    }

    /// Whether an anchor stands in a part outside of what it wraps; asked only where a policy may drop the record.
    fn is_unread(&self, bytes: &[u8], raws: &[&[u8]]) -> bool {
        if !self.policy.drops_unchanged() || self.found.is_cut {
            return false;
        }
        let mut rest = bytes.to_vec();
        for raw in raws {
            let start = (raw.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize);
            if let Some(raw) = rest.get_mut(start..start.saturating_add(raw.len())) {
                raw.fill(b' ');
            }
        }
        self.prefilter.has_own(&rest)
    }
}
