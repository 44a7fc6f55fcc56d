//! The page's shell over the detector: JavaScript hands over bytes and gets bytes back. Knows no document, no file.

mod catalog;
mod engine;
mod policy;
mod sieve;

pub use catalog::catalog;
pub use engine::{Answer, Engine};
pub use policy::Problem;
pub use sieve::{Export, Sieve};

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs once when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
}
