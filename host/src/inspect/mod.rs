//! What a module file contains, and whether Fluent Bit takes it; knows WebAssembly and docs/ABI.md, not records.

mod features;
mod fluent_bit;
mod read;
mod stack;

pub use features::Feature;
pub use fluent_bit::{STACK_BYTES_DEFAULT, problems};
pub use stack::{Need, StackNeed};

use serde::Serialize;

use crate::Module;

/// A module from outside.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The file's size.
    pub bytes: u64,
    /// Its sections, in their order.
    pub sections: Vec<Section>,
    /// What `abi_version` returns; None when it cannot be called.
    pub abi_version: Option<u32>,
    /// Why this tapsieve cannot use the module, None when it can.
    pub refused: Option<String>,
    /// What it wants from its host: `module.name`.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<Export>,
    /// Exports of docs/ABI.md that it lacks.
    pub missing: Vec<&'static str>,
    /// Its own memory, if it has one.
    pub memory: Option<Memory>,
    /// The policy that is baked into it, as JSON.
    pub policy: Option<String>,
    /// The features that it uses beyond WebAssembly 1.0.
    pub features: Vec<Feature>,
    /// What Fluent Bit's calls need of the interpreter's stack.
    pub stack: Vec<StackNeed>,
    /// Why Fluent Bit does not take it; empty when it does.
    pub fluent_bit_problems: Vec<String>,
}

/// A section of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The name in the specification; `custom "…"` for custom sections.
    pub name: String,
    /// The size of its content.
    pub bytes: u64,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// The name.
    pub name: String,
    /// A function's signature, otherwise the kind.
    #[serde(rename = "type")]
    pub ty: String,
    /// How it stands to docs/ABI.md.
    pub status: Status,
}

/// How an export stands to docs/ABI.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is there, with this type.
    Documented,
    /// It is there, with another type.
    WrongType,
    /// It is not there.
    Unknown,
}

/// A memory's size in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// What it starts with.
    pub initial_pages: u64,
    /// What it may grow to; None without a limit of its own.
    pub pages_max: Option<u64>,
}

/// Looks at a module from all sides; `load` compiles it.
///
/// # Errors
/// `wasm` is not a valid WebAssembly module, with the validator's reason.
pub fn inspect(
    wasm: &[u8],
    load: impl Fn(&[u8]) -> Result<Module, crate::ModuleError>,
) -> Result<Report, String> {
    let contents = read::Contents::new(wasm)?;
    let mut report = contents.report(wasm.len() as u64);
    report.features = features::used(wasm);
    report.stack = stack::needs(&contents);
    match load(wasm) {
        Ok(module) => {
            report.abi_version = Some(crate::abi::VERSION);
            match module.instance().policy() {
                Ok(policy) => report.policy = policy,
                Err(trap) => report.refused = Some(trap.to_string()),
            }
        }
        Err(error) => {
            if let crate::ModuleError::Version(version) = error {
                report.abi_version = Some(version);
            }
            report.refused = Some(error.to_string());
        }
    }
    report.fluent_bit_problems = problems(&report);
    Ok(report)
}
