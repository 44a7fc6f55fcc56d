//! What each fuzz target does with its bytes: a law that is broken is a panic. Knows nothing of libFuzzer, so that stable
//! Rust replays every input; see docs/FUZZING.md.
//!
//! Targets take raw bytes, or draw from them what a grammar allows.

extern crate alloc;

mod common;
mod corpus;
mod cost;
mod engines;
mod framing;
mod hec;
mod lines;
mod patterns;
mod policies;
mod reader;
mod record;
mod repair;
mod shells;
mod stories;
mod wrappers;

pub use common::vector_records;
pub use corpus::{keep, kept};
pub use cost::cost;
pub use engines::engines;
pub use framing::framing;
pub use hec::hec;
pub use lines::lines;
pub use patterns::patterns;
pub use policies::policies;
pub use reader::reader;
pub use record::record;
pub use repair::repair;
pub use shells::shells;
pub use stories::stories;
pub use wrappers::wrappers;

/// One fuzz target.
pub struct Target {
    /// Its name, which its program and its corpus have too.
    pub name: &'static str,
    /// Panics where a law is broken.
    pub run: fn(&[u8]),
    /// Whether its inputs are records, so that those of tests/vectors are a beginning.
    pub takes_records: bool,
    /// How many new inputs a test run gives it.
    pub steps: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "record", run: record, takes_records: true, steps: 12000 },
    Target { name: "reader", run: reader, takes_records: true, steps: 40000 },
    Target { name: "lines", run: lines, takes_records: false, steps: 15000 },
    Target { name: "wrappers", run: wrappers, takes_records: false, steps: 3000 },
    Target { name: "policies", run: policies, takes_records: false, steps: 10000 },
    Target { name: "patterns", run: patterns, takes_records: false, steps: 20000 },
    Target { name: "repair", run: repair, takes_records: true, steps: 40000 },
    Target { name: "framing", run: framing, takes_records: true, steps: 10000 },
    Target { name: "hec", run: hec, takes_records: true, steps: 10000 },
    Target { name: "stories", run: stories, takes_records: false, steps: 2000 },
    Target { name: "shells", run: shells, takes_records: false, steps: 300 },
    Target { name: "engines", run: engines, takes_records: true, steps: 800 },
    Target { name: "cost", run: cost, takes_records: false, steps: 300 },
];
