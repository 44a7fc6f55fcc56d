//! The audit event of a Kubernetes API server.

use super::{Field, Observation, Values, detail, holds, id};
use crate::catalog::{self, Action, Kind, Operation, Test};
use crate::fields::pieces::{pieces, tail};
use crate::json::{Elements, Index, LEVELS_MAX, Raw, Strings, joined, paths};
use alloc::{borrow::Cow, string::String};

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "user.username",
    Field::Time.code() => "requestReceivedTimestamp",
    Field::Time.code() => "requestReceivedTime",
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
    Field::Account.code() => "resource.labels.project_id",
    Field::Region.code() => "resource.labels.location",
    id("name") => "objectRef.name",
    id("name") => "requestObject.metadata.name",
    id("cluster") => "resource.labels.cluster_name",
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
    // What is no extension is in no group.
    let (group, resource) =
        (names.text(Field::Group).unwrap_or_default(), names.text(Field::ObjectResource)?);
    // A controller that reports how its object fares copies nothing.
    let reports = names.text(Field::Substatus).is_some_and(|part| part == "status");
    catalog::KUBERNETES.find(&joined(&[&group, "/", &resource])).filter(|_| !reports)
}

/// The members that say where copies of requests go, and what names the place in them.
const COPIES: [&str; 6] = [
    "mirror",
    "mirrors",
    "requestMirror",
    "request_mirror_policies",
    "nginx.ingress.kubernetes.io/mirror-target",
    "nginx.ingress.kubernetes.io/mirror-host",
];
const PLACES: [&str; 3] = ["host", "name", "cluster"];

/// What the verbs of Kubernetes and of HTTP do.
const VERBS: [(&str, Action); 4] = [
    ("create post", Action::Create),
    ("update put patch", Action::Modify),
    ("delete deletecollection", Action::Delete),
    ("get list watch head", Action::Read),
];

/// What only Kubernetes needs: the verb says what was done.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    // A proxy adds the address that it sees behind those that it was told.
    observation.source_ip = values.strings(Field::Body).last();
    // Some put the resource before the verb.
    let verb = values.text(Field::Verb).unwrap_or_default();
    let verb = tail(verb.as_bytes(), b'.');
    let is = |known: &str| known.as_bytes().eq_ignore_ascii_case(verb);
    let known = VERBS.iter().find(|(verbs, _)| verbs.split(' ').any(is));
    observation.action = known.map(|(_, action)| *action);
    let uri = values.text(Field::Substatus).unwrap_or_default();
    let mut parameters = pieces(uri.as_bytes(), b"?&").skip(1);
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
                // An annotation is the place itself.
                named = copies && (is(&PLACES, &text) || text.contains('/'));
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
        // A slash inside of a key is spelled `~1`.
        let mut keys = target.split('/').skip(1).filter(|key| !key.is_empty()).map(|key| {
            let mut parts = key.split('~');
            let mut key = String::from(parts.next().unwrap_or_default());
            for part in parts {
                key.push_str(if part.starts_with('1') { "/" } else { "~" });
                key.push_str(part.get(1..).unwrap_or_default());
            }
            key
        });
        let mut left = wanted;
        while !left.is_empty() {
            let Some(key) = keys.next() else {
                return Index::read(value.0, LEVELS_MAX).any_at(left, |value| holds(value, test));
            };
            let (first, rest) = left.split_at_checked(key.len()).unwrap_or_default();
            if !first.eq_ignore_ascii_case(&key) || !matches!(rest.as_bytes(), [] | [b'.', ..]) {
                return false;
            }
            left = rest.get(1..).unwrap_or_default();
        }
        // The path goes on to a member or to its value.
        let mut is_member = |name: &str| keys.any(|key| key.eq_ignore_ascii_case(name));
        matches!(test, Test::Has(name) if is_member(name)) || holds(value, test)
    })
}
