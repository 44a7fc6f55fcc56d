//! From a verdict to the record that goes on. Knows the output's schema, version [`SCHEMA`], and two that others know.

mod claim;
pub mod ecs;
mod fact;
mod join;
mod members;
pub mod ocsf;

pub use claim::Claims;

use crate::catalog::{Action, Provider};
use crate::classify::Verdict;
use crate::envelope::{COLUMNS, Record};
use crate::fields::{Text, is_same};
use crate::json::{Object, joined};
use crate::policy::Schema;
use alloc::borrow::Cow;
use alloc::vec::Vec;

pub use fact::Fact;
pub use members::{Holds, MEMBER_DOCS, MEMBERS};

/// The version of the inserted members.
pub const SCHEMA: u32 = 1;
const SCHEMA_TEXT: &str = "1";

/// A record behind a header is written as it is and as a text, in which a byte takes up to six.
const HEADED_TIMES: usize = 8;

/// What a schema has beside a description says the same again, under names of its own.
const INSERTED_TIMES: usize = 4;
const INSERTED_BYTES: usize = 4096;

/// Writes the record with what a verdict says into `out`; false where it says so itself already, or where there is no memory
/// for it.
pub(crate) fn write(
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
    out.clear();
    let times = if record.header.is_empty() { 1 } else { HEADED_TIMES };
    let room = record.header.len().saturating_add(record.index.bytes().len()).saturating_mul(times);
    let inserted = description.len().saturating_mul(INSERTED_TIMES).saturating_add(INSERTED_BYTES);
    if out.try_reserve(room.saturating_add(inserted)).is_err() {
        return false;
    }
    if schema == Schema::Ocsf {
        return ocsf::wrap(out, record, verdict, description).is_some();
    }
    let index = record.index;
    let Some((before, after)) = index.end().and_then(|end| index.bytes().split_at_checked(end)) else {
        return false;
    };
    out.extend_from_slice(record.header);
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
    // The rows of devices carry no verb of the seed's; use the parsed action.
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

/// Writes the object that describes a verdict into `out`; `matches` is how many events the record holds, `is_cut` says
/// that a limit left a part of it unread.
pub(crate) fn describe(out: &mut Vec<u8>, verdict: &Verdict<'_>, matches: usize, is_cut: bool) {
    let observation = &verdict.observation;
    out.clear();
    let mut object = Object::begin(out);
    for (name, holds) in MEMBERS {
        match holds {
            Holds::Fact(fact) => put(&mut object, name, *fact, verdict),
            Holds::Resources => resources(&mut object, name, &observation.resources),
            Holds::Related => {
                let related = join::related(observation);
                if !related.is_empty() {
                    object.list(name, &related);
                }
            }
            Holds::Story => object.text(name, join::story(observation).as_deref()),
            Holds::Approved => {
                if let Some(approval) = verdict.approved {
                    let mut approved = object.open(name);
                    approved.text("name", Some(approval.name));
                    approved.text("ticket", approval.ticket);
                    approved.close();
                }
            }
            Holds::Matches if matches > 1 => object.number(name, matches as u64),
            Holds::Unread if is_cut => object.raw(name, b"true"),
            Holds::Matches | Holds::Unread => {}
        }
    }
    object.close();
}

/// Writes a fact that is known.
fn put(object: &mut Object<'_>, name: &'static str, fact: Fact, verdict: &Verdict<'_>) {
    let value = fact.of(verdict);
    match value {
        Some(json) if fact.is_json() => object.raw(name, json.as_bytes()),
        text => object.text(name, text),
    }
}

/// Writes each name once, with its ids.
fn resources(object: &mut Object<'_>, name: &'static str, all: &[(&'static str, Text<'_>)]) {
    if all.is_empty() {
        return;
    }
    let mut resources = object.open(name);
    for (at, (name, id)) in all.iter().enumerate() {
        let (before, after) = all.split_at_checked(at).unwrap_or_default();
        let same = |(other, _): &&(&str, Text<'_>)| is_same(other, name);
        if before.iter().any(|other| same(&other)) {
            continue;
        }
        let mut ids = Cow::Borrowed(&**id);
        for (_, other) in after.iter().skip(1).filter(same) {
            ids = Cow::Owned(joined(&[&ids, ",", other]));
        }
        resources.text(name, Some(&ids));
    }
    resources.close();
}

/// What stands before the first of a mark; `None` where there is none.
fn before(text: &str, mark: u8) -> Option<&str> {
    text.get(..text.bytes().position(|byte| byte == mark)?)
}

/// What stands before the last of a mark; `None` where there is none.
fn before_last(text: &str, mark: u8) -> Option<&str> {
    text.get(..text.bytes().rposition(|byte| byte == mark)?)
}
