//! What mirror records are counted by; knows the members of a verdict that are counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

impl MirrorKey {
    /// The key of a verdict, which the module wrote.
    pub(crate) fn of(verdict: &str) -> MirrorKey {
        let mut key: MirrorKey = serde_json::from_str(verdict).unwrap_or_default();
        for text in [&mut key.provider, &mut key.action, &mut key.outcome, &mut key.severity] {
            *text = tapsieve_records::plain(text);
        }
        key
    }
}

/// How many mirror records there were of each key.
pub type Tally = BTreeMap<MirrorKey, u64>;
