//! What joins events without state: the ids that they have in common, and a key of who acted where. docs/SCHEMAS.md says
//! what equal and different ones promise.

use super::{before, before_last};
use crate::catalog::Provider;
use crate::fields::{Observation, Text, is_address};
use crate::json::joined;
use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

/// Whether a resource is the id of one thing; the others describe or contain it.
fn is_id(name: &str) -> bool {
    matches!(
        name,
        "correlation_id"
            | "deployment_group"
            | "destination"
            | "endpoint_group"
            | "filter"
            | "filter_rule"
            | "id"
            | "name"
            | "operation_id"
            | "owner"
            | "packet_capture"
            | "resource_share"
            | "security_profile"
            | "security_profile_group"
            | "session"
            | "shared_with"
            | "source"
            | "source_address"
            | "source_instance"
            | "source_interface"
            | "source_subnet"
            | "source_vlan"
            | "target"
            | "vtap"
    )
}

/// What a resource of Google Cloud begins with, whatever service or host stands before it.
const PROJECTS: &[u8] = b"projects/";

/// The ids of an event, each once, in the order of its resources.
pub(super) fn related<'v>(observation: &'v Observation<'_>) -> Vec<Text<'v>> {
    let mut related: Vec<Text<'v>> = Vec::new();
    for (name, id) in &observation.resources {
        if let Some(id) = lasting_id(observation, name, id)
            && !related.contains(&id)
        {
            related.push(id);
        }
    }
    related
}

/// An id in the spelling that all events of its provider share; `None` where it identifies nothing by itself.
fn lasting_id<'v>(observation: &'v Observation<'_>, name: &str, id: &'v str) -> Option<Text<'v>> {
    // The account that every event names would join everything in it.
    let is_own = observation.account.as_deref() == Some(id);
    (!is_own && is_id(name)).then_some(())?;
    let within = |outer: &str, inner: &str| Some(Cow::Owned(joined(&[outer, "/", inner, "/", id])));
    match observation.operation.provider {
        // Short names of both repeat; whole ids have their path, in any case or behind any host.
        Provider::Azure if before(id, b'/').is_some() => Some(Cow::Owned(id.to_ascii_lowercase())),
        Provider::Azure => (name == "correlation_id").then_some(Cow::Borrowed(id)),
        Provider::Gcp => match id.as_bytes().windows(PROJECTS.len()).position(|part| part == PROJECTS) {
            Some(at) => id.get(at..).map(Cow::Borrowed),
            None => (name == "operation_id").then_some(Cow::Borrowed(id)),
        },
        Provider::Kubernetes if name == "name" => {
            within(&observation.operation.name, observation.id_of("namespace").unwrap_or_default())
        }
        Provider::Kubernetes => None,
        Provider::Network | Provider::Host if is_address(id.as_bytes()) => Some(Cow::Borrowed(id)),
        Provider::Network | Provider::Host => within(observation.id_of("device")?, name),
        _ => (name != "name").then_some(Cow::Borrowed(id)),
    }
}

/// The key of an event's provider, account or device, and actor; `None` where neither of the last two is known.
pub(super) fn story(observation: &Observation<'_>) -> Option<String> {
    let place = observation.account.as_deref().or(observation.id_of("device"));
    let actor = observation.actor.as_deref().map(lasting);
    place.or(actor)?;
    let mut hash = FNV_OFFSET;
    for part in [observation.operation.provider.name(), place.unwrap_or_default(), actor.unwrap_or_default()]
    {
        for byte in part.as_bytes() {
            hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(FNV_PRIME);
        }
        hash = hash.wrapping_mul(FNV_PRIME);
    }
    let mut digits = String::with_capacity(16);
    for shift in (0..16u32).rev() {
        digits.push(char::from_digit((hash >> (shift << 2)) as u32 & 15, 16)?);
    }
    Some(digits)
}

/// An actor without what changes from session to session: of an assumed role the name of the session.
fn lasting(actor: &str) -> &str {
    let role = if actor.starts_with("arn:") {
        match before_last(actor, b':').and_then(|head| actor.get(head.len()..)) {
            Some(tail) if tail.starts_with(":assumed-role/") => before_last(actor, b'/'),
            _ => None,
        }
    } else if actor.starts_with("AROA") {
        before(actor, b':')
    } else {
        None
    };
    role.unwrap_or(actor)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;
