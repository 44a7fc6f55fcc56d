//! Shapes that the month does not have, as providers write them, through the detector: what is told is right and short.

use serde_json::{Value, json};
use tapsieve_detector::{Detector, Outcome};
use tapsieve_stories::{Event, Options, Stories, Story, tell};

/// The stories of raw records under a policy.
fn told_under(policy: &str, records: &[Value]) -> (Vec<Story>, tapsieve_stories::Counts) {
    let mut detector = Detector::default();
    detector.configure(policy.as_bytes()).expect("a policy");
    let mut stories = Stories::new(Options::default());
    for (at, record) in records.iter().enumerate() {
        let record = record.to_string();
        if let Outcome::Enriched(record) = detector.process(record.as_bytes()) {
            let record: Value = serde_json::from_slice(record).expect("JSON");
            stories.add(Event::read(&record, at as u64).expect("an event"));
        }
    }
    (stories.finish(), stories.counts())
}

fn told(records: &[Value]) -> Vec<Story> {
    told_under("{}", records).0
}

fn only(records: &[Value]) -> Story {
    let mut stories = told(records);
    assert_eq!(stories.len(), 1, "{stories:#?}");
    stories.remove(0)
}

fn reasons(story: &Story) -> Vec<&str> {
    story.reasons.iter().map(|reason| reason.reason).collect()
}

/// A call of AWS; `second` of one hour is also what its id ends with.
fn aws(second: u32, name: &str, request: Value, response: Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": format!("00000000-aaaa-4bbb-8ccc-{second:012}"),
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Ops/cli", "accountId": "111122223333"},
        "eventTime": format!("2026-06-05T08:{:02}:{:02}Z", second / 60, second % 60), "eventSource": "ec2.amazonaws.com",
        "eventName": name, "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9", "recipientAccountId": "111122223333",
        "requestParameters": {format!("{name}Request"): request}, "responseElements": {format!("{name}Response"): response},
    })
}

fn aws_target() -> Value {
    let response = json!({"trafficMirrorTarget": {"trafficMirrorTargetId": "tmt-0d1"}});
    aws(1, "CreateTrafficMirrorTarget", json!({"NetworkInterfaceId": "eni-0d1"}), response)
}

fn aws_session(second: u32, error: Option<&str>) -> Value {
    let request = json!({"NetworkInterfaceId": "eni-0ds", "TrafficMirrorTargetId": "tmt-0d1"});
    let response = json!({"trafficMirrorSession": {"trafficMirrorSessionId": "tms-0d1"}});
    let mut record = aws(second, "CreateTrafficMirrorSession", request, response);
    if let Some(error) = error {
        record["errorCode"] = error.into();
        record["responseElements"] = Value::Null;
    }
    record
}

/// A refused attempt, a session and its end.
fn aws_attack() -> Vec<Value> {
    let id = json!({"TrafficMirrorSessionId": "tms-0d1"});
    let refused = aws_session(2, Some("Client.UnauthorizedOperation"));
    vec![aws_target(), refused, aws_session(3, None), aws(900, "DeleteTrafficMirrorSession", id, json!({}))]
}

fn ios(number: u32, line: &str) -> Value {
    json!({"message": format!("<189>{number}: core1: {number:06}: May  8 14:00:{number:02}.000 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:erin  logged command:{line}")})
}

/// What is told of a story, apart from the places of its events.
fn said(story: &Story) -> Value {
    let mut story = serde_json::to_value(story).expect("JSON");
    for event in story["events"].as_array_mut().expect("events") {
        event["at"] = Value::Null;
    }
    story
}

#[test]
fn what_is_delivered_again_counts_once_in_any_order_and_envelope() {
    let once = aws_attack();
    let wrapped = json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": once[2]});
    let again = [once.clone(), vec![wrapped], once.iter().rev().cloned().collect()].concat();
    let (stories, counts) = told_under("{}", &again);
    assert_eq!((stories.len(), counts.events, counts.repeated), (1, 9, 5));
    assert_eq!(said(&stories[0]), said(&only(&once)));
    assert_eq!(stories[0].refused, 1);

    let lines = [
        ios(1, "monitor session 1 source interface Gi1/0/1 both"),
        ios(2, "monitor session 1 destination interface Gi1/0/24"),
    ];
    assert_eq!(only(&[lines.clone(), lines].concat()).events_total, 2, "lines of a device have no id");
}

