//! Bodies and clients that mean harm: a clear answer, bounded memory, and the next request works.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tapsieve_host_test::http::Client;

use super::{MIRROR, NDJSON, Setup};

/// Far above what the limits in these tests allow, far below what is sent.
const MEMORY_KIB_MAX: u64 = 80 << 10;

/// The sidecar has stayed within its memory and takes the next batch.
fn is_well(setup: &Setup) {
    assert_eq!(setup.post(&NDJSON, MIRROR), (200, "delivered\n".into()));
    let peak = setup.process.usage().unwrap().peak_kib;
    assert!(peak < MEMORY_KIB_MAX, "{peak} KiB");
}

#[test]
fn a_body_of_100_mib_is_refused() {
    let setup = Setup::new(&["--body-mib=8", "--in-flight-mib=16"]);
    let body = vec![b'{'; 100 << 20];
    let (status, text) = setup.post(&NDJSON, &body);
    assert_eq!(status, 413);
    assert!(text.contains("the limit is 8388608 bytes"), "{text}");
    // The same in pieces, whose end is not announced.
    let mut stream = TcpStream::connect(setup.address).unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        stream.write_all(b"100000\r\n").unwrap();
        stream.write_all(&piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    is_well(&setup);
}

#[test]
fn bombs_are_refused() {
    let setup = Setup::new(&["--body-mib=8", "--in-flight-mib=16"]);
    let zeros = vec![b' '; 256 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&zeros).unwrap();
    let bombs = [("gzip", gzip.finish().unwrap()), ("zstd", zstd::encode_all(zeros.as_slice(), 3).unwrap())];
    for (encoding, bomb) in bombs {
        assert!(bomb.len() < 1 << 20);
        let (status, text) = setup.post(&[("Content-Encoding", encoding)], &bomb);
        assert!(status == 413 && text.contains("uncompressed"), "{encoding}: {status} {text}");
        is_well(&setup);
    }
}

#[test]
fn data_that_is_not_what_its_encoding_says_is_refused() {
    let setup = Setup::new(&[]);
    for encoding in ["gzip", "zstd"] {
        let (status, text) = setup.post(&[("Content-Encoding", encoding)], "{\"a\":1}");
        assert!(status == 400 && text.contains(encoding), "{encoding}: {status} {text}");
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(b"{\"a\":1}\n{\"b\":2}\n").unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(setup.post(&[("Content-Encoding", "gzip")], &gzip[..gzip.len() - 9]).0, 400);
    let (status, text) = setup.post(&[("Content-Encoding", "br")], "x");
    assert!(status == 415 && text.contains("`br`"), "{status} {text}");
    assert!(setup.downstream.bodies().is_empty());
    is_well(&setup);
}

#[test]
fn a_batch_with_too_many_events_is_refused() {
    let setup = Setup::new(&[]);
    let (status, text) = setup.post(&NDJSON, "{}\n".repeat(3 << 20));
    assert!(status == 413 && text.contains("events"), "{status} {text}");
}

#[test]
fn slow_clients_and_half_requests_harm_nobody() {
    let setup = Setup::new(&["--read-seconds=1", "--connections=40"]);
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut half = TcpStream::connect(setup.address).unwrap();
        half.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"a\"").unwrap();
        slow.push(half);
    }
    let mut gone = TcpStream::connect(setup.address).unwrap();
    gone.write_all(b"POST / HTT").unwrap();
    drop(gone);
    is_well(&setup);
    for mut half in slow {
        half.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut answer = [0; 12];
        half.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 408");
    }
    assert!(setup.downstream.bodies().len() == 1);
    is_well(&setup);
}

