//! The pipeline, a straight line from a record to its outcome.

use crate::enrich::{self, Claims};
use crate::envelope::{Record, opened};
use crate::gather::gather;
use crate::json::{Index, LEVELS_MAX};
use crate::policy::Policy;
use crate::prefilter::Prefilter;
use crate::room::has_room;
use alloc::{string::String, vec::Vec};

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The same bytes go on.
    Unchanged,
    /// These bytes go on in their place.
    Enriched(&'a [u8]),
    /// Nothing goes on.
    Dropped,
}

/// A detector with its policy and its buffers, which grow to what the largest record needed.
#[derive(Debug)]
pub struct Detector {
    prefilter: Prefilter,
    policy: Policy,
    enriched: Vec<u8>,
    description: Vec<u8>,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// A detector with the default policy, which drops nothing. Allocates nothing.
    pub const fn new() -> Self {
        Detector {
            prefilter: Prefilter::new(),
            policy: Policy::new(),
            enriched: Vec::new(),
            description: Vec::new(),
        }
    }

    /// Puts a policy in force; it stands in JSON.
    ///
    /// # Errors
    /// A message that names the member; the old policy stays in force.
    pub fn configure(&mut self, json: &[u8]) -> Result<(), String> {
        let (policy, anchors) = Policy::parse(json)?;
        self.policy = policy;
        self.prefilter.look_for(anchors);
        Ok(())
    }

