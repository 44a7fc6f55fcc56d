//! The ways of running the detector. One engine is one small file behind [`Engine`] and one row of [`ENGINES`].

#[cfg(feature = "every-engine")]
mod browser;
#[cfg(feature = "every-engine")]
mod fluent_bit;
mod native;
#[cfg(feature = "every-engine")]
mod vector;
mod wasmi;
#[cfg(feature = "every-engine")]
mod wasmtime;

use std::path::PathBuf;

#[cfg(feature = "every-engine")]
pub use browser::close_browser;
pub use native::Native;
pub use wasmi::{Wasmi, WasmiFluentBit, module as wasmi_module};

/// What an engine made of a record.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Answer {
    /// The same bytes came back.
    Unchanged,
    /// These bytes came back.
    Enriched(Vec<u8>),
    /// Nothing came back.
    Dropped,
}

/// One running detector.
pub trait Engine {
    /// Puts a policy in force.
    ///
    /// # Errors
    /// The policy was refused, or the engine broke.
    fn configure(&mut self, policy: &str) -> Result<(), String>;

    /// Gives one record to the detector.
    ///
    /// # Errors
    /// The engine broke: a trap, a bad address, an answer that breaks the interface.
    fn process(&mut self, record: &[u8]) -> Result<Answer, String>;

    /// The verdict on the last record, as JSON.
    ///
    /// # Errors
    /// The engine broke.
    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String>;

    /// The offset inside the first record of the block that might be about mirroring.
    ///
    /// # Errors
    /// The engine broke.
    fn scan(&mut self, block: &[u8]) -> Result<usize, String>;
}

/// How an engine's answer is compared.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Compare {
    /// Byte for byte.
    Bytes,
    /// As JSON values: the host behind the engine writes the record anew. Skips cases with `shippers = false`, and
    /// those with a policy, which such a host cannot hand to a module.
    JsonValues,
}

/// One engine, before it runs.
pub struct EngineKind {
    /// First part of its trials' names.
    pub name: &'static str,
    /// How its answers are compared.
    pub compare: Compare,
    /// Whether its absence fails a CI run.
    pub required_in_ci: bool,
    /// A fresh instance with the default policy, or why there is none on this machine.
    pub open: fn() -> Result<Box<dyn Engine>, String>,
}

/// Every engine.
#[cfg(feature = "every-engine")]
pub const ENGINES: &[EngineKind] = &[
    EngineKind {
        name: "native",
        compare: Compare::Bytes,
        required_in_ci: true,
        open: || Ok(Box::new(Native::new())),
    },
    EngineKind { name: "wasmtime", compare: Compare::Bytes, required_in_ci: true, open: wasmtime::open },
    EngineKind {
        name: "wasmi",
        compare: Compare::Bytes,
        required_in_ci: true,
        open: || Ok(Box::new(Wasmi::new()?)),
    },
    EngineKind {
        name: "wasmi-fluent-bit",
        compare: Compare::Bytes,
        required_in_ci: true,
        open: || Ok(Box::new(WasmiFluentBit::new()?)),
    },
    EngineKind {
        name: "fluent-bit",
        compare: Compare::JsonValues,
        required_in_ci: false,
        open: fluent_bit::open,
    },
    EngineKind {
        name: "fluent-bit-routed",
        compare: Compare::JsonValues,
        required_in_ci: false,
        open: fluent_bit::open_routed,
    },
    EngineKind { name: "vector", compare: Compare::JsonValues, required_in_ci: false, open: vector::open },
    EngineKind {
        name: "vector-routed",
        compare: Compare::JsonValues,
        required_in_ci: false,
        open: vector::open_routed,
    },
    EngineKind { name: "browser", compare: Compare::Bytes, required_in_ci: true, open: browser::open },
];

/// Where `cargo xtask build` puts the module.
pub fn module_path() -> PathBuf {
    crate::root().join("dist").join("tapsieve.wasm")
}

/// The built module's bytes.
///
/// # Errors
/// The module is not built.
pub fn module_bytes() -> Result<Vec<u8>, String> {
    std::fs::read(module_path())
        .map_err(|error| format!("dist/tapsieve.wasm: {error}; run `cargo xtask build`"))
}
