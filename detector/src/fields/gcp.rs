//! The audit LogEntry's shape.

use super::{Field, Observation, Values, part};
use crate::catalog::{self, Action, EventOutcome, Operation};
use crate::json::{Elements, Members, Raw};

const PATHS: &[(Field, &str)] = &[
    (Field::Actor, "protoPayload.authenticationInfo.principalEmail"),
    (Field::Actor, "protoPayload.authenticationInfo.principalSubject"),
    (Field::SourceIp, "protoPayload.requestMetadata.callerIp"),
    (Field::Account, "resource.labels.project_id"),
    (Field::Region, "resource.labels.region"),
    (Field::Region, "resource.labels.location"),
    (Field::Time, "timestamp"),
    (Field::Time, "receiveTimestamp"),
    (Field::Status, "protoPayload.status.code"),
    (Field::ErrorMessage, "protoPayload.status.message"),
    (Field::Granted, "protoPayload.authorizationInfo"),
    (Field::First, "operation.first"),
    (Field::Last, "operation.last"),
    (Field::ResourceId, "protoPayload.resourceName"),
    (Field::Enable, "protoPayload.request.enable"),
    (Field::Resource("name"), "protoPayload.resourceName"),
    (Field::Resource("network"), "protoPayload.request.network.url"),
    (Field::Resource("destination"), "protoPayload.request.collectorIlb.url"),
    (Field::Resource("direction"), "protoPayload.request.filter.direction"),
    (Field::Resource("operation_id"), "operation.id"),
    (Field::Body, "protoPayload.request.mirroredResources"),
];

/// Finds a method by its whole name, whatever version of the API it was called through.
pub(super) fn find(method: &str) -> Option<&'static Operation> {
    let unversioned =
        method.split_once('.').filter(|(version, _)| is_version(version)).map_or(method, |(_, rest)| rest);
    catalog::GCP.find(unversioned).or_else(|| {
        // The seed's spellings end a name; nothing is known of what may stand before them.
        let (_, last) = method.rsplit_once('.')?;
        catalog::GCP.find(last)
    })
}

/// `v1`, `v1beta1`, `beta`, `alpha`.
fn is_version(text: &str) -> bool {
    let digits =
        text.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    digits || text.eq_ignore_ascii_case("beta") || text.eq_ignore_ascii_case("alpha")
}

pub(super) fn fill<'a>(object: &'a [u8], observation: &mut Observation<'a>) {
    let values = Values::read(object, PATHS);
    values.fill(observation);
    observation.actor_type = observation
        .actor
        .as_deref()
        .map(|actor| if actor.ends_with("gserviceaccount.com") { "service" } else { "user" });
    if let Some(name) = values.text(Field::ResourceId) {
        observation.resource("packet_mirroring", part(&name, "packetMirrorings"));
        observation.account = observation.account.take().or_else(|| part(&name, "projects"));
        observation.region = observation.region.take().or_else(|| part(&name, "regions"));
    }
    for (name, text) in values.raw(Field::Body).and_then(Raw::object).into_iter().flat_map(mirrored) {
        observation.resource(name, Some(text));
    }
    if values.raw(Field::Enable).is_some_and(Raw::is_false) && observation.operation.action == Action::Modify
    {
        observation.action = Some(Action::Stop);
    }
    let code = values.text(Field::Status).filter(|code| code != "0");
    let denied = values.raw(Field::Granted).and_then(Raw::array).is_some_and(|granted| {
        Elements::new(granted)
            .filter_map(Raw::object)
            .any(|info| Members::new(info).any(|member| member.is("granted") && member.value.is_false()))
    });
    let starts = values.raw(Field::First).is_some_and(Raw::is_true)
        && !values.raw(Field::Last).is_some_and(Raw::is_true);
    observation.outcome = match () {
        () if code.is_some() || denied => EventOutcome::Failure,
        () if starts => EventOutcome::Started,
        () => EventOutcome::Success,
    };
    if observation.outcome == EventOutcome::Failure {
        observation.error = values.text(Field::ErrorMessage).or(code);
    }
}

/// The first of each sort of mirrored resource.
fn mirrored(object: &[u8]) -> impl Iterator<Item = (&'static str, super::Text<'_>)> {
    Members::new(object).filter_map(|member| {
        let first = Elements::new(member.value.array()?).next()?;
        let name = match member.key {
            b"subnetworks" => "source_subnet",
            b"instances" => "source_instance",
            b"tags" => "source_tag",
            _ => return None,
        };
        let text = match first.object() {
            Some(object) => Members::new(object).find(|member| member.is("url"))?.value.text()?,
            None => first.text()?,
        };
        Some((name, text))
    })
}
