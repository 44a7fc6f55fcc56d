//! The Elastic Common Schema, as Elastic's integrations for clouds and this project write it.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where the schema has what.
    pub(super) PATHS:
    Says::Kind.code() => "event.kind",
    Says::Name.code() => "azure.activitylogs.operation_name",
    Says::Name.code() => "gcp.audit.method_name",
    Says::Name.code() => "event.action",
    Says::Service.code() => "gcp.audit.service_name",
    Says::Service.code() => "event.provider",
    Says::Actor.code() => "aws.cloudtrail.user_identity.arn",
    Says::Actor.code() => "gcp.audit.authentication_info.principal_email",
    Says::Actor.code() => "client.user.email",
    Says::Actor.code() => "user.email",
    Says::Actor.code() => "user.name",
    Says::ActorType.code() => "aws.cloudtrail.user_identity.type",
    Says::AccessKey.code() => "aws.cloudtrail.user_identity.access_key_id",
    Says::Source.code() => "source.ip",
    Says::Source.code() => "source.address",
    Says::Agent.code() => "user_agent.original",
    Says::Account.code() => "aws.cloudtrail.recipient_account_id",
    Says::Account.code() => "azure.subscription_id",
    Says::Account.code() => "cloud.account.id",
    Says::Account.code() => "cloud.project.id",
    Says::Region.code() => "cloud.region",
    Says::Group.code() => "azure.resource.group",
    Says::Time.code() => "@timestamp",
    Says::EventId.code() => "event.id",
    Says::Correlation.code() => "azure.correlation_id",
    Says::Error.code() => "aws.cloudtrail.error_code",
    Says::Error.code() => "error.code",
    Says::Message.code() => "aws.cloudtrail.error_message",
    Says::Message.code() => "error.message",
    Says::Status.code() => "azure.activitylogs.result_type",
    Says::Status.code() => "gcp.audit.status.code",
    Says::Status.code() => "event.outcome",
    Says::Resource.code() => "azure.resource.id",
    Says::Resource.code() => "gcp.audit.resource_name",
    Says::Request.code() => "aws.cloudtrail.flattened.request_parameters",
    Says::Request.code() => "aws.cloudtrail.request_parameters",
    Says::Request.code() => "gcp.audit.request",
    Says::Response.code() => "aws.cloudtrail.flattened.response_elements",
    Says::Response.code() => "aws.cloudtrail.response_elements";
}
