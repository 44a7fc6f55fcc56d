//! The built module in the wasmi interpreter, driven from docs/ABI.md alone: once through `process`, once through
//! `fluent_bit_process`. Only the WebAssembly features that Fluent Bit's engine accepts are on.

use std::sync::OnceLock;

use tapsieve_records::Trap;
use tapsieve_records::guest::{Export, Guest, Machine};
use wasmi::{Config, Instance, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

use super::{Answer, Engine, module_bytes};

/// The module behind `process`.
pub struct Wasmi(Guest<InWasmi>);

/// A started module.
struct InWasmi {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

/// The module behind `fluent_bit_process`.
pub struct WasmiFluentBit(Wasmi);

/// The built module, compiled once per process.
///
/// # Errors
/// The module is not built, or wasmi refuses it.
pub fn module() -> Result<&'static Module, String> {
    static MODULE: OnceLock<Result<Module, String>> = OnceLock::new();
    let compile = || compiled(&module_bytes()?, false);
    MODULE.get_or_init(compile).as_ref().map_err(Clone::clone)
}

fn compiled(wasm: &[u8], fuel: bool) -> Result<Module, String> {
    let mut config = Config::default();
    config.wasm_tail_call(false).wasm_extended_const(false).wasm_multi_memory(false).consume_fuel(fuel);
    Module::new(&wasmi::Engine::new(&config), wasm).map_err(|error| error.to_string())
}

impl Wasmi {
    /// A fresh instance with the default policy.
    ///
    /// # Errors
    /// The module is not built, imports something, or has another ABI version.
    pub fn new() -> Result<Self, String> {
        Self::start(module()?)
    }

    /// A fresh instance of another module, for example of one that a policy was put into.
    ///
    /// # Errors
    /// As [`Wasmi::new`].
    pub fn of(wasm: &[u8]) -> Result<Self, String> {
        Self::start(&compiled(wasm, false)?)
    }

    /// As [`Wasmi::of`], and it counts what it executes.
    ///
    /// # Errors
    /// As [`Wasmi::new`].
    pub fn with_fuel(wasm: &[u8]) -> Result<Self, String> {
        Self::start(&compiled(wasm, true)?)
    }

    /// What it takes to process one record, in wasmi's units of fuel; the instance counts.
    ///
    /// # Errors
    /// The engine broke, or does not count.
    pub fn fuel_of(&mut self, record: &[u8]) -> Result<u64, String> {
        let before = self.0.machine().store.get_fuel().map_err(|error| error.to_string())?;
        self.process(record)?;
        let after = self.0.machine().store.get_fuel().map_err(|error| error.to_string())?;
        Ok(before.saturating_sub(after))
    }

    /// Calls an export with whatever arguments.
    ///
    /// # Errors
    /// There is no such export, or it traps.
    pub fn call<P: WasmParams, R: WasmResults>(&mut self, export: &str, arguments: P) -> Result<R, String> {
        self.0.machine().run(export, arguments)
    }

    /// The module's memory.
    pub fn memory(&mut self) -> &mut [u8] {
        self.0.machine().memory_mut()
    }

    fn start(module: &Module) -> Result<Self, String> {
        let mut store = Store::new(module.engine(), ());
        // Enough for everything; an engine that does not count refuses it.
        let _ = store.set_fuel(u64::MAX / 2);
        let instance = Linker::new(module.engine())
            .instantiate_and_start(&mut store, module)
            .map_err(|e| e.to_string())?;
        let memory = instance.get_memory(&store, "memory").ok_or("no export `memory`")?;
        let mut module = InWasmi { store, instance, memory };
        match module.run::<(), u32>("abi_version", ())? {
            1 => Ok(Self(Guest::new(module))),
            other => Err(format!("ABI version {other}, expected 1")),
        }
    }

    /// The policy in force, as it was given.
    ///
    /// # Errors
    /// The engine broke.
    pub fn policy(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.policy().map_err(text)?.map(String::into_bytes))
    }

    /// The size of the module's memory.
    pub fn memory_bytes(&mut self) -> usize {
        self.0.machine().memory().len()
    }

    /// Copies bytes into the module, with a zero byte after them as Fluent Bit does, and returns their address.
    fn give(&mut self, bytes: &[u8]) -> Result<u32, String> {
        let module = self.0.machine();
        let len = u32::try_from(bytes.len()).map_err(|_| "longer than the module's memory")?;
        let address = module.call(Export::Malloc, len + 1, 0).map_err(text)? as u32;
        if address == 0 || !address.is_multiple_of(8) {
            return Err(format!("malloc({}) returned {address}", len + 1));
        }
        let at = address as usize;
        let place = module.memory_mut().get_mut(at..at + bytes.len() + 1);
        let place = place.ok_or_else(|| format!("malloc({}) returned {address}: outside memory", len + 1))?;
        place[..bytes.len()].copy_from_slice(bytes);
        place[bytes.len()] = 0;
        Ok(address)
    }

    fn take_back(&mut self, address: u32) -> Result<(), String> {
        self.0.machine().call(Export::Free, address, 0).map(drop).map_err(text)
    }

    /// The bytes behind a packed slice; `None` for length 0.
    fn slice(&self, packed: u64) -> Result<Option<Vec<u8>>, String> {
        let bytes = self.0.bytes(self.0.slice("process", packed).map_err(text)?);
        Ok((!bytes.is_empty()).then(|| bytes.to_vec()))
    }

    /// The host still owns its argument: the module may not have changed it.
    fn argument_is_untouched(&self, address: u32, record: &[u8]) -> Result<(), String> {
        let at = address as usize;
        match self.0.bytes(at..at + record.len()) == record {
            true => Ok(()),
            false => Err("the module changed its argument".into()),
        }
    }
}

