//! Stories held against what really happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tapsieve_detector::{Detector, Outcome};
use tapsieve_stories::{Counts, Event, Options, Stories, Story};

use crate::acts::{Act, POLICY, Truth};
use crate::logscale::Alert;

/// What became of the attacks and decoys of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// How many there were.
    pub(crate) acts: usize,
    /// One story with all of its events and no other's.
    pub(crate) right: usize,
    /// In several stories.
    pub(crate) split: usize,
    /// In one story with another.
    pub(crate) merged: usize,
    /// In no story.
    pub(crate) lost: usize,
    /// Alerts on single events: at least medium, succeeded, not approved.
    pub(crate) alerts_before: usize,
    /// Alerts of the package for LogScale, throttled as it says.
    pub(crate) alerts_logscale: usize,
    /// Attacks on which that alert never fired for itself.
    pub(crate) silent: usize,
    /// Stories that are alerts.
    pub(crate) alerts_after: usize,
}

/// Records go in, a table comes out.
pub(crate) struct Scorer {
    detector: Detector,
    stories: Stories,
    /// Which act a record is of, by its number.
    truth_of: BTreeMap<u64, usize>,
    alerts_before: Vec<usize>,
    alerts_logscale: Vec<usize>,
    logscale: Alert,
    records: u64,
    closed: Vec<Story>,
}

impl Scorer {
    /// Nothing read yet.
    pub(crate) fn new(truths: &[Truth], options: Options) -> Scorer {
        let mut detector = Detector::default();
        detector.configure(POLICY.as_bytes()).expect("the policy of the month");
        Scorer {
            detector,
            stories: Stories::new(options),
            truth_of: BTreeMap::new(),
            alerts_before: vec![0; truths.len()],
            alerts_logscale: vec![0; truths.len()],
            logscale: Alert::read(),
            records: 0,
            closed: Vec::new(),
        }
    }

    /// A record of noise.
    pub(crate) fn noise(&mut self, record: &[u8]) {
        self.records += 1;
        assert!(matches!(self.detector.process(record), Outcome::Unchanged), "noise is noise");
    }

    /// A record of an act.
    pub(crate) fn act(&mut self, act: &Act) {
        self.records += 1;
        let Outcome::Enriched(record) = self.detector.process(act.record.as_bytes()) else {
            panic!("no mirror event: {}", act.record)
        };
        let record: Value = serde_json::from_slice(record).expect("an enriched record is JSON");
        let said = |name: &str| record["mirror"][name].as_str().unwrap_or_default();
        let grave = matches!(said("severity"), "medium" | "high" | "critical");
        if grave && said("outcome") != "failure" && record["mirror"].get("approved").is_none() {
            self.alerts_before[act.truth] += 1;
        }
        self.alerts_logscale[act.truth] += usize::from(self.logscale.fires(&record, act.millis));
        let event = Event::read(&record, self.records).expect("an enriched record is an event");
        if !event.is_aside() {
            self.truth_of.insert(self.records, act.truth);
        }
        self.stories.add(event);
        self.closed.extend(self.stories.closed());
    }

    /// What was read.
    pub(crate) fn counts(&self) -> Counts {
        self.stories.counts()
    }

    /// The score of each group, and every story.
    pub(crate) fn finish(self, truths: &[Truth]) -> (BTreeMap<&'static str, Score>, Vec<Story>) {
        let mut stories = self.closed;
        stories.extend(self.stories.finish());
        let mut stories_of: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut acts_in: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); stories.len()];
        for (index, story) in stories.iter().enumerate() {
            for act in story.events.iter().filter_map(|part| self.truth_of.get(&part.at)) {
                stories_of.entry(*act).or_default().insert(index);
                acts_in[index].insert(*act);
            }
        }
        let mut scores: BTreeMap<&'static str, Score> = BTreeMap::new();
        for (act, truth) in truths.iter().enumerate() {
            let score = scores.entry(truth.group).or_default();
            score.acts += 1;
            score.alerts_before += self.alerts_before[act];
            score.alerts_logscale += self.alerts_logscale[act];
            score.silent += usize::from(truth.attack && self.alerts_logscale[act] == 0);
            let Some(told) = stories_of.get(&act) else {
                score.lost += 1;
                say(truth, "in no story");
                continue;
            };
            let merged = told.iter().any(|story| acts_in[*story].len() > 1);
            score.alerts_after += told.iter().filter(|story| stories[**story].alert).count();
            score.merged += usize::from(merged);
            score.split += usize::from(told.len() > 1);
            score.right += usize::from(told.len() == 1 && !merged);
            if told.len() > 1 || merged {
                say(truth, "split or merged");
            }
        }
        (scores, stories)
    }
}

/// Names an act that went wrong; that reads and labels are in no story is as it should be.
fn say(truth: &Truth, what: &str) {
    if truth.attack || what != "in no story" {
        println!("{}: {what}", truth.name);
    }
}
