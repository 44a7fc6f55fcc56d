//! What a run counts; knows the outcomes of processing and the members of a verdict that are counted.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Numbers of records and bytes. `unchanged + enriched + dropped` is the number of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Records that passed as they came.
    pub unchanged: u64,
    /// Records that passed enriched.
    pub enriched: u64,
    /// Records that the policy dropped.
    pub dropped: u64,
    /// Lines that are not one JSON object; they passed as they came.
    pub not_json: u64,
    /// Blank lines; they passed as they came.
    pub blank: u64,
    /// Lines longer than the limit; they passed as they came.
    pub too_long: u64,
    /// Records among the unchanged ones for which the module gave no answer.
    pub unanswered: u64,
    /// Calls into the module that failed.
    pub failures: u64,
    /// Bytes of records read, after decompression and splitting.
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

/// What mirror records are counted by: members of the verdict, "" where it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(default)]
pub struct MirrorKey {
    /// `aws`, `azure`, `gcp`, …
    pub provider: String,
    /// `create`, `modify`, `delete`, …
    pub action: String,
    /// `success`, `failure`, …
    pub outcome: String,
    /// `informational` to `critical`.
    pub severity: String,
}

/// How many mirror records there were of each key.
pub type Tally = BTreeMap<MirrorKey, u64>;
