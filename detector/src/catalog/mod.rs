//! The facts: which operations touch traffic mirroring, and where each fact comes from. Data only.
//!
//! One sorted table per provider, one row per operation. Adding an operation is one row and two vectors.

mod alibaba;
mod aws;
mod azure;
mod cisco;
mod gcp;
mod host;
mod huawei;
mod junos;
mod kubernetes;
mod network;
mod oci;
mod requires;
mod switch;
mod table;
mod tencent;

use alloc::borrow::Cow;

pub use requires::{Requires, Test};
pub use table::{Table, compare};

/// Words that stand for the values of a type.
pub trait Vocabulary: Copy + 'static {
    /// Every value, in order.
    const VALUES: &'static [Self];
    /// The words, in the same order.
    const WORDS: &'static [&'static str];

    /// Its place among the values.
    fn place(self) -> usize;
}

/// Declares a vocabulary: an enum whose variants have one name each in the output.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $crate::catalog::Vocabulary for $name {
            const VALUES: &'static [$name] = $name::ALL;
            const WORDS: &'static [&'static str] = $name::NAMES;

            fn place(self) -> usize {
                self as usize
            }
        }

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
pub(crate) use vocabulary;

vocabulary! {
    /// Who offers the mirroring.
    Provider {
        /// Amazon Web Services.
        Aws = "aws",
        /// Microsoft Azure.
        Azure = "azure",
        /// Google Cloud.
        Gcp = "gcp",
        /// Oracle Cloud Infrastructure.
        Oci = "oci",
        /// Alibaba Cloud.
        Alibaba = "alibaba",
        /// Huawei Cloud.
        Huawei = "huawei",
        /// Tencent Cloud.
        Tencent = "tencent",
        /// A Kubernetes cluster and what runs its network.
        Kubernetes = "kubernetes",
        /// A switch or router.
        Network = "network",
        /// A host's own network stack.
        Host = "host",
    }
}

