//! Fields of the Elastic Common Schema, version [`VERSION`], as CrowdStrike's parsing standard uses it: keys joined by
//! dots beside the event's own members, which stay as they are.

use super::fact::{Fact, US};
use super::put;
use crate::classify::Verdict;
use crate::json::{Index, Object};
use alloc::vec::Vec;

/// The version of the schema.
const VERSION: &str = "9.0.0";

/// Each field and what it says; [`LISTS`] are lists.
pub const FIELDS: &[(&str, Fact)] = &[
    ("ecs.version", Fact::Always(VERSION)),
    ("event.kind", Fact::Always("event")),
    ("event.category", Fact::Always("configuration")),
    ("event.type", Fact::EventType),
    ("event.action", Fact::Name),
    ("event.outcome", Fact::EventOutcome),
    ("event.severity", Fact::EventSeverity),
    ("event.id", Fact::Detail("event_id")),
    ("event.module", US),
    ("event.dataset", Fact::Always("tapsieve.mirror")),
    ("event.provider", Fact::Provider),
    ("user.name", Fact::Actor),
    ("related.user", Fact::Actor),
    ("source.address", Fact::Source),
    ("source.ip", Fact::Address),
    ("related.ip", Fact::Address),
    ("user_agent.original", Fact::Detail("user_agent")),
    ("cloud.provider", Fact::Cloud),
    ("cloud.account.id", Fact::AccountOnly),
    ("cloud.project.id", Fact::Project),
    ("cloud.region", Fact::CloudRegion),
    ("organization.id", Fact::Detail("tenant")),
    ("observer.hostname", Fact::Observer),
    ("host.hostname", Fact::Host),
    ("error.code", Fact::ErrorCode),
    ("error.message", Fact::ErrorText),
    ("threat.framework", Fact::Always("MITRE ATT&CK")),
    ("threat.tactic.id", Fact::Attack(0, false)),
    ("threat.tactic.name", Fact::Attack(0, true)),
    ("threat.technique.id", Fact::Attack(1, false)),
    ("threat.technique.name", Fact::Attack(1, true)),
    ("threat.technique.subtechnique.id", Fact::Attack(2, false)),
    ("threat.technique.subtechnique.name", Fact::Attack(2, true)),
];

/// What the names of lists begin with.
const LISTS: [&str; 4] = ["event.category", "event.type", "related.", "threat.t"];

/// Writes the fields that the record does not have.
pub(super) fn write(members: &mut Object<'_>, record: &Index<'_>, verdict: &Verdict<'_>) {
    let taken: Vec<_> = record.members().filter_map(|member| member.key()).collect();
    for (key, fact) in FIELDS {
        if taken.iter().any(|taken| **taken == *key.as_bytes()) {
            continue;
        }
        if LISTS.iter().any(|list| key.starts_with(list)) {
            let Some(value) = fact.of(verdict) else { continue };
            let impersonator = verdict.observation.detail("impersonator").filter(|_| *key == "related.user");
            match impersonator {
                Some(other) => members.list(key, &[value, other]),
                None => members.list(key, &[value]),
            }
        } else {
            put(members, key, *fact, verdict);
        }
    }
}
