//! What an event says: from its bytes to an [`Observation`]. Knows log shapes, passes no judgement.

use alloc::vec::Vec;
mod alibaba;
mod aws;
mod azure;
mod cef;
mod cluster;
mod common;
mod ecs;
mod export;
mod gcp;
mod huawei;
mod kubernetes;
mod line;
mod network;
mod oci;
mod ocsf;
mod otel;
mod pieces;
mod process;
mod schema;
mod sentinel;
mod spelled;
mod state;
mod tencent;
mod udm;
mod values;

use crate::catalog::{Action, EventOutcome, Operation, Provider, Requires, Severity, Test};
use crate::envelope::PRODUCT;
use crate::json::{Index, LEVELS_MAX, Paths, Raw, Strings, decode, joined, paths};
use alloc::borrow::Cow;
use alloc::string::String;
use values::{Field, Values, detail, id};

pub use cef::observe_fields;
pub(crate) use network::COMMAND_WORDS_MAX;
pub(crate) use network::is_address;
pub use network::{is_host, observe_arguments, observe_command, observe_event, observe_line, observe_script};
pub use schema::observe_schema;

/// Text out of an event, decoded.
pub type Text<'a> = Cow<'a, str>;

/// What one event says, in the same words for every provider. What it does not say is `None`.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// The row of the catalog or of the policy.
    pub operation: Operation,
    /// The operation's name as the event has it.
    pub name: Text<'a>,
    /// What the event itself says beyond the row, for example that a write was a create.
    pub action: Option<Action>,
    /// How it ended.
    pub outcome: EventOutcome,
    /// Who did it: an ARN, an address, a user name.
    pub actor: Option<Text<'a>>,
    /// `user`, `root`, `role` or `service`: a person, an account's owner, what a person or program acts as, a program.
    pub actor_type: Option<&'static str>,
    /// From where: an address, or the name of a service.
    pub source_ip: Option<Text<'a>>,
    /// The account, subscription or project that owns the network.
    pub account: Option<Text<'a>>,
    /// The provider's region.
    pub region: Option<Text<'a>>,
    /// The resource group (Azure).
    pub resource_group: Option<Text<'a>>,
    /// When, as the event spells it.
    pub time: Option<Text<'a>>,
    /// The provider's error code, or its message where there is no code.
    pub error: Option<Text<'a>>,
    /// What else it says of the request, each under its name in the output.
    pub details: Vec<(&'static str, Text<'a>)>,
    /// What was acted on: names from this project's vocabulary, ids from the event. A name can have several.
    pub resources: Vec<(&'static str, Text<'a>)>,
    /// Whether what it was read from goes on unread.
    pub is_cut: bool,
}

impl<'a> Observation<'a> {
    #[inline(never)]
    fn new(operation: Operation, name: Text<'a>) -> Self {
        Observation {
            operation,
            name,
            action: None,
            outcome: EventOutcome::Unknown,
            actor: None,
            actor_type: None,
            source_ip: None,
            account: None,
            region: None,
            resource_group: None,
            time: None,
            error: None,
            details: Vec::new(),
            resources: Vec::new(),
            is_cut: false,
        }
    }

    /// For an event that has no name of its own.
    fn named(operation: Operation) -> Self {
        let name = operation.name.clone();
        Observation::new(operation, name)
    }

    /// The same, apart from the bytes that it was read from.
    pub fn into_owned<'b>(self) -> Observation<'b> {
        let own = |text: Option<Text<'_>>| text.map(owned);
        let mut observation = Observation {
            actor: own(self.actor),
            actor_type: self.actor_type,
            source_ip: own(self.source_ip),
            account: own(self.account),
            region: own(self.region),
            resource_group: own(self.resource_group),
            time: own(self.time),
            error: own(self.error),
            action: self.action,
            outcome: self.outcome,
            is_cut: self.is_cut,
            ..Observation::new(self.operation, owned(self.name))
        };
        for (from, to) in
            [(self.details, &mut observation.details), (self.resources, &mut observation.resources)]
        {
            for (name, text) in from {
                to.push((name, owned(text)));
            }
        }
        observation
    }

