//! From bytes to records to what is written of them; knows framing, order and failures, nothing of clouds or mirroring.
//!
//! 1. [`Framer`] finds the records in bytes that arrive in any cuts.
//! 2. [`Sieve`] scans a block of them, has what the scan names processed, and survives what goes wrong.
//! 3. [`Output`] puts together what is written.
//!
//! What decides about a record is behind [`Decider`]: an instance of the module, through [`guest`], or the detector.
//!
//! ```
//! use tapsieve_records::{Decider, Framer, Framing, Outcome, Output, Sieve, Sifted, SieveOptions, Trap};
//! use std::ops::Range;
//!
//! /// Drops what holds a `!`.
//! struct Quiet;
//!
//! impl Decider for Quiet {
//!     fn scan(&mut self, block: &[u8], from: usize) -> Result<usize, Trap> {
//!         let found = block[from..].iter().position(|&byte| byte == b'!');
//!         Ok(found.map_or(block.len(), |at| from + at))
//!     }
//!     fn process(&mut self, block: &[u8], record: Range<usize>) -> Result<Outcome<'_>, Trap> {
//!         Ok(if block[record].contains(&b'!') { Outcome::Dropped } else { Outcome::Unchanged })
//!     }
//!     fn verdict(&mut self) -> Result<Option<&str>, Trap> {
//!         Ok(None)
//!     }
//! }
//!
//! let mut body = br#"[{"a":1},{"b":"!"},{"c":3}]"#.to_vec();
//! let mut frames = Vec::new();
//! Framer::new(Framing::default()).frame(&mut body, true, &mut frames);
//! let mut sifted = Sifted::default();
//! Sieve::new(Quiet, SieveOptions::default()).sift(&body, &frames, &mut sifted, |_| ());
//! let mut written = Vec::new();
//! Output::default().each(&body, &frames, &sifted, |bytes| written.extend_from_slice(bytes));
//! assert_eq!(written, br#"[{"a":1},{"c":3}]"#);
//! assert_eq!((sifted.counts.unchanged, sifted.counts.dropped), (2, 1));
//! ```
#![forbid(unsafe_code)]

mod answer;
mod counts;
mod frame;
pub mod guest;
mod output;
mod sieve;
mod walk;
mod wrappers;

pub use answer::{ConfigureError, Outcome, Trap, plain};
pub use counts::Counts;
pub use frame::{Frame, Framer, Framing, Kind, Place};
pub use output::Output;
pub use sieve::{Change, Decider, Sieve, SieveOptions, Sifted, Told, keeps};
pub use walk::value_end;
pub use wrappers::WRAPPERS;

/// How much is best read and sifted at once, in bytes.
pub const BLOCK_BYTES: usize = 1 << 20;

/// The longest record that is given to the module, in bytes; a longer one passes unchanged, in pieces, and is counted.
pub const RECORD_BYTES_MAX: usize = 16 << 20;
