//! The commands of each family, as data: how they are told, what they do, and what their words introduce.

use super::{add, is_short_for, joined, lookup, skip};
use crate::catalog::{self, Action, Operation, Table};
use crate::fields::Observation;
use alloc::vec::Vec;

/// How the commands of one family are read.
pub(super) struct Family {
    /// The rows' names are patterns.
    rows: &'static &'static Table,
    /// Whether a pattern may fit anywhere in a command, not only at its beginning.
    anywhere: bool,
    /// Whether a command counts only with something named after it.
    named: bool,
    /// Whether something is done only where a verb says what.
    verb: bool,
    /// What words do, wherever they stand; the last of them counts.
    actions: &'static [(&'static str, Action)],
    /// Words and the names of the values that follow them.
    pub(super) arguments: &'static [(&'static str, &'static str)],
}

/// Cisco IOS, IOS-XE, IOS-XR and NX-OS; Arista EOS.
pub(super) static CISCO: Family = Family {
    rows: &catalog::CISCO,
    anywhere: false,
    named: true,
    verb: false,
    actions: &[
        ("monitor capture _ start", Action::Start),
        ("monitor capture _ stop", Action::Stop),
        ("monitor capture _ clear", Action::Modify),
        ("monitor capture _ export", Action::Other),
        ("monitor capture point start", Action::Start),
        ("monitor capture point stop", Action::Stop),
        ("no monitor capture point", Action::Delete),
        ("no monitor session range", Action::Delete),
    ],
    arguments: &[
        ("monitor session range", "session"),
        ("monitor session", "session"),
        ("monitor-session", "session"),
        ("monitor capture point ip cef", "packet_capture source_interface"),
        ("monitor capture point ip process-switched", "packet_capture"),
        ("monitor capture point ipv6 cef", "packet_capture source_interface"),
        ("monitor capture point _", "packet_capture"),
        ("monitor capture buffer", "packet_capture"),
        ("monitor capture", "packet_capture"),
        ("type", "session_type"),
        ("source interface", "source_interface"),
        ("source remote vlan", "rspan_vlan"),
        ("source vlan", "source_vlan"),
        ("source ip", "source_address"),
        ("destination interface", "destination"),
        ("destination remote vlan", "rspan_vlan"),
        ("destination next-hop", "destination"),
        ("destination tunnel mode", "encapsulation"),
        ("destination ip", "destination"),
        ("origin ip address", "source_address"),
        ("ip address", "destination"),
        ("filter vlan", "filter_vlan"),
        ("filter access-group", "filter"),
        ("access-list", "filter"),
        ("erspan-id", "erspan_id"),
        ("vrf", "vrf"),
        ("direction", "direction"),
        ("export", "destination"),
        ("interface", "source_interface"),
        ("source", "source_interface"),
        ("destination", "destination"),
    ],
};

/// What is done to a session that the commands before have named.
pub(super) const SWITCHED: &[(&str, Action)] = &[
    ("shut", Action::Stop),
    ("shutdown", Action::Stop),
    ("no shut", Action::Start),
    ("no shutdown", Action::Start),
    ("_", Action::Modify),
];

