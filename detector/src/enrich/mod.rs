//! From a verdict to the record that goes on. Knows the output's schema, version [`SCHEMA`], and two that others know.

mod claim;
mod ecs;
mod ocsf;

pub use claim::Claims;

use crate::catalog::{Action, Provider};
use crate::classify::Verdict;
use crate::envelope::{COLUMNS, Record};
use crate::json::Object;
use crate::policy::Schema;
use alloc::vec::Vec;

/// The version of the inserted members.
pub const SCHEMA: u32 = 1;

/// Writes the record with what a verdict says into `out`; false where it says so itself already.
pub fn write(
    schema: Schema,
    out: &mut Vec<u8>,
    record: &Record<'_, '_>,
    claims: &Claims<'_, '_>,
    verdict: &Verdict<'_>,
    description: &[u8],
) -> bool {
    if claims.any() && claims.say(description) {
        return false;
    }
    if schema == Schema::Ocsf {
        return ocsf::wrap(out, record, verdict, description).is_some();
    }
    let index = record.index;
    let Some((before, after)) = index.end().and_then(|end| index.bytes().split_at_checked(end)) else {
        return false;
    };
    out.clear();
    out.extend_from_slice(before);
    let mut members = Object::inside(out, index.is_empty());
    if schema == Schema::Ecs {
        ecs::write(&mut members, index, verdict);
    } else {
        for ((column, value), taken) in COLUMNS.iter().zip(columns(verdict)).zip(record.columns) {
            if !taken {
                members.text(column, value);
            }
        }
    }
    members.raw(&claims.free_name(), description);
    out.extend_from_slice(after);
    true
}

/// The values of the seed's columns, in their order.
fn columns<'v>(verdict: &'v Verdict<'_>) -> [Option<&'v str>; COLUMNS.len()] {
    let observation = &verdict.observation;
    let is = |provider| observation.operation.provider == provider;
    // A device's command is a row with its verb: the seed has no word on those.
    let of_device = is(Provider::Network) || is(Provider::Host);
    let action = if of_device { verdict.action } else { observation.operation.action };
    [
        Some(&observation.name),
        Some(mirror_action(action)),
        observation.actor.as_deref(),
        observation.source_ip.as_deref(),
        observation.region.as_deref().filter(|_| is(Provider::Aws)),
        observation.resource_group.as_deref(),
    ]
}

/// The seed's word for what the operation's row says; the seed does not look further.
fn mirror_action(action: Action) -> &'static str {
    match action {
        Action::Create => "Creation",
        Action::Modify => "Modification",
        Action::CreateOrModify => "Creation/Modification",
        Action::Delete => "Deletion",
        Action::Read => "Read",
        Action::Start | Action::Stop | Action::Other => "Other",
    }
}

/// Writes the object that describes a verdict into `out`; `matches` is how many events the record holds.
pub fn describe(out: &mut Vec<u8>, verdict: &Verdict<'_>, matches: usize) {
    let observation = &verdict.observation;
    let operation = &observation.operation;
    out.clear();
    let mut object = Object::begin(out);
    object.number("schema", SCHEMA.into());
    object.text("provider", Some(operation.provider.name()));
    object.text("operation", Some(&operation.name));
    object.text("kind", Some(operation.kind.name()));
    object.text("technique", Some(operation.technique.name()));
    object.text("action", Some(verdict.action.name()));
    object.text("outcome", Some(verdict.outcome.name()));
    object.text("severity", Some(verdict.severity.name()));
    object.text("raised_by", verdict.raised_by);
    object.text("actor", observation.actor.as_deref());
    object.text("actor_type", observation.actor_type);
    object.text("source_ip", observation.source_ip.as_deref());
    object.text("account", observation.account.as_deref());
    object.text("region", observation.region.as_deref());
    object.text("resource_group", observation.resource_group.as_deref());
    object.text("time", observation.time.as_deref());
    object.text("error", observation.error.as_deref());
    if !observation.resources.is_empty() {
        let mut resources = object.open("resources");
        for (name, id) in &observation.resources {
            resources.text(name, Some(id));
        }
        resources.close();
    }
    if let Some(approval) = verdict.approved {
        let mut approved = object.open("approved");
        approved.text("name", Some(approval.name));
        approved.text("ticket", approval.ticket);
        approved.close();
    }
    if matches > 1 {
        object.number("matches", matches as u64);
    }
    object.close();
}
