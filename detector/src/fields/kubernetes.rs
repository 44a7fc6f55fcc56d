//! The audit event of a Kubernetes API server.

use super::{Field, Observation, Values, detail, holds, id};
use crate::catalog::{self, Action, Kind, Operation, Test};
use crate::json::{Elements, Index, LEVELS_MAX, Raw, Strings, joined, paths};
use alloc::borrow::Cow;

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "user.username",
    Field::Time.code() => "requestReceivedTimestamp",
    Field::Time.code() => "stageTimestamp",
    Field::Verb.code() => "verb",
    Field::Status.code() => "responseStatus.code",
    Field::Status.code() => "stage",
    Field::Error.code() => "responseStatus.reason",
    Field::Error.code() => "responseStatus.message",
    Field::Body.code() => "sourceIPs",
    detail("event_id") => "auditID",
    detail("user_agent") => "userAgent",
    detail("access_key") => "user.extra.authentication.kubernetes.io/credential-id",
    detail("error_message") => "responseStatus.message",
    id("acting_as") => "impersonatedUser.username",
    id("name") => "objectRef.name",
    id("namespace") => "objectRef.namespace",
    id("destination") => "requestObject.spec.targetPort.ovsInternal.name",
    id("destination") => "requestObject.spec.targetPort.networkDevice.name",
    id("destination") => "requestObject.spec.targetPort.vxlan.remoteIP",
    id("destination") => "requestObject.spec.targetPort.geneve.remoteIP",
    id("destination") => "requestObject.spec.targetPort.gre.remoteIP",
    id("destination") => "requestObject.spec.targetPort.erspan.remoteIP",
    id("destination") => "requestObject.spec.fileServer.url",
    Field::Interface.code() => "requestObject",
    Field::Substatus.code() => "requestURI",
    id("direction") => "requestObject.spec.direction";
}

/// Finds a resource of the group that the event names.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let (group, resource) = (names.text(Field::Group)?, names.text(Field::ObjectResource)?);
    // A controller that reports how its object fares copies nothing.
    let reports = names.text(Field::Substatus).is_some_and(|part| part == "status");
    catalog::KUBERNETES.find(&joined(&[&group, "/", &resource])).filter(|_| !reports)
}

/// The members that say where copies of requests go, and what names the place in them.
const COPIES: [&str; 3] = ["mirror", "mirrors", "requestMirror"];
const PLACES: [&str; 2] = ["host", "name"];

/// What only Kubernetes needs: the verb says what was done.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    // A proxy adds the address that it sees behind those that it was told.
    observation.source_ip = values.strings(Field::Body).last();
    observation.action = match values.text(Field::Verb).as_deref() {
        Some("create") => Some(Action::Create),
        Some("update" | "patch") => Some(Action::Modify),
        Some("delete" | "deletecollection") => Some(Action::Delete),
        Some("get" | "list" | "watch") => Some(Action::Read),
        _ => None,
    };
    let uri = values.text(Field::Substatus).unwrap_or_default();
    let mut parameters = uri.as_bytes().split(|byte| matches!(byte, b'?' | b'&')).skip(1);
    if parameters.any(|parameter| parameter == b"dryRun=All") {
        observation.resource("dry_run", Some(Cow::Borrowed("All")));
    }
    if observation.operation.kind == Kind::RequestMirror
        && let Some(request) = values.raw(Field::Interface)
    {
        let is = |names: &[&str], text: &str| names.contains(&text);
        let (mut copies, mut named) = (false, false);
        for (is_key, text) in Strings::new(request) {
            if is_key {
                copies |= is(&COPIES, &text);
                named = copies && is(&PLACES, &text);
            } else if named {
                observation.also("destination", text);
                (copies, named) = (false, false);
            }
        }
    }
}

/// Whether a JSON Patch in place of the object writes what a condition asks for.
pub(super) fn patched(object: &Index<'_>, path: &str, test: Test) -> bool {
    let Some(wanted) = path.strip_prefix("requestObject.") else { return false };
    let Some(steps) = object.at("requestObject").and_then(Raw::array) else { return false };
    Elements::new(steps).any(|step| {
        let step = Index::read(step.0, LEVELS_MAX);
        let Some(target) = step.at("path").and_then(Raw::string) else { return false };
        let value = step.at("value").unwrap_or(Raw(b"{}"));
        let mut keys = target.split('/').skip(1).filter(|key| !key.is_empty());
        let mut left = wanted;
        while !left.is_empty() {
            let Some(key) = keys.next() else {
                return Index::read(value.0, LEVELS_MAX).any_at(left, |value| holds(value, test));
            };
            let (first, rest) = left.split_at_checked(key.len()).unwrap_or_default();
            if !first.eq_ignore_ascii_case(key) || !matches!(rest.as_bytes(), [] | [b'.', ..]) {
                return false;
            }
            left = rest.get(1..).unwrap_or_default();
        }
        // The path goes on to a member or to its value.
        let mut is_member = |name: &str| keys.any(|key| key.eq_ignore_ascii_case(name));
        matches!(test, Test::Has(name) if is_member(name)) || holds(value, test)
    })
}
