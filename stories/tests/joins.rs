//! Joins that are easy to get wrong, one a test; the records are what the module writes, cut to what matters.

use serde_json::{Value, json};
use tapsieve_stories::{Event, Options, Stories, Story};

const DANA: &str = "arn:aws:sts::111122223333:assumed-role/Admin/dana@example.com";
const ERIN: &str = "arn:aws:sts::111122223333:assumed-role/Admin/erin@example.com";

/// An event of AWS in account 111122223333; `minute` of one day.
fn aws(minute: u32, actor: &str, action: &str, kind: &str, resources: Value) -> Value {
    json!({"mirror": {
        "schema": 1, "provider": "aws", "operation": format!("{action} {kind}"), "kind": kind, "action": action,
        "outcome": "success", "severity": "high", "actor": actor, "account": "111122223333",
        "time": format!("2026-03-04T{:02}:{:02}:00Z", minute / 60, minute % 60), "resources": resources,
    }})
}

fn with(mut record: Value, name: &str, value: Value) -> Value {
    record["mirror"][name] = value;
    record
}

fn told(records: &[Value]) -> Vec<Story> {
    let mut stories = Stories::new(Options::default());
    for (at, record) in records.iter().enumerate() {
        stories.add(Event::read(record, at as u64).expect("an event"));
    }
    stories.finish()
}

/// How many events the stories have, the largest first.
fn sizes(records: &[Value]) -> Vec<u64> {
    let mut sizes: Vec<u64> = told(records).iter().map(|story| story.events_total).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes
}

fn reasons(story: &Story) -> Vec<&str> {
    story.reasons.iter().map(|reason| reason.reason).collect()
}

#[test]
fn an_id_joins_however_much_later_and_whoever_it_is() {
    let target = aws(0, DANA, "create", "target", json!({"target": "tmt-1"}));
    let session = aws(1400, ERIN, "create", "session", json!({"session": "tms-1", "target": "tmt-1"}));
    assert_eq!(sizes(&[target.clone(), session.clone()]), [2]);
    assert_eq!(sizes(&[session, target]), [2], "in any order");
}

#[test]
fn two_stories_become_one_where_an_event_names_both() {
    let target = aws(0, DANA, "create", "target", json!({"target": "tmt-1"}));
    let filter = aws(500, ERIN, "create", "filter", json!({"filter": "tmf-1"}));
    assert_eq!(sizes(&[target.clone(), filter.clone()]), [1, 1]);
    let session = aws(
        900,
        ERIN,
        "create",
        "session",
        json!({"session": "tms-1", "target": "tmt-1", "filter": "tmf-1"}),
    );
    assert_eq!(sizes(&[target, filter, session]), [3]);
}

#[test]
fn persons_who_share_a_role_are_apart_and_one_person_in_two_roles_is_not() {
    let session =
        |minute, actor: &str, id: &str| aws(minute, actor, "create", "session", json!({"session": id}));
    assert_eq!(sizes(&[session(0, DANA, "tms-1"), session(5, ERIN, "tms-2")]), [1, 1]);
    let other_role = DANA.replace("Admin", "Net");
    assert_eq!(sizes(&[session(0, DANA, "tms-1"), session(5, &other_role, "tms-2")]), [2]);
    assert_eq!(sizes(&[session(0, DANA, "tms-1"), session(65, DANA, "tms-2")]), [1, 1], "beyond the window");
}

