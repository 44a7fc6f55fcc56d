//! Events in other products' schemas: writes them anew in the shapes that their providers log, so that what is read from
//! either is the same. Knows what may be said and where a provider says it; each product's own names are its table's.

use super::{
    Observation, Text, cluster, ecs, export, line, observe, observe_event, ocsf, otel, process, sentinel,
    spelled, state, udm, values,
};
use crate::envelope::object_of;
use crate::json::{Elements, Index, LEVELS_MAX, Paths, Raw, collect, paths, write_string};
use crate::prefilter::Prefilter;
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
    /// How the client was called and called itself.
    Metadata,
    /// Which permissions were asked for.
    Granted,
    /// A request by what it did: a verb of Kubernetes or HTTP.
    Verb,
    /// The name of an object of a cluster.
    Target,
    /// The whole of what a provider logs below one member.
    Payload,
    /// A list of what was acted on, each with its type.
    Resources,
    /// The path of an object of a cluster.
    Path,
    /// Members of the request, each with its key.
    Pairs,
    /// Members that stand where they stand in the provider's own event.
    Rest,
    /// What kind of document it is.
    Kind,
    /// The type of a thing whose state is told, or its path,
    Thing,
    /// what has become of it,
    Change,
    /// and its id.
    Id,
}

impl Says {
    pub(super) const fn code(self) -> u8 {
        self as u8
    }
}

/// Where the providers say it, in the order of [`Says`].
const NATIVE: [&str; 24] = [
    "eventName operationName protoPayload.methodName",
    "eventSource",
    "userIdentity.arn caller protoPayload.authenticationInfo.principalEmail user.username",
    "userIdentity.type identity.authorization.evidence.principalType",
    "userIdentity.accessKeyId",
    "sourceIPAddress callerIpAddress protoPayload.requestMetadata.callerIp sourceIPs",
    "userAgent protoPayload.requestMetadata.callerSuppliedUserAgent",
    "recipientAccountId subscriptionId resource.labels.project_id",
    "awsRegion location resource.labels.location",
    "resourceGroupName",
    "eventTime time timestamp requestReceivedTimestamp",
    "eventID eventDataId insertId auditID",
    "correlationId",
    "errorCode properties.statusMessage protoPayload.status.message",
    "errorMessage responseStatus.message",
    "resultType protoPayload.status.code responseStatus.code",
    "resourceId protoPayload.resourceName",
    "requestParameters protoPayload.request requestObject",
    "responseElements responseObject",
    "protoPayload.requestMetadata",
    "protoPayload.authorizationInfo",
    "verb",
    "objectRef.name",
    "protoPayload",
];

paths! {
    /// What tells each product's schema, by its place among [`SCHEMAS`]. Those come last that stand beside an event which is
    /// described in them.
    TELLS:
    0 => "configurationItemStatus",
    1 => "resource-type",
    2 => "asset.assetType",
    3 => "data.resourceInfo.id",
    4 => "targetResourceId",
    5 => "protopayload_auditlog",
    6 => "GCPResourceName",
    7 => "metadata.productEventType",
    8 => "metadata.product_event_type",
    9 => "rpc.method",
    10 => "azure.operation.name",
    11 => "output_fields.ka.verb",
    12 => "requestURI",
    13 => "protoPayload.resourceName",
    14 => "api.operation",
    15 => "event.action";
}

/// Each product's table.
static SCHEMAS: [&Paths<'static>; 16] = [
    &state::CONFIG,
    &state::STACK,
    &state::ASSET,
    &state::NOTIFICATION,
    &state::CHANGE,
    &export::PATHS,
    &sentinel::PATHS,
    &udm::PATHS,
    &udm::PATHS,
    &otel::PATHS,
    &otel::PATHS,
    &cluster::PATHS,
    &cluster::PATHS,
    &cluster::PATHS,
    &ocsf::PATHS,
    &ecs::PATHS,
];

/// Reads an object that may tell of an event in another product's schema, of a process that began, or of a
/// device's line.
pub fn observe_schema<'b>(object: &Index<'_>, prefilter: &Prefilter) -> Option<Observation<'b>> {
    let told = collect(object, TELLS);
    told.iter()
        .filter_map(|(place, _)| SCHEMAS.get(usize::from(*place)))
        .find_map(|paths| anew(object, **paths))
        .or_else(|| process::observe(object))
        .or_else(|| line::observe(object, prefilter))
        .or_else(|| observe_event(object))
}

/// Whether a document is of a kind that tells of others.
#[inline(never)]
pub(super) fn is_alert(kinds: &[Raw<'_>]) -> bool {
    kinds.iter().any(|kind| kind.is_word("signal") || kind.is_word("alert"))
}

pub(super) fn anew<'b>(object: &Index<'_>, paths: Paths<'static>) -> Option<Observation<'b>> {
    let found = collect(object, paths);
    let all = |says: Says| super::all(&found, says.code()).into_iter();
    // An alert tells of a rule.
    if is_alert(all(Says::Kind).as_slice()) {
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
    if let Some(pairs) = all(Says::Pairs).filter_map(Raw::array).find_map(object_of) {
        say(&mut out, Says::Request.code(), Raw(&pairs));
    }
    // Google's code is absent where nothing went wrong.
    if object.at("protoPayload").is_some() {
        member(&mut out, "responseStatus.code", b"0");
    }
    if let Some(thing) = all(Says::Thing).find_map(Raw::string) {
        let change = all(Says::Change).find_map(|raw| state::change(&raw.text()?));
        let (told, id) = (all(Says::Request).next(), all(Says::Id).next());
        state::add(&thing, change, told, id, |key, value| member(&mut out, key, value))?;
    }
    if let Some(path) = all(Says::Path).find_map(Raw::string) {
        cluster::add(&path, |key, value| {
            out.extend_from_slice(b",");
            write_string(&mut out, key);
            out.push(b':');
            write_string(&mut out, value);
        });
    }
    let mut resources = Vec::new();
    for list in all(Says::Resources) {
        resources.extend(Elements::new(list.array().unwrap_or_default()));
    }
    for resource in &resources {
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
    for resource in resources {
        let resource = Index::read(resource.0, 1);
        let text = |key| resource.at(key).and_then(Raw::text);
        let name = text("type").and_then(|name| values::resource_named(&name));
        if let (Some(name), Some(uid)) = (name, text("uid")) {
            observation.also(name, Text::Owned(uid.into_owned()));
        }
    }
    Some(observation)
}

/// Writes a value everywhere a provider may have it; what is JSON in a text is written as JSON, of several addresses or
/// names the first.
fn say(out: &mut Vec<u8>, code: u8, raw: Raw<'_>) {
    let first = raw.array().filter(|_| code < Says::Error.code()).and_then(|list| Elements::new(list).next());
    let raw = first.unwrap_or(raw);
    let text = raw.string();
    let spelled =
        text.clone().filter(|text| matches!(text.as_bytes(), [b'{' | b'[', ..])).and_then(spelled::object_in);
    let value = spelled.as_deref().unwrap_or(raw.0);
    // A provider's short name is no service, and a service that is not named is any.
    let is_short =
        code == Says::Service.code() && text.as_deref().is_none_or(|name| !name.as_bytes().contains(&b'.'));
    // The whole of an answer is no status.
    let is_whole = code == Says::Status.code() && value.starts_with(b"{");
    if is_short || is_whole || matches!(value, b"null" | b"\"\"") {
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
