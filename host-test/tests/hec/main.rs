//! The gateway between HEC senders and a strict receiver: the same answers, the same bytes, nothing lost.

#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod faults;
mod network;
mod requests;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tapsieve_host_test::hec::{EVENT, Gateway, Receiver, TOKEN};
use tapsieve_host_test::http::Client;

const MIRROR: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;
const RAW: &str = "/services/collector/raw";

/// What a receiver has taken.
#[derive(Default)]
struct Taken {
    bodies: Mutex<Vec<Vec<u8>>>,
    events: Mutex<Vec<Value>>,
}

struct Setup {
    gateway: Gateway,
    receiver: Receiver,
    taken: Arc<Taken>,
}

impl Setup {
    fn new(policy: &str, more: &[&str]) -> Setup {
        let taken = Arc::new(Taken::default());
        let take = taken.clone();
        let receiver = Receiver::start(Duration::ZERO, move |body, events| {
            take.bodies.lock().unwrap().push(body.to_vec());
            take.events.lock().unwrap().extend(events);
        });
        let receiver = receiver.unwrap();
        let gateway = Gateway::start(receiver.address(), policy, more).unwrap();
        Setup { gateway, receiver, taken }
    }

    fn post(&self, path: &str, body: &[u8]) -> (u16, String) {
        send(self.gateway.address, "POST", path, &[("Authorization", &format!("Splunk {TOKEN}"))], body)
    }

    fn events(&self) -> Vec<Value> {
        std::mem::take(&mut *self.taken.events.lock().unwrap())
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.taken.bodies.lock().unwrap())
    }
}

fn send(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let answer = Client::new(to).send(method, path, headers, body).unwrap();
    (answer.status(), answer.text())
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn the_answers_are_the_receivers() {
    let setup = Setup::new("", &[]);
    let good = format!("Splunk {TOKEN}");
    let token = [("Authorization", good.as_str())];
    let bearer = format!("Bearer {TOKEN}");
    let channel = [token[0], ("X-Splunk-Request-Channel", "FE0ECFAD-13D5-401B-847D-77833BD77131")];
    let zipped = gzip(b"{\"event\":1}");
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);
    let cases: [Case<'_>; 24] = [
        ("POST", EVENT, &token, b"{\"event\":\"a\"}", 200, "\"code\":0"),
        ("POST", "/services/collector", &token, b"{\"event\":1}{\"event\":2}", 200, "\"code\":0"),
        (
            "POST",
            "/services/collector/event/1.0",
            &token,
            b"[{\"event\":1},{\"event\":2}]",
            200,
            "\"code\":0",
        ),
        ("POST", "/api/v1/ingest/hec", &token, b"{\"event\":{}}\n{\"event\":[1]}\n", 200, "\"code\":0"),
        ("POST", EVENT, &[("Authorization", &bearer)], b"{\"event\":\"a\"}", 200, "\"code\":0"),
        ("POST", EVENT, &[], b"{\"event\":\"a\"}", 401, "\"code\":2"),
        ("POST", EVENT, &[("Authorization", "Digest x")], b"{\"event\":1}", 401, "\"code\":3"),
        ("POST", EVENT, &[("Authorization", "Splunk no")], b"{\"event\":1}", 403, "\"code\":4"),
        ("POST", EVENT, &token, b"", 400, "\"code\":5"),
        ("POST", EVENT, &token, b" \n", 400, "\"code\":5"),
        ("POST", EVENT, &token, b"{\"event\":1}{", 400, "\"code\":6"),
        ("POST", EVENT, &token, b"not json", 400, "\"code\":6"),
        ("POST", EVENT, &token, b"{\"time\":1}", 400, "\"code\":12"),
        ("POST", EVENT, &token, b"{\"event\":\"\"}", 400, "\"code\":13"),
        ("POST", EVENT, &token, b"{\"event\":1,\"fields\":{\"a\":{}}}", 400, "\"code\":15"),
        ("POST", EVENT, &channel, b"{\"event\":1}", 200, "\"ackId\":0"),
        ("POST", "/services/collector/event?channel=1", &token, b"{\"event\":1}", 200, "\"ackId\":0"),
        ("POST", "/services/collector/ack", &channel, b"{\"acks\":[0]}", 200, "\"0\":true"),
        ("POST", "/services/collector/ack", &token, b"{\"acks\":[0]}", 400, "\"code\":10"),
        ("POST", RAW, &token, b"one\ntwo\rthree\r\n", 200, "\"code\":0"),
        ("POST", "/api/v1/ingest/hec/raw", &token, b"one", 200, "\"code\":0"),
        ("POST", RAW, &token, b"\r\n", 400, "\"code\":5"),
        ("GET", "/services/collector/health", &[], b"", 200, "\"code\":17"),
        ("POST", "/services/nothing", &token, b"{\"event\":1}", 404, "\"code\":404"),
    ];
    let zip = [token[0], ("Content-Encoding", "gzip")];
    let zips: [Case<'_>; 2] = [
        ("POST", EVENT, &zip, &zipped, 200, "\"code\":0"),
        ("POST", EVENT, &zip, b"no gzip", 400, "\"code\":6"),
    ];
    for (method, path, headers, body, status, holds) in cases.into_iter().chain(zips) {
        let case = String::from_utf8_lossy(body).into_owned();
        let direct = send(setup.receiver.address(), method, path, headers, body);
        let (direct_bodies, direct_events) = (setup.bodies(), setup.events());
        let through = send(setup.gateway.address, method, path, headers, body);
        assert_eq!(direct.0, status, "{path} {case}: {}", direct.1);
        assert!(direct.1.contains(holds), "{path} {case}: {}", direct.1);
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!((through.0, json(&through.1)), (direct.0, json(&direct.1)), "{path} {case}");
        assert_eq!(
            setup.bodies(),
            direct_bodies,
            "{path} {case}: nothing changes, compressed bytes included"
        );
        assert_eq!(setup.events(), direct_events, "{path} {case}");
    }
}

