//! A story as it is told: data for programs, from which [`crate::tell`] makes text.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::piece::Moment;
use crate::plot::earlier;
use crate::{Event, identity};

/// How grave a story is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Approved.
    #[default]
    Informational,
    /// Nothing was copied: refused, prepared, or taken away.
    Low,
    /// Something may have been copied.
    Medium,
    /// Packets were copied.
    High,
    /// Packets were copied and more speaks against it.
    Critical,
}

impl Severity {
    /// The severity that a word names.
    pub fn named(word: &str) -> Option<Severity> {
        use Severity::{Critical, High, Informational, Low, Medium};
        let levels = [Informational, Low, Medium, High, Critical];
        levels.into_iter().find(|level| level.name() == word)
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Informational => "informational",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// One act of mirroring, as its events tell it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Story {
    /// The same whenever the same events are read; that of the older one where two become one.
    pub id: String,
    /// One line that says what happened.
    pub title: String,
    /// How grave it is.
    pub severity: Severity,
    /// Why it is as grave.
    pub reasons: Vec<Reason>,
    /// Worth waking somebody: at least medium and not approved.
    pub alert: bool,
    /// What approves all of it, or parts of it.
    pub approved_by: Vec<String>,
    /// All of it is approved.
    pub approved: bool,
    /// Packets are still copied when the events end.
    pub runs: bool,
    /// Clouds, `network` and `host`.
    pub providers: Vec<String>,
    /// Accounts, subscriptions, projects, devices.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Who did it, roles without the names of their sessions, in order of appearance.
    pub who: Vec<Who>,
    /// Other identities that the events name: issuers, impersonators, persons behind a role.
    pub behind: Vec<String>,
    /// Addresses and services.
    pub from: Vec<String>,
    /// When the first event happened, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// When the last event happened, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// The beginning in milliseconds since 1970.
    pub began_millis: i64,
    /// The last event in milliseconds since 1970.
    pub last_millis: i64,
    /// When copying ended, in milliseconds since 1970; absent while it runs or where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_millis: Option<i64>,
    /// What copies what to where.
    pub flows: Vec<Flow>,
    /// What the filters let through.
    pub filters: Vec<String>,
    /// What the events do not show.
    pub missing: Vec<String>,
    /// The events in order; of a long story the first and the last.
    pub events: Vec<Part>,
    /// How many events it has.
    pub events_total: u64,
    /// How many of them are only counted.
    pub events_left_out: u64,
    /// How many attempts were refused.
    pub refused: u64,
    /// How many attempts failed because there were too many at once.
    pub throttled: u64,
    /// How many times somebody looked at its parts.
    pub reads: u64,
    /// Every `mirror.story` of its events.
    pub keys: Vec<String>,
}

/// Why a story is as grave as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// For programs: `another_account`, `every_address`, `refused_before`, `short_lived`, `new_address`, …
    pub reason: &'static str,
    /// For people.
    pub text: String,
}

/// An identity that took part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Who {
    /// The identity that lasts.
    pub actor: String,
    /// `user`, `role` or `service`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Names of the role's sessions.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sessions: BTreeSet<String>,
    /// The person behind it, where the events say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// How many events.
    pub events: u64,
    /// Its first event.
    #[serde(skip)]
    pub(crate) first: Option<Moment>,
}

impl Who {
    pub(crate) fn take(&mut self, event: &Event) {
        const SESSIONS_MAX: usize = 20;
        let said = &event.said;
        self.actor = event.actor().unwrap_or_default().to_owned();
        self.kind = self.kind.take().or_else(|| said.actor_type.clone());
        self.person = self.person.take().or_else(|| event.person.clone());
        let session = said.actor.as_deref().and_then(identity::session_name);
        if let Some(session) = session.filter(|_| self.sessions.len() < SESSIONS_MAX) {
            self.sessions.insert(session.to_owned());
        }
        self.events += 1;
        self.first = earlier(self.first, Some(event.when()));
    }

    pub(crate) fn absorb(&mut self, other: Who) {
        self.actor = other.actor;
        self.kind = self.kind.take().or(other.kind);
        self.person = self.person.take().or(other.person);
        self.sessions.extend(other.sessions);
        self.events += other.events;
        self.first = earlier(self.first, other.first);
    }
}

/// One stream of copied packets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flow {
    /// The part that copies: a session, a tap configuration, a policy.
    pub session: String,
    /// Its kind, see docs/SCHEMAS.md.
    pub kind: String,
    /// Cloud, `network` or `host`.
    pub provider: String,
    /// Where the packets are taken.
    pub sources: Vec<String>,
    /// The part that receives, where it is one of its own.
    pub targets: Vec<String>,
    /// Where the packets end up.
    pub destinations: Vec<String>,
    /// Filters by id.
    pub filters: Vec<String>,
    /// Directions, as the events spell them.
    pub directions: Vec<String>,
    /// `whole packets` or `the first N bytes of each packet`, where the events say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets: Option<String>,
    /// The account of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Accounts of target and destination, where the events name them.
    pub to_accounts: Vec<String>,
    /// It still runs when the events end.
    pub runs: bool,
}

/// One event of a story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    /// The place of the record in whatever was read.
    pub at: u64,
    /// When, as the event spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// When, in milliseconds since 1970.
    pub millis: i64,
    /// The operation as the catalog spells it.
    pub operation: String,
    /// The kind of part it acts on.
    pub kind: String,
    /// What was done.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// The severity of the event alone.
    pub severity: String,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// The part that it acts on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What approves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

impl Part {
    pub(crate) fn of(event: Event) -> Part {
        let names =
            [&*event.said.kind, "session", "id", "name", "vtap", "packet_capture", "source_interface"];
        let part = names.iter().find_map(|name| event.id(name)).map(str::to_owned);
        let millis = event.when().0;
        let said = event.said;
        Part {
            at: event.at,
            time: event.time,
            millis,
            operation: said.operation,
            kind: said.kind,
            action: said.action,
            outcome: said.outcome,
            severity: said.severity,
            actor: said.actor,
            source_ip: said.source_ip,
            part,
            error: said.error,
            approved_by: event.approval,
        }
    }
}
