//! What comes back from a call into a module, good or bad; knows the words for it, not how it is called.

use std::fmt;

/// What a module made of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The record goes on as it came.
    Unchanged,
    /// This record goes on instead.
    Enriched(&'a [u8]),
    /// The policy drops the record.
    Dropped,
}

/// A call that gave no answer that can be used: the record goes on unchanged.
///
/// After it the instance is started afresh, with the policy it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The module trapped.
    Trapped {
        /// The export that was called.
        call: &'static str,
        /// The engine's reason.
        why: String,
    },
    /// The module did not return in time.
    TimedOut {
        /// The export that was called.
        call: &'static str,
        /// The limit.
        seconds: u32,
    },
    /// The module returned something that docs/ABI.md rules out.
    BadResult {
        /// The export that was called.
        call: &'static str,
        /// What it returned.
        why: String,
    },
    /// The module has no memory for the input.
    NoMemory {
        /// How much was asked for.
        bytes: usize,
    },
    /// A fresh instance cannot be made.
    NotStarted(String),
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trap::Trapped { call, why } => write!(f, "`{call}` trapped: {why}"),
            Trap::TimedOut { call, seconds } => {
                write!(f, "`{call}` did not return, the limit is {seconds} s")
            }
            Trap::BadResult { call, why } => write!(f, "`{call}` returned {why}"),
            Trap::NoMemory { bytes } => write!(f, "`malloc` has no memory for {bytes} bytes"),
            Trap::NotStarted(why) => write!(f, "module cannot be started: {why}"),
        }
    }
}

impl std::error::Error for Trap {}

/// Why a policy is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigureError {
    /// The module refuses it, with this message.
    Refused(String),
    /// The module gave no answer.
    Trap(Trap),
}

impl fmt::Display for ConfigureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigureError::Refused(message) => f.write_str(message),
            ConfigureError::Trap(trap) => trap.fmt(f),
        }
    }
}

impl std::error::Error for ConfigureError {}

/// Text from a module or a file as it may be shown on a terminal: without control characters.
///
/// ```
/// assert_eq!(tapsieve_records::plain("red \u{1b}[31m"), "red \u{fffd}[31m");
/// ```
pub fn plain(text: &str) -> String {
    // Besides control characters those that turn the direction of what is read.
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}