impl Provider {
    /// Whether it is a cloud.
    pub fn is_cloud(self) -> bool {
        !matches!(self, Provider::Kubernetes | Provider::Network | Provider::Host)
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
        /// A mirror session (AWS, Alibaba, Huawei).
        Session = "session",
        /// Where mirrored packets go (AWS).
        Target = "target",
        /// Which packets are mirrored (AWS, OCI, Alibaba, Huawei).
        Filter = "filter",
        /// One rule of a filter (AWS).
        FilterRule = "filter_rule",
        /// A virtual network tap (Azure).
        Tap = "tap",
        /// A network interface's connection to a tap (Azure).
        TapConfiguration = "tap_configuration",
        /// What a tap knows of a connection to it (Azure).
        TapProxy = "tap_proxy",
        /// A packet capture on a device or watcher.
        PacketCapture = "packet_capture",
        /// A packet mirroring policy (GCP).
        PacketMirroring = "packet_mirroring",
        /// A forwarding rule that takes in mirrored packets (GCP).
        Collector = "collector",
        /// A mirroring rule of a firewall policy (GCP).
        MirroringRule = "mirroring_rule",
        /// A firewall policy that carries mirroring rules (GCP).
        FirewallPolicy = "firewall_policy",
        /// A security profile that names where to mirror to (GCP).
        SecurityProfile = "security_profile",
        /// A group of such profiles, which mirroring rules refer to (GCP).
        SecurityProfileGroup = "security_profile_group",
        /// The collectors of one zone (GCP).
        Deployment = "deployment",
        /// The collectors of a producer (GCP).
        DeploymentGroup = "deployment_group",
        /// A consumer's view of a deployment group (GCP).
        EndpointGroup = "endpoint_group",
        /// A network's connection to an endpoint group (GCP).
        EndpointGroupAssociation = "endpoint_group_association",
        /// A virtual test access point (OCI).
        Vtap = "vtap",
        /// The mirroring service of an account (Alibaba).
        Service = "service",
        /// Tags on parts of a mirroring (AWS).
        Tags = "tags",
        /// A share of a mirror target with other accounts (AWS).
        ResourceShare = "resource_share",
        /// Copying of the packets of pods (Kubernetes).
        TrafficControl = "traffic_control",
        /// A pod network whose ports are mirrored (Kubernetes).
        NetworkAttachment = "network_attachment",
        /// Copying of requests, above packets (Kubernetes).
        RequestMirror = "request_mirror",
        /// A port mirroring session of a switch.
        SpanSession = "span_session",
        /// A port mirroring session whose copies travel over IP (Cisco).
        ErspanSession = "erspan_session",
        /// A port mirroring instance or analyzer (Juniper).
        Analyzer = "analyzer",
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

/// Where MITRE ATT&CK puts a technique: id and name of each part.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// What the attacker is after.
    pub tactic: (&'static str, &'static str),
    /// How.
    pub technique: (&'static str, &'static str),
    /// How in particular.
    pub sub_technique: Option<(&'static str, &'static str)>,
}

impl Technique {
    /// Its place in the framework, version 16.
    pub fn attack(self) -> Attack {
        match self {
            Technique::TrafficDuplication => Attack {
                tactic: ("TA0010", "Exfiltration"),
                technique: ("T1020", "Automated Exfiltration"),
                sub_technique: Some(("T1020.001", "Traffic Duplication")),
            },
            Technique::NetworkSniffing => Attack {
                tactic: ("TA0006", "Credential Access"),
                technique: ("T1040", "Network Sniffing"),
                sub_technique: None,
            },
        }
    }
}

impl Kind {
    /// Whether packets are copied by a thing of this kind itself; the others are its parts.
    pub fn copies(self) -> bool {
        matches!(
            self,
            Kind::Session
                | Kind::TapConfiguration
                | Kind::TapProxy
                | Kind::PacketCapture
                | Kind::PacketMirroring
                | Kind::MirroringRule
                | Kind::FirewallPolicy
                | Kind::EndpointGroupAssociation
                | Kind::Vtap
                | Kind::TrafficControl
                | Kind::NetworkAttachment
                | Kind::SpanSession
                | Kind::ErspanSession
                | Kind::Analyzer
        )
    }
}

/// One operation: one API call or device command.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The provider's own spelling, without package and version.
    pub name: Cow<'static, str>,
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
    /// What an event has to show besides its name.
    pub requires: Requires,
}

/// Where a row's facts come from. Kept beside the rows so that the module does not carry it.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What was read.
    pub text: &'static str,
    /// How sure it is.
    pub evidence: Evidence,
}

/// Writes one table: `name, action, kind, severity, technique; evidence, source; what it requires`.
macro_rules! operations {
    (@) => { Requires::Nothing };
    (@ $requires:ident) => { Requires::$requires };
    ($provider:ident, $($name:literal $action:ident $kind:ident $severity:ident $technique:ident $evidence:ident $source:ident
        $(if $requires:ident)?;)*) => {
        use crate::catalog::{Action, Evidence, Kind, Operation, Provider, Requires, Severity, Source, Table, Technique};
        use crate::catalog::table::{pack, packed_len};
        use alloc::borrow::Cow;

        /// The rows.
        pub(super) const ROWS: &[Operation] = &[$(Operation {
            name: Cow::Borrowed($name),
            provider: Provider::$provider,
            action: Action::$action,
            kind: Kind::$kind,
            severity: Severity::$severity,
            technique: Technique::$technique,
            requires: operations!(@ $($requires)?),
        }),*];

        /// The rows as the module carries them.
        pub(super) static TABLE: Table =
            Table { provider: Provider::$provider, packed: &pack::<{ packed_len(ROWS) }>(ROWS) };

        /// The source of the row at the same place.
        pub(super) static SOURCES: &[Source] = &[$(Source { text: $source, evidence: Evidence::$evidence }),*];
    };
}
use operations;

