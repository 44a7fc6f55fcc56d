//! Events in other products' schemas: writes them anew in the shapes that their providers log, so that what is read from
//! either is the same. Knows what may be said and where a provider says it; each product's own names are its table's.

use super::{Observation, Text, ecs, export, line, observe, ocsf, process, values};
use crate::json::{Elements, Index, LEVELS_MAX, Paths, Raw, collect};
use alloc::vec::Vec;

/// What a path says.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Says {
    Name,
    Service,
    Actor,
    ActorType,
    AccessKey,
    Source,
    Agent,
    Account,
    Region,
    Group,
    Time,
    EventId,
    Correlation,
    Error,
    Message,
    Status,
    Resource,
    Request,
    Response,
    /// The whole of what a provider logs below one member.
    Payload,
    /// A list of what was acted on, each with its type.
    Resources,
    /// Members that stand where they stand in the provider's own event.
    Rest,
    /// What kind of document it is.
    Kind,
}

impl Says {
    pub(super) const fn code(self) -> u8 {
        self as u8
    }
}

/// Where the providers say it, in the order of [`Says`].
const NATIVE: [&str; 20] = [
    "eventName operationName protoPayload.methodName",
    "eventSource",
    "userIdentity.arn caller protoPayload.authenticationInfo.principalEmail",
    "userIdentity.type identity.authorization.evidence.principalType",
    "userIdentity.accessKeyId",
    "sourceIPAddress callerIpAddress protoPayload.requestMetadata.callerIp",
    "userAgent protoPayload.requestMetadata.callerSuppliedUserAgent",
    "recipientAccountId subscriptionId resource.labels.project_id",
    "awsRegion location resource.labels.location",
    "resourceGroupName",
    "eventTime time timestamp",
    "eventID eventDataId insertId",
    "correlationId",
    "errorCode properties.statusMessage protoPayload.status.message",
    "errorMessage",
    "resultType protoPayload.status.code",
    "resourceId protoPayload.resourceName",
    "requestParameters protoPayload.request",
    "responseElements",
    "protoPayload",
];

/// Each product's table, and the path that tells it. Nothing but its own export has BigQuery's member, which stays where
/// an event is described in another schema beside it.
static SCHEMAS: [(&str, &Paths<'static>); 3] = [
    ("protopayload_auditlog", &export::PATHS),
    ("api.operation", &ocsf::PATHS),
    ("event.action", &ecs::PATHS),
];

/// Reads an object that may tell of an event in another product's schema, of a process that began, or of a
/// device's line.
pub fn observe_schema<'b>(object: &Index<'_>) -> Option<Observation<'b>> {
    anew(object).or_else(|| process::observe(object)).or_else(|| line::observe(object))
}

fn anew<'b>(object: &Index<'_>) -> Option<Observation<'b>> {
    let (_, paths) = SCHEMAS.iter().find(|(tell, _)| object.at(tell).is_some())?;
    let found = collect(object, **paths);
    let all = |says: Says| found.iter().filter(move |(code, _)| *code == says.code()).map(|(_, raw)| *raw);
    // An alert tells of a rule.
    if all(Says::Kind).filter_map(Raw::string).any(|kind| matches!(&*kind, "signal" | "alert")) {
        return None;
    }
    let mut out = Vec::from(object.bytes().get(..object.end()?)?);
    // CloudTrail says only what went wrong.
    if all(Says::Status).filter_map(Raw::string).any(|status| status.eq_ignore_ascii_case("failure")) {
        member(&mut out, "errorCode", b"\"Failure\"");
    }
    for rest in all(Says::Rest).filter_map(Raw::object) {
        let members = rest.get(1..rest.len().saturating_sub(1)).unwrap_or_default();
        if !members.trim_ascii().is_empty() {
            out.push(b',');
            out.extend_from_slice(members);
        }
    }
    let resources = || all(Says::Resources).filter_map(Raw::array).flat_map(Elements::new);
    for resource in resources() {
        if let Some(uid) = Index::read(resource.0, 1).at("uid") {
            say(&mut out, Says::Resource.code(), uid);
        }
    }
    // Of members with the same key the last counts, of paths the first.
    for (code, raw) in found.iter().rev() {
        say(&mut out, *code, *raw);
    }
    out.push(b'}');
    let mut observation = observe(&Index::read(&out, LEVELS_MAX))?.into_owned();
    for resource in resources() {
        let resource = Index::read(resource.0, 1);
        let text = |key| resource.at(key).and_then(Raw::text);
        let name = text("type").and_then(|name| values::resource_named(&name));
        if let (Some(name), Some(uid)) = (name, text("uid")) {
            observation.also(name, Text::Owned(uid.into_owned()));
        }
    }
    Some(observation)
}

/// Writes a value everywhere a provider may have it; what is JSON in a text is written as JSON.
fn say(out: &mut Vec<u8>, code: u8, raw: Raw<'_>) {
    let text = raw.string();
    let spelled = text.as_deref().filter(|text| Index::read(text.as_bytes(), 1).is_whole());
    let value = spelled.map_or(raw.0, str::as_bytes);
    // A provider's short name is no service, and a service that is not named is any.
    let is_short = code == Says::Service.code() && text.as_deref().is_none_or(|name| !name.contains('.'));
    if is_short || matches!(value, b"null" | b"\"\"") {
        return;
    }
    for key in NATIVE.get(usize::from(code)).into_iter().flat_map(|keys| keys.split(' ')) {
        member(out, key, value);
    }
}

fn member(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    for part in [b",\"", key.as_bytes(), b"\":", value] {
        out.extend_from_slice(part);
    }
}
