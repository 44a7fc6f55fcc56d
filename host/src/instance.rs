//! The module in wasmtime; knows limits of memory and time and how to start afresh, not the interface's meaning.

use std::ops::Range;

use tapsieve_records::guest::{Export, Guest, Machine};
use tapsieve_records::{ConfigureError, Decider, Outcome, Trap};
use wasmtime::{Memory, Store, StoreLimits, StoreLimitsBuilder, TypedFunc};

use crate::module::{Module, TICK, one_line};

/// How much memory one instance may have.
const MEMORY_BYTES_MAX: usize = 512 << 20;
/// How many elements its tables may have.
const TABLE_ELEMENTS_MAX: usize = 10_000;
/// How long one call may take, in seconds.
pub(crate) const CALL_SECONDS: u32 = 5;
/// The same in ticks of the engine's clock.
pub(crate) const CALL_TICKS: u64 = ticks(CALL_SECONDS);

/// One instance of a module, for one thread at a time.
///
/// ```
/// use tapsieve_host::{Module, Outcome};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if Module::builtin_bytes().is_none() { return Ok(()); }
/// let mut instance = Module::builtin()?.instance();
/// assert_eq!(instance.process(br#"{"eventName":"RunInstances"}"#)?, Outcome::Unchanged);
/// # Ok(())
/// # }
/// ```
pub struct Instance {
    module: Module,
    /// None before the first call and after a trap.
    live: Option<Guest<Live>>,
    /// The policy to give to a fresh instance.
    configured: Option<Vec<u8>>,
    call_seconds: u32,
}

/// A started instance.
pub(crate) struct Live {
    store: Store<StoreLimits>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    free: TypedFunc<u32, ()>,
    configure: TypedFunc<(u32, u32), u64>,
    process: TypedFunc<(u32, u32), u64>,
    scan: TypedFunc<(u32, u32), u32>,
    verdict: TypedFunc<(), u64>,
    policy: TypedFunc<(), u64>,
    call_seconds: u32,
}

impl Instance {
    pub(crate) fn new(module: Module, configured: Option<Vec<u8>>) -> Instance {
        Instance { module, live: None, configured, call_seconds: CALL_SECONDS }
    }

    /// Sets how long one call may take, in whole seconds, at least 1; 5 without this.
    pub fn set_call_seconds(&mut self, seconds: u32) {
        self.call_seconds = seconds.max(1);
        if let Some(live) = &mut self.live {
            live.machine().call_seconds = self.call_seconds;
        }
    }

    /// Gives one record to the module.
    ///
    /// # Errors
    /// The module gave no usable answer: the record goes on unchanged, and the next call gets a fresh instance.
    pub fn process(&mut self, record: &[u8]) -> Result<Outcome<'_>, Trap> {
        self.load(record)?;
        Decider::process(self, record, 0..record.len())
    }

    /// Asks whether a block of whole records holds one that might be about mirroring.
    ///
    /// Returns the length of the block when it does not, otherwise an offset inside the first that might be.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn scan(&mut self, block: &[u8]) -> Result<usize, Trap> {
        self.load(block)?;
        Decider::scan(self, block, 0)
    }

    /// The verdict on the last record as a JSON object, or None when that record was not about mirroring.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        Decider::verdict(self)
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
        self.call(Guest::policy)
    }

    /// Makes a call; an instance that trapped is not called again.
    fn call<T>(&mut self, call: impl FnOnce(&mut Guest<Live>) -> Result<T, Trap>) -> Result<T, Trap> {
        let live = match &mut self.live {
            Some(live) => live,
            None => {
                let mut live = Guest::new(Live::start(&self.module, self.call_seconds)?);
                if let Some(json) = &self.configured
                    && let Some(message) = live.configure(json)?
                {
                    let why = format!("a fresh instance refuses the policy: {message}");
                    return Err(Trap::NotStarted(why));
                }
                self.live.insert(live)
            }
        };
        let result = call(live);
        if result.is_err() {
            self.live = None;
        }
        result
    }

    /// Makes a call about what was loaded.
    fn loaded<T>(&mut self, call: impl FnOnce(&mut Guest<Live>) -> Result<T, Trap>) -> Result<T, Trap> {
        match self.live {
            Some(_) => self.call(call),
            None => Err(Trap::NotStarted("the block went with the instance that trapped".into())),
        }
    }
}