#[test]
fn what_is_said_goes_where_hec_has_a_place_for_it() {
    let setup = Setup::new("", &[]);
    let text = Value::from(MIRROR).to_string();
    let body = format!(
        "{{\"time\":1.50,\"event\":{MIRROR},\"host\":\"h\"}}{{\"event\":{text},\"fields\":{{\"mirrorAction\":\"x\"}}}}\n\
         {{\"event\":{text}}} {{\"event\":[{MIRROR}]}}{{ \"event\" : 1 }}"
    );
    assert_eq!(setup.post(EVENT, body.as_bytes()).0, 200);
    let got = String::from_utf8(setup.bodies().remove(0)).unwrap();
    let kept = format!("{{\"time\":1.50,\"event\":{}", MIRROR.trim_end_matches('}'));
    assert!(got.starts_with(&kept) && got.ends_with("{ \"event\" : 1 }"), "{got}");
    let events = setup.events();
    assert_eq!(events[0]["event"]["mirror"]["action"], "create");
    assert_eq!(events[0].as_object().unwrap().len(), 3);
    assert_eq!((&events[1]["event"], &events[1]["fields"]["mirrorAction"]), (&json!(MIRROR), &json!("x")));
    for event in &events[1..4] {
        assert_eq!(event["fields"]["mirror.action"], "create", "{event}");
        assert_eq!(event["fields"]["mirror.schema"], "1", "{event}");
    }
    // A second hop changes nothing.
    assert_eq!(setup.post(EVENT, got.as_bytes()).0, 200);
    assert_eq!(String::from_utf8(setup.bodies().remove(0)).unwrap(), got);
    setup.events();

    let line = "<189>Nov 1 12:00:00 sw1 %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:monitor session 1 source interface Gi1/0/1";
    let body = format!("one\r{line}\r\n{MIRROR}\ntwo");
    assert_eq!(setup.post(RAW, body.as_bytes()).0, 200);
    let got = setup.events();
    let got: Vec<_> = got.iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!((got[0], got[3]), ("one", "two"));
    let said = got[1].strip_prefix(line).unwrap();
    assert!(said.starts_with(' ') && said.contains(" mirror.action=\""), "{said}");
    let object: Value = serde_json::from_str(got[2]).unwrap();
    assert_eq!(object["mirror"]["action"], "create");
}

#[test]
fn what_is_compressed_stays_so_and_what_is_dropped_does_not_go_on() {
    let setup = Setup::new("keep = \"mirror\"\n", &[]);
    let headers = [("Authorization", &*format!("Splunk {TOKEN}")), ("Content-Encoding", "gzip")];
    let body = gzip(format!("{{\"event\":{{\"a\":1}}}}{{\"event\":{MIRROR}}}").as_bytes());
    assert_eq!(send(setup.gateway.address, "POST", EVENT, &headers, &body).0, 200);
    assert!(setup.bodies().remove(0).starts_with(&[0x1f, 0x8b]));
    let events = setup.events();
    assert_eq!((events.len(), &events[0]["event"]["mirror"]["action"]), (1, &json!("create")));
    let (status, text) = setup.post(EVENT, b"{\"event\":{\"a\":1}}");
    assert_eq!((status, text.as_str()), (200, r#"{"text":"Success","code":0}"#));
    assert!(setup.bodies().is_empty());
}
