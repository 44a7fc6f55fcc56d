//! Worker threads that take turns; knows order and the output, not what is written.

use std::io::{self, IoSlice, Write};
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use tapsieve_records::{Counts, Frame, Kind, Output, Sieve, SieveOptions, Sifted};

use super::block::{Block, Reader};
use super::counts::{MirrorKey, Tally};
use super::input::{Input, total_bytes};
use crate::{Instance, Module};

/// How many pieces are handed to the operating system in one write.
const SLICES_MAX: usize = 512;

/// How a run goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write enriched records and nothing else.
    pub only_mirror: bool,
    /// Make one line of each element of `{"Records":[…]}`, its kin and arrays.
    pub split_records: bool,
    /// Read lines that are not JSON as what a device or a host wrote; one about mirroring comes out as `{"message":"…",…}`.
    pub lines: bool,
    /// Count mirror records by what their verdicts say.
    pub tally: bool,
    /// How many threads work.
    pub threads: NonZeroUsize,
    /// How long one call into the module may take, in seconds; the module's default when None.
    pub call_seconds: Option<u32>,
}

impl Options {
    fn sieve(&self, module: &Module) -> Sieve<Instance> {
        let mut instance = module.instance();
        if let Some(seconds) = self.call_seconds {
            instance.set_call_seconds(seconds);
        }
        Sieve::new(
            instance,
            SieveOptions { verdicts: self.tally, wrap_lines: self.lines, ..SieveOptions::default() },
        )
    }
}

/// Is told what happens while a run goes on.
pub trait Observer: Send + Sync {
    /// The inputs have so many bytes together, compressed as they are; None when that is not known.
    fn total(&self, _bytes: Option<u64>) {}
    /// So many bytes of them were read so far.
    fn read(&self, _bytes: u64) {}
    /// An input could not be read, or not to its end; everything read before is written.
    fn input_failed(&self, _name: &str, _why: &str) {}
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Records and bytes.
    pub counts: Counts,
    /// Mirror records by what their verdicts say; empty unless asked for.
    pub tally: Tally,
    /// How many inputs could not be read to their end.
    pub inputs_failed: u64,
    /// Where the module first failed and how: `FILE, line 17: …`.
    pub first_failure: Option<String>,
}

/// The output cannot be written.
#[derive(Debug)]
pub struct OutputError {
    /// The operating system's error.
    pub error: io::Error,
    /// How much was written before.
    pub bytes_out: u64,
}

/// What the workers share.
struct Shared {
    reader: Mutex<(Reader, u64)>,
    writer: Mutex<Writer>,
    options: Options,
    /// One for each worker: block n is awaited at n modulo their number.
    turns: Vec<Condvar>,
    stop: AtomicBool,
    names: Vec<String>,
    observer: Arc<dyn Observer>,
    bytes: Arc<AtomicU64>,
}

struct Writer {
    file: Box<dyn Write + Send>,
    /// How blocks of the current input are put together.
    output: Output,
    /// The number of the block whose turn it is.
    next: u64,
    report: Report,
    failed: Option<io::Error>,
    /// Lines of the current input so far.
    lines: u64,
    input: usize,
    /// What was written last did not end a line.
    open_line: bool,
    /// The input it came from.
    written_input: usize,
}

/// Sends all of `inputs` through `module` to `output`, in order.
///
/// A last line without line end stays without, unless another input follows it.
/// Inputs that cannot be read are reported to `observer`, and the others are processed all the same.
///
/// # Errors
/// The output cannot be written; threads that wait for input end when it comes.
pub fn run(
    module: &Module,
    inputs: Vec<Input>,
    output: Box<dyn Write + Send>,
    options: &Options,
    observer: Arc<dyn Observer>,
) -> Result<Report, OutputError> {
    observer.total(total_bytes(&inputs));
    let bytes = Arc::new(AtomicU64::new(0));
    let names = inputs.iter().map(Input::name).collect();
    let threads = options.threads.get();
    let shared = Arc::new(Shared {
        reader: Mutex::new((Reader::new(inputs, options.split_records, bytes.clone()), 0)),
        writer: Mutex::new(Writer {
            file: output,
            output: Output::new(options.only_mirror),
            next: 0,
            report: Report::default(),
            failed: None,
            lines: 0,
            input: 0,
            open_line: false,
            written_input: 0,
        }),
        options: options.clone(),
        turns: (0..threads).map(|_| Condvar::new()).collect(),
        stop: AtomicBool::new(false),
        names,
        observer,
        bytes,
    });
    let (done, finished) = mpsc::channel();
    let mut started = 0;
    for number in 0..threads {
        let (shared, done, module) = (shared.clone(), done.clone(), module.clone());
        let work = move || {
            // A bug here must not leave the others waiting for a turn that never comes.
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
                shared.work(&module);
            }));
            if result.is_err() {
                shared.fail(io::Error::other("a worker thread failed"));
            }
            drop(shared);
            let _ = done.send(());
        };
        match std::thread::Builder::new().name(format!("tapsieve-{number}")).spawn(work) {
            Ok(_) => started += 1,
            Err(error) if started == 0 => return Err(OutputError { error, bytes_out: 0 }),
            // Fewer threads do the same work.
            Err(_) => break,
        }
    }
    for _ in 0..started {
        let _ = finished.recv();
        if shared.stop.load(Ordering::Acquire) {
            break;
        }
    }
    let mut writer = lock(&shared.writer);
    let report = std::mem::take(&mut writer.report);
    match writer.failed.take() {
        Some(error) => Err(OutputError { error, bytes_out: report.counts.bytes_out }),
        None => Ok(report),
    }
}