    /// What was done: what the event says, or its row.
    pub fn done(&self) -> Action {
        self.action.unwrap_or(self.operation.action)
    }

    /// How grave it is by what was done and how it ended.
    pub fn severity(&self) -> Severity {
        let grave = self.operation.severity;
        match (self.done(), self.outcome) {
            (Action::Read, _) => Severity::Informational,
            // An attempt that was refused is worth keeping; it copied nothing.
            (_, EventOutcome::Failure) => Severity::Low,
            // The server says what it would do and keeps nothing of it.
            _ if self.is_tried() => Severity::Low,
            (Action::Stop | Action::Delete, _) => grave.min(Severity::Medium),
            _ => grave,
        }
    }

    /// Whether it was only tried out.
    pub fn is_tried(&self) -> bool {
        self.id_of("dry_run").is_some()
    }

    /// Orders readings of the same bytes: of two that are equally grave, one that ends something comes last.
    fn gravity(&self) -> (Severity, bool) {
        (self.severity(), !matches!(self.done(), Action::Stop | Action::Delete))
    }

    /// The id of a resource, the first where there are several.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        named(&self.resources, name)
    }

    /// What it says of the request under this name.
    pub fn detail(&self, name: &str) -> Option<&str> {
        named(&self.details, name)
    }

    /// Adds a resource that is known and not yet there.
    #[inline(never)]
    pub fn resource(&mut self, name: &'static str, id: Option<Text<'a>>) {
        if let Some(id) = id.filter(|_| self.id_of(name).is_none()) {
            self.resources.push((name, id));
        }
    }

    /// Adds a resource beside others of its name; one that is there already in any case is not added again.
    pub fn also(&mut self, name: &'static str, id: Text<'a>) {
        if self.resources.len() >= RESOURCES_MAX {
            return;
        }
        let is_known = self
            .resources
            .iter()
            .any(|(known, other)| is_same(known, name) && other.eq_ignore_ascii_case(&id));
        if !is_known {
            self.resources.push((name, id));
        }
    }
}

/// More ids of one event are not told.
const RESOURCES_MAX: usize = 256;

/// The first text under a name.
fn named<'l>(list: &'l [(&'static str, Text<'_>)], name: &str) -> Option<&'l str> {
    list.iter().find(|(known, _)| is_same(known, name)).map(|(_, text)| &**text)
}

/// Most names differ in length, and a comparison of texts is a call.
pub(crate) fn is_same(name: &str, other: &str) -> bool {
    name.len() == other.len() && name == other
}

#[inline(never)]
fn owned<'b>(text: Text<'_>) -> Text<'b> {
    Cow::Owned(text.into_owned())
}

paths! {
    /// Where the name of an operation can stand, and what tells providers with the same names apart.
    NAMES:
    Field::EventName.code() => "eventName",
    Field::OperationName.code() => "operationName",
    Field::MethodName.code() => "protoPayload.methodName",
    Field::OperationValue.code() => "operationName.value",
    Field::OperationValue.code() => "operationNameValue",
    Field::EventType.code() => "eventType",
    Field::EventType.code() => "type",
    Field::TraceName.code() => "trace_name",
    Field::ObjectResource.code() => "objectRef.resource",
    Field::Substatus.code() => "objectRef.subresource",
    Field::Group.code() => "objectRef.apiGroup",
    Field::Service.code() => "eventSource",
    Field::Service.code() => "serviceName",
    Field::Service.code() => "service_type",
    Field::Service.code() => "protoPayload.serviceName",
    Field::ResourceType.code() => "resourceType",
    Field::AlibabaRegion.code() => "acsRegion",
    Field::Body.code() => "CloudTrailEvent";
}

