//! The values that one pass over an object finds for a table of paths: knows what a path is read for, not what it means.

use super::{Text, is_everything};
use crate::json::{Found, Index, Paths, Raw, Strings, collect};

/// What a path is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    EventName,
    OperationName,
    OperationValue,
    MethodName,
    EventType,
    TraceName,
    Verb,
    ObjectResource,
    Group,
    Service,
    AlibabaRegion,
    Actor,
    ActorType,
    SourceIp,
    Account,
    Region,
    ResourceGroup,
    Time,
    Error,
    Status,
    Substatus,
    ResourceId,
    Body,
    Interface,
    Granted,
    First,
    Last,
    Enable,
    Disable,
    Spelled,
}

impl Field {
    /// Its place in a packed table.
    pub(super) const fn code(self) -> u8 {
        self as u8
    }
}

/// The names under which ids go into the resources.
const RESOURCES: [&str; 37] = [
    "cidr",
    "correlation_id",
    "deployment_group",
    "description",
    "destination",
    "destination_cidr",
    "direction",
    "encapsulation",
    "endpoint_group",
    "filter",
    "filter_rule",
    "id",
    "name",
    "namespace",
    "network",
    "operation_id",
    "owner",
    "packet_length",
    "port",
    "project",
    "resource_share",
    "rule_action",
    "security_profile",
    "security_profile_group",
    "session",
    "session_number",
    "shared_with",
    "source",
    "source_cidr",
    "source_instance",
    "source_interface",
    "source_subnet",
    "source_tag",
    "target",
    "target_type",
    "vni",
    "vtap",
];

/// Codes from here on are places in [`RESOURCES`].
const RESOURCE: u8 = 64;

/// The code of a path whose value goes into the resources under this name.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "runs at compile time"
)]
pub(super) const fn id(name: &str) -> u8 {
    let mut at = 0;
    while at < RESOURCES.len() {
        let known = RESOURCES[at].as_bytes();
        let mut same = 0;
        while same < known.len() && same < name.len() && known[same] == name.as_bytes()[same] {
            same += 1;
        }
        if same == known.len() && same == name.len() {
            return RESOURCE + at as u8;
        }
        at += 1;
    }
    panic!("a resource that has no name yet")
}

/// One pass over an object for all paths of one table.
pub(super) struct Values<'a> {
    /// The codes and values found, in the order of the table.
    found: Found<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn read(object: &Index<'a>, paths: Paths<'static>) -> Self {
        Values { found: collect(object, paths) }
    }

    /// The values found for a field, in the order of its paths.
    pub(super) fn all(&self, field: Field) -> impl Iterator<Item = Raw<'a>> {
        self.found.iter().filter(move |(code, _)| *code == field.code()).map(|(_, raw)| *raw)
    }

    /// The first value for a field.
    pub(super) fn raw(&self, field: Field) -> Option<Raw<'a>> {
        self.all(field).next()
    }

    /// The first value for a field that holds a text, a number or a boolean that is not empty.
    pub(super) fn text(&self, field: Field) -> Option<Text<'a>> {
        for (code, raw) in &self.found {
            if *code == field.code()
                && let Some(text) = raw.text()
            {
                return Some(text);
            }
        }
        None
    }

    /// The texts in the values of a field, at any depth.
    pub(super) fn strings(&self, field: Field) -> impl Iterator<Item = Text<'a>> {
        self.all(field).flat_map(Strings::new).filter_map(|(is_key, text)| (!is_key).then_some(text))
    }

    /// Whether the field is absent or one of its values is `wanted`, in any case.
    pub(super) fn is(&self, field: Field, wanted: &str) -> bool {
        let mut named = false;
        for value in self.all(field).filter_map(Raw::text) {
            if value.eq_ignore_ascii_case(wanted) {
                return true;
            }
            named = true;
        }
        !named
    }

    /// The ids found, by the names under which they go into the resources.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&'static str, Text<'a>)> {
        self.found.iter().filter_map(|(code, raw)| {
            let name = RESOURCES.get(usize::from(code.checked_sub(RESOURCE)?))?;
            Some((*name, scalar(*raw)?))
        })
    }
}

/// A scalar as text; of a list the range that holds every address, or the first text.
///
/// Google writes `canonicalUrl` beside `url`, in whatever order a shipper leaves them: it is passed over.
fn scalar(raw: Raw<'_>) -> Option<Text<'_>> {
    let Some(list) = raw.array() else { return raw.text() };
    let (mut first, mut passed_over) = (None, false);
    for (is_key, text) in Strings::new(Raw(list)) {
        if is_everything(&text) {
            return Some(text);
        }
        if first.is_none() && !is_key && !passed_over {
            first = Some(text);
            continue;
        }
        passed_over = is_key && text.eq_ignore_ascii_case("canonicalUrl");
    }
    first
}
