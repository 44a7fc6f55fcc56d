//! Public detection rules as oracles: what each alerts on, and where tapsieve knowingly does not follow.
//! Knows nothing of the detector: it is the yardstick of the rules law, see docs/CATALOG.md.

mod event;
mod public;

pub use event::{Event, events};
pub use public::RULES;

/// Rules of one author for one provider, counted together.
pub struct RuleSet {
    /// Who publishes them, and under what name.
    pub name: &'static str,
    /// The provider of the events that they look at, as tapsieve names it.
    pub provider: &'static str,
    /// What they do not see, in one sentence.
    pub lacks: &'static str,
    /// The rules.
    pub rules: &'static [Rule],
}

/// One public rule, transcribed literally.
pub struct Rule {
    /// Its title.
    pub name: &'static str,
    /// Its id, or the file that it stands in.
    pub id: &'static str,
    /// Whether it alerts on an event.
    pub alerts: fn(&Event) -> bool,
}

/// Events that rules alert on and that tapsieve leaves alone, rightly.
pub struct Exception {
    /// Whether it explains an alert: the rule's name and the event.
    pub explains: fn(&Rule, &Event) -> bool,
    /// Why the event is not about mirroring.
    pub why: &'static str,
}

/// Every exception to the rules law. One that no vector needs fails.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        why: "writes and deletes of network interfaces, appliances, hubs and routers copy no packets",
        explains: |rule, event| {
            const OTHER: [&str; 4] =
                ["networkinterfaces", "networkvirtualappliances", "virtualhubs", "virtualrouters"];
            let name = event.get("operationName").unwrap_or_default().to_ascii_lowercase();
            let kind = name.strip_prefix("microsoft.network/").and_then(|rest| rest.split('/').next());
            rule.name == "Azure Virtual Network Device Modified or Deleted"
                && kind.is_some_and(|kind| OTHER.contains(&kind))
                && !name.contains("/tapconfigurations/")
        },
    },
    Exception {
        why: "a service other than Compute Engine, which the rule does not look at",
        explains: |rule, event| {
            rule.name == "Google Full Network Traffic Packet Capture"
                && event.get("protoPayload.serviceName").is_some_and(|name| name != "compute.googleapis.com")
        },
    },
    Exception {
        why: "a longer word that begins with a keyword, such as `set spantree`",
        explains: |rule, event| {
            let line = event.line.to_ascii_lowercase();
            let longer = |keyword: &str| {
                let mut after = line.match_indices(keyword).map(|(at, found)| &line[at + found.len()..]);
                after.all(|rest| rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
            };
            rule.name == "Cisco Sniffing" && public::SNIFFING.into_iter().all(longer)
        },
    },
    Exception {
        why: "a command that goes another way after `monitor session`, or ends there: the device takes none of it",
        explains: |rule, event| {
            let command = event.line.split_once("logged command:").map_or("", |(_, command)| command.trim());
            let rest = command.strip_prefix("monitor session");
            rule.name == "Detect Traffic Mirroring" && rest.is_some_and(|rest| !rest.starts_with(' '))
        },
    },
    Exception {
        why: "a browser that calls itself what a device logs, behind its request",
        explains: |rule, event| {
            let before = event.line.split_once('%').map_or("", |(before, _)| before);
            rule.name == "Detect Traffic Mirroring" && before.contains(" HTTP/")
        },
    },
    Exception {
        why: "a facility in small letters, which no device writes",
        explains: |rule, event| {
            let facility = event.line.split_once('%').map_or("", |(_, rest)| rest);
            rule.name == "Detect Traffic Mirroring"
                && facility.starts_with(|first: char| first.is_ascii_lowercase())
        },
    },
];

/// The rules of every set that alert on some event of a record, each with the event.
pub fn alerts(events: &[Event]) -> impl Iterator<Item = (&'static RuleSet, &'static Rule, &Event)> {
    RULES.iter().flat_map(move |set| {
        set.rules.iter().flat_map(move |rule| {
            events.iter().filter(|event| (rule.alerts)(event)).map(move |event| (set, rule, event))
        })
    })
}
