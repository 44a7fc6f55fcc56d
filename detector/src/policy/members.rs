//! What a policy may say: every member with the values it takes and the place they go to. The reader fills it, the
//! schema and the page are made of it; what the values are for is the business of others.

use super::pattern::Pattern;
use crate::catalog::{Action, EventOutcome, Kind, Provider, Severity, Technique, Vocabulary, vocabulary};
use alloc::{string::String, vec::Vec};
use core::marker::PhantomData;

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

/// What a member takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of at least so many of these words.
    Words(&'static [&'static str], usize),
    /// A text.
    Text,
    /// One pattern without `re:`.
    Glob,
    /// A list of patterns.
    Patterns(Compared),
    /// A date and time.
    Time,
    /// A list of at most so many tables, each with the members of all of these.
    Entries(&'static [&'static [Member]], usize),
}

/// What patterns are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// A text.
    Text,
    /// An address, or the name of a service.
    Address,
    /// A resource's id, or its name and id.
    Resource,
}

/// Where a value goes.
pub(super) enum Place<'p> {
    /// The place of a word, counted from 1.
    Word(&'p mut u8),
    /// One bit for each word.
    Words(&'p mut u64),
    Text(&'p mut String),
    Patterns(&'p mut Vec<Pattern>),
    Time(&'p mut Option<i64>),
    Entries(&'p mut dyn Entries),
}

/// A table whose members are being read.
pub(super) trait Table {
    /// Where the value of a member goes, by its place among the members.
    fn place(&mut self, at: usize) -> Option<Place<'_>>;
}

/// A list of tables.
pub(super) trait Entries {
    /// Adds an entry.
    fn add(&mut self) -> Option<&mut dyn Table>;
}

impl<T: Table + Default> Entries for Vec<T> {
    fn add(&mut self) -> Option<&mut dyn Table> {
        self.push(T::default());
        self.last_mut().map(|entry| entry as &mut dyn Table)
    }
}

/// A type that a member's values go to.
pub(super) trait Holds {
    const TAKES: Takes;
    fn place(&mut self) -> Place<'_>;
}

/// One word, where it was given.
#[derive(Debug)]
pub(super) struct Word<T>(u8, PhantomData<T>);

impl<T: Vocabulary> Word<T> {
    pub(super) const NONE: Self = Word(0, PhantomData);

    pub(super) fn value(&self) -> Option<T> {
        T::VALUES.get(usize::from(self.0).checked_sub(1)?).copied()
    }
}

impl<T: Vocabulary> Default for Word<T> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<T: Vocabulary> Holds for Word<T> {
    const TAKES: Takes = Takes::Word(T::WORDS);

    fn place(&mut self) -> Place<'_> {
        Place::Word(&mut self.0)
    }
}

/// Any of the words, at least so many where it is given.
#[derive(Debug)]
pub(super) struct Words<T, const MIN: usize>(u64, PhantomData<T>);

impl<T: Vocabulary, const MIN: usize> Words<T, MIN> {
    pub(super) const NONE: Self = Words(0, PhantomData);

    pub(super) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(&self, value: T) -> bool {
        self.0.unbounded_shr(value.place() as u32) & 1 == 1
    }

    /// Whether it asks for nothing, or for this value.
    pub(super) fn fit(&self, value: T) -> bool {
        self.is_empty() || self.has(value)
    }
}

impl<T: Vocabulary, const MIN: usize> Default for Words<T, MIN> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<T: Vocabulary, const MIN: usize> Holds for Words<T, MIN> {
    const TAKES: Takes = {
        assert!(T::WORDS.len() <= 64, "a word has no bit");
        Takes::Words(T::WORDS, MIN)
    };

    fn place(&mut self) -> Place<'_> {
        Place::Words(&mut self.0)
    }
}

/// Declares a type that a text or patterns go to.
macro_rules! holds {
    ($($(#[$doc:meta])* $name:ident($inner:ty) $place:ident $takes:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name(pub(super) $inner);

        impl Holds for $name {
            const TAKES: Takes = $takes;

            fn place(&mut self) -> Place<'_> {
                Place::$place(&mut self.0)
            }
        }
    )*};
}

holds! {
    /// Empty where it was not given.
    Text(String) Text Takes::Text;
    /// Empty where it was not given.
    Glob(String) Text Takes::Glob;
    /// Compared with a text.
    Patterns(Vec<Pattern>) Patterns Takes::Patterns(Compared::Text);
    /// Compared with an address.
    Addresses(Vec<Pattern>) Patterns Takes::Patterns(Compared::Address);
    /// Compared with resources.
    Resources(Vec<Pattern>) Patterns Takes::Patterns(Compared::Resource);
    /// Milliseconds since 1970.
    Time(Option<i64>) Time Takes::Time;
}

/// An entry that fits some events, and what it says of them.
#[derive(Debug, Default)]
pub(super) struct Entry<T> {
    pub(super) matchers: Matchers,
    pub(super) says: T,
}

impl<T: Table> Table for Entry<T> {
    fn place(&mut self, at: usize) -> Option<Place<'_>> {
        match at.checked_sub(MATCHERS.len()) {
            Some(at) => self.says.place(at),
            None => self.matchers.place(at),
        }
    }
}

/// Declares what a list of entries takes.
macro_rules! entries {
    ($($entry:ty, $max:literal, $($table:ident)*;)*) => {$(
        impl Holds for Vec<$entry> {
            const TAKES: Takes = Takes::Entries(&[$($table),*], $max);

            fn place(&mut self) -> Place<'_> {
                Place::Entries(self)
            }
        }
    )*};
}

entries! {
    Entry<Approved>, 1000, MATCHERS APPROVED;
    Entry<Graded>, 100, MATCHERS SEVERITY;
    Added, 50, OPERATION;
}

/// Declares a table of members: the type that holds them, the rows, and the sentence on each, which the module does not
/// carry.
macro_rules! members {
    ($(#[$doc:meta])* $name:ident $table:ident $docs:ident:
        $($member:ident: $holds:ty, $required:literal, $says:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name {
            $(pub(super) $member: $holds),*
        }

        /// Members of a policy; the sentence on each stands at the same place of the other table.
        pub const $table: &[Member] = &[$(Member {
            name: stringify!($member),
            takes: <$holds as Holds>::TAKES,
            required: $required,
        }),*];

        /// What each member says.
        pub static $docs: &[&str] = &[$($says),*];

        impl Table for $name {
            fn place(&mut self, at: usize) -> Option<Place<'_>> {
                [$(self.$member.place()),*].into_iter().nth(at)
            }
        }
    };
}

vocabulary! {
    /// Which records go on.
    Keep {
        /// Every record.
        All = "all",
        /// Those with a mirror event.
        Mirror = "mirror",
    }
}

vocabulary! {
    /// Why a mirror event is dropped.
    Reason {
        /// It only reads.
        Read = "read",
        /// An entry approves it.
        Approved = "approved",
        /// It failed.
        Failure = "failure",
        /// It has only begun.
        Started = "started",
    }
}

vocabulary! {
    /// The shape in which a mirror event goes on.
    Schema {
        /// The seed's columns and the object `mirror`.
        Native = "native",
        /// Fields of the Elastic Common Schema and the object `mirror`.
        Ecs = "ecs",
        /// An API Activity event of the Open Cybersecurity Schema Framework around the record.
        Ocsf = "ocsf",
    }
}

members! {
    /// What the operator wants; by default nothing is dropped.
    Policy POLICY POLICY_DOCS:
    keep: Word<Keep>, false, "`all` passes every record on; `mirror` passes on only those with a mirror event.";
    drop: Words<Reason, 0>, false,
        "Which mirror events are dropped: those that only read, those that an entry approves, those that failed, those that have only begun.";
    schema: Word<Schema>, false,
        "The shape of mirror events: `native`, fields of the Elastic Common Schema, or API Activity of OCSF. See SCHEMAS.md.";
    approved: Vec<Entry<Approved>>, false,
        "Activity that is approved: it is marked, and its severity is informational. The first entry that fits counts.";
    severity: Vec<Entry<Graded>>, false, "Severities other than the catalog's. The first entry that fits counts.";
    operation: Vec<Added>, false, "Operations that the catalog does not have.";
}

members! {
    /// Which events an entry fits: all that is given has to hold.
    Matchers MATCHERS MATCHERS_DOCS:
    actors: Patterns, false, "Who did it, as in `mirror.actor`.";
    accounts: Patterns, false, "The account, subscription or project, as in `mirror.account`.";
    source_ips: Addresses, false,
        "From where: addresses, networks as CIDR, or names of services such as `config.amazonaws.com`.";
    resources: Resources, false,
        "Ids in `mirror.resources`, of which one has to fit; `target=tmt-*` looks at the resource of that name only.";
    operations: Patterns, false, "Names of operations, as in `mirror.operation`.";
    providers: Words<Provider, 1>, false, "Who offers the mirroring.";
    actions: Words<Action, 1>, false, "What was done.";
    kinds: Words<Kind, 1>, false, "What kind of thing was acted on.";
    outcomes: Words<EventOutcome, 1>, false, "How it ended.";
    from: Time, false, "Not before this time, which is compared with the event's own.";
    until: Time, false, "Before this time, which itself no longer counts.";
}

members! {
    /// What an approval says.
    Approved APPROVED APPROVED_DOCS:
    name: Text, true, "What the entry is called in `mirror.approved`.";
    ticket: Text, false, "The change or ticket that approves it.";
}

members! {
    /// What an entry says of the severity.
    Graded SEVERITY SEVERITY_DOCS:
    level: Word<Severity>, true, "The severity of the events that fit.";
}

members! {
    /// An operation that the catalog does not have.
    Added OPERATION OPERATION_DOCS:
    name: Glob, true, "The operation's whole name, compared in any case.";
    pattern: Glob, false, "What is compared in place of `name`.";
    field: Text, true, "Where the name stands: the keys that lead there, joined by dots.";
    provider: Word<Provider>, true, "Whose events these are: the other fields are read as that provider's.";
    action: Word<Action>, true, "What it does.";
    kind: Word<Kind>, true, "What kind of thing it acts on.";
    severity: Word<Severity>, true, "How grave its success is.";
    technique: Word<Technique>, false, "The technique it serves; Traffic Duplication without this.";
}