/// Amazon EC2 and RAM.
pub static AWS: &Table = &aws::TABLE;
/// Azure resource manager.
pub static AZURE: &Table = &azure::TABLE;
/// Google Compute Engine and Network Security.
pub static GCP: &Table = &gcp::TABLE;
/// Oracle's virtual cloud networks.
pub static OCI: &Table = &oci::TABLE;
/// Alibaba's virtual private clouds.
pub static ALIBABA: &Table = &alibaba::TABLE;
/// Huawei's virtual private clouds.
pub static HUAWEI: &Table = &huawei::TABLE;
/// Tencent's virtual private clouds.
pub static TENCENT: &Table = &tencent::TABLE;
/// Objects of Kubernetes and its network extensions.
pub static KUBERNETES: &Table = &kubernetes::TABLE;
/// Messages of network devices, by the names the reader of syslog lines gives them.
pub static NETWORK: &Table = &network::TABLE;
/// Commands of Cisco's and Arista's devices, as patterns.
pub static CISCO: &Table = &cisco::TABLE;
/// Configuration paths of Juniper's devices, as patterns.
pub static JUNOS: &Table = &junos::TABLE;
/// Short commands of other switches, as patterns.
pub static SWITCH: &Table = &switch::TABLE;
/// Commands of hosts, as patterns.
pub static HOST: &Table = &host::TABLE;

/// Every row with its source, table by table, for documentation and tests.
pub const TABLES: [(&[Operation], &[Source]); 13] = [
    (aws::ROWS, aws::SOURCES),
    (azure::ROWS, azure::SOURCES),
    (gcp::ROWS, gcp::SOURCES),
    (oci::ROWS, oci::SOURCES),
    (alibaba::ROWS, alibaba::SOURCES),
    (huawei::ROWS, huawei::SOURCES),
    (tencent::ROWS, tencent::SOURCES),
    (kubernetes::ROWS, kubernetes::SOURCES),
    (network::ROWS, network::SOURCES),
    (cisco::ROWS, cisco::SOURCES),
    (junos::ROWS, junos::SOURCES),
    (switch::ROWS, switch::SOURCES),
    (host::ROWS, host::SOURCES),
];