    /// Decides about one record. Never allocates on the way to [`Outcome::Unchanged`] when no anchor is in it.
    pub fn process(&mut self, record: &[u8]) -> Outcome<'_> {
        match self.prefilter.find(record) {
            Some(_) => self.process_fully(record),
            None => self.pass(),
        }
    }

    /// What [`Detector::process`] answers where no anchor is in the record, otherwise `None`; compiled where it is called.
    #[inline(always)]
    pub fn rule_out(&mut self, record: &[u8]) -> Option<Outcome<'static>> {
        match self.prefilter.find_inline(record) {
            Some(_) => None,
            None => Some(self.pass()),
        }
    }

    #[inline(always)]
    fn pass(&mut self) -> Outcome<'static> {
        self.description.clear();
        self.without_event()
    }

    /// Decides without asking the prefilter first; the answer is the same.
    pub fn process_fully(&mut self, record: &[u8]) -> Outcome<'_> {
        self.description.clear();
        if !has_room(record.len()) {
            return Outcome::Unchanged;
        }
        // A line of a file may have a header.
        let start = if record.trim_ascii_start().starts_with(b"{") { None } else { opened(record) };
        let (header, object) = record.split_at_checked(start.unwrap_or_default()).unwrap_or_default();
        let index = Index::read(object, LEVELS_MAX);
        let Some(top) = Record::read(header, &index) else {
            return self.without_answer(record);
        };
        let claims = Claims::read(&index);
        let original = claims.wrapped.map(|record| Index::read(record, LEVELS_MAX));
        let original = original.as_ref().and_then(|original| Record::read(b"", original));
        let Record { device, time, .. } = original.unwrap_or(top);
        self.prefilter.prepare();
        let found = gather(&self.policy, &self.prefilter, &index, device, time);
        let Some(verdict) = found.gravest else {
            return if found.is_in_doubt || found.is_cut {
                Outcome::Unchanged
            } else if claims.any() {
                // What an earlier hop enriched may have lost its event since.
                self.without_answer(record)
            } else {
                self.without_event()
            };
        };
        if !has_room(record.len()) {
            return Outcome::Unchanged;
        }
        enrich::describe(&mut self.description, &verdict, found.matches, found.is_cut);
        if found.dropped && !found.is_cut {
            return Outcome::Dropped;
        }
        let schema = self.policy.schema();
        match enrich::write(schema, &mut self.enriched, &top, &claims, &verdict, &self.description) {
            true => Outcome::Enriched(&self.enriched),
            false => Outcome::Unchanged,
        }
    }

    /// The offset of a byte inside the first record of `block` that may be about mirroring.
    ///
    /// No record of a block without such a byte is. Never allocates.
    pub fn scan(&mut self, block: &[u8]) -> Option<usize> {
        self.prefilter.find(block)
    }

    /// The buffers that answers are written to.
    #[inline(always)]
    pub fn buffers(&self) -> [&Vec<u8>; 2] {
        [&self.enriched, &self.description]
    }

    /// The description of the last record, as a JSON object, where it was about mirroring.
    pub fn verdict(&self) -> Option<&[u8]> {
        (!self.description.is_empty()).then_some(&self.description)
    }

    #[inline(always)]
    fn without_event(&self) -> Outcome<'static> {
        if self.policy.drops_unchanged() { Outcome::Dropped } else { Outcome::Unchanged }
    }

    /// For a record that claims to be enriched already or cannot be read to its end: when in doubt it is kept.
    fn without_answer(&mut self, record: &[u8]) -> Outcome<'_> {
        match self.prefilter.find(record) {
            Some(_) => Outcome::Unchanged,
            None => self.without_event(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const OTHER: &[u8] = br#"{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances"}"#;
    const EVENT: &[u8] = br#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;

    #[test]
    fn a_scan_names_the_first_record_that_may_matter() {
        let mut detector = Detector::new();
        for before in 0..4 {
            let start = before * (OTHER.len() + 1);
            let mut block = [OTHER, b"\n"].concat().repeat(before);
            assert_eq!(detector.scan(&block), None);
            block.extend([EVENT, b"\n", OTHER, b"\n", EVENT].concat());
            assert!(detector.scan(&block).is_some_and(|at| (start..start + EVENT.len()).contains(&at)));
        }
    }

    #[test]
    fn what_is_ruled_out_is_answered_at_once_and_nothing_else() {
        let mut detector = Detector::new();
        assert!(detector.rule_out(EVENT).is_none());
        assert_eq!(detector.rule_out(OTHER), Some(Outcome::Unchanged));
        assert_eq!(detector.configure(br#"{"keep":"mirror"}"#), Ok(()));
        assert!(detector.rule_out(EVENT).is_none());
        assert_eq!(detector.rule_out(OTHER), Some(Outcome::Dropped));
    }

    #[test]
    fn what_is_ruled_out_has_no_verdict() {
        let mut detector = Detector::new();
        assert!(matches!(detector.process(EVENT), Outcome::Enriched(_)) && detector.verdict().is_some());
        assert_eq!(detector.rule_out(OTHER), Some(Outcome::Unchanged));
        assert_eq!(detector.verdict(), None);
    }

    #[test]
    fn a_policy_is_in_force_whenever_it_comes() {
        let mut detector = Detector::new();
        for name in ["CreateFlowCapture", "CloneAllPackets"] {
            let [event, policy] = [
                format!(r#"{{"eventSource":"ec2.amazonaws.com","eventName":"{name}"}}"#),
                format!(
                    r#"{{"operation":[{{"name":"{name}","field":"eventName","provider":"aws","action":"create",
                    "kind":"session","severity":"high"}}]}}"#
                ),
            ];
            assert_eq!(detector.process(event.as_bytes()), Outcome::Unchanged);
            assert_eq!(detector.configure(policy.as_bytes()), Ok(()));
            assert!(matches!(detector.process(event.as_bytes()), Outcome::Enriched(_)), "{name}");
        }
    }

    #[test]
    fn a_command_that_is_longer_than_is_read_is_told_as_unread() {
        const COMMAND: &str = "tc filter add dev eth0 matchall action mirred egress mirror dev eth1";
        let mut detector = Detector::new();
        for (len, is_unread) in [(100, false), (70_000, true)] {
            let long = "x".repeat(len);
            let words = COMMAND.replace(' ', r#"",""#);
            for command in
                [format!(r#""args":["{words}","{long}"]"#), format!(r#""command_line":"{COMMAND} {long}""#)]
            {
                let record = format!(r#"{{"process":{{{command}}}}}"#);
                assert!(matches!(detector.process(record.as_bytes()), Outcome::Enriched(_)));
                let verdict = detector.verdict().unwrap_or_default();
                assert_eq!(verdict.ends_with(br#","unread":true}"#), is_unread, "{len}");
            }
        }
    }
}
