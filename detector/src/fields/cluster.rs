//! What a Kubernetes cluster was asked for, as others than its API server tell of it: Google's audit log, Falco's events,
//! Rancher's audit log. Each has the object's path, and what was done in its own words.

use super::schema::Says;
use crate::json::paths;
use alloc::vec::Vec;

paths! {
    /// Google; Falco; Rancher.
    pub(super) PATHS:
    Says::Path.code() => "protoPayload.resourceName",
    Says::Path.code() => "output_fields.ka.uri",
    Says::Path.code() => "requestURI",
    Says::Target.code() => "output_fields.ka.target.name",
    Says::Verb.code() => "protoPayload.methodName",
    Says::Verb.code() => "output_fields.ka.verb",
    Says::Verb.code() => "verb",
    Says::Verb.code() => "method",
    Says::Actor.code() => "protoPayload.authenticationInfo.principalEmail",
    Says::Actor.code() => "output_fields.ka.user.name",
    Says::Actor.code() => "user.name",
    Says::Source.code() => "protoPayload.requestMetadata.callerIp",
    Says::Source.code() => "sourceIPs",
    Says::Source.code() => "remoteAddr",
    Says::Agent.code() => "protoPayload.requestMetadata.callerSuppliedUserAgent",
    Says::Agent.code() => "output_fields.ka.useragent",
    Says::Time.code() => "timestamp",
    Says::Time.code() => "stageTimestamp",
    Says::Time.code() => "requestTimestamp",
    Says::Time.code() => "time",
    Says::EventId.code() => "insertId",
    Says::EventId.code() => "output_fields.ka.auditid",
    Says::Status.code() => "protoPayload.status.code",
    Says::Status.code() => "output_fields.ka.response.code",
    Says::Status.code() => "responseCode",
    Says::Status.code() => "responseStatus",
    Says::Message.code() => "protoPayload.status.message",
    Says::Request.code() => "protoPayload.request",
    Says::Request.code() => "requestBody",
    Says::Response.code() => "protoPayload.response",
    Says::Response.code() => "responseBody";
}

/// Adds the object that a path leads to, as an API server refers to it: `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME`,
/// behind whatever a proxy has put before it; Google leaves out what comes before the group.
pub(super) fn add(path: &str, mut each: impl FnMut(&str, &str)) {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let start = match path.starts_with('/') {
        true => parts.iter().position(|part| *part == "apis").map_or(parts.len(), |at| at.wrapping_add(1)),
        false => 0,
    };
    let Some([group, _, rest @ ..]) = parts.get(start..) else { return };
    let mut rest = rest;
    if let ["namespaces", namespace, after @ ..] = rest {
        each("objectRef.namespace", namespace);
        rest = after;
    }
    each("objectRef.apiGroup", group);
    for (key, part) in ["objectRef.resource", "objectRef.name", "objectRef.subresource"].iter().zip(rest) {
        each(key, part);
    }
}
