//! Calling a module; knows docs/ABI.md and trusts no answer: every slice is checked, every call has an end.

use std::ops::Range;

use wasmtime::{Memory, Store, StoreLimits, StoreLimitsBuilder, TypedFunc};

use crate::answer::{ConfigureError, Outcome, Trap};
use crate::module::{Module, TICK, one_line};

/// The stack that wasmtime gives a module, in bytes; the module itself is built for 8 KiB in Fluent Bit.
pub(crate) const STACK_BYTES_MAX: usize = 512 << 10;
/// How much memory one instance may have.
const MEMORY_BYTES_MAX: usize = 512 << 20;
/// The smallest input buffer asked for.
const INPUT_BYTES_MIN: usize = 64 << 10;
/// How long a message of the module may be before it is cut.
const MESSAGE_BYTES_MAX: usize = 4 << 10;
/// How long one call may take, in seconds.
const CALL_SECONDS: u32 = 5;
/// The same in ticks of the engine's clock.
pub(crate) const CALL_TICKS: u64 = ticks(CALL_SECONDS);

/// One instance of a module, for one thread at a time.
pub struct Instance {
    module: Module,
    /// None before the first call and after a trap.
    live: Option<Live>,
    /// The policy to give to a fresh instance.
    configured: Option<Vec<u8>>,
    call_seconds: u32,
}

/// A started instance with the input buffer that it owns.
struct Live {
    store: Store<StoreLimits>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    free: TypedFunc<u32, ()>,
    configure: TypedFunc<(u32, u32), u64>,
    process: TypedFunc<(u32, u32), u64>,
    scan: TypedFunc<(u32, u32), u32>,
    verdict: TypedFunc<(), u64>,
    policy: TypedFunc<(), u64>,
    /// The address of the input buffer, 0 when there is none.
    input: u32,
    input_bytes: usize,
    call_seconds: u32,
}

/// Several records that were copied into an instance at once, see [`Instance::block`].
pub struct Block<'a> {
    instance: &'a mut Instance,
    len: usize,
}

/// An answer of `process` as addresses, so that the instance can be changed before it is looked at.
enum Answer {
    Unchanged,
    Enriched(Range<usize>),
    Dropped,
}

impl Instance {
    pub(crate) fn new(module: Module, configured: Option<Vec<u8>>) -> Instance {
        Instance { module, live: None, configured, call_seconds: CALL_SECONDS }
    }

    /// Sets how long one call may take, in whole seconds, at least 1; 5 without this.
    pub fn set_call_seconds(&mut self, seconds: u32) {
        self.call_seconds = seconds.max(1);
        if let Some(live) = &mut self.live {
            live.call_seconds = self.call_seconds;
        }
    }

    /// Gives one record to the module.
    ///
    /// # Errors
    /// The module gave no usable answer: the record goes on unchanged, and the next call gets a fresh instance.
    pub fn process(&mut self, record: &[u8]) -> Result<Outcome<'_>, Trap> {
        let answer = self.call(|live| {
            live.load(record)?;
            live.process(0..record.len())
        })?;
        Ok(self.outcome(answer))
    }

    /// Asks whether a block of whole records holds one that might be about mirroring.
    ///
    /// Returns the length of the block when it does not, otherwise an offset inside the first that might be.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn scan(&mut self, block: &[u8]) -> Result<usize, Trap> {
        self.call(|live| {
            live.load(block)?;
            live.scan(0..block.len())
        })
    }

    /// Copies several records into the module, to scan and process them there without copying each again.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn block(&mut self, records: &[u8]) -> Result<Block<'_>, Trap> {
        self.call(|live| live.load(records))?;
        Ok(Block { instance: self, len: records.len() })
    }

    /// The verdict on the last record as a JSON object, or None when that record was not about mirroring.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        let slice = self.call(|live| {
            let packed = live.run("verdict", |live| live.verdict.call(&mut live.store, ()))?;
            let slice = live.slice("verdict", packed)?;
            match std::str::from_utf8(live.bytes(slice.clone())) {
                Ok(_) => Ok(slice),
                Err(_) => Err(bad("verdict", "bytes that are not UTF-8")),
            }
        })?;
        let text = std::str::from_utf8(self.bytes(slice)).unwrap_or_default();
        Ok((!text.is_empty()).then_some(text))
    }

    /// Puts a policy in force, given as JSON; it stays in force in fresh instances.
    ///
    /// # Errors
    /// The module's message, or the trap; the old policy stays in force.
    pub fn configure(&mut self, json: &[u8]) -> Result<(), ConfigureError> {
        match self.call(|live| live.configure(json)).map_err(ConfigureError::Trap)? {
            None => {
                self.configured = Some(json.to_vec());
                Ok(())
            }
            Some(message) => Err(ConfigureError::Refused(message)),
        }
    }

    /// The policy in force as JSON, or None when none was given.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn policy(&mut self) -> Result<Option<String>, Trap> {
        self.call(|live| {
            let packed = live.run("policy", |live| live.policy.call(&mut live.store, ()))?;
            let slice = live.slice("policy", packed)?;
            let text = std::str::from_utf8(live.bytes(slice))
                .map_err(|_| bad("policy", "bytes that are not UTF-8"))?;
            Ok((!text.is_empty()).then(|| text.to_string()))
        })
    }

    /// Makes a call; an instance that trapped is not called again.
    fn call<T>(&mut self, call: impl FnOnce(&mut Live) -> Result<T, Trap>) -> Result<T, Trap> {
        let live = match &mut self.live {
            Some(live) => live,
            None => {
                self.live.insert(Live::start(&self.module, self.call_seconds, self.configured.as_deref())?)
            }
        };
        let result = call(live);
        if result.is_err() {
            self.live = None;
        }
        result
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.live.as_ref().map_or(&[], |live| live.bytes(range))
    }

    fn outcome(&self, answer: Answer) -> Outcome<'_> {
        match answer {
            Answer::Unchanged => Outcome::Unchanged,
            Answer::Dropped => Outcome::Dropped,
            Answer::Enriched(range) => Outcome::Enriched(self.bytes(range)),
        }
    }
}

