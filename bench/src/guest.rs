//! Modules as Fluent Bit calls them: two blocks taken and given back for every event. Any module with these exports.

use memchr::{memchr, memmem};

/// What stands in every event that one of the modules has described.
const DESCRIBED: &[u8] = b"\"mirrorAction\":";

/// The tag of every event.
const TAG: &[u8] = b"audit\0";

/// A module that returns its input at once: what a host pays for the call and the copy.
pub const ECHO: &str = r#"(module
    (memory (export "memory") 64)
    (func (export "malloc") (param i32) (result i32) (select (i32.const 8) (i32.const 1024) (i32.lt_u (local.get 0) (i32.const 64))))
    (func (export "free") (param i32))
    (func (export "fluent_bit_process") (param i32 i32 i32 i32 i32 i32) (result i32) (local.get 4)))"#;

/// A started module.
pub trait Guest {
    /// Gives it one event; returns whether it described it.
    fn event(&mut self, record: &[u8]) -> Result<bool, String>;
}

/// Both engines have the same names for the same things.
macro_rules! guest {
    ($name:ident, $engine:ident, $start:expr) => {
        /// A module in this engine.
        pub struct $name {
            store: $engine::Store<()>,
            memory: $engine::Memory,
            malloc: $engine::TypedFunc<u32, u32>,
            free: $engine::TypedFunc<u32, ()>,
            process: $engine::TypedFunc<(u32, u32, u32, u32, u32, u32), u32>,
        }

        impl $name {
            /// Starts a compiled module.
            pub fn start(module: &$engine::Module) -> Result<Self, String> {
                let text = |error: $engine::Error| error.to_string();
                let mut store = $engine::Store::new(module.engine(), ());
                let start: fn(&mut _, &$engine::Module) -> Result<$engine::Instance, $engine::Error> = $start;
                let instance = start(&mut store, module).map_err(text)?;
                Ok(Self {
                    memory: instance.get_memory(&mut store, "memory").ok_or("no export `memory`")?,
                    malloc: instance.get_typed_func(&mut store, "malloc").map_err(text)?,
                    free: instance.get_typed_func(&mut store, "free").map_err(text)?,
                    process: instance.get_typed_func(&mut store, "fluent_bit_process").map_err(text)?,
                    store,
                })
            }

            /// Copies bytes into a block of the module's, with a zero byte after them.
            fn give(&mut self, bytes: &[u8]) -> Result<u32, String> {
                let address = self.malloc.call(&mut self.store, bytes.len() as u32 + 1);
                let address = address.map_err(|error| error.to_string())?;
                let start = address as usize;
                let block = self.memory.data_mut(&mut self.store).get_mut(start..start + bytes.len() + 1);
                let block = block.ok_or("a block outside memory")?;
                block[..bytes.len()].copy_from_slice(bytes);
                block[bytes.len()] = 0;
                Ok(address)
            }
        }

        impl Guest for $name {
            fn event(&mut self, record: &[u8]) -> Result<bool, String> {
                let tag = self.give(TAG)?;
                let input = self.give(record)?;
                let arguments = (tag, TAG.len() as u32, 1_700_000_000, 0, input, record.len() as u32);
                let answer =
                    self.process.call(&mut self.store, arguments).map_err(|error| error.to_string())?;
                let described = answer != input && {
                    let rest = &self.memory.data(&self.store)[answer as usize..];
                    let end = memchr(0, rest).ok_or("no zero byte after the answer")?;
                    memmem::find(&rest[..end], DESCRIBED).is_some()
                };
                for block in [tag, input] {
                    self.free.call(&mut self.store, block).map_err(|error| error.to_string())?;
                }
                Ok(described)
            }
        }
    };
}

guest!(InWasmtime, wasmtime, |store, module| wasmtime::Instance::new(store, module, &[]));
guest!(InWasmi, wasmi, |store, module: &wasmi::Module| {
    wasmi::Linker::new(module.engine()).instantiate_and_start(store, module)
});
