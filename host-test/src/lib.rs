//! One conformance suite for every engine: loads the vectors, drives the engines, keeps the seed's query as an oracle.
//! Knows nothing of how the detector works.

pub mod check;
pub mod engines;
#[cfg(feature = "every-engine")]
pub mod fluent_bit;
#[cfg(feature = "every-engine")]
pub mod hec;
#[cfg(feature = "every-engine")]
pub mod http;
pub mod load;
pub mod ocsf;
#[cfg(feature = "every-engine")]
pub mod oracle;
#[cfg(feature = "every-engine")]
pub mod pipeline;
#[cfg(feature = "every-engine")]
pub mod process;
#[cfg(feature = "every-engine")]
pub mod rules;
pub mod spell;
pub mod vectors;
#[cfg(feature = "every-engine")]
pub mod workload;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// The folder of public audit logs, which are no part of the repository; `.cargo/config.toml` says where.
///
/// # Errors
/// There is none.
pub fn corpus() -> Result<PathBuf, String> {
    let folder = std::env::var_os("TAPSIEVE_EXTRAS").map(|extras| PathBuf::from(extras).join("corpus"));
    folder.filter(|folder| folder.is_dir()).ok_or_else(|| "TAPSIEVE_EXTRAS has no folder corpus".into())
}

/// Whether this is a CI run, where an engine or a module that is absent is a failure.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}
