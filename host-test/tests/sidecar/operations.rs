//! Starting, stopping, reloading, and what is told about it.

use std::fs;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tapsieve_host_test::http::{Client, Message};
use tapsieve_host_test::process::{folder, tapsieve, until};

use super::{MIRROR, NDJSON, Setup, enriched};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn stopping_finishes_what_was_accepted() {
    let setup = Setup::new(&[]);
    setup.downstream.then(200, "", Duration::from_secs(1));
    let address = setup.address;
    let waiting =
        std::thread::spawn(move || Client::new(address).send("POST", "/", &NDJSON, MIRROR.as_bytes()));
    assert!(until(PATIENCE, || !setup.downstream.got.lock().unwrap().is_empty()));
    setup.process.signal("TERM");
    assert_eq!(waiting.join().unwrap().unwrap().status(), 200);
    assert!(setup.process.ended(PATIENCE));
    assert_eq!(setup.downstream.bodies(), [enriched()]);
    assert!(setup.log().contains("finished=true"), "{}", setup.log());
    assert!(setup.client().send("GET", "/healthz", &[], b"").is_err());
}

#[test]
fn reloading_under_load_loses_nothing() {
    let setup = Setup::new(&[]);
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = setup.client();
                while !stop.load(Ordering::SeqCst) {
                    let answer = client.send("POST", "/", &NDJSON, MIRROR.as_bytes()).unwrap();
                    assert_eq!(answer.status(), 200);
                    sent.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for round in 1..=3 {
            setup.process.signal("HUP");
            let name = "tapsieve_reloads_total{outcome=\"success\"}";
            assert!(until(PATIENCE, || setup.metric(name) == Some(f64::from(round))), "{}", setup.log());
        }
        // A module that cannot be used changes nothing.
        fs::write(&setup.module, "no module").unwrap();
        setup.process.signal("HUP");
        let name = "tapsieve_reloads_total{outcome=\"failure\"}";
        assert!(until(PATIENCE, || setup.metric(name) == Some(1.0)), "{}", setup.log());
        stop.store(true, Ordering::SeqCst);
    });
    let expected = enriched();
    let bodies = setup.downstream.bodies();
    assert_eq!(bodies.len() as u64, sent.load(Ordering::SeqCst));
    assert!(bodies.iter().all(|body| *body == expected));
}

#[test]
fn a_policy_is_in_force_and_read_again() {
    let folder = folder("sidecar-policy").unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, "keep = \"mirror\"\n").unwrap();
    let setup = Setup::new(&["--policy", policy.to_str().unwrap()]);
    let body = format!("{MIRROR}\n{{\"a\":1}}\n");
    assert_eq!(setup.post(&NDJSON, &body).0, 200);
    let rich = enriched() + "\n";
    assert_eq!(setup.downstream.bodies(), std::slice::from_ref(&rich));
    // A policy that is refused changes nothing, one that is not is in force for the next batch.
    for (text, outcome) in [("keep = \"mirorr\"\n", "failure"), ("keep = \"all\"\n", "success")] {
        fs::write(&policy, text).unwrap();
        setup.process.signal("HUP");
        let name = format!("tapsieve_reloads_total{{outcome=\"{outcome}\"}}");
        assert!(until(PATIENCE, || setup.metric(&name) == Some(1.0)), "{}", setup.log());
        assert_eq!(setup.post(&NDJSON, &body).0, 200);
    }
    assert!(setup.log().contains("did you mean `mirror`"), "{}", setup.log());
    assert_eq!(setup.downstream.bodies(), [rich.clone(), rich + "{\"a\":1}\n"]);
}

#[test]
fn health_and_numbers_are_told() {
    let setup = Setup::new(&["--log=json"]);
    assert_eq!(setup.get("/healthz"), (200, "ok\n".into()));
    assert_eq!(setup.get("/readyz"), (200, "ready\n".into()));
    let body = format!("{MIRROR}\n{{\"a\":1}}\n");
    assert_eq!(setup.post(&NDJSON, &body).0, 200);
    let rich = enriched();
    let expected = [
        ("tapsieve_events_total{outcome=\"unchanged\"}", 1.0),
        ("tapsieve_events_total{outcome=\"enriched\"}", 1.0),
        ("tapsieve_events_total{outcome=\"dropped\"}", 0.0),
        ("tapsieve_mirror_events_total{provider=\"aws\",action=\"create\",outcome=\"enriched\"}", 1.0),
        ("tapsieve_batch_bytes_in_total", body.len() as f64),
        ("tapsieve_batch_bytes_out_total", (body.len() + rich.len() - MIRROR.len()) as f64),
        ("tapsieve_batch_seconds_count", 1.0),
        ("tapsieve_requests_total{status=\"200\"}", 1.0),
        ("tapsieve_events_unanswered_total", 0.0),
        ("tapsieve_in_flight_bytes", 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(setup.metric(name), Some(value), "{name}\n{}", setup.get("/metrics").1);
    }
    assert!(setup.metric("tapsieve_module_seconds_total").is_some_and(|seconds| seconds > 0.0));
    for line in setup.log().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn batches_come_over_tls() {
    // A certificate for `localhost` that signs itself, made for this test.
    let folder = tapsieve_host_test::root().join("host-test/tests/sidecar");
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let setup = Setup::new(&[
        &format!("--tls-cert={}", certificate.display()),
        &format!("--tls-key={}", key.display()),
    ]);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(client, TcpStream::connect(setup.address).unwrap());
    let length = MIRROR.len();
    let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{MIRROR}");
    stream.write_all(request.as_bytes()).unwrap();
    let answer = Message::read(&mut BufReader::new(stream)).unwrap().unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "delivered\n"));
    assert_eq!(setup.downstream.bodies(), [enriched()]);
    // Plain text on the same port is no request.
    assert!(setup.client().send("GET", "/healthz", &[], b"").is_err());
}

#[test]
fn what_makes_no_sense_is_said_at_the_start() {
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--forward=http://127.0.0.1:1/", "--listen=0.0.0.0:0"], 2, "a token is required"),
        (&["--forward=ftp://127.0.0.1/"], 2, "not an http or https address"),
        (&["--forward=http://127.0.0.1:1/", "--body-mib=64", "--in-flight-mib=32"], 2, "allow for one body"),
        (&["--forward=http://127.0.0.1:1/", "--module=/nowhere.wasm"], 3, "/nowhere.wasm"),
        (&["--forward=http://127.0.0.1:1/", "--tls-cert=x"], 2, "--tls-key"),
    ];
    for (arguments, code, message) in cases {
        let output = Command::new(tapsieve().unwrap()).arg("serve").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
}
