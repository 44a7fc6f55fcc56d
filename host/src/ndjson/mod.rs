//! Whole files and streams through a module; knows inputs, order and the output, not records and not verdicts' meaning.
//!
//! Each worker thread has its own instance and takes turns with the others:
//! read a block of whole records (one at a time), sift it (all at once), write it (in the order of reading).
//! So a block stays in one core's cache, memory is one block per worker, and no queue can grow.

mod block;
mod counts;
mod input;
mod run;

pub use counts::{MirrorKey, Tally};
pub use input::{Input, io_text, stdin, stdout};
pub use run::{Observer, Options, OutputError, Report, run};
pub use tapsieve_records::{BLOCK_BYTES, Counts, RECORD_BYTES_MAX};
