//! Whole files and streams of NDJSON through a module; knows lines and order, not JSON and not the verdicts' meaning.
//!
//! Each worker thread has its own instance and takes turns with the others:
//! read a block that ends at a line (one at a time), sift it (all at once), write it (in the order of reading).
//! So a block stays in one core's cache, memory is one block per worker, and no queue can grow.

mod block;
mod counts;
mod input;
mod lines;
mod run;
mod sift;
mod split;

pub use block::{BLOCK_BYTES, LINE_BYTES_MAX};
pub use counts::{Counts, MirrorKey, Tally};
pub use input::{Input, io_text, stdin, stdout};
pub use run::{Observer, OutputError, Report, run};
pub use sift::Options;