impl Block<'_> {
    /// As [`Instance::scan`], from the offset `from` on; the answer counts from the start of the block.
    ///
    /// # Errors
    /// As [`Instance::process`]; the block is gone then.
    pub fn scan(&mut self, from: usize) -> Result<usize, Trap> {
        let range = from.min(self.len)..self.len;
        self.loaded(|live| live.scan(range))
    }

    /// As [`Instance::process`], for the record that lies at `record` in the block.
    ///
    /// # Errors
    /// As [`Instance::process`]; the block is gone then.
    pub fn process(&mut self, record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        let end = record.end.min(self.len);
        let answer = self.loaded(|live| live.process(record.start.min(end)..end))?;
        Ok(self.instance.outcome(answer))
    }

    /// As [`Instance::verdict`].
    ///
    /// # Errors
    /// As [`Instance::process`]; the block is gone then.
    pub fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        self.instance.verdict()
    }

    fn loaded<T>(&mut self, call: impl FnOnce(&mut Live) -> Result<T, Trap>) -> Result<T, Trap> {
        if self.instance.live.is_none() {
            return Err(Trap::NotStarted("the block went with the instance that trapped".into()));
        }
        self.instance.call(call)
    }
}

impl Live {
    fn start(module: &Module, call_seconds: u32, policy: Option<&[u8]>) -> Result<Live, Trap> {
        let mut store = Store::new(module.pre.module().engine(), limits());
        store.limiter(|limits| limits);
        store.set_epoch_deadline(ticks(call_seconds));
        let failed = |error: wasmtime::Error| Trap::NotStarted(one_line(&error));
        let instance = module.pre.instantiate(&mut store).map_err(failed)?;
        let memory = instance
            .get_memory(&mut store, crate::abi::MEMORY)
            .ok_or_else(|| Trap::NotStarted("no memory".into()))?;
        let mut live = Live {
            memory,
            malloc: instance.get_typed_func(&mut store, "malloc").map_err(failed)?,
            free: instance.get_typed_func(&mut store, "free").map_err(failed)?,
            configure: instance.get_typed_func(&mut store, "configure").map_err(failed)?,
            process: instance.get_typed_func(&mut store, "process").map_err(failed)?,
            scan: instance.get_typed_func(&mut store, "scan").map_err(failed)?,
            verdict: instance.get_typed_func(&mut store, "verdict").map_err(failed)?,
            policy: instance.get_typed_func(&mut store, "policy").map_err(failed)?,
            store,
            input: 0,
            input_bytes: 0,
            call_seconds,
        };
        if let Some(json) = policy
            && let Some(message) = live.configure(json)?
        {
            return Err(Trap::NotStarted(format!("a fresh instance refuses the policy: {message}")));
        }
        Ok(live)
    }

