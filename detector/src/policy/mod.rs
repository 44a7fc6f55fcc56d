//! The operator's settings: what is kept, dropped and approved. Passes judgement on verdicts, reads no event itself.
//!
//! `members` says what may be written, `parse` reads it, `pattern`, `net` and `time` are what is compared with.

pub mod members;
mod net;
mod parse;
mod pattern;
mod time;

pub(crate) use net::Address;
pub use parse::{POLICY_BYTES_MAX, STEPS_MAX, TEXT_BYTES_MAX};
pub(crate) use time::millis;

use crate::catalog::{Action, EventOutcome, Kind, Operation, Provider, Requires, Severity, Technique};
use crate::classify::{Approval, Verdict};
use crate::fields::{Observation, observe_as};
use crate::json::{Index, joined};
use crate::prefilter::ANCHOR_LEN;
use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use members::{MATCHERS, Subject, Takes};
use net::Net;
use parse::{Reader, Why};
use pattern::{Program, glob_fits};

/// The shape in which a mirror event goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The seed's columns and the object `mirror`.
    Native,
    /// Fields of the Elastic Common Schema and the object `mirror`.
    Ecs,
    /// An API Activity event of the Open Cybersecurity Schema Framework around the record.
    Ocsf,
}

/// What the operator wants; by default nothing is dropped.
#[derive(Debug)]
pub struct Policy {
    /// One for each row of the policy's table; none without a policy.
    values: Vec<Value>,
}

// The places of a policy's members in its table.
const KEEP: usize = 0;
const DROP: usize = 1;
const SCHEMA: usize = 2;
const APPROVED: usize = 3;
const SEVERITY: usize = 4;
const OPERATION: usize = 5;

/// The value of a member.
#[derive(Debug)]
enum Value {
    Absent,
    /// The place of a word.
    Word(usize),
    Text(String),
    Pattern(Pattern),
    /// Milliseconds since 1970.
    Time(i64),
    /// Values of one kind, or one for each row of the tables of an entry.
    List(Vec<Value>),
}

/// What a text of an event is compared with.
#[derive(Debug)]
enum Pattern {
    Glob(String),
    Expression(Program),
    Net(Net),
}

impl Policy {
    /// The policy that holds until another is given.
    pub const fn new() -> Self {
        Policy { values: Vec::new() }
    }

    /// Reads a policy; returns with it the anchors of the operations that it adds.
    ///
    /// # Errors
    /// A message that names the member that is not understood.
    pub fn parse(json: &[u8]) -> Result<(Self, Vec<[u8; ANCHOR_LEN]>), String> {
        let mut reader = Reader::default();
        match reader.policy(json) {
            Ok(values) => Policy { values }.checked(&mut reader),
            Err(why) => Err(why),
        }
        .map_err(|why| reader.message(why))
    }

    fn checked(self, reader: &mut Reader) -> Result<(Self, Vec<[u8; ANCHOR_LEN]>), Why> {
        reader.enter_member("approved");
        for (at, entry) in self.list(APPROVED).iter().enumerate() {
            let name = text(entry, HEAD);
            if self.list(APPROVED).iter().take(at).any(|known| text(known, HEAD) == name) {
                reader.enter(at);
                reader.enter_member("name");
                return Err("is the name of an entry before it");
            }
        }
        reader.leave(0);
        reader.enter_member("operation");
        let mut anchors = Vec::new();
        for (at, entry) in self.list(OPERATION).iter().enumerate() {
            let back = reader.enter(at);
            anchors.push(anchor(entry, reader)?);
            reader.leave(back);
        }
        Ok((self, anchors))
    }

    fn list(&self, at: usize) -> &[Value] {
        match self.values.get(at) {
            Some(Value::List(values)) => values,
            _ => &[],
        }
    }

    /// The shape in which a mirror event goes on.
    pub fn schema(&self) -> Schema {
        match self.values.get(SCHEMA) {
            Some(Value::Word(1)) => Schema::Ecs,
            Some(Value::Word(2)) => Schema::Ocsf,
            _ => Schema::Native,
        }
    }

    /// Whether a record without a mirror event is dropped.
    #[inline(always)]
    pub fn drops_unchanged(&self) -> bool {
        matches!(self.values.get(KEEP), Some(Value::Word(1)))
    }

    /// Whether an event is dropped.
    pub fn drops(&self, verdict: &Verdict<'_>) -> bool {
        let reasons = [
            verdict.action == Action::Read,
            verdict.approved.is_some(),
            verdict.outcome == EventOutcome::Failure,
            verdict.outcome == EventOutcome::Started,
        ];
        self.list(DROP)
            .iter()
            .any(|value| matches!(value, Value::Word(word) if reasons.get(*word) == Some(&true)))
    }