#[test]
fn an_id_that_a_caller_may_choose_hides_no_other_event() {
    let call = |name: &str, minute: u32| {
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "chosen", "stage": "ResponseComplete",
            "verb": "create", "user": {"username": "dana"}, "sourceIPs": ["10.1.2.3"], "responseStatus": {"code": 201},
            "objectRef": {"apiGroup": "crd.antrea.io", "resource": "trafficcontrols", "name": name},
            "requestObject": {"spec": {"action": "Mirror", "targetPort": {"vxlan": {"remoteIP": "203.0.113.50"}}}},
            "requestReceivedTimestamp": format!("2026-05-10T09:{minute:02}:00Z"),
        })
    };
    assert_eq!(only(&[call("one", 0), call("two", 0), call("two", 1), call("two", 1)]).events_total, 3);
}

#[test]
fn throttled_is_not_refused() {
    let throttled = (2..8).map(|second| aws_session(second, Some("Client.RequestLimitExceeded")));
    let mut records: Vec<Value> = [aws_target()].into_iter().chain(throttled).collect();
    let nothing = only(&records[1..]);
    assert_eq!((nothing.alert, reasons(&nothing)), (false, vec!["refused_only"]));
    assert_eq!(nothing.reasons[0].text, "6 attempts throttled, nothing was made");
    records.push(aws_session(9, None));
    let story = only(&records);
    assert_eq!((reasons(&story), story.refused, story.throttled), (vec!["copies"], 0, 6));
    assert!(tell::text(&story, false).contains("├ events   8, 6 throttled"));
}

#[test]
fn who_is_refused_under_a_name_and_makes_it_as_another_is_one_story() {
    let call = |minute: u32, verb: &str, code: u32, who: &str| {
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": format!("a{minute}"), "stage": "ResponseComplete",
            "verb": verb, "user": {"username": who}, "sourceIPs": ["10.1.2.3"], "responseStatus": {"code": code},
            "objectRef": {"apiGroup": "crd.antrea.io", "resource": "trafficcontrols", "name": "mirror-db"},
            "requestObject": {"spec": {"action": "Mirror", "targetPort": {"vxlan": {"remoteIP": "203.0.113.50"}}}},
            "requestReceivedTimestamp": format!("2026-05-10T09:{minute:02}:00Z"),
        })
    };
    let story = only(&[
        call(0, "create", 403, "dana@example.com"),
        call(5, "create", 201, "system:serviceaccount:net:agent"),
        call(9, "patch", 200, "system:serviceaccount:net:agent"),
    ]);
    assert_eq!(reasons(&story), ["copies", "refused_before"]);
    let who: Vec<_> = story.who.iter().map(|who| &*who.actor).collect();
    assert_eq!(who, ["dana@example.com", "system:serviceaccount:net:agent"], "in order of appearance");
}

#[test]
fn tencent_names_what_it_made_as_what_was_called() {
    let call = |second: u64, name: &str, who: &str, request: Value| {
        json!({
            "userIdentity": {"accountId": "100000000001", "userName": who, "type": "CAMUser"}, "actionType": "Write",
            "eventRegion": "ap-guangzhou", "errorCode": 0, "eventID": format!("e{second}"), "eventTime": 1_772_787_600 + second,
            "sourceIPAddress": "198.51.100.23", "eventName": name, "eventSource": "vpc.ap-guangzhou.api.tencentyun.com",
            "requestParameters": request, "resourceName": "trafficmirror/imgf-1",
        })
    };
    let story = only(&[
        call(0, "CreateTrafficMirror", "dana", json!({"VpcId": "vpc-1", "CollectorSrcs": ["eni-s1"]})),
        call(60, "StartTrafficMirror", "dana", json!({"TrafficMirrorId": "imgf-1"})),
        call(7200, "StopTrafficMirror", "erin", json!({"TrafficMirrorId": "imgf-1"})),
        call(7260, "DeleteTrafficMirror", "erin", json!({"TrafficMirrorId": "imgf-1"})),
    ]);
    assert_eq!((story.flows.len(), story.runs, story.events_total), (1, false, 4));
    assert_eq!(story.flows[0].sources, ["eni-s1"], "the network is only where it is");
}

