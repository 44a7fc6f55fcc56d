//! The rules, transcribed as they are published, with the fields that each product makes of an event.
//! Knows no more than the rules do.

use super::{Event, Rule, RuleSet};

/// Every rule.
pub const RULES: &[RuleSet] = &[
    RuleSet {
        name: "Elastic, AWS EC2 Full Network Packet Capture Detected",
        provider: "aws",
        lacks: "Sees the session only, and only where it was created: no target, filter, change, delete or failed attempt.",
        rules: &[Rule {
            name: "AWS EC2 Full Network Packet Capture Detected",
            id: "c1812764-0788-470f-8e74-eb4a14d47573",
            alerts: |event| {
                event.is("eventSource", "ec2.amazonaws.com")
                    && event.is("eventName", "CreateTrafficMirrorSession")
                    && !has_error(event)
            },
        }],
    },
    RuleSet {
        name: "Panther, AWS.EC2.Traffic.Mirroring",
        provider: "aws",
        lacks: "Leaves out reads, tags and shares of targets, and whatever a service of AWS does for somebody.",
        rules: &[Rule {
            name: "AWS.EC2.Traffic.Mirroring",
            id: "aws_ec2_traffic_mirroring.py",
            alerts: panther_aws,
        }],
    },
    RuleSet {
        name: "Suzaku, eight rules",
        provider: "aws",
        lacks: "Sees creations only, but tells attempts that failed apart: no change, delete or read.",
        rules: &[
            Rule {
                name: "AWS EC2 CreateTrafficMirrorFilter",
                id: "aws_cloudtrail_create_traffic_mirror_filter.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilter") && !has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorFilter Attempt",
                id: "aws_cloudtrail_create_traffic_mirror_filter_attempt.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilter") && has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorFilterRule",
                id: "aws_cloudtrail_create_traffic_mirror_filter_rule.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilterRule") && !has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorFilterRule Attempt",
                id: "aws_cloudtrail_create_traffic_mirror_filter_rule_attempt.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilterRule") && has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorSession",
                id: "c6af5443-3e16-51db-9fb9-0926526ac2a8",
                alerts: |event| ec2(event, "CreateTrafficMirrorSession") && !has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorSession Attempt",
                id: "4848e105-e58e-57b3-b08f-a2c4c76384cb",
                alerts: |event| ec2(event, "CreateTrafficMirrorSession") && has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorTarget",
                id: "aws_cloudtrail_create_traffic_mirror_target.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorTarget") && !has_error(event),
            },
            Rule {
                name: "AWS EC2 CreateTrafficMirrorTarget Attempt",
                id: "aws_cloudtrail_create_traffic_mirror_target_attempt.yml",
                alerts: |event| ec2(event, "CreateTrafficMirrorTarget") && has_error(event),
            },
        ],
    },
    RuleSet {
        name: "TrailDiscover, four events",
        provider: "aws",
        lacks: "A catalogue of events worth a look rather than rules, and of creations only.",
        rules: &[
            Rule {
                name: "EC2-CreateTrafficMirrorFilter",
                id: "traildiscover.cloud/#EC2-CreateTrafficMirrorFilter",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilter"),
            },
            Rule {
                name: "EC2-CreateTrafficMirrorFilterRule",
                id: "traildiscover.cloud/#EC2-CreateTrafficMirrorFilterRule",
                alerts: |event| ec2(event, "CreateTrafficMirrorFilterRule"),
            },
            Rule {
                name: "EC2-CreateTrafficMirrorSession",
                id: "traildiscover.cloud/#EC2-CreateTrafficMirrorSession",
                alerts: |event| ec2(event, "CreateTrafficMirrorSession"),
            },
            Rule {
                name: "EC2-CreateTrafficMirrorTarget",
                id: "traildiscover.cloud/#EC2-CreateTrafficMirrorTarget",
                alerts: |event| ec2(event, "CreateTrafficMirrorTarget"),
            },
        ],
    },
    RuleSet {
        name: "Elastic, Azure VNet Full Network Packet Capture Enabled",
        provider: "azure",
        lacks: "Sees packet captures that were started, in the diagnostic export's upper case: no tap, no stop or delete.",
        rules: &[Rule {
            name: "Azure VNet Full Network Packet Capture Enabled",
            id: "3ad77ed4-4dcf-4c51-8bfc-e3f7ce316b2f",
            alerts: elastic_azure_capture,
        }],
    },
    RuleSet {
        name: "Elastic, Azure Virtual Network Device Modified or Deleted (deprecated)",
        provider: "azure",
        lacks: "Withdrawn in July 2025; saw tap configurations among every write of a network interface, but neither the tap itself nor captures.",
        rules: &[Rule {
            name: "Azure Virtual Network Device Modified or Deleted",
            id: "573f6e7a-7acf-4bcd-ad42-c4969124d3c0",
            alerts: |event| {
                let name = event.get("operationName").unwrap_or_default();
                DEVICES.contains(&name) && elastic_azure_success(event)
            },
        }],
    },
    RuleSet {
        name: "Sigma, Azure Virtual Network Device Modified or Deleted",
        provider: "azure",
        lacks: "Mixes tap configurations with every write of a network interface, and sees neither the tap itself nor captures.",
        rules: &[Rule {
            name: "Azure Virtual Network Device Modified or Deleted",
            id: "15ef3fac-f0f0-4dc4-ada0-660aa72980b3",
            // Sigma compares without regard to case.
            alerts: |event| {
                let name = event.get("operationName").unwrap_or_default();
                DEVICES.iter().any(|device| device.eq_ignore_ascii_case(name))
            },
        }],
    },
    RuleSet {
        name: "Panther, Azure.MonitorActivity.Network.PacketCaptureEnabled",
        provider: "azure",
        lacks: "Two of its three operations are not in Microsoft's list, so captures on gateways and connections pass, and so do taps.",
        rules: &[Rule {
            name: "Azure.MonitorActivity.Network.PacketCaptureEnabled",
            id: "azure_network_packet_capture_enabled.py",
            alerts: panther_azure,
        }],
    },
    RuleSet {
        name: "Sigma, Google Full Network Traffic Packet Capture",
        provider: "gcp",
        lacks: "Sees versions that begin with v, so not beta and alpha; no mirroring rules of firewall policies and nothing of Network Security Integration.",
        rules: &[Rule {
            name: "Google Full Network Traffic Packet Capture",
            id: "980a7598-1e7f-4962-9372-2d754c930d0e",
            alerts: sigma_gcp,
        }],
    },
    RuleSet {
        name: "Sigma, Cisco Sniffing",
        provider: "network",
        lacks: "Knows commands of CatOS and one of IOS, and not `monitor session`.",
        rules: &[Rule {
            name: "Cisco Sniffing",
            id: "b9e1f193-d236-4451-aaae-2f3d2102120d",
            alerts: sigma_cisco,
        }],
    },
    RuleSet {
        name: "Splunk, Detect Traffic Mirroring",
        provider: "network",
        lacks: "Sees what begins with `monitor session` in the configuration logger: no `no monitor session`, no captures, and no NX-OS, IOS-XR, EOS, Junos or SR OS.",
        rules: &[Rule {
            name: "Detect Traffic Mirroring",
            id: "42b3b753-5925-49c5-9742-36fa40a73990",
            alerts: splunk_cisco,
        }],
    },
];

