//! What a policy may say: every member and the values it takes. Data only; the reader, the schema and the page use it.

use crate::catalog::{Action, EventOutcome, Kind, Provider, Severity, Technique};

/// What a member takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// One of these words; in a matcher, what the event has.
    Word(&'static [&'static str], Option<Subject>),
    /// A text.
    Text,
    /// One pattern without `re:`.
    Glob,
    /// One pattern that is compared with this.
    Pattern(Subject),
    /// A date and time.
    Time(Subject),
    /// A list of at least so many and at most so many of these.
    List(&'static Takes, usize, usize),
    /// A table that has these members.
    Entry(&'static [&'static [Member]]),
}

/// What of an event a matcher looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Who did it.
    Actor,
    /// Whose network it is.
    Account,
    /// From where.
    SourceIp,
    /// What was acted on.
    Resource,
    /// The operation's name.
    Operation,
    /// The provider.
    Provider,
    /// What was done.
    Action,
    /// What kind of thing was acted on.
    Kind,
    /// How it ended.
    Outcome,
    /// Not before this time.
    From,
    /// Before this time.
    Until,
}

/// The longest list of patterns.
pub const PATTERNS_MAX: usize = 200;

/// A member of a policy or of one of its entries.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub takes: Takes,
    /// Whether it has to be there.
    pub required: bool,
}

/// Writes a table, and beside it the sentence for each member, which the module does not carry.
macro_rules! members {
    ($table:ident $docs:ident: $($name:literal $required:literal $takes:expr, $doc:literal;)*) => {
        /// Members of a policy; the sentence on each stands at the same place of the other table.
        pub static $table: &[Member] = &[$(Member { name: $name, takes: $takes, required: $required }),*];
        /// What each member says.
        pub static $docs: &[&str] = &[$($doc),*];
    };
}

members! { POLICY POLICY_DOCS:
    "keep" false Takes::Word(&["all", "mirror"], None),
        "`all` passes every record on; `mirror` passes on only those with a mirror event.";
    "drop" false Takes::List(&Takes::Word(&["read", "approved", "failure", "started"], None), 0, PATTERNS_MAX),
        "Which mirror events are dropped: those that only read, those that an entry approves, those that failed, those that have only begun.";
    "schema" false Takes::Word(&["native", "ecs", "ocsf"], None),
        "The shape of mirror events: `native`, fields of the Elastic Common Schema, or API Activity of OCSF. See SCHEMAS.md.";
    "approved" false Takes::List(&Takes::Entry(&[MATCHERS, APPROVED]), 0, 1000),
        "Activity that is approved: it is marked, and its severity is informational. The first entry that fits counts.";
    "severity" false Takes::List(&Takes::Entry(&[MATCHERS, SEVERITY]), 0, 100),
        "Severities other than the catalog's. The first entry that fits counts.";
    "operation" false Takes::List(&Takes::Entry(&[OPERATION]), 0, 50),
        "Operations that the catalog does not have.";
}

members! { MATCHERS MATCHERS_DOCS:
    "actors" false Takes::List(&Takes::Pattern(Subject::Actor), 1, PATTERNS_MAX), "Who did it, as in `mirror.actor`.";
    "accounts" false Takes::List(&Takes::Pattern(Subject::Account), 1, PATTERNS_MAX), "The account, subscription or project, as in `mirror.account`.";
    "source_ips" false Takes::List(&Takes::Pattern(Subject::SourceIp), 1, PATTERNS_MAX),
        "From where: addresses, networks as CIDR, or names of services such as `config.amazonaws.com`.";
    "resources" false Takes::List(&Takes::Pattern(Subject::Resource), 1, PATTERNS_MAX),
        "Ids in `mirror.resources`, of which one has to fit; `target=tmt-*` looks at the resource of that name only.";
    "operations" false Takes::List(&Takes::Pattern(Subject::Operation), 1, PATTERNS_MAX), "Names of operations, as in `mirror.operation`.";
    "providers" false Takes::List(&Takes::Word(Provider::NAMES, Some(Subject::Provider)), 1, PATTERNS_MAX), "Who offers the mirroring.";
    "actions" false Takes::List(&Takes::Word(Action::NAMES, Some(Subject::Action)), 1, PATTERNS_MAX), "What was done.";
    "kinds" false Takes::List(&Takes::Word(Kind::NAMES, Some(Subject::Kind)), 1, PATTERNS_MAX), "What kind of thing was acted on.";
    "outcomes" false Takes::List(&Takes::Word(EventOutcome::NAMES, Some(Subject::Outcome)), 1, PATTERNS_MAX), "How it ended.";
    "from" false Takes::Time(Subject::From), "Not before this time, which is compared with the event's own.";
    "until" false Takes::Time(Subject::Until), "Before this time, which itself no longer counts.";
}

members! { APPROVED APPROVED_DOCS:
    "name" true Takes::Text, "What the entry is called in `mirror.approved`.";
    "ticket" false Takes::Text, "The change or ticket that approves it.";
}

members! { SEVERITY SEVERITY_DOCS:
    "level" true Takes::Word(Severity::NAMES, None), "The severity of the events that fit.";
}

members! { OPERATION OPERATION_DOCS:
    "name" true Takes::Glob, "The operation's whole name, compared in any case.";
    "pattern" false Takes::Glob, "What is compared in place of `name`.";
    "field" true Takes::Text, "Where the name stands: the keys that lead there, joined by dots.";
    "provider" true Takes::Word(Provider::NAMES, None), "Whose events these are: the other fields are read as that provider's.";
    "action" true Takes::Word(Action::NAMES, None), "What it does.";
    "kind" true Takes::Word(Kind::NAMES, None), "What kind of thing it acts on.";
    "severity" true Takes::Word(Severity::NAMES, None), "How grave its success is.";
    "technique" false Takes::Word(Technique::NAMES, None), "The technique it serves; Traffic Duplication without this.";
}
