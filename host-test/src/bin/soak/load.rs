//! Numbered events: writing, sending until they are acknowledged, counting what arrives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tapsieve_host_test::http::Client;
use tapsieve_host_test::pipeline::{Pipeline, events};

/// How many events are sent at once.
const BATCH_EVENTS: usize = 250;
/// How many senders there are; many, because each waits most of the time for an acknowledgement.
const SENDERS: usize = 32;
/// One event in so many is about mirroring.
const MIRROR_EVERY: usize = 100;

/// The line of one event, of about 1.8 KB as CloudTrail's are.
pub(crate) fn line(number: usize) -> String {
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
pub(crate) fn is_mirror(number: usize) -> bool {
    number.is_multiple_of(MIRROR_EVERY)
}

/// What arrived, by number.
pub(crate) struct Ledger {
    seen: Vec<AtomicU32>,
    strange: AtomicU64,
    unenriched: AtomicU64,
}

/// What a ledger says at the end.
pub(crate) struct Balance {
    pub(crate) missing: usize,
    pub(crate) doubled: usize,
    pub(crate) strange: u64,
    pub(crate) unenriched: u64,
}

impl Ledger {
    pub(crate) fn new(count: usize) -> Arc<Ledger> {
        Arc::new(Ledger {
            seen: (0..count).map(|_| AtomicU32::new(0)).collect(),
            strange: AtomicU64::new(0),
            unenriched: AtomicU64::new(0),
        })
    }

    /// Notes the events of a body.
    pub(crate) fn take(&self, body: &[u8]) {
        for event in events(body) {
            let number = event["n"].as_u64().and_then(|number| usize::try_from(number).ok());
            match number.and_then(|number| self.seen.get(number)) {
                Some(count) => {
                    count.fetch_add(1, Ordering::SeqCst);
                    let enriched = event["mirror"]["schema"].is_u64();
                    if number.is_some_and(is_mirror) != enriched {
                        self.unenriched.fetch_add(1, Ordering::SeqCst);
                    }
                }
                None => {
                    self.strange.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }

    pub(crate) fn balance(&self) -> Balance {
        let counts = || self.seen.iter().map(|count| count.load(Ordering::SeqCst) as usize);
        Balance {
            missing: counts().filter(|&count| count == 0).count(),
            doubled: counts().map(|count| count.saturating_sub(1)).sum(),
            strange: self.strange.load(Ordering::SeqCst),
            unenriched: self.unenriched.load(Ordering::SeqCst),
        }
    }
}

/// Sends events number 0 to `count`, each until it is acknowledged, and returns how many batches were sent again.
pub(crate) fn send(input: SocketAddr, count: usize, sent: &AtomicUsize) -> u64 {
    let next = AtomicUsize::new(0);
    let again = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut client = Client::new(input);
                loop {
                    let from = next.fetch_add(BATCH_EVENTS, Ordering::SeqCst);
                    if from >= count {
                        return;
                    }
                    let to = (from + BATCH_EVENTS).min(count);
                    let body: String = (from..to).map(|number| line(number) + "\n").collect();
                    while Pipeline::post(&mut client, body.as_bytes()).is_err() {
                        again.fetch_add(1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(100));
                    }
                    sent.fetch_add(to - from, Ordering::SeqCst);
                }
            });
        }
    });
    again.load(Ordering::SeqCst)
}
