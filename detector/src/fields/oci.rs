//! The shape of Oracle's audit log, version 2.

use super::common::outcome;
use super::{Field, Observation, Values, detail, id};
use crate::catalog::{self, EventOutcome, Operation};
use crate::json::{Raw, paths};
use crate::prefilter::ANCHOR_LEN;

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "data.identity.principalName",
    Field::Actor.code() => "data.identity.principalId",
    Field::ActorType.code() => "data.identity.authType",
    Field::SourceIp.code() => "data.identity.ipAddress",
    Field::Account.code() => "data.identity.tenantId",
    Field::ResourceGroup.code() => "data.compartmentName",
    Field::ResourceGroup.code() => "data.compartmentId",
    Field::Time.code() => "eventTime",
    Field::Time.code() => "time",
    Field::Status.code() => "data.response.status",
    Field::Status.code() => "eventType",
    Field::Status.code() => "type",
    Field::Error.code() => "data.response.message",
    Field::Enable.code() => "data.stateChange.current.isVtapEnabled",
    Field::Enable.code() => "data.response.payload.isVtapEnabled",
    Field::Enable.code() => "data.request.payload.isVtapEnabled",
    Field::ResourceId.code() => "data.resourceId",
    Field::ResourceId.code() => "data.response.payload.id",
    detail("event_id") => "eventID",
    detail("event_id") => "id",
    detail("user_agent") => "data.identity.userAgent",
    detail("access_key") => "data.identity.credentials",
    detail("tenant") => "data.identity.tenantId",
    detail("error_message") => "data.response.message",
    id("name") => "data.resourceName",
    id("source") => "data.stateChange.current.sourceId",
    id("source") => "data.response.payload.sourceId",
    id("destination") => "data.stateChange.current.targetId",
    id("destination") => "data.response.payload.targetId",
    id("destination") => "data.stateChange.current.targetIp",
    id("destination") => "data.response.payload.targetIp",
    id("filter") => "data.stateChange.current.captureFilterId",
    id("filter") => "data.response.payload.captureFilterId",
    id("vni") => "data.stateChange.current.vxlanNetworkIdentifier",
    id("vni") => "data.response.payload.vxlanNetworkIdentifier",
    id("encapsulation") => "data.stateChange.current.encapsulationProtocol",
    id("encapsulation") => "data.response.payload.encapsulationProtocol";
}

/// What stands in `eventType` before the service and the operation.
const BEFORE: &str = "com.oraclecloud.";

/// Names from this length on are anchors by themselves with the dot before them; shorter ones only with their service.
const NAME_LEN: usize = ANCHOR_LEN - 1;

/// Finds an operation by the event's type; an event at each end of an operation says so in a last word.
///
/// What the service calls itself differs between Oracle's services, and its audit log shows none of these operations yet.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    names.all(Field::EventType).find_map(|raw| {
        let text = raw.text()?;
        let (before, rest) = text.split_at_checked(BEFORE.len())?;
        let mut words = rest.split('.');
        let (service, name) = (words.next()?, words.next()?);
        let anchored = name.len() >= NAME_LEN || service.eq_ignore_ascii_case("virtualNetwork");
        catalog::OCI.find(name).filter(|_| anchored && before.eq_ignore_ascii_case(BEFORE))
    })
}

/// What only Oracle needs: an answer at the beginning of an operation is not its end.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    let begins = |raw: Raw<'a>| raw.text().is_some_and(|word| outcome(&word) == EventOutcome::Started);
    if observation.outcome == EventOutcome::Success && values.all(Field::Status).any(begins) {
        observation.outcome = EventOutcome::Started;
    }
}
