//! A story while it is told: what its events have said so far, within bounds. The order of arrival makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::Event;
use crate::once::fnv;
use crate::piece::{Moment, Piece};
use crate::story::{Part, Severity, Who};

/// So many identities, addresses and the like are kept by name.
const NAMES_MAX: usize = 200;

/// What is known of a story.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plot {
    /// By key.
    pub(crate) pieces: BTreeMap<String, Piece>,
    pub(crate) events: Vec<(Moment, Part)>,
    pub(crate) left_out: u64,
    pub(crate) total: u64,
    pub(crate) who: BTreeMap<String, Who>,
    pub(crate) behind: BTreeSet<String>,
    pub(crate) from: BTreeSet<String>,
    pub(crate) new_addresses: BTreeSet<String>,
    pub(crate) providers: BTreeSet<String>,
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) regions: BTreeSet<String>,
    pub(crate) story_keys: BTreeSet<String>,
    pub(crate) approvals: BTreeSet<String>,
    pub(crate) raised: BTreeSet<String>,
    pub(crate) changes: u64,
    pub(crate) approved: u64,
    pub(crate) reads: u64,
    /// Attempts that failed, the throttled among them.
    pub(crate) failed: u64,
    pub(crate) throttled: u64,
    pub(crate) first_refused: Option<Moment>,
    pub(crate) first_copied: Option<Moment>,
    /// The earliest event, and the number that it gives to the story.
    pub(crate) first: Option<(Moment, u64)>,
    pub(crate) last: Option<Moment>,
    /// As which it was last told while it went on.
    pub(crate) told: Option<(Severity, bool)>,
    keys: BTreeSet<String>,
    actors: BTreeSet<String>,
}

impl Plot {
    /// Keeps a key by which the story is found; false once there are too many.
    pub(crate) fn remember(&mut self, key: &str, ids_max: usize) -> bool {
        remember(&mut self.keys, key, ids_max)
    }

