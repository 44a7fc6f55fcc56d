//! One part of a story and how it stands: made, asked for, gone. The order of arrival makes no difference.

use std::collections::BTreeMap;

use crate::Event;

/// Moments in order; the second number tells events of the same millisecond apart.
pub(crate) type Moment = (i64, u64);

/// One part that was acted on: a session, a target, a filter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) kind: String,
    pub(crate) provider: String,
    /// In which account or on which device.
    pub(crate) account: Option<String>,
    /// Parts that it needs, targets and filters and groups: the key, the name and the id.
    pub(crate) needs: BTreeMap<String, (String, String)>,
    /// It makes packets flow.
    pub(crate) copies: bool,
    /// When it was made; None where that was not seen.
    pub(crate) made: Option<Moment>,
    /// When it was last made, changed or started with success.
    pub(crate) on: Option<Moment>,
    /// When that was last asked for, with the end not seen.
    pub(crate) asked: Option<Moment>,
    /// When it was last removed or stopped.
    pub(crate) off: Option<Moment>,
    /// When it was last refused.
    pub(crate) refused: Option<Moment>,
    /// A change of it was not approved.
    pub(crate) unapproved: bool,
    /// The gravest severity of what made it flow, without approval.
    pub(crate) severity: u8,
    /// What its events said, by name: several values in order of appearance.
    pub(crate) facts: BTreeMap<String, Vec<String>>,
}

/// Under these names stand parts without which another copies nothing.
const NEEDED: [&str; 6] =
    ["target", "filter", "endpoint_group", "deployment_group", "security_profile_group", "security_profile"];

/// So many values of one fact are kept.
const VALUES_MAX: usize = 32;

impl Piece {
    pub(crate) fn take(&mut self, event: &Event, references: &[(String, String)]) {
        if self.kind.is_empty() || event.copies() && !self.copies {
            self.kind.clone_from(&event.said.kind);
        }
        self.provider.clone_from(&event.said.provider);
        self.copies |= event.copies();
        let when = Some(event.when());
        let approved = event.approval.is_some();
        match &*event.said.outcome {
            "failure" => self.refused = self.refused.max(when),
            _ if event.ends() => self.off = self.off.max(when),
            "started" => self.asked = self.asked.max(when),
            _ => self.on = self.on.max(when),
        }
        if event.failed() {
            return;
        }
        self.unapproved |= !approved;
        if !event.ends() {
            if matches!(&*event.said.action, "create" | "create_or_modify" | "start") {
                self.made = self.made.map_or(when, |made| Some(made.min(event.when())));
            }
            if !approved {
                self.severity = self.severity.max(grade(&event.said.severity));
            }
            self.account = self.account.take().or_else(|| event.said.account.clone());
            for (name, value) in &event.resources {
                self.fact(name, value);
            }
            for (name, key) in references.iter().filter(|(name, _)| NEEDED.contains(&&**name)) {
                if self.needs.len() < VALUES_MAX {
                    let id = event.id(name).unwrap_or_default();
                    self.needs.insert(key.clone(), (name.clone(), id.to_owned()));
                }
            }
        }
    }

    fn fact(&mut self, name: &str, value: &str) {
        let values = self.facts.entry(name.to_owned()).or_default();
        if values.len() < VALUES_MAX && !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }

    pub(crate) fn absorb(&mut self, other: Piece) {
        if self.kind.is_empty() || other.copies && !self.copies {
            self.kind = other.kind;
        }
        self.copies |= other.copies;
        self.made = match (self.made, other.made) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.on = self.on.max(other.on);
        self.asked = self.asked.max(other.asked);
        self.off = self.off.max(other.off);
        self.refused = self.refused.max(other.refused);
        self.unapproved |= other.unapproved;
        self.account = self.account.take().or(other.account);
        self.needs.extend(other.needs);
        self.severity = self.severity.max(other.severity);
        for (name, values) in other.facts {
            for value in values {
                self.fact(&name, &value);
            }
        }
    }

    /// It was made or changed, or that was asked for and not refused.
    pub(crate) fn was_on(&self) -> bool {
        self.on.is_some() || self.asked.is_some() && self.asked > self.refused
    }

    pub(crate) fn is_on(&self) -> bool {
        self.was_on() && self.on.max(self.asked) > self.off
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.off.is_some() && !self.is_on()
    }

    /// Asked for, and neither the end nor a refusal was seen.
    pub(crate) fn hangs(&self) -> bool {
        self.asked.is_some() && self.on.is_none() && self.refused < self.asked
    }

    pub(crate) fn values(&self, names: &[&str]) -> impl Iterator<Item = &String> {
        names.iter().filter_map(|name| self.facts.get(*name)).flatten().collect::<Vec<_>>().into_iter()
    }
}

/// A severity as a number: informational is 0.
pub(crate) fn grade(severity: &str) -> u8 {
    const WORDS: [&str; 5] = ["informational", "low", "medium", "high", "critical"];
    WORDS.iter().position(|word| *word == severity).map_or(0, |at| at as u8)
}
