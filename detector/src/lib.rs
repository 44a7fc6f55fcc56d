//! Finds traffic-mirroring events in raw audit records and says what they mean. Bytes in, outcome out.
//!
//! ```text
//! record ─ prefilter ─ envelope ─ fields ─ classify ─ policy ─ enrich ─ outcome
//!              │            └─ json, catalog ─┘
//!              └─ nearly every record ends here: unchanged
//! ```
//!
//! No clock, no I/O, no unsafe code, and no word about the host that runs it.

#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        reason = "a test that panics has failed, as it should"
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod catalog;
mod classify;
mod detector;
pub mod enrich;
pub mod envelope;
pub mod fields;
mod gather;
pub use tapsieve_json as json;
pub mod policy;
pub mod prefilter;
mod room;

pub use detector::{Detector, Outcome};
