//! Google Security Operations' Unified Data Model, as its API writes it and as its tables do.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where the model has what.
    pub(super) PATHS:
    Says::Name.code() => "metadata.productEventType",
    Says::Name.code() => "metadata.product_event_type",
    Says::Service.code() => "target.application",
    Says::Actor.code() => "principal.resource.name",
    Says::Actor.code() => "principal.user.emailAddresses",
    Says::Actor.code() => "principal.user.email_addresses",
    Says::Actor.code() => "principal.user.userid",
    Says::Source.code() => "principal.ip",
    Says::Agent.code() => "network.http.userAgent",
    Says::Agent.code() => "network.http.user_agent",
    Says::Account.code() => "target.cloud.project.id",
    Says::Account.code() => "target.cloud.project.name",
    Says::Account.code() => "principal.user.attribute.cloud.project.id",
    Says::Region.code() => "target.location.name",
    Says::Region.code() => "principal.location.name",
    Says::Time.code() => "metadata.eventTimestamp",
    Says::Time.code() => "metadata.event_timestamp",
    Says::EventId.code() => "metadata.productLogId",
    Says::EventId.code() => "metadata.product_log_id",
    Says::Resource.code() => "target.resource.name",
    Says::Pairs.code() => "target.resource.attribute.labels";
}