    /// Approves an event, or changes its severity.
    pub fn judge<'a>(&'a self, verdict: &mut Verdict<'a>) {
        let (severity, approved) = (self.list(SEVERITY), self.list(APPROVED));
        if severity.is_empty() && approved.is_empty() {
            return;
        }
        let time = verdict.observation.time.as_deref().and_then(time::millis);
        if let Some(entry) = severity.iter().find(|entry| fits(entry, verdict, time)) {
            verdict.severity = nth(Severity::ALL, entry, HEAD).unwrap_or(verdict.severity);
        }
        if let Some(entry) = approved.iter().find(|entry| fits(entry, verdict, time)) {
            verdict.severity = Severity::Informational;
            verdict.approved = text(entry, HEAD).map(|name| Approval { name, ticket: text(entry, HEAD + 1) });
        }
    }

    /// Reads an object that may be the event of an operation that the operator added.
    pub fn observe<'a>(&'a self, object: &Index<'a>) -> Option<Observation<'a>> {
        let (entry, name) = self.list(OPERATION).iter().find_map(|entry| {
            let name = object.at(text(entry, FIELD)?)?.text()?;
            let pattern = text(entry, PATTERN).or_else(|| text(entry, NAME))?;
            glob_fits(pattern, &name).then_some((entry, name))
        })?;
        let operation = Operation {
            name: Cow::Owned(text(entry, NAME)?.to_owned()),
            provider: nth(Provider::ALL, entry, 3)?,
            action: nth(Action::ALL, entry, 4)?,
            kind: nth(Kind::ALL, entry, 5)?,
            severity: nth(Severity::ALL, entry, 6)?,
            technique: nth(Technique::ALL, entry, 7).unwrap_or(Technique::TrafficDuplication),
            requires: Requires::Nothing,
        };
        Some(observe_as(operation, name, object))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

/// The place of the first member after the matchers.
const HEAD: usize = 11;
const _: () = assert!(MATCHERS.len() == HEAD);

// The places of an added operation's members in its table.
const NAME: usize = 0;
const PATTERN: usize = 1;
const FIELD: usize = 2;

fn member(entry: &Value, at: usize) -> Option<&Value> {
    match entry {
        Value::List(values) => values.get(at),
        _ => None,
    }
}

fn text(entry: &Value, at: usize) -> Option<&str> {
    match member(entry, at) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn nth<T: Copy>(all: &[T], entry: &Value, at: usize) -> Option<T> {
    match member(entry, at) {
        Some(Value::Word(word)) => all.get(*word).copied(),
        _ => None,
    }
}

/// Whether everything that an entry asks for holds for an event.
fn fits(entry: &Value, verdict: &Verdict<'_>, time: Option<i64>) -> bool {
    let observation = &verdict.observation;
    let Value::List(members) = entry else { return false };
    MATCHERS.iter().zip(members).all(|(row, value)| {
        let (each, values) = match (row.takes, value) {
            (_, Value::Absent) => return true,
            (Takes::Time(Subject::From), Value::Time(from)) => return time.is_some_and(|time| time >= *from),
            (Takes::Time(_), Value::Time(until)) => return time.is_some_and(|time| time < *until),
            (Takes::List(each, ..), Value::List(values)) => (each, values),
            _ => return false,
        };
        let text = match *each {
            Takes::Word(_, subject) => {
                let word = match subject {
                    Some(Subject::Provider) => observation.operation.provider as usize,
                    Some(Subject::Action) => verdict.action as usize,
                    Some(Subject::Kind) => observation.operation.kind as usize,
                    _ => verdict.outcome as usize,
                };
                return values.iter().any(|value| matches!(value, Value::Word(place) if *place == word));
            }
            Takes::Pattern(Subject::Resource) => {
                return observation.resources.iter().any(|(name, id)| any_resource(values, name, id));
            }
            Takes::Pattern(Subject::Actor) => observation.actor.as_deref(),
            Takes::Pattern(Subject::Account) => observation.account.as_deref(),
            Takes::Pattern(Subject::SourceIp) => observation.source_ip.as_deref(),
            _ => Some(&*observation.operation.name),
        };
        text.is_some_and(|text| any(values, text))
    })
}

/// Whether a resource fits: patterns with a `=` say which resource they mean.
///
/// A description is whatever its author wrote, so it counts only where a pattern names it.
fn any_resource(patterns: &[Value], name: &str, id: &str) -> bool {
    any(patterns, &joined(&[name, "=", id])) || name != "description" && any(patterns, id)
}

/// Whether one of the patterns fits.
fn any(patterns: &[Value], text: &str) -> bool {
    let address = Address::parse(text);
    patterns.iter().any(|pattern| match pattern {
        Value::Pattern(Pattern::Glob(glob)) => glob_fits(glob, text),
        Value::Pattern(Pattern::Expression(program)) => program.fits(text),
        Value::Pattern(Pattern::Net(net)) => address.as_ref().is_some_and(|address| net.contains(address)),
        _ => false,
    })
}

/// The part of an added operation's name that the prefilter looks for: the last that JSON spells in few ways.
fn anchor(entry: &Value, reader: &mut Reader) -> Result<[u8; ANCHOR_LEN], Why> {
    let field = text(entry, FIELD).unwrap_or_default();
    if field.len() > 200 || field.contains('*') || field.split('.').any(str::is_empty) {
        reader.enter_member("field");
        return Err("expected keys joined by dots such as `protoPayload.methodName`");
    }
    let at = if text(entry, PATTERN).is_some() { PATTERN } else { NAME };
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
    let windows = text(entry, at).unwrap_or_default().as_bytes().windows(ANCHOR_LEN);
    let anchor = windows.rev().find(|window| window.iter().all(is_plain));
    anchor.and_then(|window| window.try_into().ok()).ok_or_else(|| {
        reader.enter_member(if at == NAME { "name" } else { "pattern" });
        "needs 11 letters, digits, `_`, `-`, `.` or `:` in a row, by which the prefilter finds its events"
    })
}
