//! Requests of NETCONF, RESTCONF and gNMI, as devices and servers log them: finds a model of mirroring in a path or an
//! element, and what was to be done there.

use super::{Readings, enter, find, holds, keyed, named};
use crate::catalog::Action;
use crate::fields::Observation;
use crate::fields::pieces::tail;
use alloc::vec;

/// What stands in the path or the element of each model; rows have the same names.
const MODELS: [&str; 9] = [
    "Cisco-IOS-XE-span",
    "Ethernet-SPAN-cfg",
    "forwarding-options/analyzer",
    "forwarding-options/port-mirroring",
    "ios-span:session[",
    "mirror/mirror-dest",
    "mirroring/mirroring-instance",
    "monitor/session[",
    "System/span-items",
];

/// What tells of a request that changes something.
const WRITES: [&str; 12] = [
    "edit-config",
    "edit-data",
    "netconf-config-change",
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
const DELETES: [&str; 8] =
    ["delete\"", "delete\\", "remove\"", "remove\\", "delete:", "delete<", "delete ", "DELETE /restconf"];
const ADDS: [&str; 12] = [
    "update\"",
    "update\\",
    "replace\"",
    "replace\\",
    "merge\"",
    "merge\\",
    "create\"",
    "create\\",
    "create<",
    "create ",
    "merge<",
    "merge ",
];

/// Reads a line that may tell of a request.
pub(super) fn observe<'a>(line: &'a [u8], readings: &mut Readings<'a>) {
    if let Some(observation) = read(line) {
        let start = find(line, b": ").map_or(0, |at| at.saturating_add(2));
        let (before, after) = line.split_at_checked(start).unwrap_or_default();
        enter(vec![observation], before, after, readings);
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
    let value = tail(key.unwrap_or_default(), b'=');
    observation.word(
        "session",
        value.trim_ascii().strip_prefix(b"'").and_then(|id| id.strip_suffix(b"'")).unwrap_or(value),
    );
    Some(observation)
}
