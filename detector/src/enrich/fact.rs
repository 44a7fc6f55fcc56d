//! What an enriched record can say of an event, each fact once; under which names is said by the table of each schema.

use super::SCHEMA_TEXT;
use crate::catalog::{Action, EventOutcome, Provider, Severity};
use crate::classify::Verdict;
use crate::envelope::PRODUCT;
use crate::policy::Address;

/// One fact of a verdict that is a text, a number or a boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The same for every event.
    Always(&'static str),
    /// The same for every event, as JSON.
    AlwaysJson(&'static str),
    /// The version of the members.
    Schema,
    /// The operation as the event spells it.
    Name,
    /// The operation as the catalog spells it.
    Operation,
    /// Who offers the mirroring.
    Provider,
    /// The same, of clouds only.
    Cloud,
    /// What was acted on.
    Kind,
    /// The technique's id.
    Technique,
    /// What was done.
    Action,
    /// How it ended.
    Outcome,
    /// How grave it is.
    Severity,
    /// Why it is graver than its row says.
    RaisedBy,
    /// Who did it.
    Actor,
    /// The same, or `Unknown`.
    ActorOrUnknown,
    /// What kind of actor it is.
    ActorType,
    /// From where: an address or the name of a service.
    Source,
    /// From where, if it is an address.
    Address,
    /// From where, if it is no address.
    Service,
    /// `Unknown`, where it is not known from where.
    SourceUnknown,
    /// The account, subscription or project.
    Account,
    /// The same, of all but Google Cloud.
    AccountOnly,
    /// The same, of Google Cloud only.
    Project,
    /// The region.
    Region,
    /// The same, of clouds only.
    CloudRegion,
    /// The resource group.
    ResourceGroup,
    /// When, as the event spells it.
    Time,
    /// The provider's error code, or its message where there is no code.
    Error,
    /// The same, if it is a code.
    ErrorCode,
    /// The error's message, or what is known of it.
    ErrorText,
    /// What else the event says, under this name.
    Detail(&'static str),
    /// A device's name.
    Observer,
    /// A host's name.
    Host,
    /// ECS: what changed.
    EventType,
    /// ECS: how it ended.
    EventOutcome,
    /// ECS: how grave it is, from 1 to 100.
    EventSeverity,
    /// ATT&CK: the id or the name of the tactic, the technique, the sub-technique.
    Attack(usize, bool),
    /// OCSF: what was done.
    ActivityId,
    /// OCSF: what was done, where there is no number for it.
    ActivityName,
    /// OCSF: the class and what was done.
    TypeUid,
    /// OCSF: how grave it is.
    SeverityId,
    /// OCSF: how it ended.
    StatusId,
    /// OCSF: the same as a word.
    Status,
    /// OCSF: what kind of actor it is.
    UserTypeId,
    /// OCSF: the same as a word.
    UserType,
    /// OCSF: the profiles in force.
    Profiles,
}

impl Fact {
    /// Whether it is written as it stands: a number, a boolean, a list.
    pub fn is_json(self) -> bool {
        matches!(
            self,
            Fact::AlwaysJson(_)
                | Fact::Schema
                | Fact::Detail(MFA)
                | Fact::EventSeverity
                | Fact::ActivityId
                | Fact::TypeUid
                | Fact::SeverityId
                | Fact::StatusId
                | Fact::UserTypeId
                | Fact::Profiles
        )
    }

    /// What a verdict says.
    pub(crate) fn of<'v>(self, verdict: &'v Verdict<'_>) -> Option<&'v str> {
        let observation = &verdict.observation;
        let operation = &observation.operation;
        let provider = operation.provider;
        let source = observation.source_ip.as_deref();
        let address = || source.and_then(Address::parse).is_some();
        let error = observation.error.as_deref();
        let is_code = || error.is_some_and(|error| !error.contains(' '));
        let account = observation.account.as_deref();
        let device = || observation.id_of("device");
        Some(match self {
            Fact::Always(text) | Fact::AlwaysJson(text) => text,
            Fact::Schema => SCHEMA_TEXT,
            Fact::Name => &observation.name,
            Fact::Operation => &operation.name,
            Fact::Provider => provider.name(),
            Fact::Cloud => return provider.is_cloud().then(|| provider.name()),
            Fact::Kind => operation.kind.name(),
            Fact::Technique => operation.technique.name(),
            Fact::Action => verdict.action.name(),
            Fact::Outcome => verdict.outcome.name(),
            Fact::Severity => verdict.severity.name(),
            Fact::RaisedBy => return verdict.raised_by,
            Fact::Actor => return observation.actor.as_deref(),
            Fact::ActorOrUnknown => observation.actor.as_deref().unwrap_or(UNKNOWN),
            Fact::ActorType => return observation.actor_type,
            Fact::Source => return source,
            Fact::Address => return source.filter(|_| address()),
            Fact::Service => return source.filter(|_| !address()),
            Fact::SourceUnknown => return source.is_none().then_some(UNKNOWN),
            Fact::Account => return account,
            Fact::AccountOnly => return account.filter(|_| provider.is_cloud() && provider != Provider::Gcp),
            Fact::Project => return account.filter(|_| provider == Provider::Gcp),
            Fact::Region => return observation.region.as_deref(),
            Fact::CloudRegion => return observation.region.as_deref().filter(|_| provider.is_cloud()),
            Fact::ResourceGroup => return observation.resource_group.as_deref(),
            Fact::Time => return observation.time.as_deref(),
            Fact::Error => return error,
            Fact::ErrorCode => return error.filter(|_| is_code()),
            Fact::ErrorText => {
                return detail(verdict, ERROR_MESSAGE).or(error.filter(|_| !is_code()));
            }
            Fact::Detail(name) => return detail(verdict, name),
            Fact::Observer => return device().filter(|_| provider == Provider::Network),
            Fact::Host => return device().filter(|_| provider == Provider::Host),
            Fact::EventType => match verdict.action {
                Action::Create => "creation",
                Action::Delete => "deletion",
                Action::Read => "access",
                _ => "change",
            },
            Fact::EventOutcome => match verdict.outcome {
                EventOutcome::Success => "success",
                EventOutcome::Failure => "failure",
                EventOutcome::Started | EventOutcome::Unknown => "unknown",
            },
            Fact::EventSeverity => match verdict.severity {
                Severity::Informational => "10",
                Severity::Low => "30",
                Severity::Medium => "50",
                Severity::High => "70",
                Severity::Critical => "90",
            },
            Fact::Attack(level, is_name) => {
                let attack = operation.technique.attack();
                let levels = [Some(attack.tactic), Some(attack.technique), attack.sub_technique];
                let (id, name) = levels.get(level).copied().flatten()?;
                if is_name { name } else { id }
            }
            Fact::ActivityId => activity(verdict).1,
            Fact::TypeUid => activity(verdict).0,
            Fact::ActivityName => return (activity(verdict).1 == "99").then(|| verdict.action.name()),
            Fact::SeverityId => match verdict.severity {
                Severity::Informational => "1",
                Severity::Low => "2",
                Severity::Medium => "3",
                Severity::High => "4",
                Severity::Critical => "5",
            },
            Fact::StatusId => status(verdict).0,
            Fact::Status => status(verdict).1,
            Fact::UserTypeId => user_type(observation.actor_type).0,
            Fact::UserType => user_type(observation.actor_type).1,
            Fact::Profiles if provider.is_cloud() => r#"["cloud","security_control"]"#,
            Fact::Profiles => r#"["security_control"]"#,
        })
    }
}

/// What an event says under a name, where it means what the name says.
fn detail<'v>(verdict: &'v Verdict<'_>, name: &str) -> Option<&'v str> {
    let text = verdict.observation.detail(name)?;
    match name {
        MFA if !matches!(text, "true" | "false") => None,
        ERROR_MESSAGE if verdict.outcome != EventOutcome::Failure => None,
        _ => Some(text),
    }
}

/// The detail that is a boolean.
pub(super) const MFA: &str = "mfa";

/// The detail that only what failed has.
pub(super) const ERROR_MESSAGE: &str = "error_message";

/// What OCSF says of what is required and not known.
const UNKNOWN: &str = "Unknown";

/// What this project calls itself.
pub(super) const US: Fact = Fact::Always(PRODUCT);

/// The type and the activity of API Activity, class 6003.
fn activity(verdict: &Verdict<'_>) -> (&'static str, &'static str) {
    match verdict.action {
        Action::Create => ("600301", "1"),
        Action::Read => ("600302", "2"),
        Action::Modify | Action::CreateOrModify => ("600303", "3"),
        Action::Delete => ("600304", "4"),
        Action::Start | Action::Stop | Action::Other => ("600399", "99"),
    }
}

fn status(verdict: &Verdict<'_>) -> (&'static str, &'static str) {
    match verdict.outcome {
        EventOutcome::Success => ("1", "Success"),
        EventOutcome::Failure => ("2", "Failure"),
        EventOutcome::Started => ("99", "Started"),
        EventOutcome::Unknown => ("0", "Unknown"),
    }
}

fn user_type(actor_type: Option<&'static str>) -> (&'static str, &'static str) {
    match actor_type {
        Some("user") => ("1", "User"),
        Some("root") => ("2", "Admin"),
        Some("service") => ("4", "Service"),
        Some(other) => ("99", other),
        None => ("0", UNKNOWN),
    }
}
