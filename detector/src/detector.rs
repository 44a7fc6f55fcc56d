//! The pipeline, a straight line from a record to its outcome.

use crate::catalog::EventOutcome;
use crate::classify::{Verdict, classify};
use crate::envelope::{Layer, Record, events, unwrap};
use crate::fields::{is_host, observe, observe_line};
use crate::policy::Policy;
use crate::prefilter::Prefilter;
use crate::{enrich, json};
use alloc::borrow::Cow;
use alloc::{string::String, vec, vec::Vec};

/// Wrappers are looked into until this many layers have been read.
const LAYERS_MAX: usize = 16;

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
        self.policy = Policy::parse(json)?;
        Ok(())
    }

    /// Decides about one record. Never allocates on the way to [`Outcome::Unchanged`] when no anchor is in it.
    pub fn process(&mut self, record: &[u8]) -> Outcome<'_> {
        match self.prefilter.find(record) {
            Some(_) => self.process_fully(record),
            None => {
                self.description.clear();
                self.without_event()
            }
        }
    }

    /// Decides without asking the prefilter first; the answer is the same.
    pub fn process_fully(&mut self, record: &[u8]) -> Outcome<'_> {
        self.description.clear();
        let Some(top) = Record::read(record).filter(|top| !top.enriched) else {
            return self.without_event();
        };
        let mut layers = vec![Layer::Object(Cow::Borrowed(record))];
        let mut at = 0usize;
        while let Some(layer) = layers.get(at).filter(|_| at < LAYERS_MAX) {
            let (verdict, matches) = gravest(layer);
            if let Some(mut verdict) = verdict {
                if let Layer::Line(_) = layer {
                    let device = top.device.and_then(json::Raw::text).filter(|name| is_host(name));
                    // The line's own header knows better: the member may name a relay.
                    verdict.observation.resource("device", device);
                }
                enrich::describe(&mut self.description, &verdict, matches);
                return match () {
                    () if self.policy.drops(&verdict) => Outcome::Dropped,
                    () if enrich::splice(&mut self.enriched, &top, &verdict, &self.description) => {
                        Outcome::Enriched(&self.enriched)
                    }
                    () => Outcome::Unchanged,
                };
            }
            let inner = unwrap(layer);
            layers.extend(inner);
            at = at.saturating_add(1);
        }
        self.without_event()
    }

    /// The offset of a byte inside the first record of `block` that may be about mirroring.
    ///
    /// No record of a block without such a byte is. Never allocates.
    pub fn scan(&mut self, block: &[u8]) -> Option<usize> {
        self.prefilter.find(block)
    }

    /// The description of the last record, as a JSON object, where it was about mirroring.
    pub fn verdict(&self) -> Option<&[u8]> {
        (!self.description.is_empty()).then_some(&self.description)
    }

    fn without_event(&self) -> Outcome<'_> {
        if self.policy.drops_unchanged() { Outcome::Dropped } else { Outcome::Unchanged }
    }
}

/// The gravest event of a layer, the first of equals, and how many there are.
fn gravest<'l>(layer: &'l Layer<'_>) -> (Option<Verdict<'l>>, usize) {
    match layer {
        Layer::Object(object) => (observe(object).map(classify), 1),
        Layer::Line(line) => (observe_line(line).map(classify), 1),
        Layer::Many(array) => {
            let mut gravest: Option<Verdict<'_>> = None;
            let mut matches = 0usize;
            for verdict in events(array).filter_map(observe).map(classify) {
                matches = matches.saturating_add(1);
                if gravest.as_ref().is_none_or(|known| is_graver(&verdict, known)) {
                    gravest = Some(verdict);
                }
            }
            (gravest, matches)
        }
    }
}

/// Whether a verdict tells more than another; of equals one that is done tells more than one that has begun.
fn is_graver(verdict: &Verdict<'_>, known: &Verdict<'_>) -> bool {
    let done = |verdict: &Verdict<'_>| verdict.outcome != EventOutcome::Started;
    (verdict.severity, done(verdict)) > (known.severity, done(known))
}
