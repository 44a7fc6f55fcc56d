//! The built module in the wasmi interpreter, driven from docs/ABI.md alone: once through `process`, once through
//! `fluent_bit_process`. Only the WebAssembly features that Fluent Bit's engine accepts are on.

use std::sync::OnceLock;

use wasmi::{Config, Instance, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

use super::{Answer, Engine, module_bytes};

/// The module behind `process`.
pub struct Wasmi {
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
        let before = self.store.get_fuel().map_err(|error| error.to_string())?;
        self.process(record)?;
        let after = self.store.get_fuel().map_err(|error| error.to_string())?;
        Ok(before.saturating_sub(after))
    }

    fn start(module: &Module) -> Result<Self, String> {
        let mut store = Store::new(module.engine(), ());
        // Enough for everything; an engine that does not count refuses it.
        let _ = store.set_fuel(u64::MAX / 2);
        let instance = Linker::new(module.engine())
            .instantiate_and_start(&mut store, module)
            .map_err(|e| e.to_string())?;
        let memory = instance.get_memory(&store, "memory").ok_or("no export `memory`")?;
        let mut this = Self { store, instance, memory };
        match this.call::<(), u32>("abi_version", ())? {
            1 => Ok(this),
            other => Err(format!("ABI version {other}, expected 1")),
        }
    }

    /// The policy in force, as it was given.
    ///
    /// # Errors
    /// The engine broke.
    pub fn policy(&mut self) -> Result<Option<Vec<u8>>, String> {
        let packed: u64 = self.call("policy", ())?;
        self.slice(packed)
    }

    /// The size of the module's memory.
    pub fn memory_bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> Result<R, String> {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&self.store, name).map_err(|error| format!("{name}: {error}"))?;
        function.call(&mut self.store, params).map_err(|error| format!("{name}: {error}"))
    }

    /// Copies bytes into the module, with a zero byte after them as Fluent Bit does, and returns their address.
    fn give(&mut self, bytes: &[u8]) -> Result<u32, String> {
        let len = u32::try_from(bytes.len()).map_err(|_| "longer than the module's memory")?;
        let address: u32 = self.call("malloc", (len + 1,))?;
        if address == 0 || !address.is_multiple_of(8) {
            return Err(format!("malloc({}) returned {address}", len + 1));
        }
        let at = address as usize;
        let place = self.memory.data_mut(&mut self.store).get_mut(at..at + bytes.len() + 1);
        let place = place.ok_or_else(|| format!("malloc({}) returned {address}: outside memory", len + 1))?;
        place[..bytes.len()].copy_from_slice(bytes);
        place[bytes.len()] = 0;
        Ok(address)
    }

    fn take_back(&mut self, address: u32) -> Result<(), String> {
        self.call("free", (address,))
    }

    /// The bytes behind a packed slice; `None` for length 0.
    fn slice(&self, packed: u64) -> Result<Option<Vec<u8>>, String> {
        let (address, len) = ((packed >> 32) as usize, (packed & 0xffff_ffff) as usize);
        if len == 0 {
            return Ok(None);
        }
        let bytes = self.memory.data(&self.store).get(address..address + len);
        bytes.map(|bytes| Some(bytes.to_vec())).ok_or_else(|| format!("slice {packed:#x} is outside memory"))
    }

    /// The host still owns its argument: the module may not have changed it.
    fn argument_is_untouched(&self, address: u32, record: &[u8]) -> Result<(), String> {
        let at = address as usize;
        match self.memory.data(&self.store).get(at..at + record.len()) {
            Some(bytes) if bytes == record => Ok(()),
            _ => Err("the module changed its argument".into()),
        }
    }
}

impl Engine for Wasmi {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        let address = self.give(policy.as_bytes())?;
        let message: u64 = self.call("configure", (address, policy.len() as u32))?;
        let message = self.slice(message)?;
        self.take_back(address)?;
        message.map_or(Ok(()), |message| Err(String::from_utf8_lossy(&message).into_owned()))
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        let address = self.give(record)?;
        let packed: u64 = self.call("process", (address, record.len() as u32))?;
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
        let packed: u64 = self.call("verdict", ())?;
        self.slice(packed)
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        let address = self.give(block)?;
        let offset: u32 = self.call("scan", (address, block.len() as u32))?;
        self.take_back(address)?;
        Ok(offset as usize)
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
        let result: u32 = self.0.call("fluent_bit_process", (0u32, 0u32, 0u32, 0u32, 0u32, len))?;
        self.text(result)
    }

    fn text(&self, address: u32) -> Result<Vec<u8>, String> {
        let rest = self.0.memory.data(&self.0.store).get(address as usize..).unwrap_or_default();
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
        let result: u32 = self.0.call("fluent_bit_process", params)?;
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
