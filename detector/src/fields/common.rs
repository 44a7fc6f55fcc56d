//! What all clouds say in their own words: who, how it ended, on what. Knows those words, not where they stand.

use super::values::{Field, Values, scalar};
use super::{Observation, Text, has};
use crate::catalog::{Action, EventOutcome, Kind, Provider};
use crate::fields::pieces::pieces;
use crate::json::Raw;
use alloc::borrow::{Cow, ToOwned};
use core::ops::Range;

/// The words for actors: persons, what one acts as, programs.
const ACTORS: [(&str, &str); 4] = [
    ("user", "IAMUser IdentityCenterUser User CAMUser ram-user saml-user cloudsso-user natv fed"),
    ("root", "Root root-account"),
    ("role", "AssumedRole CAMRole Role FederatedUser WebIdentityUser SAMLUser assumed-role"),
    // A principal of another account (AWSAccount) can be any of these.
    ("service", "AWSService ServicePrincipal system alibaba-cloud-account instance resource"),
];

/// The words for how an operation ended.
const OUTCOMES: [(EventOutcome, &str); 3] = [
    (EventOutcome::Success, "Success Succeeded Updated Active Resolved normal"),
    (EventOutcome::Failure, "Failed Failure Error warning incident Panic"),
    (EventOutcome::Started, "Start Started Accept Accepted InProgress begin RequestReceived ResponseStarted"),
];

/// What a resource id names, by the type that stands before the name.
const IN_ID: [(Part, &str); 20] = [
    (Part::Resource("tap"), "virtualNetworkTaps"),
    (Part::Resource("tap_configuration"), "tapConfigurations"),
    (Part::Resource("source_interface"), "networkInterfaces"),
    (Part::Resource("packet_capture"), "packetCaptures"),
    (Part::Resource("network_watcher"), "networkWatchers"),
    (Part::Resource("connection"), "connections"),
    (Part::Resource("connection"), "vpnConnections"),
    (Part::Resource("gateway"), "virtualNetworkGateways"),
    (Part::Resource("gateway"), "vpnGateways"),
    (Part::Resource("packet_mirroring"), "packetMirrorings"),
    (Part::Resource("firewall_policy"), "firewallPolicies"),
    (Part::Resource("deployment"), "mirroringDeployments"),
    (Part::Resource("deployment_group"), "mirroringDeploymentGroups"),
    (Part::Resource("endpoint_group"), "mirroringEndpointGroups"),
    (Part::Resource("endpoint_group_association"), "mirroringEndpointGroupAssociations"),
    (Part::Account, "subscriptions"),
    (Part::Account, "projects"),
    (Part::Region, "regions"),
    (Part::Region, "locations"),
    (Part::ResourceGroup, "resourceGroups"),
];

/// Where a part of a resource id goes.
#[derive(Clone, Copy)]
enum Part {
    Resource(&'static str),
    Account,
    Region,
    ResourceGroup,
}

/// Fills in what needs no knowledge of one provider's log.
pub(super) fn fill<'a>(values: &Values<'a>, observation: &mut Observation<'a>) {
    let provider = observation.operation.provider;
    observation.actor = values.text(Field::Actor);
    observation.source_ip = values.text(Field::SourceIp);
    observation.account = values.text(Field::Account);
    observation.region = values.text(Field::Region);
    observation.resource_group = values.text(Field::ResourceGroup);
    observation.time = values.text(Field::Time);
    values.add_to(observation);
    for resource in values.all(Field::ResourceId).filter_map(scalar) {
        fill_from_id(resource, observation);
    }

    observation.actor_type = match (provider, observation.actor.as_deref()) {
        (Provider::Gcp, Some(actor)) => {
            let workload = has(actor, "/workloadIdentityPools/");
            Some(person_unless(workload || actor.ends_with("gserviceaccount.com")))
        }
        (Provider::Kubernetes, Some(actor)) => Some(person_unless(actor.starts_with("system:"))),
        _ => values.text(Field::ActorType).and_then(|word| lookup(&ACTORS, &word)).or_else(|| {
            // Azure's other shapes: a user has an address, all else an id.
            let actor = observation.actor.as_deref().filter(|_| provider == Provider::Azure)?;
            Some(person_unless(!has(actor, "@")))
        }),
    };

