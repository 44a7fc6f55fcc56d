//! Loading a module; knows which exports docs/ABI.md asks for, not how they are called.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tapsieve_records::{ConfigureError, plain};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Store, StoreLimits};

use crate::abi;
use crate::compiled::{self, Cache};
use crate::instance::{Instance, limits};

/// How often the engine's clock ticks; the resolution of the limit on one call.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The module that this build carries; empty when it was built without one.
static BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tapsieve.wasm"));

/// A compiled module that keeps to docs/ABI.md; cheap to clone, shared by any number of threads.
#[derive(Clone)]
pub struct Module {
    pub(crate) pre: Arc<InstancePre<StoreLimits>>,
    /// The policy that every new instance is given.
    policy: Option<Arc<[u8]>>,
}

/// Why a module cannot be used.
#[derive(Debug)]
pub enum ModuleError {
    /// This build carries no module.
    NoBuiltin,
    /// Not a WebAssembly module, or one with features that wasmtime does not run.
    Invalid(String),
    /// The module wants something from its host.
    Imports(String),
    /// An export of the interface is missing.
    MissingExport(&'static str),
    /// An export of the interface has another type.
    WrongExport {
        /// The export's name.
        name: &'static str,
        /// The type that it has.
        has: String,
        /// The type that docs/ABI.md gives it.
        wants: String,
    },
    /// The module speaks another version of the interface.
    Version(u32),
    /// The module trapped or ran too long before it was first used.
    Start(String),
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleError::NoBuiltin => f.write_str(
                "this build carries no module; pass --module FILE or build with \"cargo xtask build\"",
            ),
            ModuleError::Invalid(why) => write!(f, "not a WebAssembly module that can run here: {why}"),
            ModuleError::Imports(name) => {
                write!(f, "module imports `{name}`, a tapsieve module imports nothing")
            }
            ModuleError::MissingExport(name) => write!(f, "module does not export `{name}`"),
            ModuleError::WrongExport { name, has, wants } => {
                write!(f, "module exports `{name}` as {has}, the interface wants {wants}")
            }
            ModuleError::Version(version) => {
                write!(f, "module speaks ABI version {version}, this tapsieve speaks {}", abi::VERSION)
            }
            ModuleError::Start(why) => write!(f, "module cannot be started: {why}"),
        }
    }
}

impl std::error::Error for ModuleError {}

impl Module {
    /// Compiles `wasm` and checks it against docs/ABI.md: version, imports, exports and their types.
    ///
    /// # Errors
    /// Says which of these the module breaks; the first one found.
    pub fn new(wasm: &[u8]) -> Result<Module, ModuleError> {
        Module::load(wasm, None)
    }

    /// As [`Module::new`], with the machine code from the cache where it is there.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn cached(wasm: &[u8], cache: &Cache) -> Result<Module, ModuleError> {
        Module::load(wasm, Some(cache))
    }

    fn load(wasm: &[u8], cache: Option<&Cache>) -> Result<Module, ModuleError> {
        let engine =
            Engine::new(&tapsieve_compile::config()).map_err(|error| ModuleError::Start(one_line(&error)))?;
        let builtin = if wasm == BUILTIN { compiled::builtin(&engine) } else { None };
        let module = match (builtin, cache) {
            (Some(module), _) => Ok(module),
            (None, Some(cache)) => cache.module(&engine, wasm),
            // The text format is not accepted: wasmtime's own check names the bytes it expected.
            (None, None) => wasmtime::Module::from_binary(&engine, wasm),
        };
        let module = module.map_err(|error| ModuleError::Invalid(one_line(&error)))?;
        if let Some(import) = module.imports().next() {
            return Err(ModuleError::Imports(plain(&format!("{}.{}", import.module(), import.name()))));
        }
        check_function(&module, &abi::FUNCTIONS[0])?;
        let start = |error: wasmtime::Error| ModuleError::Start(one_line(&error));
        let pre = Linker::new(&engine).instantiate_pre(&module).map_err(start)?;
        tick(&engine).map_err(|error| ModuleError::Start(error.to_string()))?;
        check_version(&engine, &pre)?;
        check_memory(&module)?;
        for function in abi::FUNCTIONS {
            check_function(&module, function)?;
        }
        Ok(Module { pre: Arc::new(pre), policy: None })
    }

    /// The module that this build carries.
    ///
    /// # Errors
    /// [`ModuleError::NoBuiltin`] when it carries none, otherwise as [`Module::new`].
    pub fn builtin() -> Result<Module, ModuleError> {
        Module::new(Module::builtin_bytes().ok_or(ModuleError::NoBuiltin)?)
    }

    /// The bytes of the module that this build carries, if it carries one.
    pub fn builtin_bytes() -> Option<&'static [u8]> {
        (!BUILTIN.is_empty()).then_some(BUILTIN)
    }

    /// A new instance, for one thread at a time; it is started by its first call.
    pub fn instance(&self) -> Instance {
        Instance::new(self.clone(), self.policy.as_deref().map(<[u8]>::to_vec))
    }

    /// The module with this policy in force in every new instance, given as JSON.
    ///
    /// # Errors
    /// The module's message, or the trap.
    pub fn with_policy(mut self, json: &[u8]) -> Result<Module, ConfigureError> {
        self.instance().configure(json)?;
        self.policy = Some(json.into());
        Ok(self)
    }
}