impl Shared {
    /// Reads, sifts and writes blocks until the input ends.
    fn work(&self, module: &Module) {
        let mut block = Block::default();
        let mut sifted = Sifted::default();
        // Made late: a small input needs one instance only.
        let mut sieve = None;
        while let Some(number) = self.read(&mut block) {
            let sieve = sieve.get_or_insert_with(|| self.options.sieve(module));
            let mut tally = Tally::new();
            sieve.sift(block.bytes(), &block.frames, &mut sifted, |told| {
                *tally.entry(MirrorKey::of(told.verdict)).or_default() += 1;
            });
            let turn = &self.turns[(number % self.turns.len() as u64) as usize];
            let mut writer = lock(&self.writer);
            while writer.next != number {
                if self.stop.load(Ordering::Acquire) {
                    return;
                }
                writer = turn.wait(writer).unwrap_or_else(PoisonError::into_inner);
            }
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            if let Err(error) = writer.write(&block, &sifted, tally, self) {
                drop(writer);
                return self.fail(error);
            }
            writer.next = number + 1;
            self.turns[((number + 1) % self.turns.len() as u64) as usize].notify_all();
        }
    }

    /// Reads the next block; returns its number, or None at the end.
    fn read(&self, block: &mut Block) -> Option<u64> {
        let mut guard = lock(&self.reader);
        let (reader, next) = &mut *guard;
        if self.stop.load(Ordering::Acquire) || !reader.next(block) {
            return None;
        }
        let number = *next;
        *next += 1;
        Some(number)
    }

    /// Stops every worker.
    fn fail(&self, error: io::Error) {
        let mut writer = lock(&self.writer);
        writer.failed.get_or_insert(error);
        self.stop.store(true, Ordering::Release);
        for turn in &self.turns {
            turn.notify_all();
        }
    }
}

impl Writer {
    fn write(&mut self, block: &Block, sifted: &Sifted, tally: Tally, shared: &Shared) -> io::Result<()> {
        if self.input != block.input {
            self.input = block.input;
            self.lines = 0;
            self.output = Output::new(shared.options.only_mirror);
        }
        let mut pieces = Vec::new();
        self.output.each(block.bytes(), &block.frames, sifted, |bytes| pieces.push(bytes));
        let counts = &mut self.report.counts;
        if self.open_line && self.written_input != block.input && !pieces.is_empty() {
            pieces.insert(0, b"\n");
        }
        for pieces in pieces.chunks(SLICES_MAX) {
            write_all(&mut self.file, pieces.iter().copied(), &mut counts.bytes_out)?;
        }
        if let Some(last) = pieces.last() {
            self.open_line = !last.ends_with(b"\n");
            self.written_input = block.input;
        }
        *counts += sifted.counts;
        counts.bytes_in += block.bytes().len() as u64;
        for (key, count) in tally {
            *self.report.tally.entry(key).or_default() += count;
        }
        let name = shared.names.get(block.input).map_or("", String::as_str);
        if let Some((frame, trap)) = &sifted.first_failure
            && self.report.first_failure.is_none()
        {
            let line = self.lines + lines(&block.frames[..*frame]) + 1;
            self.report.first_failure = Some(format!("{name}, line {line}: {trap}"));
        }
        self.lines += lines(&block.frames);
        if let Some(why) = &block.failure {
            self.report.inputs_failed += 1;
            shared.observer.input_failed(name, why);
        }
        shared.observer.read(shared.bytes.load(Ordering::Relaxed));
        Ok(())
    }
}

/// How many lines these are; an element of a list counts as one.
fn lines(frames: &[Frame]) -> u64 {
    frames.iter().filter(|frame| !matches!(frame.kind, Kind::Piece | Kind::Between)).count() as u64
}

/// Writes all slices with as few system calls as possible, and adds what was written to `written`.
fn write_all<'a>(
    output: &mut dyn Write,
    slices: impl Iterator<Item = &'a [u8]>,
    written: &mut u64,
) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = slices.map(IoSlice::new).collect();
    let mut slices = slices.as_mut_slice();
    // Slices without bytes at the start are gone after this.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match output.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => {
                *written += len as u64;
                IoSlice::advance_slices(&mut slices, len);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
