//! The operator's settings: what is kept, dropped and approved, and which operations count beyond the catalog's.
//! Passes judgement on verdicts, and finds the name by which an added operation's event is known; reads nothing else.
//!
//! `members` says what may be written and holds it, `parse` reads it, `matching` compares it with events; `pattern`, `net`
//! and `time` are what is compared with.

mod matching;
pub mod members;
mod net;
mod parse;
mod pattern;
mod time;

pub use members::{Policy, Schema};
pub(crate) use net::Address;
pub use parse::{POLICY_BYTES_MAX, STEPS_MAX, TEXT_BYTES_MAX};
pub(crate) use time::millis;

use crate::catalog::{Action, EventOutcome, Operation, Requires, Severity, Technique};
use crate::classify::{Approval, Verdict};
use crate::fields::{Observation, observe_as};
use crate::json::Index;
use crate::prefilter::ANCHOR_LEN;
use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use members::{Added, Keep, Matchers, Reason, Word, Words};
use parse::{Reader, Why};
use pattern::glob_fits;

/// The resource that is whatever its author wrote: nothing is judged by it.
const FREE_TEXT: &str = "description";

/// The texts by which the prefilter finds the events of added operations.
type Anchors = Vec<[u8; ANCHOR_LEN]>;

impl Policy {
    /// The policy that holds until another is given.
    pub const fn new() -> Self {
        Policy {
            keep: Word::NONE,
            drop: Words::NONE,
            schema: Word::NONE,
            approved: Vec::new(),
            severity: Vec::new(),
            operation: Vec::new(),
        }
    }

    /// Reads a policy; returns with it the anchors of the operations that it adds.
    ///
    /// # Errors
    /// A message that names the member that is not understood.
    pub fn parse(json: &[u8]) -> Result<(Self, Anchors), String> {
        let mut reader = Reader::default();
        let parsed = reader.policy(json).and_then(|policy| Ok((policy.checked(&mut reader)?, policy)));
        match parsed {
            Ok((anchors, policy)) => Ok((policy, anchors)),
            Err(why) => Err(reader.message(why)),
        }
    }

    /// Holds members against each other.
    fn checked(&self, reader: &mut Reader) -> Result<Anchors, Why> {
        for (at, entry) in self.approved.iter().enumerate() {
            let name = &entry.says.name.0;
            if self.approved.iter().take(at).any(|before| before.says.name.0 == *name) {
                reader.enter_path("approved", at);
                reader.enter_member("name");
                return Err("is the name of an entry before it");
            }
        }
        let approved = self.approved.iter().map(|entry| &entry.matchers).enumerate();
        let severity = self.severity.iter().map(|entry| &entry.matchers).enumerate();
        for (list, (at, matchers)) in
            approved.map(|entry| ("approved", entry)).chain(severity.map(|entry| ("severity", entry)))
        {
            reader.enter_path(list, at);
            checked(matchers, reader)?;
        }
        let mut anchors = Vec::new();
        for (at, added) in self.operation.iter().enumerate() {
            reader.enter_path("operation", at);
            anchors.push(anchor(added, reader)?);
        }
        Ok(anchors)
    }

    /// The shape in which a mirror event goes on.
    pub fn schema(&self) -> Schema {
        self.schema.value().unwrap_or(Schema::Native)
    }

    /// Whether a record without a mirror event is dropped.
    #[inline(always)]
    pub fn drops_unchanged(&self) -> bool {
        self.keep.value() == Some(Keep::Mirror)
    }

    /// Whether an event is dropped.
    pub(crate) fn drops(&self, verdict: &Verdict<'_>) -> bool {
        [
            (Reason::Read, verdict.action == Action::Read),
            (Reason::Approved, verdict.approved.is_some()),
            (Reason::Failure, verdict.outcome == EventOutcome::Failure),
            (Reason::Started, verdict.outcome == EventOutcome::Started),
        ]
        .into_iter()
        .any(|(reason, holds)| holds && self.drop.has(reason))
    }

    /// Approves an event, or changes its severity.
    pub(crate) fn judge<'a>(&'a self, verdict: &mut Verdict<'a>) {
        if self.severity.is_empty() && self.approved.is_empty() {
            return;
        }
        let time = verdict.observation.time.as_deref().and_then(millis);
        if let Some(entry) = self.severity.iter().find(|entry| entry.matchers.fit(verdict, time)) {
            verdict.severity = entry.says.level.value().unwrap_or(verdict.severity);
        }
        if let Some(entry) = self.approved.iter().find(|entry| entry.matchers.fit(verdict, time)) {
            verdict.severity = Severity::Informational;
            let (name, ticket) = (&entry.says.name.0, &entry.says.ticket.0);
            verdict.approved =
                Some(Approval { name, ticket: Some(&**ticket).filter(|text| !text.is_empty()) });
        }
    }

    /// Reads an object that may be the event of an operation that the operator added.
    pub fn observe<'a>(&'a self, object: &Index<'a>) -> Option<Observation<'a>> {
        let (added, name) = self.operation.iter().find_map(|added| {
            let name = object.at(&added.field.0)?.text()?;
            glob_fits(added.compared(), &name).then_some((added, name))
        })?;
        let operation = Operation {
            name: Cow::Owned(added.name.0.to_owned()),
            provider: added.provider.value()?,
            action: added.action.value()?,
            kind: added.kind.value()?,
            severity: added.severity.value()?,
            technique: added.technique.value().unwrap_or(Technique::TrafficDuplication),
            requires: Requires::Nothing,
        };
        Some(observe_as(operation, name, object))
    }
}

/// Holds the matchers of one entry against each other.
fn checked(matchers: &Matchers, reader: &mut Reader) -> Result<(), Why> {
    if let (Some(from), Some(until)) = (matchers.from.0, matchers.until.0)
        && from >= until
    {
        reader.enter_member("until");
        return Err("is not after `from`");
    }
    if matchers.fit_everything() {
        return Err("fits every event; say which, for example with `actors`");
    }
    Ok(())
}

impl Added {
    /// What an event's name is compared with.
    fn compared(&self) -> &str {
        if self.pattern.0.is_empty() { &self.name.0 } else { &self.pattern.0 }
    }
}

/// The part of an added operation's name that the prefilter looks for: the last that JSON spells in few ways.
fn anchor(added: &Added, reader: &mut Reader) -> Result<[u8; ANCHOR_LEN], Why> {
    let field = &added.field.0;
    if field.len() > 200 || field.contains('*') || field.split('.').any(str::is_empty) {
        reader.enter_member("field");
        return Err("expected keys joined by dots such as `protoPayload.methodName`");
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
    let windows = added.compared().as_bytes().windows(ANCHOR_LEN);
    let anchor = windows.rev().find(|window| window.iter().all(is_plain));
    anchor.and_then(|window| window.try_into().ok()).ok_or_else(|| {
        reader.enter_member(if added.pattern.0.is_empty() { "name" } else { "pattern" });
        "needs 11 letters, digits, `_`, `-`, `.` or `:` in a row, by which the prefilter finds its events"
    })
}