/// Keeps the engine's clock going for as long as the engine is in use.
fn tick(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let clock = std::thread::Builder::new().name("tapsieve-clock".into());
    clock.spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}

fn check_version(engine: &Engine, pre: &InstancePre<StoreLimits>) -> Result<(), ModuleError> {
    let mut store = Store::new(engine, limits());
    store.limiter(|limits| limits);
    store.set_epoch_deadline(crate::instance::CALL_TICKS);
    let start = |error: wasmtime::Error| ModuleError::Start(one_line(&error));
    let instance = pre.instantiate(&mut store).map_err(start)?;
    let version = instance.get_typed_func::<(), u32>(&mut store, "abi_version").map_err(start)?;
    match version.call(&mut store, ()).map_err(start)? {
        abi::VERSION => Ok(()),
        other => Err(ModuleError::Version(other)),
    }
}

fn check_memory(module: &wasmtime::Module) -> Result<(), ModuleError> {
    let wrong = |has: &str| ModuleError::WrongExport {
        name: abi::MEMORY,
        has: has.to_string(),
        wants: "a 32-bit memory of one thread".to_string(),
    };
    match module.get_export(abi::MEMORY) {
        None => Err(ModuleError::MissingExport(abi::MEMORY)),
        Some(ExternType::Memory(memory)) if memory.is_64() => Err(wrong("a 64-bit memory")),
        Some(ExternType::Memory(memory)) if memory.is_shared() => Err(wrong("a shared memory")),
        Some(ExternType::Memory(_)) => Ok(()),
        Some(other) => Err(wrong(kind(&other))),
    }
}

fn check_function(module: &wasmtime::Module, function: &abi::Function) -> Result<(), ModuleError> {
    let has = match module.get_export(function.name) {
        None => return Err(ModuleError::MissingExport(function.name)),
        Some(ExternType::Func(ty)) => {
            let params: Vec<String> = ty.params().map(|value| value.to_string()).collect();
            let results: Vec<String> = ty.results().map(|value| value.to_string()).collect();
            abi::signature(params.iter().map(String::as_str), results.iter().map(String::as_str))
        }
        Some(other) => kind(&other).to_string(),
    };
    let wants = function.signature();
    if has == wants { Ok(()) } else { Err(ModuleError::WrongExport { name: function.name, has, wants }) }
}

fn kind(export: &ExternType) -> &'static str {
    match export {
        ExternType::Func(_) => "a function",
        ExternType::Global(_) => "a global",
        ExternType::Table(_) => "a table",
        ExternType::Memory(_) => "a memory",
        ExternType::Tag(_) => "a tag",
    }
}

/// The causes of an error on one line, without the engine's prefix and without a backtrace.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        let text = trap.to_string();
        return text.strip_prefix("wasm trap: ").unwrap_or(&text).to_string();
    }
    let causes: Vec<String> = error
        .chain()
        .map(|cause| cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    plain(&causes.join(": "))
}
