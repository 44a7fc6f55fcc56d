//! The template for AWS's automation: its sessions are approved by way of their target, a stranger's are not.

#[path = "../examples/month/records.rs"]
#[allow(dead_code, reason = "only AWS is needed here")]
mod records;

use records::{Actor, aws};
use serde_json::{Value, json};
use tapsieve_detector::{Detector, Outcome};
use tapsieve_stories::{Event, Options, Stories};

const NOON: i64 = 1_772_884_800_000;

fn target(actor: &Actor, id: &str) -> String {
    let response =
        json!({"CreateTrafficMirrorTargetResponse": {"trafficMirrorTarget": {"trafficMirrorTargetId": id}}});
    aws(actor, NOON, "CreateTrafficMirrorTarget", json!({}), response)
}

fn session(actor: &Actor, id: &str, target: &str) -> String {
    let request = json!({"CreateTrafficMirrorSessionRequest": {"TrafficMirrorTargetId": target, "NetworkInterfaceId": "eni-1"}});
    let response = json!({"CreateTrafficMirrorSessionResponse": {"trafficMirrorSession": {
        "trafficMirrorSessionId": id, "trafficMirrorTargetId": target}}});
    aws(actor, NOON + 60_000, "CreateTrafficMirrorSession", request, response)
}

fn actor(role: &str) -> Actor {
    Actor {
        name: format!("arn:aws:sts::111122223333:assumed-role/{role}/run"),
        address: "198.51.100.7".into(),
        account: "111122223333".into(),
    }
}

#[test]
fn the_template_approves_the_automation_and_nobody_else() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/policies/aws-vpc-mirroring-automation.toml");
    let policy = tapsieve_policy::Policy::parse(&std::fs::read_to_string(path).expect("the template"));
    let policy = policy.expect("the template is TOML");
    let mut detector = Detector::default();
    detector.configure(policy.json().as_bytes()).expect("the module takes the template");
    let handler = actor("mirror-CloudWatchEventsHandlerLambdaExecutionRole-1X");
    let backfill = actor("mirror-TrafficMirroringBackfillLambdaExecutionRole-2Y");
    let mut stories = Stories::new(Options::default());
    let records = [
        target(&handler, "tmt-new"),
        session(&handler, "tms-1", "tmt-new"),
        session(&backfill, "tms-2", "tmt-0a1b2c3d4e5f60002"),
        session(&actor("BuildAgent"), "tms-3", "tmt-new"),
    ];
    for (at, record) in records.iter().enumerate() {
        let Outcome::Enriched(record) = detector.process(record.as_bytes()) else { panic!("a mirror event") };
        let record: Value = serde_json::from_slice(record).expect("JSON");
        stories.add(Event::read(&record, at as u64).expect("an event"));
    }
    let told: Vec<_> =
        stories.finish().into_iter().map(|story| (story.who[0].actor.clone(), story.alert)).collect();
    let name = |actor: &Actor| tapsieve_stories::lasting(&actor.name).to_owned();
    assert_eq!(told, [(name(&actor("BuildAgent")), true), (name(&handler), false), (name(&backfill), false)]);
}