    // Some write a code where nothing went wrong.
    let mut errors = values.all(Field::Error).filter_map(Raw::text);
    observation.error = errors.find(|error| outcome(error) != EventOutcome::Success);
    let status = values.text(Field::Status);
    observation.outcome = match (&status, &observation.error) {
        (Some(word), _) => outcome(word),
        // CloudTrail and its likes say only what went wrong.
        _ if !matches!(provider, Provider::Aws | Provider::Alibaba | Provider::Gcp | Provider::Tencent) => {
            EventOutcome::Unknown
        }
        (None, Some(_)) => EventOutcome::Failure,
        (None, None) => EventOutcome::Success,
    };
    observation.error =
        observation.error.take().or(status).filter(|_| observation.outcome == EventOutcome::Failure);

    // A change of the switch alone says more than that something was changed.
    if observation.operation.action == Action::Modify
        && let Some(enable) = values.raw(Field::Enable)
    {
        observation.action = if enable.is_false() {
            Some(Action::Stop)
        } else if enable.is_true() && provider != Provider::Gcp {
            Some(Action::Start)
        } else {
            None
        };
    }
}

fn person_unless(program: bool) -> &'static str {
    if program { "service" } else { "user" }
}

fn fill_from_id<'a>(resource: Text<'a>, observation: &mut Observation<'a>) {
    if observation.operation.provider == Provider::Oci {
        let key = resource.split('.').nth(3).filter(|key| !key.is_empty());
        observation.region = observation.region.take().or_else(|| Some(key?.to_owned().into()));
        let name = if observation.operation.kind == Kind::Vtap { "vtap" } else { "filter" };
        return observation.resource(name, Some(resource));
    }
    // Of equal types the first one counts.
    let (mut names, mut place) = ([const { None }; IN_ID.len()], None);
    let mut start = 0usize;
    for segment in pieces(resource.as_bytes(), b"/") {
        let end = start.wrapping_add(segment.len());
        if let Some(name) = place.and_then(|place: usize| names.get_mut(place)) {
            name.get_or_insert(start..end);
        }
        place = IN_ID.iter().position(|(_, parent)| parent.as_bytes().eq_ignore_ascii_case(segment));
        start = end.wrapping_add(1);
    }
    for ((part, _), name) in IN_ID.iter().zip(names) {
        let Some(name) = name.and_then(|name| piece(&resource, name)) else { continue };
        let known = match part {
            Part::Resource(kind) => {
                observation.resource(kind, Some(name));
                continue;
            }
            Part::Account => &mut observation.account,
            Part::Region => &mut observation.region,
            Part::ResourceGroup => &mut observation.resource_group,
        };
        known.get_or_insert(name);
    }
    if observation.operation.provider == Provider::Azure {
        observation.resource("id", Some(resource));
    }
}

/// The outcome that a word or a status code stands for: HTTP's codes, and those of gRPC below 100.
///
/// Of several joined by dots the first known counts: `0.0`, `Succeeded.OK`, `CreateVtap.begin`.
pub(super) fn outcome(status: &str) -> EventOutcome {
    let known = |word: &str| match (word.as_bytes(), word.len()) {
        ([b'0'], 1) | ([b'2' | b'3', b'0'..=b'9', ..], 3) => Some(EventOutcome::Success),
        ([b'0'..=b'9', ..], _) => Some(EventOutcome::Failure),
        _ => lookup(&OUTCOMES, word),
    };
    status.split('.').find_map(known).unwrap_or(EventOutcome::Unknown)
}

/// The meaning of a word, in any case.
fn lookup<T: Copy>(words: &[(T, &str)], word: &str) -> Option<T> {
    let word = word.as_bytes();
    let known = |list: &str| pieces(list.as_bytes(), b" ").any(|known| known.eq_ignore_ascii_case(word));
    words.iter().find(|(_, list)| known(list)).map(|(meaning, _)| *meaning)
}

/// A part of a text that may be borrowed; nothing where it is empty.
fn piece<'a>(text: &Text<'a>, range: Range<usize>) -> Option<Text<'a>> {
    let piece = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(range)?),
        Cow::Owned(text) => Cow::Owned(text.get(range)?.to_owned()),
    };
    (!piece.is_empty()).then_some(piece)
}
