//! What is counted of records; knows the outcomes of processing.

use std::ops::AddAssign;

/// Numbers of records and bytes. `unchanged + enriched + dropped` is the number of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that passed as they came.
    pub unchanged: u64,
    /// Records that passed enriched.
    pub enriched: u64,
    /// Records that the policy dropped.
    pub dropped: u64,
    /// Lines and elements that are not one JSON object; they passed as they came.
    pub not_json: u64,
    /// Blank lines; they passed as they came.
    pub blank: u64,
    /// Records longer than the limit; they passed as they came.
    pub too_long: u64,
    /// Records among the unchanged ones for which the module gave no answer.
    pub unanswered: u64,
    /// Calls into the module that failed.
    pub failures: u64,
    /// Bytes read, after decompression.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
}

impl Counts {
    /// The number of records read.
    pub fn records(&self) -> u64 {
        self.unchanged + self.enriched + self.dropped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.unchanged += other.unchanged;
        self.enriched += other.enriched;
        self.dropped += other.dropped;
        self.not_json += other.not_json;
        self.blank += other.blank;
        self.too_long += other.too_long;
        self.unanswered += other.unanswered;
        self.failures += other.failures;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}
