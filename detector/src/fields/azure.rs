//! The activity log's four shapes: diagnostic export, REST, AzureActivity table, SDK. Keys are compared in any case.

use super::{Field, Observation, Text, Values, part};
use crate::catalog::{Action, EventOutcome};
use crate::json::{Raw, collect};

const PATHS: &[(Field, &str)] = &[
    (Field::Actor, "caller"),
    (Field::Actor, "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"),
    (Field::Actor, "identity.claims.upn"),
    (Field::Actor, "claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"),
    (Field::Actor, "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"),
    (Field::Actor, "identity.claims.name"),
    (Field::Actor, "identity.claims.appid"),
    (Field::Actor, "claims.appid"),
    (Field::Actor, "identity.authorization.evidence.principalId"),
    (Field::Actor, "identity"),
    (Field::ActorType, "identity.authorization.evidence.principalType"),
    (Field::ActorType, "authorization.evidence.principalType"),
    (Field::SourceIp, "callerIpAddress"),
    (Field::SourceIp, "httpRequest.clientIpAddress"),
    (Field::SourceIp, "http_request.client_ip_address"),
    (Field::SourceIp, "caller_ip_address"),
    (Field::Account, "subscriptionId"),
    (Field::Account, "subscription_id"),
    (Field::Region, "location"),
    (Field::Region, "resourceLocation"),
    (Field::ResourceGroup, "resourceGroupName"),
    (Field::ResourceGroup, "resourceGroup"),
    (Field::ResourceGroup, "resource_group_name"),
    (Field::Time, "time"),
    (Field::Time, "eventTimestamp"),
    (Field::Time, "event_timestamp"),
    (Field::Time, "TimeGenerated"),
    (Field::Status, "resultType"),
    (Field::Status, "status.value"),
    (Field::Status, "status"),
    (Field::Status, "activityStatusValue"),
    (Field::Status, "activityStatus"),
    (Field::Status, "result_type"),
    (Field::Substatus, "resultSignature"),
    (Field::Substatus, "subStatus.value"),
    (Field::Substatus, "subStatus"),
    (Field::Substatus, "sub_status.value"),
    (Field::Substatus, "activitySubstatusValue"),
    (Field::Substatus, "properties.statusCode"),
    (Field::ErrorMessage, "properties.statusMessage"),
    (Field::ErrorMessage, "resultDescription"),
    (Field::ResourceId, "resourceId"),
    (Field::ResourceId, "_ResourceId"),
    (Field::ResourceId, "resource_id"),
    (Field::ResourceId, "resourceUri"),
    (Field::ResourceId, "authorization.scope"),
    (Field::ResourceId, "identity.authorization.scope"),
    (Field::Resource("correlation_id"), "correlationId"),
    (Field::Resource("correlation_id"), "correlation_id"),
    (Field::Body, "properties"),
];

/// Where a request or answer names what it connects; each may be a JSON string in place of an object.
const BODY: &[((), &str)] = &[((), "requestBody"), ((), "responseBody")];

const CONNECTED: &[(&str, &str)] = &[
    ("destination", "properties.destinationNetworkInterfaceIPConfiguration.id"),
    ("destination", "properties.destinationLoadBalancerFrontEndIPConfiguration.id"),
    ("target", "properties.virtualNetworkTap.id"),
    ("port", "properties.destinationPort"),
    ("source", "properties.target"),
    ("destination", "properties.storageLocation.storageId"),
    ("destination", "properties.storageLocation.filePath"),
];

/// The resources that a resource id names, by the type that stands before the name.
const IN_ID: [(&str, &str); 5] = [
    ("tap", "virtualNetworkTaps"),
    ("tap_configuration", "tapConfigurations"),
    ("source_interface", "networkInterfaces"),
    ("packet_capture", "packetCaptures"),
    ("network_watcher", "networkWatchers"),
];

pub(super) fn fill<'a>(object: &'a [u8], observation: &mut Observation<'a>) {
    let values = Values::read(object, PATHS);
    values.fill(observation);
    observation.actor_type = match values.text(Field::ActorType).as_deref() {
        Some("User") => Some("user"),
        Some("ServicePrincipal") => Some("service"),
        _ => None,
    };
    if let Some(id) = values.text(Field::ResourceId) {
        observation.account = observation.account.take().or_else(|| part(&id, "subscriptions"));
        observation.resource_group =
            observation.resource_group.take().or_else(|| part(&id, "resourceGroups"));
        for (name, parent) in IN_ID {
            observation.resource(name, part(&id, parent));
        }
        observation.resource("id", Some(id));
    }
    if let Some(properties) = values.raw(Field::Body) {
        connect(properties, observation);
    }
    let substatus = values.text(Field::Substatus);
    observation.outcome = values.text(Field::Status).map_or(EventOutcome::Unknown, |status| outcome(&status));
    if observation.outcome == EventOutcome::Failure {
        observation.error = substatus.clone().or_else(|| values.text(Field::ErrorMessage));
    }
    if observation.operation.action == Action::CreateOrModify
        && observation.outcome == EventOutcome::Success
        && let Some(substatus) = substatus
    {
        observation.action = create_or_modify(&substatus);
    }
}

/// A PUT that answers 201 has created, one that answers 200 has changed.
fn create_or_modify(substatus: &str) -> Option<Action> {
    let is = |words: [&str; 2]| {
        substatus
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
    };
    match () {
        () if is(["201", "Created"]) => Some(Action::Create),
        () if is(["200", "OK"]) => Some(Action::Modify),
        () => None,
    }
}

fn outcome(status: &str) -> EventOutcome {
    let is = |words: &[&str]| words.iter().any(|word| status.eq_ignore_ascii_case(word));
    match () {
        () if is(&["Success", "Succeeded", "Updated", "Active", "Resolved"]) => EventOutcome::Success,
        () if is(&["Failed", "Failure", "Error"]) => EventOutcome::Failure,
        () if is(&["Start", "Started", "Accept", "Accepted", "In Progress", "InProgress"]) => {
            EventOutcome::Started
        }
        () => EventOutcome::Unknown,
    }
}

/// Reads the ids in the request's and the answer's body.
fn connect<'a>(properties: Raw<'a>, observation: &mut Observation<'a>) {
    within(properties, &mut |properties| {
        let mut bodies = [None; BODY.len()];
        collect(properties, BODY, &mut bodies);
        for body in bodies.into_iter().flatten() {
            within(body, &mut |body| {
                let mut found = [None; CONNECTED.len()];
                collect(body, CONNECTED, &mut found);
                for ((name, _), raw) in CONNECTED.iter().zip(found) {
                    let id = raw.and_then(Raw::text).map(|id| Text::Owned(id.into_owned()));
                    observation.resource(name, id);
                }
            });
        }
    });
}

/// Gives the bytes of an object, or of the object that a JSON string spells.
fn within(raw: Raw<'_>, read: &mut dyn FnMut(&[u8])) {
    if let Some(object) = raw.object() {
        read(object);
    } else if let Some(text) = raw.string() {
        read(text.as_bytes());
    }
}