impl Decider for Instance {
    fn load(&mut self, block: &[u8]) -> Result<(), Trap> {
        self.call(|live| live.load(block))
    }

    fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
        self.loaded(|live| live.scan(from.min(block.len())..block.len()))
    }

    fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
        let end = record.end.min(block.len());
        let answer = self.loaded(|live| live.process(record.start.min(end)..end))?;
        Ok(self.live.as_ref().map_or(Outcome::Unchanged, |live| live.outcome(answer)))
    }

    fn verdict(&mut self) -> Result<Option<&str>, Trap> {
        let range = self.loaded(Guest::verdict)?;
        let bytes = self.live.as_ref().map_or(&[][..], |live| live.bytes(range));
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        Ok((!text.is_empty()).then_some(text))
    }
}

impl Live {
    pub(crate) fn start(module: &Module, call_seconds: u32) -> Result<Live, Trap> {
        let mut store = Store::new(module.pre.module().engine(), limits());
        store.limiter(|limits| limits);
        store.set_epoch_deadline(ticks(call_seconds));
        let failed = |error: wasmtime::Error| Trap::NotStarted(one_line(&error));
        let instance = module.pre.instantiate(&mut store).map_err(failed)?;
        Live::of(store, &instance, call_seconds).map_err(failed)
    }

    /// The exports of an instance.
    pub(crate) fn of(
        mut store: Store<StoreLimits>,
        instance: &wasmtime::Instance,
        call_seconds: u32,
    ) -> wasmtime::Result<Live> {
        let memory = instance.get_memory(&mut store, crate::abi::MEMORY);
        Ok(Live {
            memory: memory.ok_or_else(|| wasmtime::Error::msg("no memory"))?,
            malloc: instance.get_typed_func(&mut store, Export::Malloc.name())?,
            free: instance.get_typed_func(&mut store, Export::Free.name())?,
            configure: instance.get_typed_func(&mut store, Export::Configure.name())?,
            process: instance.get_typed_func(&mut store, Export::Process.name())?,
            scan: instance.get_typed_func(&mut store, Export::Scan.name())?,
            verdict: instance.get_typed_func(&mut store, Export::Verdict.name())?,
            policy: instance.get_typed_func(&mut store, Export::Policy.name())?,
            store,
            call_seconds,
        })
    }

    pub(crate) fn into_store(self) -> Store<StoreLimits> {
        self.store
    }
}

impl Machine for Live {
    fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    fn call(&mut self, export: Export, first: u32, second: u32) -> Result<u64, Trap> {
        let store = &mut self.store;
        store.set_epoch_deadline(ticks(self.call_seconds));
        let result = match export {
            Export::Malloc => self.malloc.call(store, first).map(u64::from),
            Export::Free => self.free.call(store, first).map(|()| 0),
            Export::Configure => self.configure.call(store, (first, second)),
            Export::Process => self.process.call(store, (first, second)),
            Export::Scan => self.scan.call(store, (first, second)).map(u64::from),
            Export::Verdict => self.verdict.call(store, ()),
            Export::Policy => self.policy.call(store, ()),
        };
        let call = export.name();
        result.map_err(|error| match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::Interrupt) => Trap::TimedOut { call, seconds: self.call_seconds },
            _ => Trap::Trapped { call, why: one_line(&error) },
        })
    }
}

/// The limits of one instance.
pub(crate) fn limits() -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MEMORY_BYTES_MAX)
        .memories(1)
        .table_elements(TABLE_ELEMENTS_MAX)
        .tables(4)
        .build()
}

const fn ticks(seconds: u32) -> u64 {
    // One more: the first tick may come at once.
    seconds as u64 * (1000 / TICK.as_millis() as u64) + 1
}
