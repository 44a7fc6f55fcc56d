//! One conformance suite for every engine: loads the vectors, drives the engines, keeps the seed's query as an oracle.
//! Knows nothing of how the detector works.

pub mod check;
pub mod engines;
pub mod fluent_bit;
pub mod http;
pub mod ocsf;
pub mod oracle;
pub mod pipeline;
pub mod process;
pub mod rules;
pub mod vectors;
pub mod workload;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// Whether this is a CI run, where an engine or a module that is absent is a failure.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}