/// The values of the paths with this code.
#[inline(never)]
fn all<'a>(found: &[(u8, Raw<'a>)], code: u8) -> Vec<Raw<'a>> {
    found.iter().filter(|(other, _)| *other == code).map(|(_, raw)| *raw).collect()
}

/// Reads an object that may be an event; `None` when it is not about mirroring.
pub fn observe<'a>(object: &Index<'a>) -> Option<Observation<'a>> {
    match spelled::anew(object) {
        Some(anew) => observe_native(&Index::read(&anew, LEVELS_MAX)).map(Observation::into_owned),
        None => observe_native(object),
    }
}

/// Reads an object in which everything stands where a provider writes it.
fn observe_native<'a>(object: &Index<'a>) -> Option<Observation<'a>> {
    let names = Values::read(object, NAMES);
    // LookupEvents repeats the name beside the whole event, which says more.
    let whole = names.raw(Field::Body).and_then(Raw::string);
    if whole.is_some_and(|event| event.starts_with('{')) {
        return None;
    }
    let operation = identify(object, &names)?;
    // The seed's coalesce: the first of these three that is there names the event, whichever identified it.
    let name = [Field::EventName, Field::OperationName, Field::MethodName, Field::OperationValue]
        .into_iter()
        .find_map(|field| names.text(field))
        .unwrap_or_else(|| operation.name.clone());
    Some(read_as(operation, name, object))
}

/// Whether an object bears the name of a row, which its other members may show to be about something else.
pub fn is_row(object: &Index<'_>) -> bool {
    let names = Values::read(object, NAMES);
    FINDERS.iter().any(|find| find(&names).is_some())
}

/// Whether an object bears the name of something that was done, so that what is inside of it was said and not done.
pub fn is_event(object: &Index<'_>) -> bool {
    let names = Values::read(object, NAMES);
    let is_named = |field| names.raw(field).is_some();
    [Field::EventName, Field::OperationName, Field::MethodName, Field::TraceName, Field::ObjectResource]
        .into_iter()
        .any(is_named)
        || object.at("class_uid").is_some()
        // What was enriched wraps what it did before.
        || object.at("event.action").is_some() && !is_ours(object)
}

/// Whether the journal's own members show that a message is not by whom it says: only sudo tells of commands as sudo does,
/// and only the first process of units.
pub fn is_forged(object: &Index<'_>) -> bool {
    let Some(writer) = object.at("_COMM").and_then(Raw::string) else { return false };
    let message = object.at("MESSAGE").and_then(|raw| core::str::from_utf8(raw.0).ok()).unwrap_or_default();
    has(message, "; COMMAND=") && writer != "sudo" || has(message, ": Started ") && writer != "systemd"
}

/// Whether an object was enriched as a document of Elastic's schema.
fn is_ours(object: &Index<'_>) -> bool {
    object.at("event.module").is_some_and(|module| module.string().as_deref() == Some(PRODUCT))
}

/// Reads an object that is known to be this operation's event.
pub fn observe_as<'a>(operation: Operation, name: Text<'a>, object: &Index<'a>) -> Observation<'a> {
    match spelled::anew(object) {
        Some(anew) => read_as(operation, name, &Index::read(&anew, LEVELS_MAX)).into_owned(),
        None => read_as(operation, name, object),
    }
}

fn read_as<'a>(operation: Operation, name: Text<'a>, object: &Index<'a>) -> Observation<'a> {
    match paths_of(operation.provider) {
        Some(paths) => fill(operation, name, &Values::read(object, paths)),
        None => Observation::new(operation, name),
    }
}

/// Where a cloud's log has what.
fn paths_of(provider: Provider) -> Option<Paths<'static>> {
    Some(match provider {
        Provider::Aws => aws::PATHS,
        Provider::Azure => azure::PATHS,
        Provider::Gcp => gcp::PATHS,
        Provider::Oci => oci::PATHS,
        Provider::Alibaba => alibaba::PATHS,
        Provider::Huawei => huawei::PATHS,
        Provider::Tencent => tencent::PATHS,
        Provider::Kubernetes => kubernetes::PATHS,
        Provider::Network | Provider::Host => return None,
    })
}

