//! CloudTrail's shape. Requests of these operations are nested under `<eventName>Request` in PascalCase, answers
//! under `<eventName>Response` in camelCase; both also occur without that level.

use super::{Field, Observation, Values};
use crate::catalog::{EventOutcome, Kind};
use crate::json::Raw;

const PATHS: &[(Field, &str)] = &[
    (Field::Actor, "userIdentity.arn"),
    (Field::Actor, "userIdentity.userName"),
    (Field::Actor, "userIdentity.principalId"),
    (Field::Actor, "userIdentity.onBehalfOf.userId"),
    (Field::Actor, "userIdentity.invokedBy"),
    (Field::ActorType, "userIdentity.type"),
    (Field::SourceIp, "sourceIPAddress"),
    (Field::Account, "recipientAccountId"),
    (Field::Account, "userIdentity.accountId"),
    (Field::Region, "awsRegion"),
    (Field::Time, "eventTime"),
    (Field::Error, "errorCode"),
    (Field::ErrorMessage, "errorMessage"),
    (Field::Resource("session"), "requestParameters.*.TrafficMirrorSessionId"),
    (Field::Resource("session"), "responseElements.*.trafficMirrorSession.trafficMirrorSessionId"),
    (Field::Resource("target"), "requestParameters.*.TrafficMirrorTargetId"),
    (Field::Resource("target"), "responseElements.*.trafficMirrorTarget.trafficMirrorTargetId"),
    (Field::Resource("target"), "responseElements.*.trafficMirrorSession.trafficMirrorTargetId"),
    (Field::Resource("filter"), "requestParameters.*.TrafficMirrorFilterId"),
    (Field::Resource("filter"), "responseElements.*.trafficMirrorFilter.trafficMirrorFilterId"),
    (Field::Resource("filter"), "responseElements.*.trafficMirrorFilterRule.trafficMirrorFilterId"),
    (Field::Resource("filter"), "responseElements.*.trafficMirrorSession.trafficMirrorFilterId"),
    (Field::Resource("filter_rule"), "requestParameters.*.TrafficMirrorFilterRuleId"),
    (Field::Resource("filter_rule"), "responseElements.*.trafficMirrorFilterRule.trafficMirrorFilterRuleId"),
    (Field::Interface, "requestParameters.*.NetworkInterfaceId"),
    (Field::Resource("source_interface"), "responseElements.*.trafficMirrorSession.networkInterfaceId"),
    (Field::Resource("destination"), "requestParameters.*.NetworkLoadBalancerArn"),
    (Field::Resource("destination"), "requestParameters.*.GatewayLoadBalancerEndpointId"),
    (Field::Resource("owner"), "responseElements.*.trafficMirrorSession.ownerId"),
    (Field::Resource("vni"), "requestParameters.*.VirtualNetworkId"),
    (Field::Resource("vni"), "responseElements.*.trafficMirrorSession.virtualNetworkId"),
    (Field::Resource("session_number"), "requestParameters.*.SessionNumber"),
    (Field::Resource("packet_length"), "requestParameters.*.PacketLength"),
    (Field::Resource("direction"), "requestParameters.*.TrafficDirection"),
    (Field::Resource("rule_action"), "requestParameters.*.RuleAction"),
    (Field::Resource("source_cidr"), "requestParameters.*.SourceCidrBlock"),
    (Field::Resource("destination_cidr"), "requestParameters.*.DestinationCidrBlock"),
    (Field::Resource("description"), "requestParameters.*.Description"),
];

pub(super) fn fill<'a>(object: &'a [u8], observation: &mut Observation<'a>) {
    let values = Values::read(object, PATHS);
    values.fill(observation);
    // A target's interface receives the packets, a session's sends them.
    let interface = values.raw(Field::Interface).and_then(Raw::text);
    match observation.operation.kind {
        Kind::Target => observation.resource("destination", interface),
        _ => observation.resource("source_interface", interface),
    }
    observation.actor_type = match values.text(Field::ActorType).as_deref() {
        Some("IAMUser" | "Root" | "IdentityCenterUser") => Some("user"),
        Some("AssumedRole" | "Role" | "FederatedUser" | "WebIdentityUser" | "SAMLUser") => Some("role"),
        Some("AWSService" | "AWSAccount") => Some("service"),
        _ => None,
    };
    // An empty or null code is a success; a message alone is a failure.
    observation.error = values.text(Field::Error).or_else(|| values.text(Field::ErrorMessage));
    observation.outcome = match observation.error {
        Some(_) => EventOutcome::Failure,
        None => EventOutcome::Success,
    };
}
