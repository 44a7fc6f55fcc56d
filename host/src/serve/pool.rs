//! Bodies through instances on all cores; knows generations of the module, not HTTP.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use tapsieve_records::{BLOCK_BYTES, Frame, Outcome, Sieve, SieveOptions, Sifted};

use super::budget::{Reserved, SMALL_BYTES_MAX};
use super::hec::{Form, Inside, Room};
use crate::ndjson::MirrorKey;
use crate::{Instance, Module, Trap};

/// After a record of this size the instance is replaced: its memory grows and never shrinks.
const LARGE_BYTES: u32 = 1 << 20;
/// How long one call into the module may take, in seconds.
const CALL_SECONDS: u32 = 1;
/// How long a core is kept while others wait for it.
const TURN_TIME_MAX: Duration = Duration::from_millis(20);
/// What an enriched record takes beside its bytes, for lists and counts, in bytes.
const ANSWER_BYTES: usize = 256;
/// How often an answer lies in memory: twice while its buffer grows, and once in what goes on.
const ANSWER_COPIES: usize = 3;
/// Memory for answers is reserved in such steps, in bytes.
const STEP_BYTES: usize = 64 << 10;

/// What is to be done with a body, and the memory that it holds.
pub(crate) struct Task {
    pub(crate) form: Form,
    /// A line of text is an event.
    pub(crate) wrap_lines: bool,
    pub(crate) reserved: Reserved,
    /// What is held beside the body, in bytes: the body as it came, if it was compressed.
    pub(crate) came_bytes: usize,
    /// How long memory for the list of a small body's events may be waited for.
    pub(crate) patience: Duration,
}

/// Why answers are not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// There is no memory for them now.
    Now,
    /// There is never.
    Never,
}

/// The memory that a body and its answers hold.
pub(crate) struct Held {
    reserved: Reserved,
    wanted: usize,
    /// What the first answer takes beside itself: what goes on is another body then.
    first: usize,
    full: Option<Full>,
}

impl Held {
    async fn new(body: &[u8], frames: &[Frame], mut task: Task) -> Held {
        let wanted = body.len() + task.came_bytes + size_of_val(frames);
        let full = if wanted > task.reserved.most() {
            Some(Full::Never)
        } else {
            // Large bodies do not wait here: each would keep what the others wait for.
            let taken = match wanted <= SMALL_BYTES_MAX {
                true => task.reserved.wait(wanted, task.patience).await,
                false => task.reserved.grow_at_last(wanted),
            };
            taken.err().map(|_| Full::Now)
        };
        Held { reserved: task.reserved, wanted, first: body.len(), full }
    }

    /// Takes the memory of one more answer. It is not waited for: whoever waits here keeps what others wait for.
    fn answer(&mut self, bytes: usize) -> bool {
        self.wanted += std::mem::take(&mut self.first) + bytes * ANSWER_COPIES + ANSWER_BYTES;
        if self.wanted > self.reserved.bytes() {
            let most = self.reserved.most();
            if self.wanted > most {
                self.full = Some(Full::Never);
            } else if self.reserved.grow_at_last(self.wanted.next_multiple_of(STEP_BYTES).min(most)).is_err()
            {
                self.full = Some(Full::Now);
            }
        }
        self.full.is_none()
    }
}

/// What became of a part of a body.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Which frames of the body.
    pub(crate) numbers: Range<usize>,
    pub(crate) sifted: Sifted,
    /// What the module says of the mirror events, and whether they were dropped.
    pub(crate) verdicts: Vec<(MirrorKey, bool)>,
    pub(crate) time: Duration,
    /// There was no memory for all answers.
    pub(crate) full: Option<Full>,
}

impl Part {
    fn unanswered(numbers: Range<usize>, trap: Trap) -> Part {
        let mut part = Part { numbers, ..Part::default() };
        part.sifted.counts.unanswered = part.numbers.len() as u64;
        part.sifted.first_failure = Some((0, trap));
        part
    }
}

/// A module, with the policy that it carries, and the instances that are idle.
pub(crate) struct Generation {
    module: Module,
    options: SieveOptions,
    idle: Mutex<Vec<Sieve<Inside<Instance>>>>,
}