impl InWasmi {
    fn run<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> Result<R, String> {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&self.store, name).map_err(|error| format!("{name}: {error}"))?;
        function.call(&mut self.store, params).map_err(|error| format!("{name}: {error}"))
    }
}

impl Machine for InWasmi {
    fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    fn call(&mut self, export: Export, first: u32, second: u32) -> Result<u64, Trap> {
        let call = export.name();
        let result = match export {
            Export::Malloc => self.run::<_, u32>(call, (first,)).map(u64::from),
            Export::Scan => self.run::<_, u32>(call, (first, second)).map(u64::from),
            Export::Free => self.run::<_, ()>(call, (first,)).map(|()| 0),
            Export::Configure | Export::Process => self.run(call, (first, second)),
            Export::Verdict | Export::Policy => self.run(call, ()),
        };
        result.map_err(|why| Trap::Trapped { call, why })
    }
}

fn text(trap: Trap) -> String {
    trap.to_string()
}

impl Engine for Wasmi {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        self.0.configure(policy.as_bytes()).map_err(text)?.map_or(Ok(()), Err)
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let address = self.give(record)?;
        let packed = self.0.machine().call(Export::Process, address, record.len() as u32).map_err(text)?;
        let answer = if packed == (u64::from(address) << 32 | record.len() as u64) {
            Answer::Unchanged
        } else if (packed >> 32) == u64::from(address) {
            return Err("the input pointer came back with another length".into());
        } else {
            self.slice(packed)?.map_or(Answer::Dropped, Answer::Enriched)
        };
        self.argument_is_untouched(address, record)?;
        self.take_back(address)?;
        Ok(answer)
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        let range = self.0.verdict().map_err(text)?;
        let verdict = self.0.bytes(range).to_vec();
        Ok((!verdict.is_empty()).then_some(verdict))
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        self.0.load(block).map_err(text)?;
        self.0.scan(0..block.len()).map_err(text)
    }
}

impl WasmiFluentBit {
    /// A fresh instance with the default policy.
    ///
    /// # Errors
    /// As [`Wasmi::new`].
    pub fn new() -> Result<Self, String> {
        Wasmi::new().map(Self)
    }

    /// A fresh instance of another module.
    ///
    /// # Errors
    /// As [`Wasmi::new`].
    pub fn of(wasm: &[u8]) -> Result<Self, String> {
        Wasmi::of(wasm).map(Self)
    }

    /// What the module answers when Fluent Bit could not copy a record of `len` bytes into it.
    ///
    /// # Errors
    /// The engine broke.
    pub fn process_uncopied(&mut self, len: u32) -> Result<Vec<u8>, String> {
        let result: u32 =
            self.0.0.machine().run("fluent_bit_process", (0u32, 0u32, 0u32, 0u32, 0u32, len))?;
        self.text(result)
    }

    fn text(&mut self, address: u32) -> Result<Vec<u8>, String> {
        let end = self.0.memory_bytes();
        let rest = self.0.0.bytes(address as usize..end);
        let end =
            rest.iter().position(|&byte| byte == 0).ok_or("the result does not end with a zero byte")?;
        Ok(rest[..end].to_vec())
    }
}

impl Engine for WasmiFluentBit {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        self.0.configure(policy)
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let tag = self.0.give(b"cloud.audit")?;
        let address = self.0.give(record)?;
        let params = (tag, 11u32, 1_700_000_000u32, 0u32, address, record.len() as u32);
        let result: u32 = self.0.0.machine().run("fluent_bit_process", params)?;
        let answer = if result == address {
            Answer::Unchanged
        } else {
            match self.text(result)? {
                _ if result == 0 => return Err("the module answered with address 0".into()),
                text if text.is_empty() => Answer::Dropped,
                text => Answer::Enriched(text),
            }
        };
        self.0.argument_is_untouched(address, record)?;
        self.0.take_back(address)?;
        self.0.take_back(tag)?;
        Ok(answer)
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.0.verdict()
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        self.0.scan(block)
    }
}
