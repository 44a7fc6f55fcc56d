//! The pipeline, a straight line from a record to its outcome.

use crate::catalog::EventOutcome;
use crate::classify::{Verdict, classify};
use crate::enrich::{self, Claims};
use crate::envelope::{Layer, Record, unwrap, wrapped};
use crate::fields::{Observation, is_host, observe, observe_line};
use crate::json::{Elements, Index, LEVELS_MAX, Raw};
use crate::policy::Policy;
use crate::prefilter::Prefilter;
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
        let index = Index::read(record, LEVELS_MAX);
        let Some(top) = Record::read(&index) else {
            return self.without_answer(record);
        };
        let claims = Claims::read(&index);
        let original = claims.wrapped.map(|record| Index::read(record, 1));
        let device = original.as_ref().and_then(Record::read).unwrap_or(top).device.and_then(Raw::text);
        let mut layers = vec![Layer::Object(Cow::Borrowed(record))];
        let mut at = 0usize;
        while let Some(layer) = layers.get(at) {
            if at >= LAYERS_MAX {
                return self.without_answer(record);
            }
            let inner;
            let object = match layer {
                Layer::Object(object) if at > 0 => {
                    inner = Index::read(object, LEVELS_MAX);
                    &inner
                }
                _ => &index,
            };
            let found = look(&self.policy, layer, object, device.as_deref());
            if let Some(verdict) = found.gravest {
                enrich::describe(&mut self.description, &verdict, found.matches);
                return match () {
                    () if found.dropped => Outcome::Dropped,
                    () if enrich::write(
                        self.policy.schema(),
                        &mut self.enriched,
                        &top,
                        &claims,
                        &verdict,
                        &self.description,
                    ) =>
                    {
                        Outcome::Enriched(&self.enriched)
                    }
                    () => Outcome::Unchanged,
                };
            }
            let inside = if at == 0 { wrapped(&index) } else { unwrap(layer) };
            layers.extend(inside);
            if at == 0 {
                layers.extend(claims.wrapped.map(|record| Layer::Object(Cow::Borrowed(record))));
            }
            at = at.saturating_add(1);
        }
        // What an earlier hop enriched may have lost its event since.
        if claims.any() { self.without_answer(record) } else { self.without_event() }
    }

    /// The offset of a byte inside the first record of `block` that may be about mirroring.
    ///
    /// No record of a block without such a byte is. Never allocates.
    pub fn scan(&mut self, block: &[u8]) -> Option<usize> {
        self.prefilter.find(block)
    }

    /// Where the buffers lie that answers are written to, with their capacities.
    pub fn buffers(&self) -> [(*const u8, usize); 2] {
        [&self.enriched, &self.description].map(|buffer| (buffer.as_ptr(), buffer.capacity()))
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

/// What is in a layer.
struct Found<'l> {
    /// The gravest event, the first of equals; one that is not approved goes before one that is, one that has ended
    /// before one that has only begun.
    gravest: Option<Verdict<'l>>,
    /// How many events there are.
    matches: usize,
    /// Whether the policy drops everything that is in the layer.
    dropped: bool,
}

/// Looks at a layer; where it is an object, `object` is its index.
fn look<'l>(
    policy: &'l Policy,
    layer: &'l Layer<'_>,
    object: &Index<'l>,
    device: Option<&'l str>,
) -> Found<'l> {
    let mut found = Found { gravest: None, matches: 0, dropped: true };
    let mut whole = true;
    let mut add = |observation: Option<Observation<'l>>| {
        let Some(observation) = observation else {
            found.dropped &= policy.drops_unchanged();
            return;
        };
        let mut verdict = classify(observation);
        policy.judge(&mut verdict);
        found.matches = found.matches.saturating_add(1);
        found.dropped &= policy.drops(&verdict);
        let rank = |verdict: &Verdict<'_>| {
            (verdict.severity, verdict.approved.is_none(), verdict.outcome != EventOutcome::Started)
        };
        if found.gravest.as_ref().is_none_or(|known| rank(known) < rank(&verdict)) {
            found.gravest = Some(verdict);
        }
    };
    let observe_any = |object: &Index<'l>| observe(object).or_else(|| policy.observe(object));
    match layer {
        Layer::Object(_) => add(observe_any(object)),
        Layer::Many(array) => {
            let mut elements = Elements::new(array);
            for element in elements.by_ref() {
                add(observe_any(&Index::read(element.0, LEVELS_MAX)));
            }
            whole = elements.ended();
        }
        Layer::Line(line) => {
            let mut observation = observe_line(line);
            if let Some(observation) = &mut observation {
                // The line's own header knows better: the member may name a relay.
                let device = device.filter(|name| is_host(name)).map(Cow::Borrowed);
                observation.resource("device", device);
            }
            add(observation);
        }
    }
    found.dropped &= whole;
    found
}
