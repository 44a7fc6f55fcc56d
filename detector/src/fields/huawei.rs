//! Cloud Trace Service's shape.

use super::{Field, Values, detail, id};
use crate::catalog::{self, Operation};
use crate::json::paths;

paths! {
    /// Where the log has what.
    pub(super) PATHS:
    Field::Actor.code() => "user.name",
    Field::Actor.code() => "user.user_name",
    Field::Actor.code() => "user.id",
    Field::SourceIp.code() => "source_ip",
    Field::Account.code() => "user.domain.id",
    Field::Account.code() => "project_id",
    Field::Time.code() => "time",
    Field::Time.code() => "record_time",
    Field::Status.code() => "trace_rating",
    Field::Error.code() => "code",
    Field::Error.code() => "message",
    Field::ResourceId.code() => "resource_id",
    detail("event_id") => "trace_id",
    detail("user_agent") => "user_agent",
    detail("access_key") => "user.access_key_id",
    detail("mfa") => "user.session_context.attributes.mfa_authenticated",
    detail("error_message") => "message",
    id("filter") => "request.traffic_mirror_session.traffic_mirror_filter_id",
    id("source_interface") => "request.traffic_mirror_session.traffic_mirror_sources",
    id("target") => "request.traffic_mirror_session.traffic_mirror_target_id",
    id("target_type") => "request.traffic_mirror_session.traffic_mirror_target_type",
    id("vni") => "request.traffic_mirror_session.virtual_network_id",
    id("packet_length") => "request.traffic_mirror_session.packet_length",
    id("priority") => "request.traffic_mirror_session.priority",
    id("filter") => "request.traffic_mirror_filter_rule.traffic_mirror_filter_id",
    id("direction") => "request.traffic_mirror_filter_rule.direction",
    id("rule_action") => "request.traffic_mirror_filter_rule.action",
    id("protocol") => "request.traffic_mirror_filter_rule.protocol",
    id("priority") => "request.traffic_mirror_filter_rule.priority",
    id("source_cidr") => "request.traffic_mirror_filter_rule.source_cidr_block",
    id("destination_cidr") => "request.traffic_mirror_filter_rule.destination_cidr_block",
    id("project") => "project_id",
    id("name") => "resource_name",
    id("id") => "resource_id";
}

/// Finds an operation of virtual private clouds.
pub(super) fn find(names: &Values<'_>) -> Option<Operation> {
    let operation = catalog::HUAWEI.find(&names.text(Field::TraceName)?)?;
    names.is(Field::Service, "vpc").then_some(operation)
}
