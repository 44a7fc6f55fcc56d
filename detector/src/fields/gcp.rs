//! The audit LogEntry's shape.

use super::{Field, Observation, Values, detail, id};
use crate::catalog::{self, Action, EventOutcome, Operation};
use crate::json::{Elements, Index, Raw, paths};

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "protoPayload.authenticationInfo.principalEmail",
    Field::Actor.code() => "protoPayload.authenticationInfo.principalSubject",
    Field::SourceIp.code() => "protoPayload.requestMetadata.callerIp",
    Field::Account.code() => "resource.labels.project_id",
    Field::Region.code() => "resource.labels.region",
    Field::Region.code() => "resource.labels.location",
    Field::Time.code() => "timestamp",
    Field::Time.code() => "receiveTimestamp",
    Field::Status.code() => "protoPayload.status.code",
    Field::Error.code() => "protoPayload.status.message",
    Field::Granted.code() => "protoPayload.authorizationInfo",
    Field::Granted.code() => "protoPayload.authorizationInfo[0].granted",
    Field::Granted.code() => "protoPayload.authorizationInfo.0.granted",
    Field::First.code() => "operation.first",
    Field::Last.code() => "operation.last",
    Field::ResourceId.code() => "protoPayload.resourceName",
    Field::Enable.code() => "protoPayload.request.enable",
    Field::Disable.code() => "protoPayload.request.disabled",
    detail("event_id") => "insertId",
    detail("user_agent") => "protoPayload.requestMetadata.callerSuppliedUserAgent",
    detail("access_key") => "protoPayload.authenticationInfo.serviceAccountKeyName",
    detail("impersonator") => "protoPayload.authenticationInfo.serviceAccountDelegationInfo",
    detail("error_message") => "protoPayload.status.message",
    id("name") => "protoPayload.resourceName",
    id("network") => "protoPayload.request.network.url",
    id("destination") => "protoPayload.request.collectorIlb.url",
    id("direction") => "protoPayload.request.filter.direction",
    id("operation_id") => "operation.id",
    id("source_subnet") => "protoPayload.request.mirroredResources.subnetworks",
    id("source_instance") => "protoPayload.request.mirroredResources.instances",
    id("source_tag") => "protoPayload.request.mirroredResources.tags",
    id("rule_action") => "protoPayload.request.action",
    id("direction") => "protoPayload.request.direction",
    id("security_profile_group") => "protoPayload.request.securityProfileGroup",
    id("network") => "protoPayload.request.network",
    id("destination") => "protoPayload.request.backendService",
    id("network") => "protoPayload.request.mirroringDeploymentGroup.network",
    id("network") => "protoPayload.request.mirroringEndpointGroupAssociation.network",
    id("destination") => "protoPayload.request.mirroringDeployment.forwardingRule",
    id("deployment_group") => "protoPayload.request.mirroringDeployment.mirroringDeploymentGroup",
    id("deployment_group") => "protoPayload.request.mirroringEndpointGroup.mirroringDeploymentGroup",
    id("endpoint_group") => "protoPayload.request.mirroringEndpointGroupAssociation.mirroringEndpointGroup",
    id("endpoint_group") => "protoPayload.request.securityProfile.customMirroringProfile.mirroringEndpointGroup",
    id("security_profile") => "protoPayload.request.securityProfileGroup.customMirroringProfile",
    id("protocol") => "protoPayload.request.filter.IPProtocols",
    id("priority") => "protoPayload.request.priority",
    id("cidr") => "protoPayload.request.filter.cidrRanges",
    id("source_cidr") => "protoPayload.request.match.srcIpRanges",
    id("destination_cidr") => "protoPayload.request.match.destIpRanges";
}

/// Finds a method of the service that the event names, whatever version of the API it was called through.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let method = names.text(Field::MethodName)?;
    let (method, service) = match method.get(..SECURITY.len()) {
        Some(package) if package.eq_ignore_ascii_case(SECURITY) => {
            (method.get(SECURITY.len()..)?, "networksecurity.googleapis.com")
        }
        _ => (&*method, "compute.googleapis.com"),
    };
    let unversioned =
        method.split_once('.').filter(|(version, _)| is_version(version)).map_or(method, |(_, rest)| rest);
    let operation = catalog::GCP.find(unversioned).or_else(|| {
        // The seed's spellings end a name; nothing is known of what may stand before them.
        let dot = method.bytes().rposition(|byte| byte == b'.')?;
        catalog::GCP.find(method.get(dot.wrapping_add(1)..)?)
    })?;
    names.is(Field::Service, service).then_some(operation)
}

/// The package of Network Security's methods; its version follows.
const SECURITY: &str = "google.cloud.networksecurity.";

/// `v1`, `v1beta1`, `beta`, `alpha`.
fn is_version(text: &str) -> bool {
    let digits =
        text.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    digits || text.eq_ignore_ascii_case("beta") || text.eq_ignore_ascii_case("alpha")
}

paths! {
    /// One permission that the request needed.
    PERMISSION:
    Field::Granted.code() => "granted";
}

/// What only the audit log entry needs.
pub(super) fn add<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    let is = |field, values: &Values<'_>| values.raw(field).is_some_and(Raw::is_true);
    let said = |object| Values::read(&Index::read(object, 1), PERMISSION).raw(Field::Granted);
    let (mut granted, mut refused) = (false, false);
    let mut note = |said: Raw<'_>| {
        granted |= said.is_true();
        refused |= said.is_false();
    };
    for permission in values.all(Field::Granted) {
        match permission.array() {
            Some(list) => Elements::new(list).filter_map(Raw::object).filter_map(said).for_each(&mut note),
            None => note(permission),
        }
    }
    // One permission of several is refused where the call does without it; the status tells where it does not.
    let denied = refused && !granted;
    if denied {
        observation.outcome = EventOutcome::Failure;
    } else if is(Field::First, values)
        && !is(Field::Last, values)
        && observation.outcome == EventOutcome::Success
    {
        observation.outcome = EventOutcome::Started;
    }
    // A rule that takes traffic out of the mirroring stops nothing when it is disabled.
    let copies = observation.resources.iter().all(|(name, id)| *name != "rule_action" || id == "mirror");
    if observation.operation.action == Action::Modify && copies && is(Field::Disable, values) {
        observation.action = Some(Action::Stop);
    }
}
