//! Attributes of OpenTelemetry's log records, as its collector makes them of cloud logs.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where its conventions have what.
    pub(super) PATHS:
    Says::Name.code() => "rpc.method",
    Says::Name.code() => "azure.operation.name",
    Says::Service.code() => "rpc.service",
    Says::Actor.code() => "aws.principal.arn",
    Says::Actor.code() => "user.email",
    Says::Actor.code() => "user.name",
    Says::ActorType.code() => "aws.principal.type",
    Says::AccessKey.code() => "aws.access_key.id",
    Says::Source.code() => "source.address",
    Says::Source.code() => "network.peer.address",
    Says::Source.code() => "client.address",
    Says::Agent.code() => "user_agent.original",
    Says::Account.code() => "aws.user_identity.account_id",
    Says::Account.code() => "cloud.account.id",
    Says::Region.code() => "cloud.region",
    Says::EventId.code() => "aws.cloudtrail.event_id",
    Says::Correlation.code() => "azure.correlation_id",
    Says::Error.code() => "aws.error.code",
    Says::Message.code() => "aws.error.message",
    Says::Status.code() => "azure.result.type",
    Says::Resource.code() => "azure.identity.authorization.scope",
    Says::Resource.code() => "azure.administrative.entity",
    Says::Request.code() => "aws.request.parameters",
    Says::Response.code() => "aws.response.elements";
}
