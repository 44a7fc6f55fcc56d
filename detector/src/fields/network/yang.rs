//! Requests of NETCONF, RESTCONF and gNMI, as devices and servers log them: finds a model of mirroring in a path or an
//! element, and what was to be done there.

use super::{Readings, find, header, holds, keyed, named, text};
use crate::catalog::Action;
use crate::fields::Observation;

/// What stands in the path or the element of each model; rows have the same names.
const MODELS: [&str; 8] = [
    "Cisco-IOS-XE-span",
    "Ethernet-SPAN-cfg",
    "forwarding-options/analyzer",
    "forwarding-options/port-mirroring",
    "mirror/mirror-dest",
    "mirroring/mirroring-instance",
    "monitor/session[",
    "System/span-items",
];

/// What tells of a request that changes something.
const WRITES: [&str; 11] = [
    "edit-config",
    "edit-data",
    "gNMI/Set",
    "gNMI Set",
    "gnmi_set",
    "OpenConfig.Set",
    "SetRequest",
    "PATCH /restconf",
    "POST /restconf",
    "PUT /restconf",
    "DELETE /restconf",
];

/// What tells of one that takes away, and what of one that adds; quotes may be escaped.
const DELETES: [&str; 6] = ["delete\"", "delete\\", "remove\"", "remove\\", "delete:", "DELETE /restconf"];
const ADDS: [&str; 8] =
    ["update\"", "update\\", "replace\"", "replace\\", "merge\"", "merge\\", "create\"", "create\\"];

/// What stands before who asked, and what behind.
const USERS: [(&[u8], u8); 6] = [
    (b"ser '", b'\''),
    (b"user=\"", b'"'),
    (b"username=\"", b'"'),
    (b"ser=", b' '),
    (b"username=", b' '),
    (b"ser:", b' '),
];

/// Reads a line that may tell of a request.
pub(super) fn observe<'a>(line: &'a [u8], readings: &mut Readings<'a>) {
    if let Some(mut observation) = read(line) {
        observation.actor = USERS.iter().find_map(|(before, end)| text(keyed(line, before, *end)));
        observation.actor_type = observation.actor.as_ref().map(|_| "user");
        let start = find(line, b": ").unwrap_or_default();
        header::fill(line.get(..start).unwrap_or_default(), &mut observation);
        readings.add(observation);
    }
}

/// Reads a request.
pub(super) fn read(request: &[u8]) -> Option<Observation<'_>> {
    let (model, at) = MODELS.iter().find_map(|model| Some((*model, find(request, model.as_bytes())?)))?;
    let has = |words: &[&str]| words.iter().any(|word| holds(request, word));
    has(&WRITES).then_some(())?;
    // What a browser calls itself stands behind its request.
    find(request, b" HTTP/").is_none_or(|end| at < end).then_some(())?;
    let mut observation = Observation::named(named(&[model.as_bytes()])?);
    observation.action = (has(&DELETES) && !has(&ADDS)).then_some(Action::Delete);
    // `session[id=1]`, `session=1`, `<id>1</id>`.
    let rest = request.get(at..).unwrap_or_default();
    let keys = [(&b"["[..], b']'), (b"<id>", b'<'), (b"<name>", b'<'), (b"session=", b' ')];
    let key = keys.iter().map(|(before, end)| keyed(rest, before, *end)).find(|key| !key.is_empty());
    let value = key.unwrap_or_default().rsplit(|&byte| byte == b'=').next().unwrap_or_default();
    observation.word("session", value);
    Some(observation)
}
