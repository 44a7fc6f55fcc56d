//! By what events join: the part that an event acts on, the parts that it names, and who did it.

use crate::Event;

/// Parts that an event may name beside the one it acts on, and by which it joins others.
const REFERENCES: [&str; 17] = [
    "session",
    "target",
    "filter",
    "filter_rule",
    "tap_configuration",
    "vtap",
    "deployment",
    "deployment_group",
    "endpoint_group",
    "endpoint_group_association",
    "security_profile",
    "security_profile_group",
    "firewall_policy",
    "destination",
    "operation_id",
    "correlation_id",
    "packet_capture",
];

/// The keys of one event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// The part that the event acts on.
    pub(crate) own: Option<String>,
    /// The parts that it names: under which name, and the key.
    pub(crate) references: Vec<(String, String)>,
    /// Who, in which account.
    pub(crate) actor: Option<String>,
}

impl Keys {
    pub(crate) fn of(event: &Event) -> Keys {
        let own_name = own_name(event);
        let own = own_name.and_then(|name| Some(key(event, name, event.id(name)?)));
        let references = event
            .resources
            .iter()
            .filter(|(name, id)| {
                // Another spelling of the part itself, or a word that a device gives to something else.
                REFERENCES.contains(&&**name)
                    && Some(&**name) != own_name
                    && !id.is_empty()
                    && !is_short(event, name, id)
                    // A port's name, of which every node has one.
                    && !(event.said.provider == "kubernetes" && *name == "destination")
            })
            .map(|(name, id)| (name.clone(), key(event, name, id)))
            .filter(|(_, key)| Some(key) != own.as_ref())
            .collect();
        let account = event.said.account.as_deref().unwrap_or_default();
        let who = event.person.as_deref().or_else(|| event.actor());
        let actor = who.map(|who| format!("{}|{}|{who}", family(event), fold(account)));
        Keys { own, references, actor }
    }
}

/// The name under which `resources` has the part that an event acts on.
fn own_name(event: &Event) -> Option<&'static str> {
    let has = |name: &&'static str| event.id(name).is_some();
    let by_kind = match &*event.said.kind {
        "session" | "span_session" | "erspan_session" | "analyzer" => "session",
        "target" => "target",
        "filter" => "filter",
        "filter_rule" => "filter_rule",
        "vtap" => "vtap",
        "tap" | "tap_configuration" | "tap_proxy" => "id",
        "packet_capture" if is_of_device(event) => "packet_capture",
        "mirroring_rule" if is_of_device(event) => "filter",
        "tags" => "target",
        _ => "name",
    };
    Some(by_kind).filter(has).or_else(|| {
        let elsewhere = ["id", "name", "session", "packet_capture", "source_interface"];
        // A cloud's interface is somebody's machine; on a device it is what the command is about.
        elsewhere.into_iter().take(if is_of_device(event) { 5 } else { 4 }).find(has)
    })
}

fn is_of_device(event: &Event) -> bool {
    matches!(&*event.said.provider, "network" | "host")
}

/// Devices and hosts share what they have: one sends to the address where another listens.
fn family(event: &Event) -> &str {
    if is_of_device(event) { "device" } else { &event.said.provider }
}

/// A name that says nothing without the path that is another member.
fn is_short(event: &Event, name: &str, id: &str) -> bool {
    match &*event.said.provider {
        "azure" => name != "id" && name != "correlation_id" && !id.contains('/'),
        "gcp" => {
            name != "operation_id" && !id.contains('/') && event.id("name").is_some_and(|path| path != id)
        }
        _ => false,
    }
}

/// A key that is equal exactly for what is the same part.
fn key(event: &Event, name: &str, id: &str) -> String {
    let account = event.said.account.as_deref().unwrap_or_default();
    if name == "correlation_id" || name == "operation_id" {
        return format!("{}|{}|run|{id}", event.said.provider, fold(account));
    }
    match &*event.said.provider {
        "network" | "host" if name == "destination" && is_address(id) => format!("device|to|{id}"),
        // A session's number, a filter's name: of one device.
        "network" | "host" => {
            let name = if name == "filter" || name == "packet_capture" { name } else { word(name) };
            format!("device|{}|{name}|{}", fold(account), fold(id))
        }
        "kubernetes" => {
            let space = event.id("namespace").unwrap_or_default();
            format!("kubernetes|{}|{}|{space}|{name}|{id}", fold(account), event.said.kind)
        }
        "azure" if !id.contains('/') => format!("azure|{}|{name}|{}", fold(account), fold(id)),
        "gcp" => format!("gcp|{}", path(id)),
        // Shared with another account a target has its whole name; a session has the end of it.
        "aws" if id.starts_with("arn:") && id.contains(":traffic-mirror-") => {
            format!("aws|{}", fold(id.rsplit('/').next().unwrap_or(id)))
        }
        // As the log names what was called, `trafficmirror/imgf-1`, and as requests do.
        "tencent" => format!("tencent|{}", fold(id.rsplit('/').next().unwrap_or(id))),
        provider => format!("{provider}|{}", fold(id)),
    }
}

/// On a device, what sends and what receives is an interface; a session is none.
fn word(name: &str) -> &str {
    if matches!(name, "destination" | "source_interface") { "interface" } else { "session" }
}

/// A path without what stands before the project or organisation.
fn path(id: &str) -> &str {
    let start = ["projects/", "organizations/", "folders/"].iter().filter_map(|word| id.find(word)).min();
    start.and_then(|at| id.get(at..)).unwrap_or(id)
}

/// An address with digits, dots and colons, not the name of an interface.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.trim_matches(|c: char| c.is_ascii_hexdigit() || c == '.' || c == ':');
    rest.is_empty() && (text.matches('.').count() == 3 || text.matches(':').count() > 1)
}

fn fold(text: &str) -> String {
    text.to_ascii_lowercase()
}
