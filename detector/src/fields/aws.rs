//! CloudTrail's shape. Requests of these operations are nested under `<eventName>Request` in PascalCase, answers
//! under `<eventName>Response` in camelCase; both also occur without that level.

use super::{Field, Observation, Values, detail, has, id};
use crate::catalog::{self, EventOutcome, Kind, Operation, Requires};
use crate::json::paths;

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "userIdentity.arn",
    Field::Actor.code() => "userIdentity.userName",
    Field::Actor.code() => "userIdentity.principalId",
    Field::Actor.code() => "userIdentity.invokedBy",
    Field::Actor.code() => "userIdentity.onBehalfOf.userId",
    Field::Actor.code() => "UserIdentityArn",
    Field::Actor.code() => "UserIdentityUserName",
    Field::Actor.code() => "UserIdentityPrincipalid",
    Field::ActorType.code() => "userIdentity.type",
    Field::ActorType.code() => "UserIdentityType",
    Field::SourceIp.code() => "sourceIPAddress",
    Field::Account.code() => "recipientAccountId",
    Field::Account.code() => "userIdentity.accountId",
    Field::Region.code() => "awsRegion",
    Field::Time.code() => "eventTime",
    Field::Time.code() => "TimeGenerated",
    Field::Error.code() => "errorCode",
    Field::Error.code() => "errorMessage",
    detail("event_id") => "eventID",
    detail("event_id") => "AwsEventId",
    detail("user_agent") => "userAgent",
    detail("access_key") => "userIdentity.accessKeyId",
    detail("access_key") => "UserIdentityAccessKeyId",
    detail("mfa") => "SessionMfaAuthenticated",
    detail("mfa") => "userIdentity.sessionContext.attributes.mfaAuthenticated",
    detail("impersonator") => "userIdentity.sessionContext.sourceIdentity",
    detail("error_message") => "errorMessage",
    id("session") => "requestParameters.*.TrafficMirrorSessionId",
    id("session") => "responseElements.*.trafficMirrorSession.trafficMirrorSessionId",
    id("target") => "requestParameters.*.TrafficMirrorTargetId",
    id("target") => "responseElements.*.trafficMirrorTarget.trafficMirrorTargetId",
    id("target") => "responseElements.*.trafficMirrorSession.trafficMirrorTargetId",
    id("filter") => "requestParameters.*.TrafficMirrorFilterId",
    id("filter") => "responseElements.*.trafficMirrorFilter.trafficMirrorFilterId",
    id("filter") => "responseElements.*.trafficMirrorFilterRule.trafficMirrorFilterId",
    id("filter") => "responseElements.*.trafficMirrorSession.trafficMirrorFilterId",
    id("filter_rule") => "requestParameters.*.TrafficMirrorFilterRuleId",
    id("filter_rule") => "responseElements.*.trafficMirrorFilterRule.trafficMirrorFilterRuleId",
    Field::Interface.code() => "requestParameters.*.NetworkInterfaceId",
    id("source_interface") => "responseElements.*.trafficMirrorSession.networkInterfaceId",
    id("destination") => "requestParameters.*.NetworkLoadBalancerArn",
    id("destination") => "requestParameters.*.GatewayLoadBalancerEndpointId",
    id("owner") => "responseElements.*.trafficMirrorSession.ownerId",
    id("owner") => "responseElements.*.trafficMirrorTarget.ownerId",
    id("destination") => "responseElements.*.trafficMirrorTarget.networkInterfaceId",
    id("destination") => "responseElements.*.trafficMirrorTarget.networkLoadBalancerArn",
    id("destination") => "responseElements.*.trafficMirrorTarget.gatewayLoadBalancerEndpointId",
    id("target_type") => "responseElements.*.trafficMirrorTarget.type",
    id("vni") => "requestParameters.*.VirtualNetworkId",
    id("vni") => "responseElements.*.trafficMirrorSession.virtualNetworkId",
    id("session_number") => "requestParameters.*.SessionNumber",
    id("packet_length") => "requestParameters.*.PacketLength",
    id("direction") => "requestParameters.*.TrafficDirection",
    id("rule_action") => "requestParameters.*.RuleAction",
    id("source_cidr") => "requestParameters.*.SourceCidrBlock",
    id("destination_cidr") => "requestParameters.*.DestinationCidrBlock",
    id("protocol") => "requestParameters.*.Protocol",
    id("rule_number") => "requestParameters.*.RuleNumber",
    id("description") => "requestParameters.*.Description",
    id("resource_share") => "responseElements.resourceShare.resourceShareArn",
    id("resource_share") => "requestParameters.resourceShareArn",
    Field::Body.code() => "requestParameters.resourcesSet.items",
    Field::Body.code() => "requestParameters.resourceArns",
    id("shared_with") => "requestParameters.principals";
}

/// The resources that an id's beginning names.
const IDS: [(&str, &str); 5] = [
    ("session", "tms-"),
    ("target", "tmt-"),
    ("filter", "tmf-"),
    ("filter_rule", "tmfr-"),
    ("target", "arn:"),
];

/// Finds an operation of the service that the event names.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    if names.raw(Field::AlibabaRegion).is_some() {
        return None;
    }
    let operation = catalog::AWS.find(&names.text(Field::EventName)?)?;
    let service = match (operation.kind, operation.requires) {
        (Kind::ResourceShare, _) => "ram.amazonaws.com",
        (_, Requires::TypeMirror) => "cloudcontrolapi.amazonaws.com",
        (_, Requires::MirrorRunbook) => "ssm.amazonaws.com",
        _ => "ec2.amazonaws.com",
    };
    names.is(Field::Service, service).then_some(operation)
}

/// What only CloudTrail needs.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    // A target's interface receives the packets, a session's sends them.
    let interface = values.text(Field::Interface);
    match observation.operation.kind {
        Kind::Target => observation.resource("destination", interface),
        _ => observation.resource("source_interface", interface),
    }
    // These are carried out later, by calls of their own.
    let is_asked = matches!(observation.operation.requires, Requires::TypeMirror | Requires::MirrorRunbook);
    if is_asked && observation.outcome == EventOutcome::Success {
        observation.outcome = EventOutcome::Started;
    }
    // Tags and shares name any number of things; the first of each kind is told.
    for text in values.strings(Field::Body) {
        let kind = IDS.iter().find(|(_, beginning)| text.starts_with(beginning));
        if let Some((name, _)) = kind
            && (*name != "target" || has(&text, "tmt-"))
        {
            observation.resource(name, Some(text));
        }
    }
}