/// CatOS and HPE.
pub(super) static SWITCH: Family = Family {
    rows: &catalog::SWITCH,
    anywhere: false,
    named: true,
    verb: false,
    actions: &[
        ("set _ disable", Action::Stop),
        ("mirror interface none", Action::Delete),
        ("mirror-target=none", Action::Stop),
        ("streaming-enabled=no", Action::Stop),
        ("set capture on", Action::Start),
        ("set capture off", Action::Stop),
        ("packet-capture stop", Action::Stop),
    ],
    arguments: &[
        ("mirroring-instance", "session"),
        ("mirror-destination local", "destination"),
        ("mirror-source interface", "source_interface"),
        ("map alias", "session"),
        ("mirror-session", "session"),
        ("port-mirroring observe-port group", "session direction"),
        ("port-mirroring observe-port", "session direction"),
        ("mirroring observe-port group", "session"),
        ("mirroring observe-port", "session"),
        ("to observe-port", "session direction"),
        ("packet-diag set capture", "_"),
        ("capture stage", "_"),
        ("mirror-port ethernet", "destination"),
        ("mirror-port", "destination"),
        ("monitor ethernet", "destination"),
        ("mirror interface none", "_"),
        ("mirror interface", "source_interface"),
        ("config mirror port", "destination"),
        ("source ports", "source_interface"),
        ("interfaces ethernet", "source_interface"),
        ("mirror ingress", "destination"),
        ("mirror egress", "destination"),
        ("destination port", "destination"),
        ("source port", "source_interface"),
        ("mirror-by-port", "session"),
        ("in-port", "source_interface"),
        ("out-port", "destination"),
        ("add port", "source_interface"),
        ("ltm virtual", "session"),
        ("clone-pools add {", "destination"),
        ("net port-mirror", "destination"),
        ("sniffer packet", "source_interface"),
        ("-w", "file"),
        ("no capture", "packet_capture"),
        ("capture", "packet_capture"),
        ("interface ethernet switch", "_"),
        ("interface", "source_interface"),
        ("access-list", "filter"),
        ("port-mirroring to observe-port group", "session"),
        ("port-mirroring to observe-port", "session direction"),
        ("mirroring to observe-port", "session"),
        ("port-mirroring", "session"),
        ("observe-port group", "session"),
        ("observe-port", "session _ destination"),
        ("mirror-to interface", "destination"),
        ("mirroring-group", "session"),
        ("mirroring-port", "source_interface"),
        ("monitor-port", "destination"),
        ("monitor-egress", "destination"),
        ("mirroring-vlan", "source_vlan"),
        ("remote-probe vlan", "rspan_vlan"),
        ("destination-ip", "destination"),
        ("interface-range", "destination"),
        ("set span disable", "destination"),
        ("set span", "source_interface destination"),
        ("no mirror session", "session"),
        ("mirror session", "session"),
        ("no mirror", "session"),
        ("mirror", "session"),
        ("port", "destination"),
        ("remote ip", "destination"),
        ("ipv4", "filter"),
        ("ipv6", "filter"),
        ("source", "source_interface"),
        ("destination", "destination"),
    ],
};

/// Juniper Junos: a verb and a path.
pub(super) static JUNOS: Family = Family {
    rows: &catalog::JUNOS,
    anywhere: true,
    named: false,
    verb: true,
    actions: &[
        ("load-configuration", Action::CreateOrModify),
        ("edit-config", Action::CreateOrModify),
        ("set", Action::CreateOrModify),
        ("delete", Action::Delete),
        ("activate", Action::Start),
        ("deactivate", Action::Stop),
        ("show", Action::Read),
        ("rename", Action::Modify),
        ("copy", Action::Modify),
        // Goes to a path and changes nothing.
        ("edit", Action::Other),
    ],
    arguments: &[
        ("interface ethernet", "destination"),
        ("write-file", "file"),
        ("traffic interface", "source_interface"),
        ("port-mirroring instance", "session"),
        ("port-mirror-instance", "session"),
        ("sampling instance", "session"),
        ("analyzer", "session"),
        ("ingress interface", "source_interface"),
        ("egress interface", "source_interface"),
        ("ingress vlan", "source_vlan"),
        ("egress vlan", "source_vlan"),
        ("interface", "destination"),
        ("ip-address", "destination"),
        ("output vlan", "destination_vlan"),
        ("next-hop", "next_hop"),
        ("routing-instance", "vrf"),
        ("filename", "file"),
        ("filter", "filter"),
        ("term", "filter_rule"),
    ],
};

/// Nokia SR OS: paths whose first part the prompt may tell.
pub(super) static NOKIA: Family = Family {
    rows: &catalog::JUNOS,
    anywhere: true,
    named: false,
    verb: false,
    actions: &[("no", Action::Delete), ("delete", Action::Delete), ("show", Action::Read)],
    arguments: &[
        ("mirror-dest", "session"),
        ("mirror-source", "session"),
        ("sap", "destination"),
        ("sdp", "destination"),
        ("port", "source_interface"),
    ],
};

/// Parts of a Junos configuration that are deleted whole.
const WHOLE: [(&str, bool); 3] = [("_ analyzer _", true), ("_ _ instance _", true), ("_ _", true)];

/// Commands that need nothing named after them.
const BARE: [&str; 4] = ["remote-span", "tap aggregation", "mirror ingress", "nstrace"];

/// A family with its rows unpacked.
pub(super) struct Rows {
    family: &'static Family,
    rows: Vec<Operation>,
}

impl Rows {
    pub(super) fn of(family: &'static Family) -> Self {
        Rows { family, rows: family.rows.rows() }
    }

    /// Adds what a command says, where it is about mirroring.
    pub(super) fn read<'a>(&self, all: &[&'a [u8]], path_len: usize, told: &mut Vec<Observation<'a>>) {
        add(told, self.observe(all, path_len));
    }

    /// Reads a command; `None` when it is not about mirroring.
    ///
    /// `path_len` is how many of the words a pattern may fit; the words after them are values only.
    pub(super) fn observe<'a>(&self, all: &[&'a [u8]], path_len: usize) -> Option<Observation<'a>> {
        let Some(full) = in_full(all) else { return observe(self.family, &self.rows, all, path_len) };
        let mut observation = observe(self.family, &self.rows, &full, full.len())?;
        observation.name = joined(all);
        Some(observation)
    }
}

