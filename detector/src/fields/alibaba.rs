//! ActionTrail's shape. Names that Amazon EC2 has too are told apart by the service or the region's key.

use super::{Field, Values, detail, has, id};
use crate::catalog::{self, Operation};
use crate::json::{Raw, paths};

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "userIdentity.userName",
    Field::Actor.code() => "userIdentity.principalId",
    Field::ActorType.code() => "userIdentity.type",
    Field::SourceIp.code() => "sourceIpAddress",
    Field::Account.code() => "recipientAccountId",
    Field::Account.code() => "userIdentity.accountId",
    Field::Region.code() => "acsRegion",
    Field::Time.code() => "eventTime",
    Field::Error.code() => "errorCode",
    Field::Error.code() => "errorMessage",
    Field::Enable.code() => "requestParameters.Enabled",
    detail("event_id") => "eventId",
    detail("user_agent") => "userAgent",
    detail("access_key") => "userIdentity.accessKeyId",
    detail("mfa") => "userIdentity.sessionContext.attributes.mfaAuthenticated",
    detail("error_message") => "errorMessage",
    id("session") => "requestParameters.TrafficMirrorSessionId",
    id("session") => "responseElements.TrafficMirrorSessionId",
    id("target") => "requestParameters.TrafficMirrorTargetId",
    id("target_type") => "requestParameters.TrafficMirrorTargetType",
    id("filter") => "requestParameters.TrafficMirrorFilterId",
    id("filter") => "responseElements.TrafficMirrorFilterId",
    id("filter_rule") => "requestParameters.TrafficMirrorFilterRuleId",
    id("source_interface") => "requestParameters.TrafficMirrorSourceIds",
    id("source_interface") => "requestParameters.TrafficMirrorSourceIds.1",
    id("vni") => "requestParameters.VirtualNetworkId",
    id("rule_action") => "requestParameters.RuleAction",
    id("direction") => "requestParameters.TrafficDirection",
    id("protocol") => "requestParameters.Protocol",
    id("priority") => "requestParameters.Priority",
    id("source_cidr") => "requestParameters.SourceCidrBlock",
    id("destination_cidr") => "requestParameters.DestinationCidrBlock";
}

/// Finds an operation where the event says that it is Alibaba's.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let vpc = |service: &str| service.eq_ignore_ascii_case("vpc") || is_host(service);
    let mut services = names.all(Field::Service).filter_map(Raw::text).peekable();
    let ours = match services.peek() {
        Some(_) => services.any(|service| vpc(&service)),
        None => names.raw(Field::AlibabaRegion).is_some(),
    };
    catalog::ALIBABA.find(&names.text(Field::EventName)?).filter(|_| ours)
}

/// `vpc.aliyuncs.com`, `vpc.cn-hangzhou.aliyuncs.com`, `vpc-vpc.cn-hangzhou.aliyuncs.com`.
fn is_host(service: &str) -> bool {
    service.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("vpc")) && has(service, ".aliyuncs.com")
}
