//! The gateway between HEC senders and a strict receiver: the same answers, the same bytes, nothing lost.

#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

mod receiver;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tapsieve_host_test::http::{Client, Server};
use tapsieve_host_test::process::{Process, folder, free_address, listens, tapsieve};
use tempfile::TempDir;

use self::receiver::{TOKEN, Taken};

const MIRROR: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;
const EVENT: &str = "/services/collector/event";
const RAW: &str = "/services/collector/raw";

struct Gateway {
    process: Option<Process>,
    address: SocketAddr,
    receiver: Server,
    taken: Arc<Taken>,
    folder: TempDir,
    arguments: Vec<String>,
}

impl Gateway {
    fn new(policy: &str) -> Gateway {
        let folder = folder("hec").unwrap();
        let (module, file) = (folder.path().join("module.wasm"), folder.path().join("policy.toml"));
        fs::write(&module, tapsieve_host_test::engines::module_bytes().unwrap()).unwrap();
        fs::write(&file, policy).unwrap();
        let taken = Arc::new(Taken::default());
        let receiver = receiver::start(&taken);
        let address = free_address().unwrap();
        let arguments = vec![
            "serve".to_owned(),
            format!("--listen={address}"),
            format!("--hec=http://{}/", receiver.address()),
            format!("--module={}", module.display()),
            format!("--policy={}", file.display()),
        ];
        let mut gateway = Gateway { process: None, address, receiver, taken, folder, arguments };
        gateway.start();
        gateway
    }

    fn start(&mut self) {
        self.process = None;
        let log = self.folder.path().join("log");
        self.process = Some(Process::start(&tapsieve().unwrap(), &self.arguments, &log).unwrap());
        let said = || fs::read_to_string(&log).unwrap_or_default();
        assert!(listens(self.address, Duration::from_secs(60)), "{}", said());
    }

    fn post(&self, path: &str, body: &[u8]) -> (u16, String) {
        send(self.address, "POST", path, &[("Authorization", &format!("Splunk {TOKEN}"))], body)
    }

    fn events(&self) -> Vec<Value> {
        std::mem::take(&mut *self.taken.events.lock().unwrap())
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.taken.bodies.lock().unwrap())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.process = None;
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
    let gateway = Gateway::new("");
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
        let direct = send(gateway.receiver.address(), method, path, headers, body);
        let (direct_bodies, direct_events) = (gateway.bodies(), gateway.events());
        let through = send(gateway.address, method, path, headers, body);
        assert_eq!(direct.0, status, "{path} {case}: {}", direct.1);
        assert!(direct.1.contains(holds), "{path} {case}: {}", direct.1);
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!((through.0, json(&through.1)), (direct.0, json(&direct.1)), "{path} {case}");
        assert_eq!(
            gateway.bodies(),
            direct_bodies,
            "{path} {case}: nothing changes, compressed bytes included"
        );
        assert_eq!(gateway.events(), direct_events, "{path} {case}");
    }
}

