//! Joins mirror events into stories; knows what tapsieve writes into a record, and nothing of files, clocks or terminals.
//!
//! - [`Event`]: one enriched record, read.
//! - [`Stories`]: joins events by the ids they share, then by actor and account within a window; bounded.
//! - [`Story`]: what a join says: who, from where, what, to where, in which order, how grave and why.
//! - [`tell`]: a story as text for people.
#![forbid(unsafe_code)]

mod approve;
mod event;
mod identity;
mod join;
mod judge;
mod keys;
mod names;
mod once;
mod piece;
mod plot;
mod story;
pub mod tell;
pub mod time;

pub use event::Event;
pub use identity::lasting;
pub use join::{Counts, Options, Stories};
pub use story::{Flow, Part, Reason, Severity, Story, Who};