/// For documentation: each member of `mirror` or resource that is read from a provider's events, with the path.
pub fn sources(provider: Provider) -> Vec<(&'static str, String)> {
    let paths = paths_of(provider).map(|paths| paths.list()).unwrap_or_default();
    paths.into_iter().filter_map(|(code, path)| Some((values::name_of(code)?, path))).collect()
}

#[inline(never)]
fn fill<'a>(operation: Operation, name: Text<'a>, values: &Values<'a>) -> Observation<'a> {
    let provider = operation.provider;
    let mut observation = Observation::new(operation, name);
    common::fill(values, &mut observation);
    match provider {
        Provider::Aws => aws::add(values, &mut observation),
        Provider::Azure => azure::add(values, &mut observation),
        Provider::Gcp => gcp::add(values, &mut observation),
        Provider::Kubernetes => kubernetes::add(values, &mut observation),
        Provider::Oci => oci::add(values, &mut observation),
        _ => {}
    }
    observation
}

const FINDERS: [fn(&Values<'_>) -> Option<Operation>; 8] = [
    aws::find,
    gcp::find,
    alibaba::find,
    tencent::find,
    oci::find,
    huawei::find,
    kubernetes::find,
    azure::find,
];

/// The row that an event's names lead to, where the event shows what the row asks for.
fn identify(object: &Index<'_>, names: &Values<'_>) -> Option<Operation> {
    FINDERS.iter().find_map(|find| find(names).filter(|operation| counts(object, operation.requires)))
}

/// Whether one of the conditions holds, or there is none.
///
/// Of a key that occurs more than once any occurrence counts: which one the server believed is not known here.
fn counts(object: &Index<'_>, requires: Requires) -> bool {
    let conditions = requires.conditions();
    // What was passed over may be what is asked for.
    conditions.is_empty()
        || object.is_cut()
        || conditions.iter().any(|(path, test)| {
            let shows = |path: &str| object.any_at(path, |value| holds(value, *test));
            shows(path)
                || path.strip_prefix("requestObject").is_some_and(|rest| {
                    shows(&joined(&["responseObject", rest])) || kubernetes::patched(object, path, *test)
                })
        })
}

fn holds(value: Raw<'_>, test: Test) -> bool {
    match test {
        Test::True => value.is_true(),
        Test::There => true,
        Test::Present => value.text().is_some() || Strings::new(value).next().is_some(),
        // JSON in a text has escapes of its own.
        Test::Holds(part) => any_string(value, |is_key, text| {
            !is_key && (has(text, part) || decode(text.as_bytes()).is_some_and(|text| has(&text, part)))
        }),
        Test::Has(name) => any_string(value, |is_key, text| is_key && text.eq_ignore_ascii_case(name)),
    }
}

/// Whether one of the strings in a value fits; of very many it is said without looking.
fn any_string(value: Raw<'_>, mut fits: impl FnMut(bool, &str) -> bool) -> bool {
    let mut strings = Strings::new(value);
    strings.any(|(is_key, text)| fits(is_key, &text)) || strings.is_cut()
}

/// Whether a range holds every address: a prefix of no bits, whatever address stands before it.
pub(crate) fn is_everything(range: &str) -> bool {
    let mut halves = range.trim_ascii().as_bytes().splitn(2, |byte| *byte == b'/');
    let (Some(address), Some(bits)) = (halves.next(), halves.next()) else { return false };
    let of_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    let has_mark = address.iter().any(|byte| matches!(byte, b'.' | b':'));
    has_mark && address.iter().all(of_address) && !bits.is_empty() && bits.iter().all(|digit| *digit == b'0')
}

/// Whether `part` stands in `text`, in any case.
pub(crate) fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}
