//! The operator's settings.

use crate::classify::Verdict;
use crate::json::Members;
use alloc::{borrow::ToOwned, string::String};

/// What the operator wants; by default nothing is dropped.
#[derive(Debug, Default)]
pub struct Policy {}

impl Policy {
    /// The policy that holds until another is given.
    pub const fn new() -> Self {
        Policy {}
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// A message that names the member that is not understood.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let mut members = Members::new(json);
        if let Some(member) = members.next() {
            return Err(["unknown member `", &String::from_utf8_lossy(member.key), "`"].concat());
        }
        members.end().map(|_| Policy {}).ok_or_else(|| "the policy is not a JSON object".to_owned())
    }

    /// Whether a record without a mirror event is dropped.
    pub fn drops_unchanged(&self) -> bool {
        false
    }

    /// Whether a record with this event is dropped.
    pub fn drops(&self, _verdict: &Verdict<'_>) -> bool {
        false
    }
}
