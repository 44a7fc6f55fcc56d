//! Runs the tapsieve module in wasmtime; knows it only through docs/ABI.md, and nothing of clouds or mirroring.
//!
//! - [`Module`] and [`Instance`]: load a module, call it, survive it when it misbehaves.
//! - [`ndjson`]: whole files and streams through a module, in order, on several threads.
//! - [`serve`]: batches over HTTP through a module to a downstream.
//! - [`policy`] and [`bake`]: an operator's settings, read, and put into a module to deploy.
//! - [`inspect`]: what a module file contains and whether Fluent Bit's engine takes it.
#![deny(unsafe_code)]

pub mod abi;
pub mod bake;
mod compiled;
pub mod inspect;
mod instance;
mod module;
pub mod ndjson;
pub mod policy;
pub mod serve;

pub use compiled::Cache;
pub use instance::Instance;
pub use module::{Module, ModuleError};
pub use tapsieve_records::{ConfigureError, Outcome, Trap};
