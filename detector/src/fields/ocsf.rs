//! API Activity of the Open Cybersecurity Schema Framework, as Security Lake and this project write it.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where the schema has what.
    pub(super) PATHS:
    Says::Name.code() => "api.operation",
    Says::Service.code() => "api.service.name",
    Says::Actor.code() => "actor.user.uid",
    Says::Actor.code() => "actor.user.name",
    Says::Actor.code() => "actor.user.email_addr",
    Says::Actor.code() => "actor.invoked_by",
    Says::ActorType.code() => "actor.user.type",
    Says::AccessKey.code() => "actor.user.credential_uid",
    Says::Source.code() => "src_endpoint.ip",
    Says::Source.code() => "src_endpoint.svc_name",
    Says::Source.code() => "src_endpoint.domain",
    Says::Agent.code() => "http_request.user_agent",
    Says::Account.code() => "cloud.account.uid",
    Says::Account.code() => "cloud.project_uid",
    Says::Account.code() => "actor.user.account.uid",
    Says::Region.code() => "cloud.region",
    Says::Time.code() => "metadata.original_time",
    Says::Time.code() => "time_dt",
    Says::Time.code() => "time",
    Says::EventId.code() => "metadata.uid",
    Says::Correlation.code() => "metadata.correlation_uid",
    Says::Error.code() => "api.response.error",
    Says::Error.code() => "status_code",
    Says::Message.code() => "api.response.message",
    Says::Message.code() => "status_detail",
    Says::Status.code() => "status",
    Says::Request.code() => "api.request.data",
    Says::Response.code() => "api.response.data",
    Says::Resources.code() => "resources",
    Says::Rest.code() => "unmapped";
}
