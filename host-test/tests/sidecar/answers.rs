//! What goes on, in which framing and order, and what is answered.

use std::io::Write;
use std::time::Duration;

use super::{Headers, JSON, MIRROR, NDJSON, Setup, enriched};

#[test]
fn bodies_keep_their_bytes_framing_and_order() {
    let setup = Setup::new(&[]);
    let rich = enriched();
    let cases: [(Headers<'_>, String, String); 9] = [
        (&NDJSON, "{\"a\": 1}\n{\"b\":2.50}\r\n\n{\"c\":\"\\u0041\"}".into(), String::new()),
        (
            &NDJSON,
            format!("{{\"a\":1}}\n{MIRROR}\n{{\"b\":2}}\n"),
            format!("{{\"a\":1}}\n{rich}\n{{\"b\":2}}\n"),
        ),
        (&NDJSON, MIRROR.into(), rich.clone()),
        (&NDJSON, "{\"a\":1}\nnot json\n".into(), String::new()),
        (
            &JSON,
            format!("[{{\"a\": 1}} , {MIRROR},\n{{\"b\":[]}}]\n"),
            format!("[{{\"a\": 1}} , {rich},\n{{\"b\":[]}}]\n"),
        ),
        (&JSON, format!("[{MIRROR},{MIRROR}]"), format!("[{rich},{rich}]")),
        (&JSON, format!("[1,\"x\",null,{MIRROR},[2]]"), format!("[1,\"x\",null,{rich},[2]]")),
        (&JSON, "{\n \"a\": 1\n}\n".into(), String::new()),
        (&[], format!("{MIRROR}\n{{}}"), format!("{rich}\n{{}}")),
    ];
    for (headers, body, expected) in cases {
        assert_eq!(setup.post(headers, &body), (200, "delivered\n".into()), "{body}");
        let got: Vec<_> = setup.downstream.got.lock().unwrap().drain(..).collect();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].path(), "/in");
        assert_eq!(got[0].text(), if expected.is_empty() { body } else { expected });
        assert_eq!(got[0].header("content-type"), headers.first().map(|header| header.1));
    }
}

#[test]
fn a_body_without_events_is_delivered_without_a_forward() {
    let setup = Setup::new(&[]);
    for body in ["", "\n\n", "[]", "[ ]"] {
        assert_eq!(setup.post(&JSON, body).0, 200, "{body:?}");
    }
    assert!(setup.downstream.bodies().is_empty());
}

#[test]
fn compressed_bodies_go_on_plain() {
    let setup = Setup::new(&[]);
    let plain = format!("{{\"a\":1}}\n{MIRROR}\n");
    let expected = format!("{{\"a\":1}}\n{}\n", enriched());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(plain.as_bytes(), 0).unwrap();
    for (encoding, body) in [("gzip", &gzip), ("zstd", &zstd), ("identity", &plain.clone().into_bytes())] {
        assert_eq!(setup.post(&[("Content-Encoding", encoding), NDJSON[0]], body).0, 200, "{encoding}");
        assert_eq!(setup.downstream.bodies(), [expected.as_str()], "{encoding}");
    }
}

#[test]
fn large_bodies_are_shared_by_the_cores_and_keep_their_order() {
    let setup = Setup::new(&["--threads=4"]);
    let rich = enriched();
    let (mut body, mut expected) = (String::new(), String::new());
    for number in 0..60_000 {
        let line = format!("{{\"n\":{number},\"pad\":\"{}\"}}\n", "x".repeat(60));
        body.push_str(&line);
        expected.push_str(&line);
        if number % 1000 == 7 {
            body.push_str(&format!("{MIRROR}\n"));
            expected.push_str(&format!("{rich}\n"));
        }
    }
    assert!(body.len() > 4 << 20);
    assert_eq!(setup.post(&NDJSON, &body).0, 200);
    assert!(setup.downstream.bodies() == [expected]);
    assert_eq!(setup.metric("tapsieve_events_total{outcome=\"enriched\"}"), Some(60.0));
    assert_eq!(setup.metric("tapsieve_events_total{outcome=\"unchanged\"}"), Some(60_000.0));
}

/// A value that is no object costs nobody else anything, wherever it stands.
#[test]
fn nothing_is_refused_by_its_first_byte() {
    let setup = Setup::new(&[]);
    for first in ["1", "\"x\"", "null", "[1]", "[{\"a\":1", "hello", "\u{1}"] {
        for headers in [&NDJSON[..], &[]] {
            let body = format!("{first}\n{MIRROR}\n");
            assert_eq!(setup.post(headers, &body), (200, "delivered\n".into()), "{body}");
            assert_eq!(setup.downstream.bodies(), [format!("{first}\n{}\n", enriched())], "{body}");
        }
    }
}

#[test]
fn what_may_pass_is_answered_with_503() {
    let mut setup = Setup::new(&["--answer-seconds=2"]);
    for status in [500, 503, 429, 408, 401, 403, 404, 302, 400, 422] {
        setup.downstream.then(status, "no", Duration::ZERO);
        let (answer, text) = setup.post(&NDJSON, MIRROR);
        assert_eq!(answer, 503, "{status}");
        assert!(text.contains(&format!("the downstream answered {status}")), "{text}");
    }
    setup.downstream.then(200, "", Duration::from_secs(4));
    let (answer, text) = setup.post(&NDJSON, MIRROR);
    assert_eq!((answer, text.as_str()), (503, "the downstream did not answer in time\n"));
    setup.server = None;
    let (answer, text) = setup.post(&NDJSON, MIRROR);
    assert!(answer == 503 && text.contains("cannot be reached"), "{answer} {text}");
    assert_eq!(setup.metric("tapsieve_events_total{outcome=\"enriched\"}"), Some(0.0));
    assert_eq!(setup.metric("tapsieve_retries_total{reason=\"unreachable\"}"), Some(1.0));
    assert_eq!(setup.metric("tapsieve_retries_total{reason=\"timeout\"}"), Some(1.0));
    assert_eq!(setup.metric("tapsieve_retries_total{reason=\"rejected\"}"), Some(2.0));
}

#[test]
fn what_never_works_is_answered_with_400_or_413() {
    let setup = Setup::new(&[]);
    setup.downstream.then(400, "cannot parse", Duration::ZERO);
    let (answer, text) = setup.post(&NDJSON, "{\"a\":1}\n{\"b\":\n");
    assert_eq!(answer, 400);
    assert!(text.contains("cannot parse; event 2 of the batch is not JSON"), "{text}");
    setup.downstream.then(413, "", Duration::ZERO);
    let (answer, text) = setup.post(&NDJSON, MIRROR);
    assert!(answer == 413 && text.contains("send smaller ones"), "{answer} {text}");
    setup.downstream.got.lock().unwrap().clear();
    for body in ["hello", "[{\"a\":1}", "[1] 2", "\u{1}"] {
        let (answer, text) = setup.post(&JSON, body);
        assert!(answer == 400 && text.starts_with("the body is "), "{body}: {answer} {text}");
    }
    assert!(setup.downstream.bodies().is_empty());
    assert_eq!(setup.client().send("GET", "/", &[], b"").unwrap().status(), 405);
    assert_eq!(setup.client().send("POST", "/other", &[], b"{}").unwrap().status(), 404);
}
