//! The activity log's four shapes: diagnostic export, REST, AzureActivity table, SDK. Keys are compared in any case.

use super::{Field, Observation, Text, Values, detail, has, id};
use crate::catalog::{self, Action, EventOutcome, Operation};
use crate::json::{Index, LEVELS_MAX, Raw, Strings, paths};
use alloc::borrow::Cow;

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "caller",
    Field::Actor.code() => "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    Field::Actor.code() => "identity.claims.upn",
    Field::Actor.code() => "claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    Field::Actor.code() => "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    Field::Actor.code() => "identity.claims.name",
    Field::Actor.code() => "identity.claims.appid",
    Field::Actor.code() => "claims.appid",
    Field::Actor.code() => "identity.authorization.evidence.principalId",
    Field::Actor.code() => "identity",
    Field::ActorType.code() => "identity.authorization.evidence.principalType",
    Field::ActorType.code() => "authorization.evidence.principalType",
    Field::SourceIp.code() => "callerIpAddress",
    Field::SourceIp.code() => "httpRequest.clientIpAddress",
    Field::SourceIp.code() => "identity.claims.ipaddr",
    Field::SourceIp.code() => "claims.ipaddr",
    Field::Account.code() => "subscriptionId",
    Field::Region.code() => "location",
    Field::Region.code() => "resourceLocation",
    Field::ResourceGroup.code() => "resourceGroupName",
    Field::ResourceGroup.code() => "resourceGroup",
    Field::Time.code() => "time",
    Field::Time.code() => "eventTime",
    Field::Time.code() => "eventTimestamp",
    Field::Time.code() => "TimeGenerated",
    Field::Status.code() => "resultType",
    Field::Status.code() => "status.value",
    Field::Status.code() => "status",
    Field::Status.code() => "activityStatusValue",
    Field::Status.code() => "activityStatus",
    Field::Status.code() => "resultSignature",
    Field::Substatus.code() => "resultSignature",
    Field::Substatus.code() => "subStatus.value",
    Field::Substatus.code() => "subStatus",
    Field::Substatus.code() => "activitySubstatusValue",
    Field::Substatus.code() => "activitySubstatus",
    Field::Substatus.code() => "properties.statusCode",
    Field::Error.code() => "properties.statusMessage",
    Field::Error.code() => "resultDescription",
    // The scope keeps the case that was typed, where the id beside it is in capitals.
    Field::ResourceId.code() => "authorization.scope",
    Field::ResourceId.code() => "identity.authorization.scope",
    Field::ResourceId.code() => "resourceId",
    Field::ResourceId.code() => "_ResourceId",
    Field::ResourceId.code() => "resourceUri",
    detail("event_id") => "eventDataId",
    detail("tenant") => "identity.claims.http://schemas.microsoft.com/identity/claims/tenantid",
    detail("tenant") => "claims.http://schemas.microsoft.com/identity/claims/tenantid",
    detail("mfa") => "identity.claims.http://schemas.microsoft.com/claims/authnmethodsreferences",
    detail("mfa") => "claims.http://schemas.microsoft.com/claims/authnmethodsreferences",
    detail("error_message") => "properties.statusMessage",
    detail("error_message") => "resultDescription",
    id("correlation_id") => "correlationId",
    Field::Body.code() => "properties";
}

paths! {
    /// Where a request or answer stands; each may be a JSON string in place of an object.
    BODIES:
    Field::Body.code() => "requestBody",
    Field::Body.code() => "responseBody";

    /// Where either names what it connects.
    CONNECTED:
    id("destination") => "properties.destinationNetworkInterfaceIPConfiguration.id",
    id("destination") => "properties.destinationLoadBalancerFrontEndIPConfiguration.id",
    id("target") => "properties.virtualNetworkTap.id",
    id("port") => "properties.destinationPort",
    id("source") => "properties.target",
    id("destination") => "properties.storageLocation.storageId",
    id("destination") => "properties.storageLocation.filePath",
    id("destination") => "sasUrl",
    Field::Verb.code() => "operation";
}

/// Finds an operation by any of the spellings of its name's member.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    [Field::OperationName, Field::OperationValue]
        .into_iter()
        .flat_map(|field| names.all(field))
        .find_map(|raw| catalog::AZURE.find(&raw.text()?))
}

/// Starts and stops captures, and asks for them.
const FIREWALL: &str = "Microsoft.Network/azureFirewalls/packetCapture";

/// What only the activity log needs.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    // The ways in which the actor proved to be who it is.
    if let Some((_, methods)) = observation.details.iter_mut().find(|(name, _)| *name == "mfa") {
        *methods = Cow::Borrowed(if has(methods, "mfa") { "true" } else { "false" });
    }
    if let Some(properties) = values.raw(Field::Body).and_then(object_in) {
        let bodies = Values::read(&Index::read(&properties, LEVELS_MAX), BODIES);
        for body in bodies.all(Field::Body).filter_map(object_in) {
            let mut connected = Observation::named(observation.operation.clone());
            let values = Values::read(&Index::read(&body, LEVELS_MAX), CONNECTED);
            values.add_to(&mut connected);
            // A firewall's one operation says in its body what it does; what is said twice is not believed.
            if observation.operation.name.starts_with(FIREWALL)
                && Strings::new(Raw(&body)).filter(|(_, text)| text.eq_ignore_ascii_case("operation")).count()
                    == 1
            {
                observation.action = match values.text(Field::Verb).as_deref() {
                    Some("Stop") => Some(Action::Stop),
                    Some("Status") => Some(Action::Read),
                    _ => None,
                };
            }
            for (name, id) in connected.resources {
                observation.also(name, Text::Owned(id.into_owned()));
            }
        }
    }
    if observation.outcome == EventOutcome::Failure {
        observation.error = values.text(Field::Substatus).or(observation.error.take());
    }
    if observation.operation.action == Action::CreateOrModify && observation.outcome != EventOutcome::Failure
    {
        let known = values.all(Field::Substatus).find_map(|raw| create_or_modify(&raw.text()?));
        // That a beginning went well does not say that the thing was there.
        let ended = observation.outcome == EventOutcome::Success;
        observation.action = known.filter(|action| ended || *action == Action::Create);
    }
}

/// A PUT that answers 201 has created, one that answers 200 has changed.
fn create_or_modify(substatus: &str) -> Option<Action> {
    let is = |words: [&str; 2]| {
        substatus
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
    };
    if is(["201", "Created"]) {
        Some(Action::Create)
    } else if is(["200", "OK"]) {
        Some(Action::Modify)
    } else {
        None
    }
}

/// The bytes of an object, or of what a JSON string spells.
fn object_in(raw: Raw<'_>) -> Option<Cow<'_, [u8]>> {
    match raw.object() {
        Some(object) => Some(Cow::Borrowed(object)),
        None => raw.string().map(|text| Cow::Owned(text.into_owned().into_bytes())),
    }
}