/// Texts of eleven characters, one of which stands in every event that the catalog describes.
///
/// The prefilter looks for these, in any case and any JSON spelling. Cut so that no common word shares
/// much of one: a longer overlap costs speed, never a match. A test holds them against the rows.
///
/// Base64 hides all of them, so where a wrapper is defined to carry it the anchor is one of the wrapper's own keys:
/// `publishTime` of Pub/Sub, `approximateArrivalTimestamp` of Kinesis and of Firehose's functions, `bootstrapServers` of
/// Kafka's functions. Firehose's requests to
/// an endpoint and Kafka's messages over HTTP have no such key; for these `TrafficMirr` stands here as base64 spells it at
/// each of its three places, and no other name: each would take three. What is packed inside of base64 begins with a
/// header, which CloudWatch writes without a time: `H4sIAAAAAAA`.
///
/// In a text that holds JSON, quotes are escaped: anchors with a quote in the middle or at the end stand here as they are
/// there, too. Words that stand apart and are short have none there, because it would share `\",\"` with every such text:
/// `dup` and `to` are found by the path of nft, which is in what products say of a process.
pub const ANCHORS: &[&str] = &[
    "  analyzer ",
    "  mirred   ",
    "  mirred  e",
    "  mirred  i",
    "  mirred e ",
    "  mirred eg",
    "  mirred i ",
    "  mirred in",
    " \"mirred\", ",
    " 84, 69, 69",
    " \\\"mirred\\\"",
    " a mirred  ",
    " a mirred e",
    " a mirred i",
    " ac mirred ",
    " add mirred",
    " ip6tables ",
    " iptables -",
    " map alias ",
    " mirror-add",
    " mirror-del",
    " mirror-des",
    " mirror-sou",
    " mirror=yes",
    " ovs-vsctl ",
    " Stop-NetEv",
    " trace stop",
    " util bash ",
    "\" | nft -f ",
    "\"add\", \"rul",
    "\"CreateTags",
    "\"DeleteTags",
    "\"dup\", \"to\"",
    "\"ip6tables ",
    "\"ip6tables\"",
    "\"ip6tables\\",
    "\"iptables -",
    "\"iptables\",",
    "\"mirror-add",
    "\"ovs-vsctl ",
    "\"ovs-vsctl\"",
    "\"ovs-vsctl\\",
    "\"publishTim",
    "\"retina.sh\"",
    "\"retina.sh\\",
    "\"Stop-NetEv",
    "\"TEE\", \"--g",
    "\"TEE\",\"--ga",
    "' | nft -f ",
    "'iptables -",
    "'mirred', '",
    "'mirred','e",
    "'mirred','i",
    "'no capture",
    "+mirred+egr",
    ",\"dup\",\"to\"",
    ",\"mirred\",\"",
    ",84,69,69,3",
    ",\\\"mirred\\\"",
    "-PKTCAP_STA",
    "-PKTCAP_STO",
    "-SESSION_CR",
    "-SESSION_DE",
    "-SESSION_DO",
    "-SESSION_ST",
    "-SESSION_UP",
    ".0/taas/tap",
    ".CreateVtap",
    ".DeleteVtap",
    ".UpdateVtap",
    "/bin/nft\\\\\\",
    "/ip6tables ",
    "/ip6tables\"",
    "/ip6tables\\",
    "/iptables -",
    "/iptables\",",
    "/mirror-des",
    "/mirror-hos",
    "/mirror-sou",
    "/ovs-vsctl ",
    "/ovs-vsctl\\",
    "/sbin/nft\\\"",
    "/switch/set",
    "/util bash ",
    "100, 117, 1",
    "100,117,112",
    "105, 114, 1",
    "105,114,114",
    "15\\tcmd=mon",
    "1mirror-hos",
    "544545002D2",
    "544545202D2",
    "64757000746",
    "64757020746",
    "6D697272656",
    ": mon sess ",
    "; mon sess ",
    ";Stop-NetEv",
    "='mon sess ",
    "=15 cmd=mon",
    "=\\\"undo obs",
    "=iptables -",
    "=no mirror ",
    "=ovs-vsctl&",
    "=sniff-tzsp",
    ">mirror-des",
    ">mirror-sou",
    "[ CmdAV=mon",
    "\\\"iptables\\",
    "\\\"mirred\\\\\\",
    "]mirror int",
    "a add rule ",
    "ace mirred ",
    "acketCaptur",
    "acketMirror",
    "act mirred ",
    "add rule br",
    "add rule in",
    "add rule ip",
    "add rule ne",
    "affic-mirro",
    "afficContro",
    "and is mirr",
    "and=mirred&",
    "ArgAV=monit",
    "art nstrace",
    "Base MIRROR",
    "ble mirror ",
    "bles-legacy",
    "bserve-port",
    "BUFCAP-6-CR",
    "BUFCAP-6-DE",
    "BUFCAP-6-DI",
    "BUFCAP-6-EN",
    "c 'nft -f -",
    "c \\\"nft -f ",
    "c nft -f - ",
    "CaptureFilt",
    "chPortMirro",
    "clear Bridg",
    "clone-pools",
    "cmd=mirror ",
    "cmd=mon se ",
    "cmd=mon ses",
    "cmd=monitor",
    "cmd=set rsp",
    "cmd=set spa",
    "cmd=tcpdump",
    "CmdAV=monit",
    "co-IOS-XE-s",
    "crypt-mirro",
    "cti mirred ",
    "CUSTOM_MIRR",
    "customMirro",
    "D6972726F72",
    "demand-snif",
    "eate Mirror",
    "em/span-ite",
    "ess DestGrp",
    "ess SrcGrp ",
    "est_mirror_",
    "estMirror\" ",
    "estMirror\",",
    "estMirror\":",
    "estMirror\"}",
    "estMirror\\\"",
    "estMirror\\\\",
    "et-SPAN-cfg",
    "ete mirror ",
    "ethanalyzer",
    "EXECVE argc",
    "EXECVE msg=",
    "fig mirror ",
    "FmZmljTWlyc",
    "forwarded-o",
    "fw monitor ",
    "gged comman",
    "h rule add ",
    "H4sIAAAAAAA",
    "httpproxies",
    "hZmZpY01pcn",
    "ina.sh/capt",
    "ina.sh/v1al",
    "ing-enabled",
    "insert rule",
    "io/mirror\":",
    "io/mirror\\\"",
    "ion mirred ",
    "ion mirror ",
    "ions analyz",
    "ions sampli",
    "irror-egres",
    "irror_sessi",
    "irroringDep",
    "isMirroring",
    "itch.mirror",
    "itch/ports/",
    "le mirrorin",
    "LI CMD: \\\"m",
    "line_argume",
    "managed-swi",
    "mdArgAV=mon",
    "mdAV=mirror",
    "mdAV=tcpdum",
    "mirror ingr",
    "mirror sess",
    "mirror-by-p",
    "mirror-port",
    "mirror-sess",
    "mirror-targ",
    "mirror-to c",
    "mirror-to i",
    "mirroring-g",
    "mirroring-i",
    "mmand-Strin",
    "mmand=\\\"obs",
    "MNetworkAda",
    "mon session",
    "monitor   c",
    "monitor   s",
    "monitor  ca",
    "monitor  se",
    "monitor all",
    "monitor cap",
    "monitor se ",
    "monitor ses",
    "monitor-ses",
    "n/iptables\\",
    "nd=\\\"port-m",
    "NetworkTaps",
    "nft add rul",
    "nge mirred ",
    "no mon ses ",
    "no mon sess",
    "no monitor ",
    "nose sniffe",
    "ns/analyzer",
    "nStop-NetEv",
    "onitor traf",
    "ork.GetVtap",
    "ork.ListVta",
    "otstrapServ",
    "ovs-mirror-",
    "ovs-tcpdump",
    "ovs-vsctl\",",
    "oximateArri",
    "Packet Capt",
    "packet-capt",
    "packet-diag",
    "packet_capt",
    "pcaps/captu",
    "pe=1309 aud",
    "pktcap-uw -",
    "pktmon  sta",
    "pktmon  sto",
    "pktmon star",
    "pktmon stop",
    "pktmon.exe ",
    "pktmon.exe\\",
    "Port mirror",
    "port-mirror",
    "PortsMirror",
    "powershell.",
    "r/bin/nft\\\"",
    "raffic-snif",
    "rec=ACCT_CM",
    "remove Brid",
    "Remove-NetE",
    "replace rul",
    "ror and Dec",
    "ror gateway",
    "rror-ingres",
    "rroringEndp",
    "rtMirroring",
    "s undo mirr",
    "sbin/nft\\\\\\",
    "session[id=",
    "show captur",
    "show monito",
    "span:sessio",
    "span[disabl",
    "span[enable",
    "SPAN_SESSIO",
    "ss mirror d",
    "ssl-mirror[",
    "Start-NetEv",
    "stMirrorPol",
    "stroy Mirro",
    "subj-[uni/f",
    "subj-[uni/i",
    "subj-[uni/t",
    "tables-nft ",
    "tach-mirror",
    "tap aggrega",
    "tapConfigur",
    "ted 'captur",
    "TEE --gatew",
    "tem/mirrors",
    "tensionPort",
    "the 'captur",
    "tio mirred ",
    "top nstrace",
    "trace start",
    "traefikserv",
    "TrafficMirr",
    "ure mirror ",
    "ure mirrori",
    "ure-packet ",
    "VirtualServ",
    "vspanSessio",
    "VtapCompart",
    "wall.sniffe",
    "WZmaWNNaXJy",
    "| base64 --",
    "| base64 -d",
    "|base64 -d ",
    "|base64 -d|",
];

