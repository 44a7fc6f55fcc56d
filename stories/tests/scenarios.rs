//! The seed's four tests as stories, out of what the vectors say is written.

use serde_json::Value;
use tapsieve_stories::{Event, Options, Severity, Stories, Story, tell};

/// The stories of a scenario: every record with what the module inserts.
fn stories(scenario: &str) -> Vec<Story> {
    let path = format!("{}/../tests/scenarios/{scenario}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the scenario lies in tests/scenarios");
    let file: toml::Table = text.parse().expect("a scenario is TOML");
    let mut stories = Stories::new(Options::default());
    for (at, case) in file["case"].as_array().expect("a list of cases").iter().enumerate() {
        let record = case["record"].as_str().expect("a record");
        let record = match case.get("inserted").and_then(toml::Value::as_str) {
            Some(inserted) => format!(
                "{},{inserted}}}",
                record.trim_end().trim_end_matches('}').to_owned() + &"}".repeat(closing(record) - 1)
            ),
            None => record.to_owned(),
        };
        let record: Value =
            serde_json::from_str(&record).unwrap_or_else(|error| panic!("{scenario} {at}: {error}"));
        if let Some(event) = Event::read(&record, at as u64) {
            stories.add(event);
        }
    }
    let stories = stories.finish();
    for story in &stories {
        println!("{}", tell::text(story, false));
    }
    stories
}

/// How many braces end a record.
fn closing(record: &str) -> usize {
    let record = record.trim_end();
    record.len() - record.trim_end_matches('}').len()
}

fn only(mut stories: Vec<Story>) -> Story {
    assert_eq!(stories.len(), 1, "one attack is one story");
    stories.remove(0)
}

fn reasons(story: &Story) -> Vec<&str> {
    story.reasons.iter().map(|reason| reason.reason).collect()
}

#[test]
fn aws_mirror_session() {
    let story = only(stories("aws-mirror-session"));
    assert_eq!((story.events_total, story.severity, story.alert), (9, Severity::Critical, true));
    assert_eq!(reasons(&story), ["copies", "every_address", "short_lived"]);
    assert_eq!(story.who[0].actor, "arn:aws:sts::111122223333:assumed-role/BuildAgent");
    assert_eq!(story.from, ["203.0.113.9"]);
    let flow = &story.flows[0];
    assert_eq!(flow.sources, ["eni-0b00000000000000f"]);
    assert_eq!(flow.targets, ["tmt-0b00000000000000b"]);
    assert_eq!(flow.destinations, ["eni-0b00000000000000a"]);
    assert_eq!(flow.directions, ["ingress", "egress"]);
    assert_eq!(flow.packets.as_deref(), Some("whole packets"));
    assert!(story.missing.is_empty(), "{:?}", story.missing);
    assert!(!story.runs);
}

#[test]
fn azure_tap() {
    let story = only(stories("azure-tap"));
    assert_eq!((story.severity, story.runs), (Severity::High, false));
    assert_eq!(reasons(&story), ["copies", "short_lived"]);
    assert_eq!(story.flows[0].sources, ["vm1-nic"]);
    assert_eq!(story.flows[0].targets, ["tap1"]);
    assert!(story.missing.is_empty(), "{:?}", story.missing);
}

#[test]
fn gcp_packet_mirroring() {
    let story = only(stories("gcp-packet-mirroring"));
    assert_eq!((story.severity, story.runs), (Severity::High, false));
    // The network is only where the subnet is.
    assert_eq!(story.flows[0].sources, ["web"]);
    assert_eq!(story.flows[0].destinations, ["collector"]);
}

#[test]
fn cisco_span() {
    let story = only(stories("cisco-span"));
    assert_eq!((story.severity, story.runs), (Severity::High, false));
    assert_eq!(story.accounts, ["sw1"]);
    assert!(reasons(&story).contains(&"short_lived"));
}