/// What counts is what has arrived, not what was announced.
#[test]
fn announcing_much_takes_nothing_from_others() {
    let setup = Setup::new(&["--body-mib=32", "--in-flight-mib=32"]);
    let announced: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut half = TcpStream::connect(setup.address).unwrap();
            half.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n{").unwrap();
            half
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    let began = std::time::Instant::now();
    is_well(&setup);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(announced);
}

#[test]
fn a_downstream_that_answers_before_it_has_read_is_not_believed() {
    let mut setup = Setup::new(&[]);
    let address = setup.server.take().unwrap().address();
    let listener = std::net::TcpListener::bind(address).unwrap();
    let hasty = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 100]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_secs(2));
    });
    let (status, text) = setup.post(&NDJSON, format!("{{\"a\":\"{}\"}}\n", "x".repeat(20_000)).repeat(1500));
    assert!(status == 503 && text.contains("answered before it had read"), "{status} {text}");
    hasty.join().unwrap();
}

#[test]
fn more_than_fits_in_memory_waits_or_is_sent_again() {
    let setup = Setup::new(&["--body-mib=4", "--in-flight-mib=4", "--read-seconds=20"]);
    for _ in 0..4 {
        setup.downstream.then(200, "", Duration::from_millis(300));
    }
    let body = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 << 20));
    let address = setup.address;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let answer = Client::new(address).send("POST", "/", &NDJSON, body.as_bytes()).unwrap();
                assert_eq!(answer.status(), 200, "{}", answer.text());
            });
        }
    });
    assert_eq!(setup.downstream.bodies().len(), 4);
    is_well(&setup);
}

/// Small bodies of which very much is to be said take neither all memory nor all cores.
#[test]
fn who_makes_much_be_said_leaves_others_room() {
    let folder = tapsieve_host_test::process::folder("much").unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "schema = \"ocsf\"\n").unwrap();
    let setup = Setup::new(&["--body-mib=8", "--in-flight-mib=16", "--policy", policy.to_str().unwrap()]);
    let events = b"{\"eventName\":\"CreateTrafficMirrorSession\"}\n".repeat(190_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&events).unwrap();
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 32 << 10);
    let (done, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
    let honest = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1300)).repeat(100);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let headers = [("Content-Encoding", "gzip"), NDJSON[0]];
                    let status = setup.client().send("POST", "/", &headers, &bomb).unwrap().status();
                    assert!([413, 503].contains(&status), "{status}");
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let is_served = || {
            let mut client = setup.client();
            let mut sent = 0;
            while sent < 100 || refused.load(Ordering::SeqCst) < 8 {
                let answer = client.send("POST", "/", &NDJSON, honest.as_bytes()).unwrap();
                assert_eq!(answer.status(), 200, "{sent}: {}", answer.text());
                sent += 1;
            }
        };
        let served = std::thread::Builder::new().spawn_scoped(scope, is_served).unwrap().join();
        done.store(true, Ordering::SeqCst);
        assert!(served.is_ok());
    });
    assert!(setup.downstream.bodies().iter().all(|body| *body == honest));
    // One of these bodies would be answered with 170 MiB. A freed page is given back only after a while, so that how much is
    // resident is twice what is used, or more.
    let peak = setup.process.usage().unwrap().peak_kib;
    assert!(peak < 2 * MEMORY_KIB_MAX, "{peak} KiB");
}

#[test]
fn a_wrong_token_is_refused() {
    let folder = tapsieve_host_test::process::folder("token").unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret\n").unwrap();
    let setup = Setup::new(&[&format!("--token-file={}", file.display())]);
    for headers in [&[][..], &[("Authorization", "Bearer secre")], &[("Authorization", "Basic secret")]] {
        let (status, text) = setup.post(headers, MIRROR);
        assert_eq!((status, text.as_str()), (401, "the bearer token is missing or wrong\n"));
    }
    assert_eq!(setup.get("/metrics").0, 401);
    assert_eq!(setup.get("/healthz").0, 200);
    assert!(setup.downstream.bodies().is_empty());
    assert_eq!(setup.post(&[("Authorization", "Bearer secret")], MIRROR).0, 200);
}