/// CloudTrail, as every product has it: fields by their own names. Elastic calls `eventSource` `event.provider` and
/// `eventName` `event.action`; `event.outcome` is failure where there is an error.
fn ec2(event: &Event, name: &str) -> bool {
    event.is("eventSource", "ec2.amazonaws.com") && event.is("eventName", name)
}

/// Empty texts are no value: Elastic drops them, and Suzaku reads them as absent.
fn has_error(event: &Event) -> bool {
    ["errorCode", "errorMessage"].iter().any(|name| event.get(name).is_some_and(|text| !text.is_empty()))
}

fn panther_aws(event: &Event) -> bool {
    const NAMES: [&str; 11] = [
        "CreateTrafficMirrorFilter",
        "CreateTrafficMirrorFilterRule",
        "CreateTrafficMirrorSession",
        "CreateTrafficMirrorTarget",
        "DeleteTrafficMirrorFilter",
        "DeleteTrafficMirrorFilterRule",
        "DeleteTrafficMirrorSession",
        "DeleteTrafficMirrorTarget",
        "ModifyTrafficMirrorFilterNetworkServices",
        "ModifyTrafficMirrorFilterRule",
        "ModifyTrafficMirrorSession",
    ];
    if event.get("userIdentity.invokedBy").is_some_and(|by| by.ends_with(".amazonaws.com")) {
        return false;
    }
    event.is("eventSource", "ec2.amazonaws.com")
        && event.get("eventName").is_some_and(|name| NAMES.contains(&name))
}

/// Elastic reads the diagnostic export: `operationName` becomes `azure.activitylogs.operation_name`, in the case that it
/// has; `resultType` becomes `event.outcome` where it is success or failure in any case.
fn elastic_azure_capture(event: &Event) -> bool {
    let name = event.get("operationName").unwrap_or_default();
    let within = name.strip_prefix("MICROSOFT.NETWORK/").unwrap_or_default();
    // `MICROSOFT.NETWORK/*/…`: anything may stand for the asterisk, slashes included.
    let matches =
        ["/STARTPACKETCAPTURE/ACTION", "/VPNCONNECTIONS/STARTPACKETCAPTURE/ACTION", "/PACKETCAPTURES/WRITE"]
            .iter()
            .any(|end| within.ends_with(end));
    matches && elastic_azure_success(event)
}

