//! The shape of Tencent Cloud's CloudAudit. Some names are those of Amazon EC2; the service tells them apart.

use super::{Field, Values, detail, has, id};
use crate::catalog::{self, Operation};
use crate::json::{Raw, paths};

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "userIdentity.userName",
    Field::Actor.code() => "userIdentity.principalId",
    Field::ActorType.code() => "userIdentity.type",
    Field::SourceIp.code() => "sourceIPAddress",
    Field::Account.code() => "userIdentity.accountId",
    Field::Region.code() => "eventRegion",
    Field::Time.code() => "eventTime",
    Field::Error.code() => "errorCode",
    Field::Error.code() => "apiErrorCode",
    detail("event_id") => "eventID",
    detail("user_agent") => "userAgent",
    detail("access_key") => "userIdentity.secretId",
    detail("error_message") => "errorMessage",
    detail("error_message") => "apiErrorMessage",
    id("session") => "requestParameters.TrafficMirrorId",
    id("source_interface") => "requestParameters.CollectorSrcs",
    id("destination") => "requestParameters.CollectorTarget.TargetIps",
    id("target_type") => "requestParameters.CollectorTarget.TargetType",
    id("direction") => "requestParameters.Direction",
    id("network") => "requestParameters.VpcId",
    id("description") => "requestParameters.TrafficMirrorDescribe",
    id("name") => "resourceName";
}

/// Finds an operation where the event says that it is Tencent's.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let operation = catalog::TENCENT.find(&names.text(Field::EventName)?)?;
    let host = |service: &str| {
        let vpc = service
            .as_bytes()
            .first_chunk()
            .is_some_and(|start: &[u8; 4]| start.eq_ignore_ascii_case(b"vpc."));
        vpc && (has(service, ".tencent") || has(service, ".qcloud"))
    };
    let mut services = names.all(Field::Service).filter_map(Raw::text).peekable();
    let ours = match services.peek() {
        Some(_) => services.any(|service| host(&service)),
        None => names.text(Field::ResourceType).is_some_and(|kind| kind.eq_ignore_ascii_case("vpc")),
    };
    ours.then_some(operation)
}