#[test]
fn what_is_said_goes_where_hec_has_a_place_for_it() {
    let gateway = Gateway::new("");
    let text = Value::from(MIRROR).to_string();
    let body = format!(
        "{{\"time\":1.50,\"event\":{MIRROR},\"host\":\"h\"}}{{\"event\":{text},\"fields\":{{\"mirrorAction\":\"x\"}}}}\n\
         {{\"event\":{text}}} {{\"event\":[{MIRROR}]}}{{ \"event\" : 1 }}"
    );
    assert_eq!(gateway.post(EVENT, body.as_bytes()).0, 200);
    let got = String::from_utf8(gateway.bodies().remove(0)).unwrap();
    let kept = format!("{{\"time\":1.50,\"event\":{}", MIRROR.trim_end_matches('}'));
    assert!(got.starts_with(&kept) && got.ends_with("{ \"event\" : 1 }"), "{got}");
    let events = gateway.events();
    assert_eq!(events[0]["event"]["mirror"]["action"], "create");
    assert_eq!(events[0].as_object().unwrap().len(), 3);
    assert_eq!((&events[1]["event"], &events[1]["fields"]["mirrorAction"]), (&json!(MIRROR), &json!("x")));
    for event in &events[1..4] {
        assert_eq!(event["fields"]["mirror.action"], "create", "{event}");
        assert_eq!(event["fields"]["mirror.schema"], "1", "{event}");
    }
    // A second hop changes nothing.
    assert_eq!(gateway.post(EVENT, got.as_bytes()).0, 200);
    assert_eq!(String::from_utf8(gateway.bodies().remove(0)).unwrap(), got);
    gateway.events();

    let line = "<189>Nov 1 12:00:00 sw1 %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:monitor session 1 source interface Gi1/0/1";
    let body = format!("one\r{line}\r\n{MIRROR}\ntwo");
    assert_eq!(gateway.post(RAW, body.as_bytes()).0, 200);
    let got = gateway.events();
    let got: Vec<_> = got.iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!((got[0], got[3]), ("one", "two"));
    let said = got[1].strip_prefix(line).unwrap();
    assert!(said.starts_with(' ') && said.contains(" mirror.action=\""), "{said}");
    let object: Value = serde_json::from_str(got[2]).unwrap();
    assert_eq!(object["mirror"]["action"], "create");
}

#[test]
fn what_is_compressed_stays_so_and_what_is_dropped_does_not_go_on() {
    let gateway = Gateway::new("keep = \"mirror\"\n");
    let headers = [("Authorization", &*format!("Splunk {TOKEN}")), ("Content-Encoding", "gzip")];
    let body = gzip(format!("{{\"event\":{{\"a\":1}}}}{{\"event\":{MIRROR}}}").as_bytes());
    assert_eq!(send(gateway.address, "POST", EVENT, &headers, &body).0, 200);
    assert!(gateway.bodies().remove(0).starts_with(&[0x1f, 0x8b]));
    let events = gateway.events();
    assert_eq!((events.len(), &events[0]["event"]["mirror"]["action"]), (1, &json!("create")));
    let (status, text) = gateway.post(EVENT, b"{\"event\":{\"a\":1}}");
    assert_eq!((status, text.as_str()), (200, r#"{"text":"Success","code":0}"#));
    assert!(gateway.bodies().is_empty());
}

/// Every acknowledged event is at the receiver with its whole payload, whatever happens to either side.
#[test]
fn nothing_acknowledged_is_lost() {
    let mut gateway = Gateway::new("");
    let mut acknowledged = Vec::new();
    for number in 0..60 {
        let event = json!({"number": number, "text": "x".repeat(1300)});
        let body = json!({"event": event}).to_string();
        let faults: &[(u16, &str)] = match number % 6 {
            1 => &[(503, r#"{"text":"Server is busy","code":9}"#)],
            2 => &[(429, "slow down")],
            3 => &[(400, r#"{"text":"Invalid data format","code":6}"#)],
            _ => &[],
        };
        gateway.taken.faults.lock().unwrap().extend(faults);
        if number % 20 == 10 {
            gateway.process.as_ref().unwrap().signal("KILL");
            gateway.start();
        }
        let (status, text) = gateway.post(EVENT, body.as_bytes());
        match faults.first() {
            Some(fault) => assert_eq!((status, text.as_str()), *fault),
            None => {
                assert_eq!(status, 200, "{text}");
                acknowledged.push(event);
            }
        }
    }
    let got: Vec<Value> = gateway.events().into_iter().map(|event| event["event"].clone()).collect();
    assert_eq!(got, acknowledged);
    assert_eq!(got.len(), 30);
    // Nobody there: 503 with code 9.
    gateway.receiver = receiver::start(&Arc::new(Taken::default()));
    let (status, text) = gateway.post(EVENT, b"{\"event\":1}");
    assert_eq!((status, text.as_str()), (503, r#"{"text":"Server is busy","code":9}"#));
}
