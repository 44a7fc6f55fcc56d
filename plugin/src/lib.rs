//! The module: the detector behind the exports of docs/ABI.md, which states units, nullability and ownership.
//!
//! [`Shell`] holds what an instance keeps between calls and is plain Rust, so tests call it natively.
//! `exports` turns addresses into slices and exists on wasm32 only: an ungated `malloc` would replace libc's.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod repair;
mod shell;

#[cfg(target_arch = "wasm32")]
mod exports;

pub use shell::Shell;