/// A call of Network Security and how it ended.
fn gcp(hour: u32, what: &str, project: &str, who: &str, request: &Value) -> [Value; 2] {
    let name = |kind: &str| format!("projects/{project}/locations/global/{kind}/it");
    let mut kind = what.replacen("Mirroring", "mirroring", 1);
    kind.push('s');
    [("first", request.clone()), ("last", json!({}))].map(|(end, request)| {
        json!({
            "protoPayload": {
                "authenticationInfo": {"principalEmail": who}, "requestMetadata": {"callerIp": "192.0.2.77"},
                "serviceName": "networksecurity.googleapis.com",
                "methodName": format!("google.cloud.networksecurity.v1.Mirroring.Create{what}"),
                "resourceName": name(&kind), "request": request,
            },
            "insertId": format!("{hour}{end}"), "timestamp": format!("2026-04-01T{hour:02}:00:00Z"),
            "resource": {"labels": {"project_id": project}},
            "operation": {"id": format!("projects/{project}/locations/global/operations/{hour}"), end: true},
            "logName": format!("projects/{project}/logs/cloudaudit.googleapis.com%2Factivity"),
        })
    })
}

#[test]
fn from_a_network_to_the_collector_of_another_project() {
    let deployments = "projects/collect/locations/global/mirroringDeploymentGroups/it";
    let endpoints = "projects/prod/locations/global/mirroringEndpointGroups/it";
    let rule = "projects/collect/regions/europe-west1/forwardingRules/sink";
    let network = "projects/prod/global/networks/web";
    let records = [
        gcp(1, "MirroringDeploymentGroup", "collect", "dana@example.com", &json!({})),
        gcp(
            2,
            "MirroringDeployment",
            "collect",
            "dana@example.com",
            &json!({"mirroringDeployment": {"forwardingRule": rule, "mirroringDeploymentGroup": deployments}}),
        ),
        gcp(
            6,
            "MirroringEndpointGroup",
            "prod",
            "erin@example.com",
            &json!({"mirroringEndpointGroup": {"mirroringDeploymentGroup": deployments}}),
        ),
        gcp(
            9,
            "MirroringEndpointGroupAssociation",
            "prod",
            "erin@example.com",
            &json!({"mirroringEndpointGroupAssociation": {"mirroringEndpointGroup": endpoints, "network": network}}),
        ),
    ]
    .concat();
    let story = only(&records);
    let flow = &story.flows[0];
    assert_eq!((&flow.sources[..], &flow.destinations[..]), (&["web".into()][..], &["sink".into()][..]));
    assert_eq!(flow.to_accounts, ["collect"]);
    assert!(reasons(&story).contains(&"another_account") && story.missing.is_empty(), "{:?}", story.missing);
    let half = only(&records[4..]);
    assert_eq!(half.missing, ["deployment group it was never seen created"]);
}

#[test]
fn every_schema_tells_the_same_story() {
    let native = only(&aws_attack());
    for schema in ["ecs", "ocsf"] {
        let (stories, _) = told_under(&format!(r#"{{"schema":"{schema}"}}"#), &aws_attack());
        assert_eq!(said(&stories[0]), said(&native), "{schema}");
    }
}

#[test]
fn without_a_year_none_is_made_up_for_people() {
    let story = only(&[
        ios(1, "monitor session 1 source interface Gi1/0/1 both"),
        ios(2, "monitor session 1 destination interface Gi1/0/24"),
    ]);
    let text = tell::text(&story, false);
    assert!(
        text.contains("├ when     05-08 14:00:01 for 1 s, still runs") && !text.contains("1970"),
        "{text}"
    );
}

#[test]
fn a_long_story_is_told_in_short() {
    let session = |number: u32| {
        let request =
            json!({"NetworkInterfaceId": format!("eni-{number}"), "TrafficMirrorTargetId": "tmt-0d1"});
        let response = json!({"trafficMirrorSession": {"trafficMirrorSessionId": format!("tms-{number}")}});
        aws(number + 2, "CreateTrafficMirrorSession", request, response)
    };
    let records: Vec<Value> = [aws_target()].into_iter().chain((0..300).map(session)).collect();
    let story = only(&records);
    assert_eq!((story.events.len(), story.events_left_out, story.flows.len()), (200, 101, 300));
    let text = tell::text(&story, false);
    assert!(text.lines().count() < 50, "{text}");
    for part in ["and 299 more flows\n", "and 292 more flows\n", "│ ┆ 277 more\n", "│ └ 2026-06-05 08:05:01"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
