//! The shape of Oracle's audit log, version 2.

use super::{Field, Values, id};
use crate::catalog::{self, Operation};
use crate::json::paths;

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

/// What stands before an operation on virtual networks in `eventType`.
const BEFORE: &str = "com.oraclecloud.virtualNetwork.";

/// Finds an operation by the event's type; an event at each end of an operation says so in a last word.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    names.all(Field::EventType).find_map(|raw| {
        let text = raw.text()?;
        let (before, rest) = text.split_at_checked(BEFORE.len())?;
        let name = rest.split('.').next()?;
        catalog::OCI.find(name).filter(|_| before.eq_ignore_ascii_case(BEFORE))
    })
}
