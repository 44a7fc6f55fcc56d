//! The audit event of a Kubernetes API server.

use super::{Field, Observation, Values, detail, id};
use crate::catalog::{self, Action, Operation};
use crate::json::{joined, paths};

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
    id("direction") => "requestObject.spec.direction";
}

/// Finds a resource of the group that the event names.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let (group, resource) = (names.text(Field::Group)?, names.text(Field::ObjectResource)?);
    // A controller that reports how its object fares copies nothing.
    let reports = names.text(Field::Substatus).is_some_and(|part| part == "status");
    catalog::KUBERNETES.find(&joined(&[&group, "/", &resource])).filter(|_| !reports)
}

/// What only Kubernetes needs: the verb says what was done.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    observation.source_ip = values.strings(Field::Body).next();
    observation.action = match values.text(Field::Verb).as_deref() {
        Some("create") => Some(Action::Create),
        Some("update" | "patch") => Some(Action::Modify),
        Some("delete" | "deletecollection") => Some(Action::Delete),
        Some("get" | "list" | "watch") => Some(Action::Read),
        _ => None,
    };
}