/// A command that monitors, with its words in full: devices take each as short as it can be told.
///
/// What only shows something stays as it is.
fn in_full<'a>(all: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    const OBJECTS: [&str; 3] = ["session", "capture", "ethernet"];
    let skipped = all.iter().take_while(|word| matches!(**word, b"no" | b"do" | b"default")).count();
    let (before, words) = all.split_at_checked(skipped)?;
    let [monitor, object, name, rest @ ..] = words else { return None };
    is_short_for(monitor, "monitor", 3).then_some(())?;
    let object = OBJECTS.iter().find(|full| is_short_for(object, full, 2))?;
    let mut full: Vec<&[u8]> = before.iter().copied().filter(|word| *word != b"do").collect();
    full.extend([b"monitor", object.as_bytes(), *name]);
    spell(rest, matches!(*name, b"buffer" | b"point"), &mut full);
    Some(full)
}

/// The words that say what is done in a session, in full. Some are behind a word that a name follows.
pub(super) fn spell<'a>(rest: &[&'a [u8]], mut is_name: bool, full: &mut Vec<&'a [u8]>) {
    const WORDS: [&str; 12] = [
        "source",
        "destination",
        "interface",
        "remote",
        "vlan",
        "filter",
        "both",
        "type",
        "start",
        "stop",
        "erspan-source",
        "erspan-destination",
    ];
    for word in rest {
        let may_be = !is_name && (word.len() > 2 || matches!(*word, b"so" | b"de" | b"bo" | b"vl" | b"ty"));
        let known = WORDS.iter().find(|full| may_be && is_short_for(word, full, 2));
        full.push(known.map_or(*word, |full| full.as_bytes()));
        is_name = matches!(*word, b"vrf" | b"description" | b"access-list");
    }
}

fn observe<'a>(
    family: &Family,
    rows: &[Operation],
    all: &[&'a [u8]],
    path_len: usize,
) -> Option<Observation<'a>> {
    let starts = if family.anywhere { path_len } else { 1 };
    let (mut at, mut done) = (0usize, None);
    let (operation, rest) = loop {
        (at < starts).then_some(())?;
        let words = all.get(at..path_len)?;
        // Of two names of which one begins with the other, the longer comes later.
        let row = rows.iter().rev().find_map(|row| {
            let fit = fits(&row.name, words)?;
            Some((row.clone(), fit))
        });
        if let Some(row) = row {
            break row;
        }
        done = lookup(words, family.actions).or(done);
        at = at.saturating_add(1);
    };
    let mut action = done;
    if family.anywhere {
        // Without a verb nothing is done, unless the row is of one.
        (!family.verb
            || matches!(operation.action, Action::Start | Action::Stop)
            || done.is_some_and(|done| done != Action::Other))
        .then_some(())?;
        let path = all.get(at..).unwrap_or_default();
        let is_whole = WHOLE.iter().find_map(|(part, _)| skip(path, part)).is_none_or(|left| left.is_empty());
        if done == Some(Action::Delete) && !is_whole {
            action = Some(Action::Modify);
        }
    } else {
        for at in 0..all.len() {
            action = lookup(all.get(at..).unwrap_or_default(), family.actions).or(action);
        }
        if family.named {
            let named = !rest.is_empty()
                || operation.name.bytes().any(|byte| byte == b'*')
                || BARE.iter().any(|part| operation.name.ends_with(part));
            (named || operation.action == Action::Read).then_some(())?;
            // Other things can be monitored, and shown by this word.
            (operation.name != "show monitor" || rest.is_empty() || rest.first() == Some(&&b"detail"[..]))
                .then_some(())?;
            // Taking one source away changes a session, it does not delete it.
            if operation.action == Action::Delete && action.is_none() && rest.len() > 1 {
                action = Some(Action::Modify);
            }
        }
    }
    let mut observation = Observation::new(operation, joined(all));
    observation.action = action;
    observation.arguments(all, family.arguments);
    Some(observation)
}

/// The words after those that fit a pattern: in its order each run of words between stars, the first at the beginning.
pub(super) fn fits<'w, 'a>(pattern: &str, words: &'w [&'a [u8]]) -> Option<&'w [&'a [u8]]> {
    let mut rest = words;
    for (at, run) in pattern.split('*').enumerate() {
        let last = if at == 0 { 1 } else { rest.len() };
        rest = (0..last).find_map(|start| skip(rest.get(start..)?, run.trim_ascii()))?;
    }
    Some(rest)
}