    /// Makes one call with its own time limit.
    fn run<T>(
        &mut self,
        call: &'static str,
        f: impl FnOnce(&mut Live) -> wasmtime::Result<T>,
    ) -> Result<T, Trap> {
        self.store.set_epoch_deadline(ticks(self.call_seconds));
        f(self).map_err(|error| match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::Interrupt) => Trap::TimedOut { call, seconds: self.call_seconds },
            _ => Trap::Trapped { call, why: one_line(&error) },
        })
    }

    /// Copies `input` into the input buffer, which grows by doubling and is never given back.
    fn load(&mut self, input: &[u8]) -> Result<(), Trap> {
        if self.input == 0 || input.len() > self.input_bytes {
            self.grow(input.len())?;
        }
        let at = self.input as usize;
        match self.memory.data_mut(&mut self.store).get_mut(at..at + input.len()) {
            Some(buffer) => {
                buffer.copy_from_slice(input);
                Ok(())
            }
            None => Err(bad("malloc", "an address outside memory")),
        }
    }

    fn grow(&mut self, len: usize) -> Result<(), Trap> {
        let bytes = len.max(INPUT_BYTES_MIN).next_power_of_two();
        let asked = u32::try_from(bytes).map_err(|_| Trap::NoMemory { bytes })?;
        let old = std::mem::take(&mut self.input);
        self.input_bytes = 0;
        if old != 0 {
            self.run("free", |live| live.free.call(&mut live.store, old))?;
        }
        let address = self.run("malloc", |live| live.malloc.call(&mut live.store, asked))?;
        if address == 0 {
            return Err(Trap::NoMemory { bytes });
        }
        if address as usize + bytes > self.memory.data_size(&self.store) {
            return Err(bad("malloc", "an address outside memory"));
        }
        (self.input, self.input_bytes) = (address, bytes);
        Ok(())
    }

    /// Processes the bytes at `range` of the input buffer.
    fn process(&mut self, range: Range<usize>) -> Result<Answer, Trap> {
        let (address, len) = self.argument(&range);
        let packed = self.run("process", |live| live.process.call(&mut live.store, (address, len)))?;
        if packed as u32 == 0 {
            // Nothing to drop in an empty record: it is unchanged.
            return Ok(if len == 0 { Answer::Unchanged } else { Answer::Dropped });
        }
        if (packed >> 32) as u32 == address {
            return match packed as u32 == len {
                true => Ok(Answer::Unchanged),
                false => Err(bad(
                    "process",
                    format!("{} bytes at the address of a record of {len} bytes", packed as u32),
                )),
            };
        }
        Ok(Answer::Enriched(self.slice("process", packed)?))
    }

    /// Scans the bytes at `range` of the input buffer; the answer counts from the buffer's start.
    fn scan(&mut self, range: Range<usize>) -> Result<usize, Trap> {
        let (address, len) = self.argument(&range);
        let offset = self.run("scan", |live| live.scan.call(&mut live.store, (address, len)))?;
        if offset > len {
            return Err(bad("scan", format!("offset {offset} in a block of {len} bytes")));
        }
        Ok(range.start + offset as usize)
    }

    /// Returns the message of a module that refuses the policy.
    fn configure(&mut self, json: &[u8]) -> Result<Option<String>, Trap> {
        self.load(json)?;
        let (address, len) = self.argument(&(0..json.len()));
        let packed = self.run("configure", |live| live.configure.call(&mut live.store, (address, len)))?;
        if packed == 0 {
            return Ok(None);
        }
        let mut slice = self.slice("configure", packed)?;
        slice.end = slice.end.min(slice.start + MESSAGE_BYTES_MAX);
        Ok(Some(String::from_utf8_lossy(self.bytes(slice)).into_owned()))
    }

    /// A part of the input buffer as an argument; it lies in memory of 32 bits, so nothing is cut off.
    fn argument(&self, range: &Range<usize>) -> (u32, u32) {
        (self.input + range.start as u32, range.len() as u32)
    }

    /// The range that a packed slice describes, inside memory.
    fn slice(&self, call: &'static str, packed: u64) -> Result<Range<usize>, Trap> {
        let start = (packed >> 32) as usize;
        let end = start + packed as u32 as usize;
        let size = self.memory.data_size(&self.store);
        if end > size {
            return Err(bad(call, format!("a slice that ends at {end}, memory ends at {size}")));
        }
        Ok(start..end)
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.memory.data(&self.store).get(range).unwrap_or_default()
    }
}

/// The limits of one instance.
pub(crate) fn limits() -> StoreLimits {
    StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build()
}

const fn ticks(seconds: u32) -> u64 {
    // One more: the first tick may come at once.
    seconds as u64 * (1000 / TICK.as_millis() as u64) + 1
}

fn bad(call: &'static str, why: impl Into<String>) -> Trap {
    Trap::BadResult { call, why: why.into() }
}