    pub(crate) fn remember_actor(&mut self, key: &str, ids_max: usize) -> bool {
        remember(&mut self.actors, key, ids_max)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> {
        self.keys.iter()
    }

    pub(crate) fn actors(&self) -> impl Iterator<Item = &String> {
        self.actors.iter()
    }

    pub(crate) fn size(&self) -> usize {
        self.keys.len() + self.actors.len() + self.events.len()
    }

    pub(crate) fn last(&self) -> i64 {
        self.last.map_or(0, |last| last.0)
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.changes > 0 && self.approved == self.changes
    }

    /// All of it is approved, and the event's actor is one of those who did it.
    pub(crate) fn is_approved_for(&self, event: &Event) -> bool {
        self.is_approved() && event.actor().is_some_and(|actor| self.who.contains_key(actor))
    }

    pub(crate) fn approval(&self) -> Option<String> {
        self.approvals.first().cloned()
    }

    pub(crate) fn is_gone(&self, key: &str) -> bool {
        self.pieces.get(key).is_some_and(Piece::is_gone)
    }

    pub(crate) fn was_made(&self, key: &str) -> bool {
        self.pieces.get(key).is_some_and(|piece| piece.made.is_some())
    }

    /// Packets flow, as far as the events say.
    pub(crate) fn runs(&self) -> bool {
        self.flows().any(|(_, flow)| flow.is_on())
    }

    pub(crate) fn flows(&self) -> impl Iterator<Item = (&String, &Piece)> {
        self.pieces.iter().filter(|(_, piece)| piece.copies)
    }

    /// Takes in what an event says of the part that it acts on.
    pub(crate) fn take(
        &mut self,
        event: &Event,
        own: Option<String>,
        references: &[(String, String)],
        ids_max: usize,
    ) {
        // A refused attempt has no id yet, and some logs never say one.
        let own = own.or_else(|| {
            (event.copies() && !event.failed() && !event.ends())
                .then(|| format!("{}|?|{}", event.said.provider, event.said.kind))
        });
        if let Some(own) = own
            && (self.pieces.len() < ids_max || self.pieces.contains_key(&own))
        {
            self.pieces.entry(own).or_default().take(event, references);
        }
        self.changes += 1;
        self.approved += u64::from(event.approval.is_some());
        let when = event.when();
        if event.failed() {
            self.failed += 1;
            if event.throttled() {
                self.throttled += 1;
            } else {
                self.first_refused = earlier(self.first_refused, Some(when));
            }
        } else if !event.ends() && event.copies() {
            self.first_copied = earlier(self.first_copied, Some(when));
        }
        if event.approval.is_none() {
            self.raised.extend(event.said.raised_by.clone());
        }
        add(&mut self.approvals, event.approval.as_ref());
    }

    /// Keeps what people read of an event.
    pub(crate) fn push(&mut self, event: Event, new_address: bool, events_max: usize) {
        let when = event.when();
        self.total += 1;
        self.reads += u64::from(event.said.action == "read");
        if self.first.is_none_or(|(first, _)| when < first) {
            self.first = Some((when, number_of(&event)));
        }
        self.last = self.last.max(Some(when));
        let said = &event.said;
        add(&mut self.from, said.source_ip.as_ref());
        add(&mut self.providers, Some(&said.provider));
        add(&mut self.accounts, said.account.as_ref());
        add(&mut self.regions, said.region.as_ref());
        add(&mut self.story_keys, said.story.as_ref());
        if new_address {
            add(&mut self.new_addresses, said.source_ip.as_ref());
        }
        for name in &event.behind {
            add(&mut self.behind, Some(name));
        }
        if let Some(actor) = event.actor()
            && (self.who.len() < NAMES_MAX || self.who.contains_key(actor))
        {
            let who = self.who.entry(actor.to_owned()).or_default();
            who.take(&event);
        }
        self.events.push((when, Part::of(event)));
        self.shorten(events_max);
    }

    /// Makes one of two.
    pub(crate) fn absorb(&mut self, other: Plot, events_max: usize, ids_max: usize) {
        for (key, piece) in other.pieces {
            if self.pieces.len() < ids_max || self.pieces.contains_key(&key) {
                match self.pieces.get_mut(&key) {
                    Some(known) => known.absorb(piece),
                    None => drop(self.pieces.insert(key, piece)),
                }
            }
        }
        for (actor, who) in other.who {
            if self.who.len() < NAMES_MAX || self.who.contains_key(&actor) {
                self.who.entry(actor).or_default().absorb(who);
            }
        }
        for (mine, others) in [
            (&mut self.behind, other.behind),
            (&mut self.from, other.from),
            (&mut self.new_addresses, other.new_addresses),
            (&mut self.providers, other.providers),
            (&mut self.accounts, other.accounts),
            (&mut self.regions, other.regions),
            (&mut self.story_keys, other.story_keys),
            (&mut self.approvals, other.approvals),
            (&mut self.raised, other.raised),
        ] {
            others.iter().for_each(|name| add(mine, Some(name)));
        }
        for (mine, others) in [(&mut self.keys, other.keys), (&mut self.actors, other.actors)] {
            others.iter().for_each(|key| _ = remember(mine, key, ids_max));
        }
        self.changes += other.changes;
        self.approved += other.approved;
        self.reads += other.reads;
        self.failed += other.failed;
        self.throttled += other.throttled;
        self.total += other.total;
        self.left_out += other.left_out;
        self.first_refused = earlier(self.first_refused, other.first_refused);
        self.first_copied = earlier(self.first_copied, other.first_copied);
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
        self.told = self.told.max(other.told);
        self.events.extend(other.events);
        self.shorten(events_max);
    }

    /// Keeps the first and the last events; what lies between is counted.
    fn shorten(&mut self, events_max: usize) {
        if self.events.len() <= events_max {
            return;
        }
        self.events.sort_by_key(|(when, _)| *when);
        let surplus = self.events.len() - events_max;
        let from = events_max / 2;
        self.events.drain(from..from + surplus);
        self.left_out += surplus as u64;
    }
}

/// The smaller of two where both are known.
pub(crate) fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn add(names: &mut BTreeSet<String>, name: Option<&String>) {
    if let Some(name) = name.filter(|_| names.len() < NAMES_MAX) {
        names.insert(name.clone());
    }
}

fn remember(keys: &mut BTreeSet<String>, key: &str, ids_max: usize) -> bool {
    keys.contains(key) || keys.len() < ids_max && keys.insert(key.to_owned())
}

/// A number that is the same whenever the same events are read.
fn number_of(event: &Event) -> u64 {
    let said = &event.said;
    let texts = [
        Some(&said.provider),
        said.account.as_ref(),
        said.actor.as_ref(),
        event.time.as_ref(),
        Some(&said.operation),
        event.resources.first().map(|(_, id)| id),
    ];
    fnv(texts.into_iter().flatten().map(|text| &**text))
}
