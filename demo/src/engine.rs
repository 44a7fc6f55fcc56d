//! One record at a time: what the field for one event and the conformance suite use.

use tapsieve_detector::{Detector, Outcome};
use wasm_bindgen::prelude::wasm_bindgen;

/// What becomes of a record.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The same bytes go on.
    Unchanged,
    /// The bytes that [`Engine::enriched`] gives go on.
    Enriched,
    /// The policy drops it.
    Dropped,
}

/// A detector with a policy.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Engine {
    detector: Detector,
    enriched: Vec<u8>,
}

#[wasm_bindgen]
impl Engine {
    /// With the default policy.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a policy in force, given as JSON.
    ///
    /// # Errors
    /// A message that names the member; the old policy stays in force.
    pub fn configure(&mut self, policy: &str) -> Result<(), String> {
        self.detector.configure(policy.as_bytes())
    }

    /// Decides about one record.
    pub fn process(&mut self, record: &[u8]) -> Answer {
        self.enriched.clear();
        match self.detector.process(record) {
            Outcome::Unchanged => Answer::Unchanged,
            Outcome::Dropped => Answer::Dropped,
            Outcome::Enriched(enriched) => {
                self.enriched.extend_from_slice(enriched);
                Answer::Enriched
            }
        }
    }

    /// The enriched record, where the last answer was [`Answer::Enriched`].
    #[must_use]
    pub fn enriched(&self) -> Vec<u8> {
        self.enriched.clone()
    }

    /// The description of the last record as JSON, where it was about mirroring; for dropped records too.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        self.detector.verdict().map(|json| String::from_utf8_lossy(json).into_owned())
    }

    /// The offset inside the first record of the block that might be about mirroring; the length when there is none.
    pub fn scan(&mut self, block: &[u8]) -> usize {
        self.detector.scan(block).unwrap_or(block.len())
    }
}
