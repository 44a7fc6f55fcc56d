//! The detector as a Rust library: the reference that every other engine is compared with.

use tapsieve_detector::{Detector, Outcome};

use super::{Answer, Engine};

/// The detector in this process.
pub struct Native(Detector);

impl Native {
    /// With the default policy.
    #[must_use]
    pub fn new() -> Self {
        Self(Detector::new())
    }

    /// Like [`Engine::process`], without the prefilter.
    pub fn process_fully(&mut self, record: &[u8]) -> Answer {
        answer(self.0.process_fully(record))
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Native {
    fn configure(&mut self, policy: &str) -> Result<(), String> {
        self.0.configure(policy.as_bytes()).map_err(|error| error.to_string())
    }

    fn process(&mut self, record: &[u8]) -> Result<Answer, String> {
        Ok(answer(self.0.process(record)))
    }

    fn verdict(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.verdict().map(<[u8]>::to_vec))
    }

    fn scan(&mut self, block: &[u8]) -> Result<usize, String> {
        Ok(self.0.scan(block).unwrap_or(block.len()))
    }
}

fn answer(outcome: Outcome<'_>) -> Answer {
    match outcome {
        Outcome::Unchanged => Answer::Unchanged,
        Outcome::Enriched(record) => Answer::Enriched(record.to_vec()),
        Outcome::Dropped => Answer::Dropped,
    }
}