/// Those among them that stand in records about something else as well: in whatever holds base64, in every line of the
/// audit system about a command, in every change of a packet filter or a virtual switch.
pub const SHARED_ANCHORS: &[&str] = &[
    " ip6tables ",
    " iptables -",
    " map alias ",
    " ovs-vsctl ",
    " Stop-NetEv",
    " trace stop",
    " util bash ",
    "\" | nft -f ",
    "\"add\", \"rul",
    "\"ip6tables ",
    "\"ip6tables\"",
    "\"ip6tables\\",
    "\"iptables -",
    "\"iptables\",",
    "\"ovs-vsctl ",
    "\"ovs-vsctl\"",
    "\"ovs-vsctl\\",
    "\"publishTim",
    "\"Stop-NetEv",
    "' | nft -f ",
    "'iptables -",
    "/ip6tables ",
    "/ip6tables\"",
    "/ip6tables\\",
    "/iptables -",
    "/iptables\",",
    "/ovs-vsctl ",
    "/ovs-vsctl\\",
    "/sbin/nft\\\"",
    "/util bash ",
    ";Stop-NetEv",
    "=\\\"undo obs",
    "=iptables -",
    "\\\"iptables\\",
    "a add rule ",
    "add rule br",
    "add rule in",
    "add rule ip",
    "add rule ne",
    "bles-legacy",
    "c 'nft -f -",
    "c \\\"nft -f ",
    "c nft -f - ",
    "clone-pools",
    "EXECVE argc",
    "EXECVE msg=",
    "gged comman",
    "H4sIAAAAAAA",
    "httpproxies",
    "insert rule",
    "itch/ports/",
    "line_argume",
    "managed-swi",
    "mmand-Strin",
    "mmand=\\\"obs",
    "MNetworkAda",
    "n/iptables\\",
    "nd=\\\"port-m",
    "nft add rul",
    "nose sniffe",
    "nStop-NetEv",
    "otstrapServ",
    "ovs-vsctl\",",
    "oximateArri",
    "packet-diag",
    "pe=1309 aud",
    "pktmon star",
    "pktmon.exe ",
    "pktmon.exe\\",
    "powershell.",
    "r/bin/nft\\\"",
    "rec=ACCT_CM",
    "Remove-NetE",
    "replace rul",
    "Start-NetEv",
    "subj-[uni/f",
    "subj-[uni/i",
    "subj-[uni/t",
    "tables-nft ",
    "tap aggrega",
    "tensionPort",
    "trace start",
    "| base64 --",
    "| base64 -d",
    "|base64 -d ",
    "|base64 -d|",
];

/// The places of the shared ones among all.
#[expect(clippy::indexing_slicing, reason = "runs at compile time")]
pub static SHARED_PLACES: [u16; SHARED_ANCHORS.len()] = {
    let mut places = [0; SHARED_ANCHORS.len()];
    let (mut at, mut place) = (0, 0);
    while at < places.len() {
        // Both are in the same order.
        while !is_alike(ANCHORS[place].as_bytes(), SHARED_ANCHORS[at].as_bytes()) {
            place += 1;
        }
        places[at] = place as u16;
        at += 1;
    }
    places
};

#[expect(clippy::indexing_slicing, reason = "runs at compile time")]
const fn is_alike(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at = at.wrapping_add(1);
    }
    true
}

/// All of them as the module carries them: without addresses and lengths.
#[expect(clippy::indexing_slicing, reason = "runs at compile time")]
pub static PACKED_ANCHORS: [[u8; ANCHORS[0].len()]; ANCHORS.len()] = {
    let mut packed = [[0; ANCHORS[0].len()]; ANCHORS.len()];
    let mut at = 0;
    while at < packed.len() {
        packed[at].copy_from_slice(ANCHORS[at].as_bytes());
        at += 1;
    }
    packed
};
