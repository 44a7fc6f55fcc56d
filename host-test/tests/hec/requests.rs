//! Requests as real senders and bad ones make them, byte for byte: a clear answer, and the next request works.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tapsieve_host_test::hec::TOKEN;

use super::{EVENT, Setup, gzip, send};

const SUCCESS: &str = r#"{"code":0,"text":"Success"}"#;

/// A connection of which every byte is written by hand.
struct Wire(TcpStream);

impl Wire {
    fn new(setup: &Setup) -> Wire {
        let stream = TcpStream::connect(setup.gateway.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Wire(stream)
    }

    fn write(&mut self, text: impl AsRef<[u8]>) -> &mut Wire {
        self.0.write_all(text.as_ref()).unwrap();
        self
    }

    /// Reads until `end` has come, or the other side has closed.
    fn until(&mut self, end: &str) -> String {
        let mut all = Vec::new();
        let mut byte = [0];
        while !all.ends_with(end.as_bytes()) && self.0.read(&mut byte).unwrap_or(0) == 1 {
            all.push(byte[0]);
        }
        String::from_utf8(all).unwrap()
    }
}

fn head(first: &str, more: &str) -> String {
    format!("{first}\r\nHost: x\r\nAuthorization: Splunk {TOKEN}\r\n{more}\r\n")
}

const POST: &str = "POST /services/collector/event HTTP/1.1";

#[test]
fn a_body_in_chunks_goes_on_whole() {
    let setup = Setup::new("", &[]);
    let mut wire = Wire::new(&setup);
    wire.write(head(POST, "Transfer-Encoding: chunked\r\n")).write("5\r\n{\"eve\r\n8;x=y\r\nnt\":\"a\"}\r\n");
    let answer = wire.write("0\r\nTrailer: 1\r\n\r\n").until(SUCCESS);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(setup.bodies(), [b"{\"event\":\"a\"}"]);
}

#[test]
fn http_1_0_and_pipelined_requests_are_answered_in_order() {
    let setup = Setup::new("", &[]);
    let mut wire = Wire::new(&setup);
    let first = head(POST, "Content-Length: 11\r\n") + "{\"event\":1}";
    let second = head("POST /nothing HTTP/1.1", "Content-Length: 11\r\n") + "{\"event\":2}";
    let third = head(POST, "Content-Length: 11\r\n") + "{\"event\":3}";
    wire.write(first + &second + &third);
    assert!(wire.until(SUCCESS).starts_with("HTTP/1.1 200"));
    assert!(wire.until("\"code\":404}").starts_with("HTTP/1.1 404"));
    assert!(wire.until(SUCCESS).starts_with("HTTP/1.1 200"));
    let mut wire = Wire::new(&setup);
    let old = head("POST /services/collector/event HTTP/1.0", "Content-Length: 11\r\n") + "{\"event\":4}";
    let answer = wire.write(old).until("nothing ends it but the connection's end");
    assert!(answer.starts_with("HTTP/1.0 200") && answer.ends_with(SUCCESS), "{answer}");
    assert_eq!(setup.bodies().len(), 3);
}

#[test]
fn who_waits_for_100_continue_is_told_to_go_on() {
    let setup = Setup::new("", &[]);
    let mut wire = Wire::new(&setup);
    wire.write(head(POST, "Content-Length: 11\r\nExpect: 100-continue\r\n"));
    assert_eq!(wire.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    assert!(wire.write("{\"event\":1}").until(SUCCESS).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_connection_works_on_after_a_refusal() {
    let setup = Setup::new("", &["--body-mib=1"]);
    let mut client = tapsieve_host_test::http::Client::new(setup.gateway.address);
    let token = format!("Splunk {TOKEN}");
    let headers = [("Authorization", token.as_str())];
    let zip = [headers[0], ("Content-Encoding", "gzip")];
    let brotli = [headers[0], ("Content-Encoding", "br")];
    let trailing = [gzip(b"{\"event\":1}"), b"more".to_vec()].concat();
    let large = vec![b' '; 2 << 20];
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16);
    let cases: [Case<'_>; 6] = [
        (&headers, &large, 413),
        (&zip, b"no gzip", 400),
        (&zip, &trailing, 400),
        (&zip, &[], 400),
        (&brotli, b"{\"event\":1}", 415),
        (&headers, b" \r\n\t", 400),
    ];
    for (headers, body, status) in cases {
        assert_eq!(client.send("POST", EVENT, headers, body).unwrap().status(), status);
        assert_eq!(client.send("POST", EVENT, &[zip[0]], b"{\"event\":1}").unwrap().status(), 200);
    }
}

#[test]
fn other_methods_get_the_receivers_answer() {
    let setup = Setup::new("", &[]);
    let token = format!("Splunk {TOKEN}");
    for method in ["GET", "PUT", "OPTIONS", "DELETE"] {
        let direct = send(setup.receiver.address(), method, EVENT, &[("Authorization", &token)], b"");
        let through = send(setup.gateway.address, method, EVENT, &[("Authorization", &token)], b"");
        assert_eq!((through.0, &through.1), (405, &direct.1), "{method}");
    }
    let mut wire = Wire::new(&setup);
    wire.write(head("HEAD /services/collector/health HTTP/1.1", "Connection: close\r\n"));
    let answer = wire.until("nothing ends it but the connection's end");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(setup.bodies().is_empty());
}

#[test]
fn a_body_that_does_not_come_costs_its_sender_only() {
    let setup = Setup::new("", &["--read-seconds=1"]);
    let mut slow: Vec<_> = (0..20).map(|_| Wire::new(&setup)).collect();
    for wire in &mut slow {
        wire.write(head(POST, "Content-Length: 100\r\n")).write("{");
    }
    assert_eq!(setup.post(EVENT, b"{\"event\":1}").0, 200);
    for wire in &mut slow {
        let answer = wire.until("\"code\":9}");
        // Every sender sends again what is answered so.
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    assert_eq!(setup.bodies().len(), 1);
}

#[test]
fn a_list_of_tokens_takes_those_in_it_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, format!("another\n{TOKEN}\n")).unwrap();
    let setup = Setup::new("", &[&format!("--hec-tokens-file={}", file.display())]);
    let cases = [
        (format!("Splunk {TOKEN}"), 200, "\"code\":0"),
        (format!("bearer {TOKEN}"), 401, "\"code\":3"),
        ("Splunk another".into(), 403, "\"code\":4"),
        ("Splunk no".into(), 403, "\"code\":4"),
        ("Digest x".into(), 401, "\"code\":3"),
    ];
    for (authorization, status, holds) in cases {
        let headers = [("Authorization", authorization.as_str())];
        let (got, text) = send(setup.gateway.address, "POST", EVENT, &headers, b"{\"event\":1}");
        assert!(got == status && text.contains(holds), "{authorization}: {got} {text}");
    }
    let (got, text) = send(setup.gateway.address, "POST", EVENT, &[], b"{\"event\":1}");
    assert!(got == 401 && text.contains("\"code\":2"), "{got} {text}");
}
