//! The facts: which operations touch traffic mirroring, and where each fact comes from. Data only.
//!
//! One sorted table per provider, one row per operation. Adding an operation is one row and two vectors.

mod aws;
mod azure;
mod gcp;
mod network;

/// Declares a vocabulary: an enum whose variants have one name each in the output.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The words, in the same order.
            pub const NAMES: &[&str] = &[$($text),*];

            /// The word that stands in records and policies.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }
    };
}

vocabulary! {
    /// Who offers the mirroring.
    Provider {
        /// Amazon Web Services.
        Aws = "aws",
        /// Microsoft Azure.
        Azure = "azure",
        /// Google Cloud.
        Gcp = "gcp",
        /// A switch or router.
        Network = "network",
    }
}

vocabulary! {
    /// What an operation does to the mirroring.
    Action {
        /// Brings a part of the mirroring into being.
        Create = "create",
        /// Changes a part.
        Modify = "modify",
        /// Creates or changes: the event does not say which.
        CreateOrModify = "create_or_modify",
        /// Removes a part.
        Delete = "delete",
        /// Starts copying.
        Start = "start",
        /// Stops copying.
        Stop = "stop",
        /// Looks only.
        Read = "read",
        /// None of these.
        Other = "other",
    }
}

vocabulary! {
    /// What kind of thing the operation acts on.
    Kind {
        /// A mirror session (AWS).
        Session = "session",
        /// Where mirrored packets go (AWS).
        Target = "target",
        /// Which packets are mirrored (AWS).
        Filter = "filter",
        /// One rule of a filter (AWS).
        FilterRule = "filter_rule",
        /// A virtual network tap (Azure).
        Tap = "tap",
        /// A network interface's connection to a tap (Azure).
        TapConfiguration = "tap_configuration",
        /// A packet capture on a device or watcher.
        PacketCapture = "packet_capture",
        /// A packet mirroring policy (GCP).
        PacketMirroring = "packet_mirroring",
        /// A port mirroring session of a switch.
        SpanSession = "span_session",
    }
}

vocabulary! {
    /// How the operation ended.
    EventOutcome {
        /// It was done.
        Success = "success",
        /// It was refused or went wrong.
        Failure = "failure",
        /// It was accepted; another event tells how it ended.
        Started = "started",
        /// The event does not say.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// How grave an event is.
    Severity {
        /// Worth counting.
        Informational = "informational",
        /// Worth keeping.
        Low = "low",
        /// Worth a look.
        Medium = "medium",
        /// Worth waking up for.
        High = "high",
        /// Worth acting on at once.
        Critical = "critical",
    }
}

vocabulary! {
    /// The ATT&CK technique an operation serves.
    Technique {
        /// Traffic Duplication.
        TrafficDuplication = "T1020.001",
        /// Network Sniffing.
        NetworkSniffing = "T1040",
    }
}

vocabulary! {
    /// How sure the source of a row is.
    Evidence {
        /// Read in the vendor's own code or in a real log.
        Verified = "verified",
        /// Vendor documentation.
        Documented = "documented",
        /// Inferred from a convention.
        Inferred = "inferred",
        /// Claimed by a third party.
        Claimed = "claimed",
    }
}

/// An operation of the catalog.
pub type Operation = Row<'static>;

/// One operation: one API call or device command.
#[derive(Clone, Copy, Debug)]
pub struct Row<'n> {
    /// The provider's own spelling, without a version prefix.
    pub name: &'n str,
    /// Who offers it.
    pub provider: Provider,
    /// What it does when it succeeds.
    pub action: Action,
    /// What it acts on.
    pub kind: Kind,
    /// How grave its success is.
    pub severity: Severity,
    /// The technique it serves.
    pub technique: Technique,
}

/// Where a row's facts come from. Kept beside the rows so that the module does not carry it.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What was read.
    pub text: &'static str,
    /// How sure it is.
    pub evidence: Evidence,
}

/// One provider's operations, sorted by name without regard to case.
#[derive(Debug)]
pub struct Table {
    /// The rows.
    pub operations: &'static [Operation],
}

impl Table {
    /// Finds an operation by its whole name, without regard to ASCII case.
    pub fn find(&self, name: &str) -> Option<&'static Operation> {
        let at = self.operations.binary_search_by(|row| compare(row.name, name)).ok()?;
        self.operations.get(at)
    }
}

/// Orders names without regard to ASCII case.
pub fn compare(a: &str, b: &str) -> core::cmp::Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// Writes one table: `name, action, kind, severity, technique; evidence, source`.
macro_rules! operations {
    ($provider:ident, $($name:literal $action:ident $kind:ident $severity:ident $technique:ident $evidence:ident $source:expr;)*) => {
        use crate::catalog::{Action, Evidence, Kind, Operation, Provider, Severity, Source, Table, Technique};

        /// The rows.
        pub(super) static TABLE: Table = Table {
            operations: &[$(Operation {
                name: $name,
                provider: Provider::$provider,
                action: Action::$action,
                kind: Kind::$kind,
                severity: Severity::$severity,
                technique: Technique::$technique,
            }),*],
        };

        /// The source of the row at the same place.
        pub(super) static SOURCES: &[Source] = &[$(Source { text: $source, evidence: Evidence::$evidence }),*];
    };
}
use operations;

/// Amazon EC2.
pub static AWS: &Table = &aws::TABLE;
/// Azure resource manager.
pub static AZURE: &Table = &azure::TABLE;
/// Google Compute Engine.
pub static GCP: &Table = &gcp::TABLE;
/// Device commands and messages, by the names the reader of syslog lines gives them.
pub static NETWORK: &Table = &network::TABLE;

/// Every table with the sources of its rows, for documentation and tests.
pub static TABLES: [(&Table, &&[Source]); 4] =
    [(AWS, &aws::SOURCES), (AZURE, &azure::SOURCES), (GCP, &gcp::SOURCES), (NETWORK, &network::SOURCES)];

/// Texts of eleven characters, one of which stands in every event that the catalog describes.
///
/// The prefilter looks for these, in any case and any JSON spelling. Cut so that no common word shares
/// much of one: a longer overlap costs speed, never a match. A test holds them against the rows.
pub const ANCHORS: &[&str] = &[
    "-PKTCAP_STA",
    "-PKTCAP_STO",
    "-SESSION_CR",
    "-SESSION_DE",
    "-SESSION_DO",
    "-SESSION_ST",
    "-SESSION_UP",
    "acketCaptur",
    "acketMirror",
    "monitor cap",
    "monitor ses",
    "NetworkTaps",
    "SPAN_SESSIO",
    "tapConfigur",
    "TrafficMirr",
];
