//! API Activity, class 6003 of the Open Cybersecurity Schema Framework, version [`VERSION`], with the profiles `cloud` and
//! `security_control`. The record stands in `unmapped` byte for byte, the description among the enrichments.

use super::fact::{ERROR_MESSAGE, Fact, MFA, US};
use super::{before, before_last};
use crate::classify::Verdict;
use crate::envelope::{PRODUCT, Record};
use crate::json::{Object, write_string};
use crate::policy::millis;
use alloc::{string::String, vec::Vec};

/// The version of the schema.
const VERSION: &str = "1.6.0";

/// Each attribute and what it says, those of one object side by side.
pub const ATTRIBUTES: &[(&str, Fact)] = &[
    ("category_uid", Fact::AlwaysJson("6")),
    ("class_uid", Fact::AlwaysJson("6003")),
    ("activity_id", Fact::ActivityId),
    ("activity_name", Fact::ActivityName),
    ("type_uid", Fact::TypeUid),
    ("severity_id", Fact::SeverityId),
    ("status_id", Fact::StatusId),
    ("status", Fact::Status),
    ("status_code", Fact::Error),
    ("status_detail", Fact::Detail(ERROR_MESSAGE)),
    ("metadata.version", Fact::Always(VERSION)),
    ("metadata.profiles", Fact::Profiles),
    ("metadata.uid", Fact::Detail("event_id")),
    ("metadata.tenant_uid", Fact::Detail("tenant")),
    ("metadata.original_time", Fact::Time),
    ("metadata.product.name", US),
    ("metadata.product.vendor_name", US),
    ("api.operation", Fact::Name),
    ("actor.user.name", Fact::ActorOrUnknown),
    ("actor.user.type_id", Fact::UserTypeId),
    ("actor.user.type", Fact::UserType),
    ("actor.user.credential_uid", Fact::Detail("access_key")),
    ("actor.session.is_mfa", Fact::Detail(MFA)),
    ("http_request.user_agent", Fact::Detail("user_agent")),
    ("src_endpoint.ip", Fact::Address),
    ("src_endpoint.svc_name", Fact::Service),
    ("src_endpoint.name", Fact::SourceUnknown),
    ("cloud.provider", Fact::Cloud),
    ("cloud.region", Fact::CloudRegion),
    ("cloud.project_uid", Fact::Project),
    ("cloud.account.uid", Fact::AccountOnly),
];

/// Writes an event with the record in it into `out`; `None` where the record has no bytes.
pub(super) fn wrap(
    out: &mut Vec<u8>,
    record: &Record<'_, '_>,
    verdict: &Verdict<'_>,
    description: &[u8],
) -> Option<()> {
    let (object, after) = record.index.bytes().split_at_checked(record.index.end()?.checked_add(1)?)?;
    let observation = &verdict.observation;
    let mut event = Object::begin(out);
    // Required; a device's line may have no time that can be read without a calendar at hand.
    let time = observation.time.as_deref().and_then(millis).and_then(|time| time.try_into().ok());
    event.number("time", time.unwrap_or(0));
    attributes(out, verdict);
    let mut event = Object::inside(out, false);
    resources(&mut event, verdict);
    attack(&mut event, verdict);
    let mut enrichments = event.open_list("enrichments");
    let mut mirror = enrichments.open_next();
    mirror.text("name", Some("mirror"));
    mirror.text("value", Some(&observation.operation.name));
    mirror.text("provider", Some(PRODUCT));
    mirror.raw("data", description);
    mirror.close();
    enrichments.close_list();
    // A line as it came, where it is more than the object.
    if !record.header.is_empty() {
        event.text("raw_data", Some(&String::from_utf8_lossy(&[record.header, object].concat())));
    }
    event.raw("unmapped", object);
    event.close();
    out.extend_from_slice(after);
    Some(())
}

/// Writes what the event names.
fn resources(event: &mut Object<'_>, verdict: &Verdict<'_>) {
    if verdict.observation.resources.is_empty() {
        return;
    }
    let mut resources = event.open_list("resources");
    for (name, id) in &verdict.observation.resources {
        let mut resource = resources.open_next();
        resource.text("type", Some(name));
        resource.text("uid", Some(id));
        resource.close();
    }
    resources.close_list();
}

/// Writes where ATT&CK has it.
fn attack(event: &mut Object<'_>, verdict: &Verdict<'_>) {
    let mut attacks = event.open_list("attacks");
    let mut attack = attacks.open_next();
    for (level, key) in ["tactic", "technique", "sub_technique"].into_iter().enumerate() {
        let Some(id) = Fact::Attack(level, false).of(verdict) else { continue };
        let mut object = attack.open(key);
        object.text("uid", Some(id));
        object.text("name", Fact::Attack(level, true).of(verdict));
        object.close();
    }
    attack.close();
    attacks.close_list();
}

/// Writes the attributes that are known, behind a member; opens and closes the objects that their paths lead through.
fn attributes(out: &mut Vec<u8>, verdict: &Verdict<'_>) {
    // The object that is open, by the path that leads to it.
    let mut open = "";
    for (path, fact) in ATTRIBUTES {
        let Some(value) = fact.of(verdict) else { continue };
        let parent = before_last(path, b'.').unwrap_or_default();
        let key = path.get(after(parent)..).unwrap_or_default();
        let mut first = false;
        while !is_inside(parent, open) {
            out.push(b'}');
            open = before_last(open, b'.').unwrap_or_default();
        }
        while open.len() < parent.len() {
            let start = after(open);
            let rest = parent.get(start..).unwrap_or_default();
            let segment = before(rest, b'.').unwrap_or(rest);
            write_key(out, segment, first);
            out.push(b'{');
            (open, first) = (parent.get(..start.saturating_add(segment.len())).unwrap_or(parent), true);
        }
        write_key(out, key, first);
        if fact.is_json() {
            out.extend_from_slice(value.as_bytes());
        } else {
            write_string(out, value);
        }
    }
    while !open.is_empty() {
        out.push(b'}');
        open = before_last(open, b'.').unwrap_or_default();
    }
}

fn write_key(out: &mut Vec<u8>, key: &str, first: bool) {
    out.extend_from_slice(if first { b"\"" } else { b",\"" });
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Where the key begins that goes on from a path.
fn after(path: &str) -> usize {
    if path.is_empty() { 0 } else { path.len().saturating_add(1) }
}

/// Whether a path is `outer` or goes on from it.
fn is_inside(path: &str, outer: &str) -> bool {
    let rest = path.as_bytes().strip_prefix(outer.as_bytes());
    outer.is_empty() || matches!(rest, Some([] | [b'.', ..]))
}
