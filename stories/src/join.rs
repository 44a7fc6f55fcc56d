//! Which story an event belongs to: by shared ids, then by who did it within a window. Bounded, and it says what it let go.

use std::collections::{BTreeMap, HashMap};

use crate::approve::Approvals;
use crate::keys::{Keys, is_address};
use crate::once::Once;
use crate::plot::Plot;
use crate::{Event, Story};

/// How stories are joined and how much is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Events of one actor in one account belong together when they are no farther apart than this.
    pub window_seconds: u32,
    /// So many stories are open at once; the oldest that have ended are closed first.
    pub stories_max: usize,
    /// So many events of a story are kept with all they say; the others are counted.
    pub events_max: usize,
    /// So many ids of a story join others.
    pub ids_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { window_seconds: 3600, stories_max: 10_000, events_max: 200, ids_max: 2000 }
    }
}

/// What was read and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Mirror events.
    pub events: u64,
    /// Events that came again, and count for nothing else.
    pub repeated: u64,
    /// Reads and labels that belong to no story.
    pub asides: u64,
    /// Stories that were closed before the end to keep within the bound.
    pub evicted: u64,
    /// Stories that turned out to be one with another.
    pub merged: u64,
}

/// Joins events into stories.
#[derive(Debug, Default)]
pub struct Stories {
    options: Options,
    stories: BTreeMap<u64, Plot>,
    /// The story in which a part was acted on.
    own: HashMap<String, u64>,
    /// The stories in which a part was named: approved ones, and others.
    named: HashMap<(String, bool), u64>,
    /// The story of an actor in an account, approved or not, and when it was last told on.
    actors: HashMap<(String, bool), (u64, i64)>,
    once: Once,
    approvals: Approvals,
    seen: Addresses,
    closed: Vec<Story>,
    counts: Counts,
    next: u64,
    last: Option<i64>,
}

impl Stories {
    /// No story yet.
    pub fn new(options: Options) -> Stories {
        Stories { options, ..Stories::default() }
    }

    /// Takes an event in; the number of its story, none for one that came before or a read that belongs to no story.
    ///
    /// Stories have numbers until they end or become one with an older one.
    pub fn add(&mut self, mut event: Event) -> Option<u64> {
        self.counts.events += 1;
        if self.once.is_repeat(&event) {
            self.counts.repeated += 1;
            return None;
        }
        let now = event.date(self.last);
        self.last = self.last.max(Some(now));
        let keys = Keys::of(&event);
        self.approvals.apply(&mut event, &keys, self.options.stories_max);
        let new_address = self.seen.is_new(&event, &keys, self.options.stories_max);
        let found = self.find(&event, &keys, now);
        if event.is_aside() {
            // What is looked at or labelled alone is no story.
            let Some(number) = found.first().copied() else {
                self.counts.asides += 1;
                return None;
            };
            self.stories.get_mut(&number)?.push(event, false, self.options.events_max);
            return Some(number);
        }
        let number = self.unite(&found);
        let plot = self.stories.entry(number).or_default();
        // The end of what was approved as a whole is approved: it names no target of its own.
        if event.approval.is_none() && event.ends() && plot.is_approved_for(&event) {
            event.approval = plot.approval();
        }
        let approved = event.approval.is_some();
        if let Some(own) = &keys.own
            && plot.remember(own, self.options.ids_max)
        {
            // What was refused is only named: somebody else may make it.
            match event.failed() {
                true => drop(self.named.insert((own.clone(), approved), number)),
                false => drop(self.own.insert(own.clone(), number)),
            }
        }
        for (_, key) in &keys.references {
            if plot.remember(key, self.options.ids_max) {
                self.named.insert((key.clone(), approved), number);
            }
        }
        if let Some(actor) = keys.actor
            && plot.remember_actor(&actor, self.options.ids_max)
        {
            let last = self.actors.entry((actor, approved)).or_insert((number, now));
            *last = (number, last.1.max(now));
        }
        plot.take(&event, keys.own, &keys.references, self.options.ids_max);
        plot.push(event, new_address, self.options.events_max);
        if self.stories.len() > self.options.stories_max {
            self.evict();
        }
        Some(number)
    }

    /// The open story of this number, as it stands.
    pub fn story(&self, number: u64) -> Option<Story> {
        self.stories.get(&number).map(|plot| self.tell(plot))
    }

    /// The story where it is news: an alert for the first time, graver than when it was last told, or at its end.
    pub fn news(&mut self, number: u64) -> Option<Story> {
        let story = self.story(number).filter(|story| story.alert)?;
        let told = &mut self.stories.get_mut(&number)?.told;
        let graver = told.is_none_or(|(severity, _)| severity < story.severity);
        let ended = told.is_some_and(|(_, runs)| runs && !story.runs);
        *told = Some((story.severity.max(told.unwrap_or_default().0), story.runs));
        (graver || ended).then_some(story)
    }

    /// Stories that were closed to keep within the bound, since the last call.
    pub fn closed(&mut self) -> Vec<Story> {
        std::mem::take(&mut self.closed)
    }

