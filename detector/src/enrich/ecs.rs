//! Fields of the Elastic Common Schema, version [`VERSION`], as CrowdStrike's parsing standard uses it: keys joined by
//! dots beside the event's own members, which stay as they are.

use crate::catalog::{Action, EventOutcome, Provider, Severity};
use crate::classify::Verdict;
use crate::envelope::PRODUCT;
use crate::json::{Index, Object};
use crate::policy::Address;
use alloc::vec::Vec;

/// The version of the schema.
const VERSION: &str = "9.0.0";

/// Writes the fields that the record does not have.
pub(super) fn write(members: &mut Object<'_>, record: &Index<'_>, verdict: &Verdict<'_>) {
    let observation = &verdict.observation;
    let provider = observation.operation.provider;
    let cloud = |value| if provider.is_cloud() { value } else { None };
    let attack = observation.operation.technique.attack();
    let source = observation.source_ip.as_deref();
    let is_address = source.and_then(Address::parse).is_some();
    let error = observation.error.as_deref();
    let is_code = error.is_some_and(|error| !error.contains(' '));
    let account = if provider == Provider::Gcp { "cloud.project.id" } else { "cloud.account.id" };
    let device = observation.id_of("device");
    let fields = [
        ("ecs.version", Some(VERSION)),
        ("event.kind", Some("event")),
        ("event.category", Some("configuration")),
        ("event.type", Some(kind_of_change(verdict.action))),
        ("event.action", Some(&*observation.name)),
        ("event.outcome", Some(outcome(verdict.outcome))),
        ("event.module", Some(PRODUCT)),
        ("event.dataset", Some("tapsieve.mirror")),
        ("event.provider", Some(provider.name())),
        ("user.name", observation.actor.as_deref()),
        ("source.address", source),
        ("source.ip", source.filter(|_| is_address)),
        ("cloud.provider", cloud(Some(provider.name()))),
        (account, observation.account.as_deref()),
        ("cloud.region", cloud(observation.region.as_deref())),
        ("observer.hostname", device.filter(|_| provider == Provider::Network)),
        ("host.hostname", device.filter(|_| provider == Provider::Host)),
        ("error.code", error.filter(|_| is_code)),
        ("error.message", error.filter(|_| !is_code)),
        ("threat.framework", Some("MITRE ATT&CK")),
        ("threat.tactic.id", Some(attack.tactic.0)),
        ("threat.tactic.name", Some(attack.tactic.1)),
        ("threat.technique.id", Some(attack.technique.0)),
        ("threat.technique.name", Some(attack.technique.1)),
        ("threat.technique.subtechnique.id", attack.sub_technique.map(|sub| sub.0)),
        ("threat.technique.subtechnique.name", attack.sub_technique.map(|sub| sub.1)),
    ];
    let taken: Vec<_> = record.members().filter_map(|member| member.key()).collect();
    let is_taken = |key: &str| taken.iter().any(|taken| **taken == *key.as_bytes());
    for (key, value) in fields {
        let Some(value) = value.filter(|_| !is_taken(key)) else { continue };
        // The schema has lists of these.
        if matches!(key, "event.category" | "event.type") || key.starts_with("threat.t") {
            members.list(key, value);
        } else {
            members.text(key, Some(value));
        }
    }
    if !is_taken("event.severity") {
        members.number("event.severity", severity(verdict.severity));
    }
}

fn kind_of_change(action: Action) -> &'static str {
    match action {
        Action::Create => "creation",
        Action::Delete => "deletion",
        Action::Read => "access",
        Action::Modify | Action::CreateOrModify | Action::Start | Action::Stop | Action::Other => "change",
    }
}

fn outcome(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Success => "success",
        EventOutcome::Failure => "failure",
        EventOutcome::Started | EventOutcome::Unknown => "unknown",
    }
}

/// From 1 to 100; the schema leaves the scale to the source.
fn severity(severity: Severity) -> u64 {
    match severity {
        Severity::Informational => 10,
        Severity::Low => 30,
        Severity::Medium => 50,
        Severity::High => 70,
        Severity::Critical => 90,
    }
}
