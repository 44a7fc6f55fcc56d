//! The built module in wasmtime, through the library of the `tapsieve` command.

use std::sync::OnceLock;

use tapsieve_host::{Instance, Module, Outcome};

use super::{Answer, Engine, module_bytes};

struct Wasmtime(Instance);

/// A fresh instance with the default policy, or why there is none.
pub(super) fn open() -> Result<Box<dyn Engine>, String> {
    static MODULE: OnceLock<Result<Module, String>> = OnceLock::new();
    let load = || Module::new(&module_bytes()?).map_err(|error| error.to_string());
    let module = MODULE.get_or_init(load).as_ref().map_err(Clone::clone)?;
    Ok(Box::new(Wasmtime(module.instance())))
}

impl Engine for Wasmtime {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        self.0.configure(policy.as_bytes()).map_err(|error| error.to_string())
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        Ok(match self.0.process(record).map_err(|trap| trap.to_string())? {
            Outcome::Unchanged => Answer::Unchanged,
            Outcome::Enriched(record) => Answer::Enriched(record.to_vec()),
            Outcome::Dropped => Answer::Dropped,
        })
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        let verdict = self.0.verdict().map_err(|trap| trap.to_string())?;
        Ok(verdict.map(|text| text.as_bytes().to_vec()))
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        self.0.scan(block).map_err(|trap| trap.to_string())
    }
}