    /// What was read so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Every story that is still open, the gravest first, then by their beginning.
    pub fn finish(&self) -> Vec<Story> {
        let mut stories: Vec<Story> = self.stories.values().map(|plot| self.tell(plot)).collect();
        stories.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.began_millis.cmp(&b.began_millis)));
        stories
    }

    fn tell(&self, plot: &Plot) -> Story {
        plot.tell(&|key| {
            let number = self.own.get(key)?;
            Some(self.stories.get(number)?.was_made(key))
        })
    }

    /// The stories that an event joins.
    fn find(&self, event: &Event, keys: &Keys, now: i64) -> Vec<u64> {
        let approved = event.approval.is_some();
        let mut found: Vec<u64> = Vec::new();
        let mut join = |number: Option<&u64>, same: bool| {
            let Some((number, plot)) = number.and_then(|number| Some((*number, self.stories.get(number)?)))
            else {
                return;
            };
            // What is approved and what is not are two stories, even where they share a target.
            if (!same || plot.is_approved() == approved) && !found.contains(&number) {
                found.push(number);
            }
        };
        if let Some(own) = &keys.own {
            // A name can be given again once its bearer is gone.
            let taken = |number: &&u64| {
                self.stories
                    .get(number)
                    .is_none_or(|plot| event.ends() || !plot.is_gone(own) || self.within(plot.last(), now))
            };
            join(self.own.get(own).filter(taken), false);
            join(
                self.named.get(&(own.clone(), approved)).filter(|number| self.lasts(own, **number, now)),
                !event.ends(),
            );
        }
        for (_, key) in &keys.references {
            let gone = |number: &&u64| {
                self.stories
                    .get(number)
                    .is_none_or(|plot| !plot.is_gone(key) || self.within(plot.last(), now))
            };
            join(self.own.get(key).filter(gone), true);
            join(
                self.named.get(&(key.clone(), approved)).filter(|number| self.lasts(key, **number, now)),
                true,
            );
        }
        // Who looks around may look at anything.
        if let Some(actor) = keys.actor.as_ref().filter(|_| !event.is_aside())
            && let Some((number, last)) = self.actors.get(&(actor.clone(), approved))
            && self.within(*last, now)
        {
            join(Some(number), true);
        }
        found
    }

    /// Whether a name still means what it meant in a story: a device's interface is used for this and for that.
    fn lasts(&self, key: &str, number: u64, now: i64) -> bool {
        !key.starts_with("device|")
            || self.stories.get(&number).is_some_and(|plot| plot.runs() || self.within(plot.last(), now))
    }

    fn within(&self, last: i64, now: i64) -> bool {
        (now - last).abs() <= i64::from(self.options.window_seconds) * 1000
    }

    /// Makes one story of several: the largest lives on. A new number for none.
    fn unite(&mut self, found: &[u64]) -> u64 {
        let Some(oldest) = found.iter().min().copied() else {
            self.next += 1;
            return self.next;
        };
        // The keys of the smaller are pointed at the larger, so that many small steps stay cheap.
        let size = |number: &u64| self.stories.get(number).map_or(0, Plot::size);
        let largest = found.iter().max_by_key(|number| size(number)).copied().unwrap_or(oldest);
        for number in found.iter().filter(|number| **number != largest) {
            let Some(other) = self.stories.remove(number) else { continue };
            self.counts.merged += 1;
            self.point(&other, *number, Some(largest));
            if let Some(plot) = self.stories.get_mut(&largest) {
                plot.absorb(other, self.options.events_max, self.options.ids_max);
            }
        }
        largest
    }

    /// Points every key of `plot` that leads to `from` to another story, or nowhere.
    fn point(&mut self, plot: &Plot, from: u64, to: Option<u64>) {
        for key in plot.keys() {
            move_key(&mut self.own, key, from, to);
            for approved in [false, true] {
                move_key(&mut self.named, &(key.clone(), approved), from, to);
            }
        }
        for actor in plot.actors() {
            for approved in [false, true] {
                let key = (actor.clone(), approved);
                match (self.actors.get_mut(&key), to) {
                    (Some(entry), Some(to)) if entry.0 == from => entry.0 = to,
                    (Some(entry), None) if entry.0 == from => drop(self.actors.remove(&key)),
                    _ => {}
                }
            }
        }
    }

    /// Closes a part of the stories: first those that do not run, of these the oldest.
    fn evict(&mut self) {
        let mut order: Vec<(bool, i64, u64)> =
            self.stories.iter().map(|(number, plot)| (plot.runs(), plot.last(), *number)).collect();
        order.sort_unstable();
        for (_, _, number) in order.into_iter().take(self.options.stories_max / 16 + 1) {
            let Some(plot) = self.stories.remove(&number) else { continue };
            self.point(&plot, number, None);
            let story = self.tell(&plot);
            self.closed.push(story);
            self.counts.evicted += 1;
        }
    }
}

fn move_key<K: std::hash::Hash + Eq>(index: &mut HashMap<K, u64>, key: &K, from: u64, to: Option<u64>) {
    match (index.get_mut(key), to) {
        (Some(number), Some(to)) if *number == from => *number = to,
        (Some(number), None) if *number == from => drop(index.remove(key)),
        _ => {}
    }
}

/// From which addresses actors were seen, as far back as is kept.
#[derive(Debug, Default)]
struct Addresses {
    of: HashMap<String, Vec<String>>,
}

impl Addresses {
    /// Whether a known actor comes from an address that it has not come from before.
    fn is_new(&mut self, event: &Event, keys: &Keys, actors_max: usize) -> bool {
        const ADDRESSES_MAX: usize = 64;
        let (Some(actor), Some(address)) = (&keys.actor, &event.said.source_ip) else { return false };
        // A service that acts for somebody has a name.
        if !is_address(address) {
            return false;
        }
        if self.of.len() >= actors_max && !self.of.contains_key(actor) {
            return false;
        }
        let known = self.of.entry(actor.clone()).or_default();
        if known.contains(address) || known.len() >= ADDRESSES_MAX {
            return false;
        }
        known.push(address.clone());
        known.len() > 1
    }
}
