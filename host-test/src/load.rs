//! Numbered events: writing them, noting which are acknowledged, and comparing those that arrive.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use serde_json::Value;

/// One event in so many is about mirroring.
const MIRROR_EVERY: usize = 100;

/// The line of one event, of about 1.8 KB as CloudTrail's are.
pub fn line(number: usize) -> String {
    let (name, extra) = match number % MIRROR_EVERY {
        0 => (
            "CreateTrafficMirrorSession",
            r#""CreateTrafficMirrorSessionRequest":{"NetworkInterfaceId":"eni-0aa1","TrafficMirrorTargetId":"tmt-0bb2","SessionNumber":1}"#,
        ),
        _ => (
            "DescribeInstances",
            r#""filterSet":{"items":[{"name":"tag:Name","valueSet":{"items":[{"value":"web"}]}}]}"#,
        ),
    };
    let tags: String = (0..20)
        .map(|tag| format!(r#"{{"key":"team-{tag}","value":"value number {tag} of {number}"}},"#))
        .collect();
    format!(
        r#"{{"n":{number},"eventVersion":"1.10","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:dana","arn":"arn:aws:sts::111122223333:assumed-role/ops/dana","accountId":"111122223333","sessionContext":{{"attributes":{{"creationDate":"2026-03-01T10:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-03-01T10:{:02}:{:02}Z","eventSource":"ec2.amazonaws.com","eventName":"{name}","awsRegion":"eu-central-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64","requestParameters":{{{extra}}},"responseElements":null,"requestID":"0a1b2c3d-{number:012}","eventID":"4e5f6a7b-{number:012}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","tags":[{}null]}}"#,
        number / 60 % 60,
        number % 60,
        tags
    )
}

/// Whether [`line`] writes a mirror event for this number.
pub fn is_mirror(number: usize) -> bool {
    number.is_multiple_of(MIRROR_EVERY)
}

/// What was acknowledged and what arrived, by number.
pub struct Ledger {
    events: Vec<Entry>,
    strange: AtomicU64,
    unenriched: AtomicU64,
    altered: AtomicU64,
}

#[derive(Default)]
struct Entry {
    acknowledged: AtomicBool,
    arrived: AtomicU32,
}

/// What a ledger says at the end.
#[derive(Debug)]
pub struct Balance {
    /// Events that a sender was told are taken.
    pub acknowledged: usize,
    /// Those of them that did not arrive.
    pub lost: usize,
    /// Events that did not arrive.
    pub missing: usize,
    /// Arrivals beyond the first of an event.
    pub doubled: usize,
    /// Arrivals of what was never sent.
    pub strange: u64,
    /// Arrivals enriched that should not be, or the other way round.
    pub unenriched: u64,
    /// Arrivals that differ from what was sent in anything but what the module adds.
    pub altered: u64,
}

/// The members that the module adds to such an event.
const ADDED: [&str; 5] = ["ResolvedEventName", "mirrorAction", "ActorIdentity", "SourceIP", "mirror"];

impl Ledger {
    /// For events number 0 to `count`.
    pub fn new(count: usize) -> Arc<Ledger> {
        Arc::new(Ledger {
            events: (0..count).map(|_| Entry::default()).collect(),
            strange: AtomicU64::new(0),
            unenriched: AtomicU64::new(0),
            altered: AtomicU64::new(0),
        })
    }

    /// Notes that a sender was told that these are taken.
    pub fn acknowledge(&self, numbers: Range<usize>) {
        for entry in self.events.get(numbers).unwrap_or_default() {
            entry.acknowledged.store(true, Ordering::SeqCst);
        }
    }

    /// Notes an event that has arrived: an object, or its text with HEC's `fields` beside it.
    pub fn take(&self, event: &Value, fields: &Value) {
        let (mut found, is_described) = match event {
            Value::String(text) => {
                (serde_json::from_str(text).unwrap_or_default(), fields["mirror.schema"].is_string())
            }
            event => (event.clone(), event["mirror"]["schema"].is_u64()),
        };
        let number = found["n"].as_u64().and_then(|number| usize::try_from(number).ok());
        let Some((number, entry)) = number.and_then(|number| Some((number, self.events.get(number)?))) else {
            self.strange.fetch_add(1, Ordering::SeqCst);
            return;
        };
        entry.arrived.fetch_add(1, Ordering::SeqCst);
        if is_mirror(number) != is_described {
            self.unenriched.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(members) = found.as_object_mut() {
            members.retain(|name, _| !ADDED.contains(&name.as_str()));
        }
        if serde_json::from_str::<Value>(&line(number)).ok() != Some(found) {
            self.altered.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many events have arrived.
    pub fn arrived(&self) -> usize {
        self.events.iter().filter(|entry| entry.arrived.load(Ordering::SeqCst) > 0).count()
    }

    /// Whether this one has.
    pub fn has_arrived(&self, number: usize) -> bool {
        self.events.get(number).is_some_and(|entry| entry.arrived.load(Ordering::SeqCst) > 0)
    }

    /// Counts.
    pub fn balance(&self) -> Balance {
        let mut balance = Balance {
            acknowledged: 0,
            lost: 0,
            missing: 0,
            doubled: 0,
            strange: self.strange.load(Ordering::SeqCst),
            unenriched: self.unenriched.load(Ordering::SeqCst),
            altered: self.altered.load(Ordering::SeqCst),
        };
        for entry in &self.events {
            let arrived = entry.arrived.load(Ordering::SeqCst) as usize;
            let acknowledged = entry.acknowledged.load(Ordering::SeqCst);
            balance.acknowledged += usize::from(acknowledged);
            balance.lost += usize::from(acknowledged && arrived == 0);
            balance.missing += usize::from(arrived == 0);
            balance.doubled += arrived.saturating_sub(1);
        }
        balance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_sees_what_is_lost_doubled_and_altered() {
        let ledger = Ledger::new(5);
        let event = |number| serde_json::from_str::<Value>(&line(number)).expect("JSON");
        let none = Value::Null;
        ledger.acknowledge(0..4);
        ledger.take(&event(1), &none);
        ledger.take(&Value::from(line(1)), &none);
        let mut other = event(2);
        other["awsRegion"] = Value::from("eu-west-1");
        ledger.take(&other, &none);
        ledger.take(&event(0), &none);
        ledger.take(&event(7), &none);
        let balance = ledger.balance();
        assert_eq!((balance.acknowledged, balance.lost, balance.missing, balance.doubled), (4, 1, 2, 1));
        assert_eq!((balance.altered, balance.unenriched, balance.strange), (1, 1, 1));
    }
}