fn elastic_azure_success(event: &Event) -> bool {
    matches!(event.get("resultType"), Some("Success" | "success"))
}

/// What Elastic's rule and Sigma's have in common.
const DEVICES: [&str; 11] = [
    "MICROSOFT.NETWORK/NETWORKINTERFACES/TAPCONFIGURATIONS/WRITE",
    "MICROSOFT.NETWORK/NETWORKINTERFACES/TAPCONFIGURATIONS/DELETE",
    "MICROSOFT.NETWORK/NETWORKINTERFACES/WRITE",
    "MICROSOFT.NETWORK/NETWORKINTERFACES/JOIN/ACTION",
    "MICROSOFT.NETWORK/NETWORKINTERFACES/DELETE",
    "MICROSOFT.NETWORK/NETWORKVIRTUALAPPLIANCES/DELETE",
    "MICROSOFT.NETWORK/NETWORKVIRTUALAPPLIANCES/WRITE",
    "MICROSOFT.NETWORK/VIRTUALHUBS/DELETE",
    "MICROSOFT.NETWORK/VIRTUALHUBS/WRITE",
    "MICROSOFT.NETWORK/VIRTUALROUTERS/WRITE",
    "MICROSOFT.NETWORK/VIRTUALROUTERS/DELETE",
];

/// Panther asks its helper whether the activity succeeded; the words that the helper knows were not seen.
fn panther_azure(event: &Event) -> bool {
    let name = event.get("operationName").unwrap_or_default().to_ascii_uppercase();
    let success = event.get("resultType").unwrap_or_default().to_ascii_uppercase();
    ["STARTPACKETCAPTURE/ACTION", "VPNCONNECTIONS/STARTPACKETCAPTURE/ACTION", "PACKETCAPTURES/WRITE"]
        .iter()
        .any(|end| name.contains(&format!("MICROSOFT.NETWORK/NETWORKWATCHERS/{end}")))
        && ["SUCCESS", "SUCCEEDED"].contains(&success.as_str())
}

/// `gcp.audit.method_name` is `protoPayload.methodName`. Sigma compares without regard to case; a back-end that does not
/// would never see the real names, which have `compute` in lower case.
fn sigma_gcp(event: &Event) -> bool {
    const VERBS: [&str; 6] = ["get", "delete", "insert", "patch", "list", "aggregatedlist"];
    let name = event.get("protoPayload.methodName").unwrap_or_default().to_ascii_lowercase();
    // `v*.Compute.PacketMirrorings.<verb>`: anything may stand for the asterisk.
    name.starts_with('v')
        && VERBS.iter().any(|verb| name.ends_with(&format!(".compute.packetmirrorings.{verb}")))
}

/// The keywords of Sigma's rule for Cisco.
pub(super) const SNIFFING: [&str; 3] = ["monitor capture point", "set span", "set rspan"];

/// Product cisco, service aaa, category accounting: a line of command accounting. Keywords stand anywhere in it, in any
/// case.
fn sigma_cisco(event: &Event) -> bool {
    let line = event.line.to_ascii_lowercase();
    let accounting = line.contains("accounting") || line.contains("service=shell");
    accounting && SNIFFING.iter().any(|keyword| line.contains(keyword))
}

/// Splunk's macro `cisco_networks` finds lines with `%FACILITY-SEVERITY-MNEMONIC:`, where a severity is one character and
/// a sub-facility belongs to the facility; `command` is what follows `logged command:`. Splunk compares without regard to case.
fn splunk_cisco(event: &Event) -> bool {
    let line = event.line.to_ascii_uppercase();
    let Some((tag, _)) = line.split_once('%').and_then(|(_, rest)| rest.split_once(':')) else {
        return false;
    };
    let mut parts = tag.rsplitn(3, '-');
    let (mnemonic, severity, facility) = (parts.next(), parts.next(), parts.next());
    if severity.is_none_or(|severity| severity.len() != 1) {
        return false;
    }
    let command = line.split_once("LOGGED COMMAND:").map_or("", |(_, command)| command.trim_start());
    match (facility, mnemonic.map(str::trim_end)) {
        (Some("MIRROR"), Some("ETH_SPAN_SESSION_UP"))
        | (Some("SPAN"), Some("SESSION_UP" | "PKTCAP_START")) => true,
        (_, Some("CFGLOG_LOGGEDCMD")) => command.starts_with("MONITOR SESSION"),
        _ => false,
    }
}
