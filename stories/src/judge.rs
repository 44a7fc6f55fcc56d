//! What a story means: its flows, what is missing, how grave it is and why, in words.

use std::collections::BTreeSet;

use crate::names::{brief, short};
use crate::piece::{Piece, grade};
use crate::plot::Plot;
use crate::story::{Flow, Reason, Severity, Story};
use crate::time;

/// Made and removed within this time is short-lived.
const SHORT_MILLIS: i64 = 3_600_000;
/// Where packets are taken from.
const SOURCES: [&str; 10] = [
    "source_interface",
    "source",
    "source_instance",
    "source_subnet",
    "source_tag",
    "source_vlan",
    "filter_vlan",
    "connection",
    "gateway",
    "namespace",
];
/// Where the sources are, which says something where nothing says more.
const PLACES: [&str; 1] = ["network"];
/// Where packets go.
const DESTINATIONS: [&str; 5] = ["destination", "next_hop", "rspan_vlan", "storage", "file"];
/// The parts that receive.
const TARGETS: [&str; 5] = ["target", "tap", "security_profile_group", "endpoint_group", "deployment_group"];
const LEVELS: [Severity; 5] =
    [Severity::Informational, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

impl Plot {
    /// The story so far; `made` answers whether a part of any story was seen made.
    pub(crate) fn tell(&self, made: &dyn Fn(&str) -> Option<bool>) -> Story {
        let mut events = self.events.clone();
        events.sort_by_key(|(when, _)| *when);
        let events: Vec<_> = events.into_iter().map(|(_, part)| part).collect();
        let (began, number) = self.first.unwrap_or_default();
        let mut who: Vec<_> = self.who.values().cloned().collect();
        who.sort_by_key(|who| who.first);
        let flows: Vec<Flow> = self
            .flows()
            .filter(|(_, piece)| piece.was_on())
            .map(|(key, piece)| self.flow(key, piece))
            .collect();
        let runs = self.runs();
        let ended = self.flows().filter(|(_, flow)| flow.was_on()).filter_map(|(_, flow)| flow.off).max();
        let approved = self.is_approved();
        let (severity, reasons) = self.judge(&flows);
        Story {
            id: format!("{number:016x}"),
            title: self.title(&flows),
            severity,
            reasons,
            alert: severity >= Severity::Medium && !approved,
            approved_by: self.approvals.iter().cloned().collect(),
            approved,
            runs,
            providers: list(&self.providers),
            accounts: list(&self.accounts),
            regions: list(&self.regions),
            who,
            behind: self.behind.iter().filter(|name| !self.who.contains_key(*name)).cloned().collect(),
            from: list(&self.from),
            began: events.first().and_then(|part| part.time.clone()),
            last: events.last().and_then(|part| part.time.clone()),
            began_millis: began.0,
            last_millis: self.last(),
            ended_millis: ended.filter(|_| !runs).map(|ended| ended.0),
            filters: self.filters(),
            missing: self.missing(&flows, made),
            flows,
            events_total: self.total,
            events_left_out: self.left_out,
            events,
            refused: self.failed - self.throttled,
            throttled: self.throttled,
            reads: self.reads,
            keys: list(&self.story_keys),
        }
    }

    fn flow(&self, key: &str, piece: &Piece) -> Flow {
        let named = |names: &[&str]| unique(piece.values(names).map(|id| short(id)));
        let mut to_accounts = BTreeSet::new();
        let mut targets = named(&TARGETS);
        let mut destinations = named(&DESTINATIONS);
        let ids = ["destination", "target", "owner", "deployment_group", "endpoint_group", "shared_with"];
        to_accounts.extend(piece.values(&ids).filter_map(|id| account_in(id)));
        let filters = named(&["filter"]);
        for other in self.reached(piece) {
            targets.extend(other.values(&TARGETS).map(|id| short(id)));
            destinations.extend(other.values(&DESTINATIONS).map(|id| short(id)));
            to_accounts.extend(other.account.clone());
            to_accounts.extend(other.values(&ids).filter_map(|id| account_in(id)));
        }
        if to_accounts.len() > 1 {
            // What else is named there is the source's own, as the owner of a session.
            to_accounts.retain(|account| piece.account.as_ref() != Some(account));
        }
        let destinations = unique(destinations.into_iter());
        let mut directions: Vec<String> = piece.values(&["direction"]).cloned().collect();
        for other in self.pieces.values().filter(|other| other.kind == "filter_rule") {
            for direction in other.values(&["direction"]).filter(|_| piece.provider == "aws") {
                if !directions.contains(direction) {
                    directions.push(direction.clone());
                }
            }
        }
        let packets = match piece.values(&["packet_length"]).next() {
            Some(length) => Some(format!("the first {length} bytes of each packet")),
            None => matches!(
                (&*piece.provider, &*piece.kind),
                ("aws", "session") | ("azure", "tap_configuration") | ("gcp", "packet_mirroring")
            )
            .then(|| "whole packets".to_owned()),
        };
        // Some logs never say what was made.
        let session = if key.contains("|?|") { "(not named)" } else { key.rsplit('|').next().unwrap_or(key) };
        Flow {
            session: piece
                .values(&[
                    "session",
                    "vtap",
                    "tap_configuration",
                    "packet_mirroring",
                    "packet_capture",
                    "name",
                    "id",
                ])
                .next()
                .map_or_else(|| session.to_owned(), |id| short(id)),
            kind: piece.kind.clone(),
            provider: piece.provider.clone(),
            sources: Some(named(&SOURCES)).filter(|ids| !ids.is_empty()).unwrap_or_else(|| named(&PLACES)),
            targets: unique(targets.into_iter()),
            destinations,
            filters,
            directions,
            packets: packets.filter(|_| piece.made.is_some()),
            account: piece.account.clone(),
            to_accounts: to_accounts.into_iter().collect(),
            runs: piece.is_on(),
        }
    }

    /// The parts that a flow leads to: what it needs, what that needs, and the deployments of a group.
    fn reached(&self, flow: &Piece) -> Vec<&Piece> {
        let mut keys: Vec<&String> = flow.needs.keys().collect();
        let mut at = 0;
        while let Some(key) = keys.get(at).copied() {
            at += 1;
            let Some(part) = self.pieces.get(key) else { continue };
            let mut next: Vec<&String> = part.needs.keys().collect();
            if part.kind == "deployment_group" {
                let of_group =
                    |(_, part): &(_, &Piece)| part.kind == "deployment" && part.needs.contains_key(key);
                next.extend(self.pieces.iter().filter(of_group).map(|(key, _)| key));
            }
            next.retain(|key| !keys.contains(key));
            keys.extend(next);
        }
        keys.into_iter().filter_map(|key| self.pieces.get(key)).collect()
    }

    /// What the rules of filters let through, a line each.
    fn filters(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in
            self.pieces.values().filter(|piece| matches!(&*piece.kind, "filter_rule" | "mirroring_rule"))
        {
            let all = |name: &'static str| piece.values(&[name]).cloned().collect::<Vec<_>>().join(", ");
            let (from, to) = (all("source_cidr"), all("destination_cidr"));
            let text = [
                all("direction"),
                all("rule_action"),
                from,
                if to.is_empty() { to } else { format!("-> {to}") },
            ];
            let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            if !text.is_empty() && !lines.contains(&text) {
                lines.push(text);
            }
        }
        lines
    }

    fn missing(&self, flows: &[Flow], made: &dyn Fn(&str) -> Option<bool>) -> Vec<String> {
        let mut missing = Vec::new();
        for (key, flow) in self.flows() {
            let name = self.flow(key, flow).session;
            if flow.was_on() {
                let parts = [flow].into_iter().chain(self.reached(flow));
                for (needed, (what, id)) in parts.flat_map(|part| &part.needs) {
                    let known = self.was_made(needed) || made(needed) == Some(true);
                    // Elsewhere a target is an interface or a load balancer, which other calls make.
                    let made_here = what != "target" || matches!(&*flow.provider, "aws" | "azure");
                    if !known && made_here && !matches!(&*flow.provider, "network" | "host") {
                        missing.push(format!(
                            "{} {} was never seen created",
                            what.replace('_', " "),
                            brief(&short(id))
                        ));
                    }
                }
            }
            let what = flow.kind.replace('_', " ");
            if flow.off.is_some() && !flow.was_on() {
                missing.push(format!("the creation of {what} {name} was not seen"));
            } else if flow.hangs() {
                missing.push(format!("how the request for {what} {name} ended was not seen"))
            } else if flow.on.is_some() && flow.made.is_none() {
                missing.push(format!("{what} {name} was changed, its creation was not seen"));
            }
            // One command a line: what has not come yet, or was written below another line.
            let by_line = matches!(&*flow.kind, "span_session" | "erspan_session" | "analyzer");
            if by_line && flow.was_on() {
                for (names, what) in [(&SOURCES[..], "source"), (&DESTINATIONS[..], "destination")] {
                    if flow.values(names).next().is_none() {
                        missing.push(format!("the {what} of session {name} was not seen"));
                    }
                }
            }
        }
        if flows.is_empty() && self.failed < self.changes {
            missing.push("no session: nothing was copied as far as the events show".to_owned());
        }
        // Flows that share a target miss it once.
        unique(missing.into_iter())
    }

    fn judge(&self, flows: &[Flow]) -> (Severity, Vec<Reason>) {
        let mut reasons = Vec::new();
        let mut say = |reason: &'static str, text: String| reasons.push(Reason { reason, text });
        if self.is_approved() {
            say("approved", format!("approved by {}", list(&self.approvals).join(", ")));
            return (Severity::Informational, reasons);
        }
        let unapproved = |piece: &&Piece| piece.unapproved && piece.was_on();
        let copying =
            self.flows().map(|(_, piece)| piece).filter(unapproved).map(|piece| piece.severity).max();
        let made = self.pieces.values().any(|piece| piece.was_on());
        let mut level = match copying {
            Some(severity) => {
                say("copies", "packets were copied".to_owned());
                severity.max(grade("medium"))
            }
            None if self.failed == self.changes => {
                say("refused_only", format!("{}, nothing was made", self.failures()));
                grade("low")
            }
            None if made => {
                say("prepared_only", "prepared, but no session was made".to_owned());
                grade("low")
            }
            None => {
                say("removed_only", "only a removal was seen".to_owned());
                grade("low")
            }
        };
        let base = reasons.len();
        let mut say = |reason: &'static str, text: String| reasons.push(Reason { reason, text });
        let mut grave = false;
        let others = self.other_accounts(flows);
        if self.raised.contains("cross_account") || !others.is_empty() {
            grave = true;
            let to = if others.is_empty() { String::new() } else { format!(": {}", others.join(", ")) };
            say("another_account", format!("the packets go to another account{to}"));
        }
        if self.raised.contains("every_address") {
            say("every_address", "the filter lets every address through".to_owned());
        }
        if let (Some(refused), Some(made)) = (self.first_refused, self.first_copied)
            && refused < made
        {
            say("refused_before", format!("{}, the first before it succeeded", self.failures()));
        }
        let short = self.flows().filter_map(|(_, flow)| {
            let (made, off) = (flow.made?, flow.off?);
            (off >= made && off.0 - made.0 <= SHORT_MILLIS).then_some(off.0 - made.0)
        });
        if let Some(length) = short.min() {
            say("short_lived", format!("created and removed within an hour: after {}", time::length(length)));
        }
        if !self.new_addresses.is_empty() {
            say(
                "new_address",
                format!(
                    "from an address that is new for this actor: {}",
                    list(&self.new_addresses).join(", ")
                ),
            );
        }
        if self.approved > 0 {
            say("partly_approved", "a part of it is approved, the rest is not".to_owned());
        }
        // One level up for the gravest reason, or for two of the others.
        if (grave || reasons.len() - base >= 2)
            && level < grade("critical")
            && copying.is_none_or(|base| base < 4)
        {
            level += 1;
        }
        (LEVELS.get(usize::from(level)).copied().unwrap_or(Severity::Critical), reasons)
    }

    /// How many attempts came to nothing, in words.
    fn failures(&self) -> String {
        let refused = self.failed - self.throttled;
        let mut words = Vec::new();
        if refused > 0 {
            words.push(format!("{} refused", plural(refused, "attempt")));
        }
        if self.throttled > 0 {
            words.push(format!("{} throttled", plural(self.throttled, "attempt")));
        }
        words.join(", ")
    }

    /// Accounts that receive and are not the source's own.
    fn other_accounts(&self, flows: &[Flow]) -> Vec<String> {
        let mut others = BTreeSet::new();
        for flow in flows {
            let Some(own) = flow.account.as_deref() else { continue };
            let comparable =
                |other: &&String| number(other) == number(own) && !other.eq_ignore_ascii_case(own);
            if !matches!(&*flow.provider, "network" | "host" | "kubernetes" | "oci") {
                others.extend(flow.to_accounts.iter().filter(comparable).cloned());
            }
        }
        list(&others)
    }

    fn title(&self, flows: &[Flow]) -> String {
        let provider = list(&self.providers).join(", ");
        let Some(flow) = flows.iter().find(|flow| !flow.sources.is_empty()).or(flows.first()) else {
            let kinds: BTreeSet<String> =
                self.events.iter().map(|(_, part)| part.kind.replace('_', " ")).collect();
            let what = list(&kinds).join(", ");
            let done = if self.failed == self.changes {
                "refused"
            } else if self.pieces.values().any(Piece::was_on) {
                "prepared"
            } else {
                "removed"
            };
            return format!("{provider}: {what} {done}");
        };
        let some = |names: &[String], other: &str| match names {
            [] => other.to_owned(),
            [one] => brief(one),
            [one, rest @ ..] => format!("{} and {} more", brief(one), rest.len()),
        };
        let to = if flow.destinations.is_empty() { &flow.targets } else { &flow.destinations };
        let kind = flow.kind.replace('_', " ");
        let more = match flows.len() {
            0 | 1 => String::new(),
            2 => ", and 1 more flow".to_owned(),
            all => format!(", and {} more flows", all - 1),
        };
        format!(
            "{provider}: {kind} {} copies {} to {}{more}",
            brief(&flow.session),
            some(&flow.sources, "an unseen source"),
            some(to, "an unseen destination")
        )
    }
}

fn list(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().cloned().collect()
}

/// Each once, in order of appearance.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account, subscription or project that an id names.
fn account_in(id: &str) -> Option<String> {
    if number(id) && id.len() == 12 {
        return Some(id.to_owned());
    }
    if id.starts_with("arn:") {
        return id
            .split(':')
            .nth(4)
            .filter(|account| !account.is_empty() && number(account))
            .map(str::to_owned);
    }
    let mut segments = id.split('/');
    segments
        .find(|part| part.eq_ignore_ascii_case("subscriptions") || part.eq_ignore_ascii_case("projects"))?;
    segments.next().filter(|account| !account.is_empty()).map(str::to_owned)
}
