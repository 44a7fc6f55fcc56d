//! Google's audit log in a table of Microsoft Sentinel.

use super::schema::Says;
use crate::json::paths;

paths! {
    /// Where the table has what.
    pub(super) PATHS:
    Says::Name.code() => "MethodName",
    Says::Service.code() => "ServiceName",
    Says::Actor.code() => "PrincipalEmail",
    Says::Account.code() => "ProjectId",
    Says::Time.code() => "Timestamp",
    Says::Time.code() => "TimeGenerated",
    Says::EventId.code() => "InsertId",
    Says::Message.code() => "StatusMessage",
    Says::Status.code() => "Status",
    Says::Resource.code() => "GCPResourceName",
    Says::Request.code() => "Request",
    Says::Metadata.code() => "RequestMetadata",
    Says::Granted.code() => "AuthorizationInfo";
}
