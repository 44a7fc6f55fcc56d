//! The values that one pass over an object finds for a table of paths: knows what a path is read for, not what it means.

use super::{Observation, Text, is_everything};
use crate::json::{Found, Index, Paths, Raw, Strings, collect};

/// More texts of a list are not told.
const LIST_MAX: usize = 256;

/// No provider's name, id or address is longer; what is, is not told.
const VALUE_BYTES_MAX: usize = 16 * 1024;

/// Ids of one event that are longer in all are not told.
const TOLD_BYTES_MAX: usize = 128 * 1024;

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
    ResourceType,
}

impl Field {
    /// Its place in a packed table.
    pub(super) const fn code(self) -> u8 {
        self as u8
    }
}

/// The names of what is told of an event beside its resources.
const DETAILS: [&str; 7] =
    ["access_key", "error_message", "event_id", "impersonator", "mfa", "tenant", "user_agent"];

/// The names under which ids go into the resources.
const RESOURCES: [&str; 43] = [
    "acting_as",
    "cidr",
    "cluster",
    "correlation_id",
    "deployment_group",
    "description",
    "destination",
    "destination_cidr",
    "direction",
    "dry_run",
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
    "priority",
    "project",
    "protocol",
    "resource_share",
    "rule_action",
    "rule_number",
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

/// Codes from here on are places in [`DETAILS`].
const DETAIL: u8 = 48;

/// Codes from here on are places in [`RESOURCES`].
const RESOURCE: u8 = 64;

/// The code of a path whose value goes into the resources under this name.
#[expect(clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(super) const fn id(name: &str) -> u8 {
    RESOURCE + place(&RESOURCES, name)
}

/// The code of a path whose value is this detail.
#[expect(clippy::arithmetic_side_effects, reason = "runs at compile time")]
pub(super) const fn detail(name: &str) -> u8 {
    DETAIL + place(&DETAILS, name)
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "runs at compile time"
)]
const fn place(names: &[&str], name: &str) -> u8 {
    let mut at = 0;
    while at < names.len() {
        let known = names[at].as_bytes();
        let mut same = 0;
        while same < known.len() && same < name.len() && known[same] == name.as_bytes()[same] {
            same += 1;
        }
        if same == known.len() && same == name.len() {
            return at as u8;
        }
        at += 1;
    }
    panic!("a name that is not known yet")
}

/// The name under which ids go into the resources, if it is one.
pub(super) fn resource_named(name: &str) -> Option<&'static str> {
    RESOURCES.iter().find(|known| **known == name).copied()
}

/// The member of `mirror` or the resource that a code is read for.
pub(super) fn name_of(code: u8) -> Option<&'static str> {
    const MEMBERS: [(Field, &str); 10] = [
        (Field::Actor, "actor"),
        (Field::ActorType, "actor_type"),
        (Field::SourceIp, "source_ip"),
        (Field::Account, "account"),
        (Field::Region, "region"),
        (Field::ResourceGroup, "resource_group"),
        (Field::Time, "time"),
        (Field::Error, "error"),
        (Field::Status, "outcome"),
        (Field::Verb, "action"),
    ];
    let nth = |names: &'static [&str], first: u8| names.get(usize::from(code.checked_sub(first)?)).copied();
    let member = || MEMBERS.iter().find(|(field, _)| field.code() == code).map(|(_, name)| *name);
    nth(&RESOURCES, RESOURCE).or_else(|| nth(&DETAILS, DETAIL)).or_else(member)
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
                && let Some(text) = scalar(*raw)
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

    /// Adds the details and the ids found.
    pub(super) fn add_to(&self, observation: &mut Observation<'a>) {
        let mut left = TOLD_BYTES_MAX;
        for (code, raw) in &self.found {
            if let Some(at) = code.checked_sub(RESOURCE) {
                let Some(name) = RESOURCES.get(usize::from(at)) else { continue };
                let add = |id: Text<'a>| {
                    if let Some(rest) = left.checked_sub(id.len()) {
                        left = rest;
                        observation.also(name, id);
                    }
                };
                // CloudTrail's spelling of a list in a query.
                let numbered = raw.object().and_then(|object| Index::read(object, 1).at("content"));
                let raw = &numbered.unwrap_or(*raw);
                match raw.array() {
                    Some(list) => each(list, add),
                    None => scalar(*raw).into_iter().for_each(add),
                }
            } else if let Some(name) = code.checked_sub(DETAIL).and_then(|at| DETAILS.get(usize::from(at)))
                && observation.detail(name).is_none()
            {
                let mut text = scalar(*raw);
                raw.array().into_iter().for_each(|list| each(list, |first| _ = text.get_or_insert(first)));
                observation.details.extend(text.map(|text| (*name, text)));
            }
        }
    }
}

/// A scalar as text; a whole number that was written as a fraction is one again.
pub(super) fn scalar(raw: Raw<'_>) -> Option<Text<'_>> {
    (raw.0.len() <= VALUE_BYTES_MAX).then_some(())?;
    let whole = match raw.0 {
        [b'0'..=b'9', .., b'.', b'0'] => raw.0.strip_suffix(b".0"),
        _ => None,
    };
    whole.map_or(raw, Raw).text()
}

/// The texts of a list; where one of them is the range that holds every address, that one alone.
///
/// Google writes `canonicalUrl` beside `url`, in whatever order a shipper leaves them: it is passed over.
fn each<'a>(list: &'a [u8], mut add: impl FnMut(Text<'a>)) {
    let texts = || Strings::new(Raw(list)).filter(|(is_key, _)| !is_key);
    if let Some((_, everything)) = texts().find(|(_, text)| is_everything(text)) {
        return add(everything);
    }
    let mut passed_over = false;
    for (is_key, text) in Strings::new(Raw(list)).take(LIST_MAX) {
        if !is_key && !passed_over {
            // What is empty is not known.
            if !text.is_empty() {
                add(text);
            }
            continue;
        }
        passed_over = is_key && text.eq_ignore_ascii_case("canonicalUrl");
    }
}
