//! What an event says: from its bytes to an [`Observation`]. Knows log shapes, passes no judgement.

use alloc::{borrow::ToOwned, vec::Vec};
mod aws;
mod azure;
mod gcp;
mod network;

use crate::catalog::{self, Action, EventOutcome, Operation, Provider, Row};
use crate::json::{PATHS_MAX, Raw, collect};
use alloc::borrow::Cow;

pub use network::observe_line;

/// Text out of an event, decoded.
pub type Text<'a> = Cow<'a, str>;

/// What one event says, in the same words for every provider. What it does not say is `None`.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// The row of the catalog or of the policy.
    pub operation: Row<'a>,
    /// The operation's name as the event has it.
    pub name: Text<'a>,
    /// What the event itself says beyond the row, for example that a write was a create.
    pub action: Option<Action>,
    /// How it ended.
    pub outcome: EventOutcome,
    /// Who did it: an ARN, an address, a user name.
    pub actor: Option<Text<'a>>,
    /// `user`, `role` or `service`.
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
    /// What was acted on: names from this project's vocabulary, ids from the event.
    pub resources: Vec<(&'static str, Text<'a>)>,
}

impl<'a> Observation<'a> {
    fn new(operation: &Row<'a>, name: Text<'a>) -> Self {
        Observation {
            operation: *operation,
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
            resources: Vec::new(),
        }
    }

    /// Adds a resource that is known and not yet there.
    fn resource(&mut self, name: &'static str, id: Option<Text<'a>>) {
        if let Some(id) = id.filter(|_| self.resources.iter().all(|(known, _)| *known != name)) {
            self.resources.push((name, id));
        }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    EventName,
    OperationName,
    OperationValue,
    MethodName,
    Service,
    Actor,
    ActorType,
    SourceIp,
    Account,
    Region,
    ResourceGroup,
    Time,
    Error,
    ErrorMessage,
    Status,
    Substatus,
    ResourceId,
    Body,
    Interface,
    Granted,
    First,
    Last,
    Enable,
    /// Goes into the resources under this name, as it is.
    Resource(&'static str),
}

/// One pass over an object for all paths of one provider.
struct Values<'a> {
    paths: &'static [(Field, &'static str)],
    found: [Option<Raw<'a>>; PATHS_MAX],
}

impl<'a> Values<'a> {
    fn read(object: &'a [u8], paths: &'static [(Field, &'static str)]) -> Self {
        let mut found = [None; PATHS_MAX];
        collect(object, paths, &mut found);
        Values { paths, found }
    }

    /// The values found for a field, in the order of its paths.
    fn all(&self, field: Field) -> impl Iterator<Item = Raw<'a>> {
        self.paths.iter().zip(&self.found).filter(move |((f, _), _)| *f == field).filter_map(|(_, raw)| *raw)
    }

    /// The first value for a field.
    fn raw(&self, field: Field) -> Option<Raw<'a>> {
        self.all(field).next()
    }

    /// The first value for a field that is a text, a number or a boolean and not empty.
    fn text(&self, field: Field) -> Option<Text<'a>> {
        self.all(field).find_map(Raw::text)
    }

    /// Copies what every provider's table names by the same fields, and all resources.
    fn fill(&self, observation: &mut Observation<'a>) {
        observation.actor = self.text(Field::Actor);
        observation.source_ip = self.text(Field::SourceIp);
        observation.account = self.text(Field::Account);
        observation.region = self.text(Field::Region);
        observation.resource_group = self.text(Field::ResourceGroup);
        observation.time = self.text(Field::Time);
        for ((field, _), raw) in self.paths.iter().zip(&self.found) {
            if let (Field::Resource(name), Some(raw)) = (field, raw) {
                observation.resource(name, raw.text());
            }
        }
    }
}

/// Where the name of an operation can stand, and what tells providers with the same names apart.
const NAMES: &[(Field, &str)] = &[
    (Field::EventName, "eventName"),
    (Field::OperationName, "operationName"),
    (Field::MethodName, "protoPayload.methodName"),
    (Field::OperationValue, "operationName.value"),
    (Field::OperationValue, "operationNameValue"),
    (Field::OperationValue, "operation_name"),
    (Field::OperationValue, "operation_name.value"),
    (Field::Service, "eventSource"),
    (Field::Service, "serviceName"),
    (Field::Service, "protoPayload.serviceName"),
];

/// Reads an object that may be an event; `None` when it is not about mirroring.
pub fn observe(object: &[u8]) -> Option<Observation<'_>> {
    let names = Values::read(object, NAMES);
    let operation = identify(&names)?;
    // The seed's coalesce: the first of these three that is there names the event, whichever identified it.
    let name = [Field::EventName, Field::OperationName, Field::MethodName, Field::OperationValue]
        .into_iter()
        .find_map(|field| names.text(field))?;
    Some(observe_as(operation, name, object))
}

/// Reads an object that is known to be this operation's event.
pub fn observe_as<'a>(operation: &Row<'a>, name: Text<'a>, object: &'a [u8]) -> Observation<'a> {
    let mut observation = Observation::new(operation, name);
    match operation.provider {
        Provider::Aws => aws::fill(object, &mut observation),
        Provider::Azure => azure::fill(object, &mut observation),
        Provider::Gcp => gcp::fill(object, &mut observation),
        Provider::Network => {}
    }
    observation
}

fn identify(names: &Values<'_>) -> Option<&'static Operation> {
    let service = names.text(Field::Service);
    let is_service =
        |wanted: &str| service.as_deref().is_none_or(|service| service.eq_ignore_ascii_case(wanted));
    if let Some(name) = names.text(Field::EventName)
        && is_service("ec2.amazonaws.com")
        && let Some(operation) = catalog::AWS.find(&name)
    {
        return Some(operation);
    }
    if let Some(name) = names.text(Field::MethodName)
        && is_service("compute.googleapis.com")
        && let Some(operation) = gcp::find(&name)
    {
        return Some(operation);
    }
    [Field::OperationName, Field::OperationValue]
        .into_iter()
        .flat_map(|field| names.all(field))
        .find_map(|raw| catalog::AZURE.find(&raw.text()?))
}

/// The segment after `parent` in a path of resources, both compared without regard to case.
fn segment_after<'t>(path: &'t str, parent: &str) -> Option<&'t str> {
    let mut segments = path.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case(parent))?;
    segments.next().filter(|segment| !segment.is_empty())
}

/// [`segment_after`] of a text that may be borrowed.
fn part<'a>(path: &Text<'a>, parent: &str) -> Option<Text<'a>> {
    match path {
        Cow::Borrowed(path) => segment_after(path, parent).map(Cow::Borrowed),
        Cow::Owned(path) => segment_after(path, parent).map(|segment| Cow::Owned(segment.to_owned())),
    }
}