impl Generation {
    /// Starts one instance to see that the module answers. One part of a body may take so long.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn new(module: Module, part_time_max: Duration) -> Result<Generation, Trap> {
        let options =
            SieveOptions { verdicts: true, time_max: Some(part_time_max), ..SieveOptions::default() };
        let generation = Generation { module, options, idle: Mutex::default() };
        let first = generation.sieve();
        match first.failed() {
            Some(trap) => Err(trap.clone()),
            None => {
                generation.idle.lock().unwrap_or_else(PoisonError::into_inner).push(first);
                Ok(generation)
            }
        }
    }

    fn sieve(&self) -> Sieve<Inside<Instance>> {
        let mut instance = self.module.instance();
        instance.set_call_seconds(CALL_SECONDS);
        Sieve::new(Inside::new(instance), self.options)
    }

    fn sift(
        &self,
        body: &[u8],
        frames: &[Frame],
        numbers: Range<usize>,
        (form, wrap_lines): (Form, bool),
        held: &Arc<Mutex<Held>>,
        mut core: Core,
    ) -> Part {
        let began = Instant::now();
        let frames = &frames[numbers.clone()];
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut sieve = idle.unwrap_or_else(|| self.sieve());
        let mut part = Part { numbers, ..Part::default() };
        let room_of = held.clone();
        let room: Room = Box::new(move |bytes| {
            core.take_turns();
            room_of.lock().unwrap_or_else(PoisonError::into_inner).answer(bytes)
        });
        sieve.options().wrap_lines = wrap_lines;
        sieve.decider().begin(form, room);
        sieve.sift(body, frames, &mut part.sifted, |told| {
            // One that was described before passes as it is.
            if told.outcome != Outcome::Unchanged {
                part.verdicts.push((MirrorKey::of(told.verdict), told.outcome == Outcome::Dropped));
            }
        });
        if sieve.decider().end() {
            part.full = held.lock().unwrap_or_else(PoisonError::into_inner).full;
        }
        // One that does not answer would not answer the next body either.
        if sieve.failed().is_none() && frames.iter().all(|frame| frame.end - frame.start <= LARGE_BYTES) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sieve);
        }
        part.time = began.elapsed();
        part
    }
}

/// A core that a part of a body has.
struct Core {
    cores: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    since: Instant,
}

impl Core {
    fn new(cores: &Arc<Semaphore>, permit: Option<OwnedSemaphorePermit>) -> Core {
        Core { cores: cores.clone(), permit, since: Instant::now() }
    }

    /// Lets others have the core who wait for it, after a while.
    fn take_turns(&mut self) {
        if self.since.elapsed() < TURN_TIME_MAX {
            return;
        }
        drop(self.permit.take());
        let again = self.cores.clone().acquire_owned();
        self.permit = tokio::runtime::Handle::current().block_on(again).ok();
        self.since = Instant::now();
    }
}

/// The generation in force and the cores that work for it.
pub(crate) struct Pool {
    current: RwLock<Arc<Generation>>,
    cores: Arc<Semaphore>,
    cores_max: usize,
    /// Parts of large bodies that are begun, and those of small ones: each has an instance, though they share the cores.
    large: Arc<Semaphore>,
    small: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(generation: Generation, cores: usize) -> Pool {
        let cores_max = cores.max(1);
        Pool {
            current: RwLock::new(Arc::new(generation)),
            cores: Arc::new(Semaphore::new(cores_max)),
            cores_max,
            large: Arc::new(Semaphore::new(cores_max)),
            small: Arc::new(Semaphore::new(cores_max)),
        }
    }

    /// Puts another generation in force; bodies that are being worked on stay with the old one.
    pub(crate) fn replace(&self, generation: Generation) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
    }

    /// Asks the module about every record of a body; gives the memory back that body and answers hold.
    pub(crate) async fn sift(
        &self,
        body: Arc<Vec<u8>>,
        frames: Arc<Vec<Frame>>,
        task: Task,
    ) -> (Vec<Part>, Arc<Mutex<Held>>) {
        let how = (task.form, task.wrap_lines);
        let held = Held::new(&body, &frames, task).await;
        if held.full.is_some() {
            let part = Part { full: held.full, ..Part::default() };
            return (vec![part], Arc::new(Mutex::new(held)));
        }
        let held = Arc::new(Mutex::new(held));
        let generation = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        // A body is given to several cores where that is worth it.
        let count = (body.len() / BLOCK_BYTES).clamp(1, self.cores_max);
        let mut parts = Vec::with_capacity(count);
        for part in 0..count {
            let numbers = frames.len() * part / count..frames.len() * (part + 1) / count;
            let (generation, body, frames, held) =
                (generation.clone(), body.clone(), frames.clone(), held.clone());
            let lane = if body.len() > SMALL_BYTES_MAX { &self.large } else { &self.small };
            let begun = lane.clone().acquire_owned().await;
            let core = Core::new(&self.cores, self.cores.clone().acquire_owned().await.ok());
            let asked = numbers.clone();
            let work = tokio::task::spawn_blocking(move || {
                let part = generation.sift(&body, &frames, asked, how, &held, core);
                drop((begun, body, frames));
                part
            });
            parts.push((work, numbers));
        }
        let mut sifted = Vec::with_capacity(count);
        for (work, numbers) in parts {
            let failed = |error: tokio::task::JoinError| {
                Part::unanswered(numbers, Trap::NotStarted(error.to_string()))
            };
            sifted.push(work.await.unwrap_or_else(failed));
        }
        (sifted, held)
    }
}