#[test]
fn a_number_on_a_device_is_given_again() {
    let line = |minute: u32, actor: &str, action: &str, more: Value| {
        let mut record = aws(minute, actor, action, "span_session", json!({"session": "1", "device": "sw1"}));
        record["mirror"]["provider"] = "network".into();
        record["mirror"]["account"] = Value::Null;
        if let (Some(all), Some(more)) = (record["mirror"]["resources"].as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        record
    };
    let both = [
        line(0, "dana", "create_or_modify", json!({"source_interface": "Gi1", "destination": "Gi9"})),
        line(9, "dana", "delete", json!({})),
        line(800, "erin", "create_or_modify", json!({"source_interface": "Gi2", "destination": "Gi9"})),
    ];
    assert_eq!(sizes(&both), [2, 1]);
    let still_there = [both[0].clone(), both[2].clone()];
    assert_eq!(sizes(&still_there), [2], "what was never removed is changed");
    let elsewhere = with(both[0].clone(), "resources", json!({"session": "1", "device": "sw2"}));
    assert_eq!(sizes(&[both[0].clone(), with(elsewhere, "actor", "erin".into())]), [1, 1]);
}

#[test]
fn the_name_of_a_port_in_kubernetes_joins_nothing() {
    let control = |actor: &str, name: &str| {
        let record = aws(0, actor, "create", "traffic_control", json!({"name": name, "destination": "tap0"}));
        with(record, "provider", "kubernetes".into())
    };
    assert_eq!(sizes(&[control("dana", "a"), control("erin", "b")]), [1, 1]);
}

#[test]
fn what_approves_a_target_approves_its_makers_sessions_and_nobody_elses() {
    let robot = "arn:aws:sts::111122223333:assumed-role/Mirroring/lambda";
    let approved = json!({"name": "automation", "ticket": "CHG-1"});
    let target = with(aws(0, robot, "create", "target", json!({"target": "tmt-1"})), "approved", approved);
    let session = |actor: &str, id: &str| {
        aws(10, actor, "create", "session", json!({"session": id, "target": "tmt-1"}))
    };
    let end = aws(20, robot, "delete", "session", json!({"session": "tms-1"}));
    let stories = told(&[target.clone(), session(robot, "tms-1"), end]);
    assert_eq!((stories.len(), stories[0].approved, stories[0].alert), (1, true, false));
    assert_eq!(stories[0].approved_by, ["automation (CHG-1)", "automation (CHG-1), by its target"]);

    let stories = told(&[target, session(robot, "tms-1"), session(ERIN, "tms-2")]);
    assert_eq!(stories.len(), 2, "a stranger's session is no part of what is approved");
    assert!(stories[0].alert && !stories[0].approved);
    assert_eq!(stories[0].events_total, 1);
    assert!(stories[0].missing.iter().all(|missing| !missing.contains("target")), "its target is known");
}

#[test]
fn reads_and_labels_begin_no_story_and_join_one() {
    let read = aws(5, ERIN, "read", "session", json!({"session": "tms-1"}));
    let tags = aws(6, ERIN, "modify", "tags", json!({"target": "tmt-1"}));
    assert!(told(&[read.clone(), tags.clone()]).is_empty());
    let session = aws(0, DANA, "create", "session", json!({"session": "tms-1", "target": "tmt-1"}));
    let stories = told(&[session, read, tags]);
    assert_eq!((stories.len(), stories[0].events_total, stories[0].reads), (1, 3, 1));
}

#[test]
fn every_reason_is_said() {
    let refused = with(aws(0, DANA, "create", "session", json!({})), "outcome", "failure".into());
    let made = aws(
        5,
        DANA,
        "create",
        "session",
        json!({"session": "tms-1", "target": "tmt-1", "owner": "999900001111"}),
    );
    let made = with(with(made, "raised_by", "cross_account".into()), "source_ip", "203.0.113.9".into());
    let gone = aws(15, DANA, "delete", "session", json!({"session": "tms-1"}));
    let gone = with(gone, "source_ip", "198.51.100.7".into());
    let stories = told(&[refused, made, gone]);
    let expected = ["copies", "another_account", "refused_before", "short_lived", "new_address"];
    assert_eq!((stories.len(), reasons(&stories[0])), (1, expected.to_vec()));
    assert_eq!(stories[0].severity.name(), "critical");
    assert_eq!(stories[0].missing, ["target tmt-1 was never seen created"]);
    assert!(!stories[0].runs && stories[0].ended_millis.is_some());
}

#[test]
fn nothing_copied_is_no_alert() {
    let refused = with(aws(0, DANA, "create", "session", json!({})), "outcome", "failure".into());
    let prepared = aws(0, DANA, "create", "target", json!({"target": "tmt-1"}));
    let removed = aws(0, DANA, "delete", "session", json!({"session": "tms-9"}));
    for (record, reason) in
        [(refused, "refused_only"), (prepared, "prepared_only"), (removed, "removed_only")]
    {
        let stories = told(&[record]);
        assert_eq!((stories[0].alert, reasons(&stories[0])), (false, vec![reason]));
    }
}

#[test]
fn news_is_an_alert_once_and_its_end() {
    let mut stories = Stories::new(Options::default());
    let mut news = |record: Value, at| {
        let number = stories.add(Event::read(&record, at).expect("an event"));
        number.and_then(|number| stories.news(number)).is_some()
    };
    assert!(!news(aws(0, DANA, "create", "target", json!({"target": "tmt-1"})), 0));
    let session = |id: &str| aws(2, DANA, "create", "session", json!({"session": id, "target": "tmt-1"}));
    assert!(news(session("tms-1"), 1));
    assert!(!news(session("tms-2"), 2), "the same story");
    assert!(!news(aws(200, DANA, "delete", "session", json!({"session": "tms-1"})), 3), "one still runs");
    assert!(news(aws(201, DANA, "delete", "session", json!({"session": "tms-2"})), 4), "the end");
}

#[test]
fn every_schema_is_read() {
    let mirror = aws(0, DANA, "create", "session", json!({"session": "tms-1"}))["mirror"].take();
    for record in [
        json!({"mirror": mirror}),
        json!({"mirror": "the record's own", "tapsieve": mirror}),
        json!({"event": {"mirror": mirror}}),
        json!({"class_uid": 6003, "enrichments": [{"name": "mirror", "data": mirror}]}),
    ] {
        assert!(Event::read(&record, 0).is_some(), "{record}");
    }
    for record in
        [json!({}), json!({"mirror": {"kind": "session"}}), json!([mirror]), json!({"mirror": [mirror]})]
    {
        assert!(Event::read(&record, 0).is_none(), "{record}");
    }
}
