//! The module: the detector behind the exports of docs/ABI.md, which states units, nullability and ownership.
//!
//! `shell` holds what an instance keeps between calls, without addresses; `exports` turns addresses into slices.
//! Export names exist on wasm32 only: an ungated `malloc` would replace libc's.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(any(target_arch = "wasm32", test))]
mod exports;
#[cfg(any(target_arch = "wasm32", test))]
mod repair;
#[cfg(any(target_arch = "wasm32", test))]
mod shell;
