//! Clients that are slow on purpose, in any number: they give way, others are answered while they stand, and probes always.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tapsieve_host_test::http::Client;
use tapsieve_host_test::process::until;

use super::{MIRROR, NDJSON, Setup};

const PATIENCE: Duration = Duration::from_secs(30);
/// Requests are worked on for so many connections at once, and so many may be open.
const CONNECTIONS: usize = 200;
const OPEN_MAX: usize = 250;
/// How many were told to come again while they waited for their turn.
const QUEUED: &str = "tapsieve_connections_gave_way_total{reason=\"queued\"}";
/// Nobody is closed because time is up.
const NO_TIME_OUT: &str = "--read-seconds=3600";

/// What a slow client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    SendsNothing,
    SendsHalfAHead,
    SendsOneByteOfABody,
    SendsAByteNowAndThen,
    DoesNotReadItsAnswer,
}

impl Slow {
    /// A connection; what is sent over one that was closed meanwhile does not matter.
    fn open(self, address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "POST / HTTP/1.1\r\nHost: x\r\n";
        let text = match self {
            Slow::SendsNothing => String::new(),
            Slow::SendsHalfAHead => "POST / HTTP/1.1\r\nHos".into(),
            Slow::SendsOneByteOfABody | Slow::SendsAByteNowAndThen => {
                format!("{head}Content-Length: 1000000\r\n\r\n{{")
            }
            Slow::DoesNotReadItsAnswer => format!("{head}Content-Length: {}\r\n\r\n{MIRROR}", MIRROR.len()),
        };
        let _ = stream.write_all(text.as_bytes());
        stream.set_nonblocking(true).unwrap();
        stream
    }
}

/// Whether nobody has closed it.
fn stands(mut stream: &TcpStream) -> bool {
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// Asks all three over connections of their own.
fn probes_answer(address: SocketAddr) {
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = Client::new(address).send("GET", path, &[], b"");
        assert_eq!(answer.map(|answer| answer.status()).unwrap(), 200, "{path}");
    }
}

/// Sends 200 bodies, half of them over one connection and half over new ones.
fn is_served(address: SocketAddr) {
    let mut kept = Client::new(address);
    for number in 0..100 {
        for client in [&mut kept, &mut Client::new(address)] {
            let answer = client.send("POST", "/", &NDJSON, MIRROR.as_bytes()).unwrap();
            assert_eq!(answer.status(), 200, "{number}: {}", answer.text());
        }
        if number % 25 == 0 {
            probes_answer(address);
        }
    }
}

/// How many connections were closed for the sake of others.
fn gave_way(setup: &Setup) -> usize {
    let text = setup.get("/metrics").1;
    let lines = text.lines().filter(|line| line.starts_with("tapsieve_connections_gave_way_total{"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

fn slow_clients_give_way(slow: Slow, count: usize) {
    let setup = Setup::new(&[&format!("--connections={CONNECTIONS}"), NO_TIME_OUT]);
    let streams: Vec<TcpStream> = (0..count).map(|_| slow.open(setup.address)).collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        if slow == Slow::SendsAByteNowAndThen {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    for mut stream in &streams {
                        let _ = stream.write_all(b"x");
                    }
                    thread::sleep(Duration::from_millis(100));
                }
            });
        }
        let served = thread::Builder::new().spawn_scoped(scope, || is_served(setup.address)).unwrap().join();
        done.store(true, Ordering::SeqCst);
        assert!(served.is_ok(), "{slow:?} {count}: {}", setup.get("/metrics").1);
    });
    // They were not gone before: as many still stand as there is room for, but for those whose room others needed.
    let standing = || streams.iter().filter(|stream| stands(stream)).count();
    assert!(until(PATIENCE, || standing() <= OPEN_MAX), "{slow:?} {count}: {} stand", standing());
    let left = standing();
    assert!(left > OPEN_MAX / 4, "{slow:?} {count}: {left} stand");
    // Others that have just gone may be counted too.
    let counted = gave_way(&setup);
    assert!(counted >= count - left, "{slow:?} {count}: {counted} counted, {left} stand");
    let used = setup.process.usage().unwrap().peak_kib;
    assert!(used < 160 << 10, "{slow:?} {count}: {used} KiB");
}

#[test]
fn slow_clients_give_way_to_others() {
    use Slow::*;
    for slow in
        [SendsNothing, SendsHalfAHead, SendsOneByteOfABody, SendsAByteNowAndThen, DoesNotReadItsAnswer]
    {
        for count in [300, 1000] {
            slow_clients_give_way(slow, count);
        }
    }
}

/// Bodies that have come in part hold memory, and give it back to one that comes at a pace.
#[test]
fn memory_is_taken_from_slow_bodies() {
    let setup = Setup::new(&["--body-mib=4", "--in-flight-mib=4", NO_TIME_OUT]);
    let halves: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut half = TcpStream::connect(setup.address).unwrap();
            half.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n").unwrap();
            let _ = half.write_all(&vec![b' '; 1 << 20]);
            half.set_nonblocking(true).unwrap();
            half
        })
        .collect();
    let body = format!("{{\"a\":\"{}\"}}\n", "x".repeat(100 << 10));
    let mut client = setup.client();
    for number in 0..200 {
        let answer = client.send("POST", "/", &NDJSON, body.as_bytes()).unwrap();
        assert_eq!(answer.status(), 200, "{number}: {}", answer.text());
        if number % 50 == 0 {
            probes_answer(setup.address);
        }
    }
    let closed = halves.iter().filter(|stream| !stands(stream)).count();
    assert!(closed > 0);
    assert!(setup.metric("tapsieve_connections_gave_way_total{reason=\"body\"}") > Some(0.0));
}

/// What is worked on is answered, however many come meanwhile; what waits for its turn is too, or told to come again.
#[test]
fn what_is_worked_on_does_not_give_way() {
    const WORKING: usize = 8;
    let setup = Setup::new(&[&format!("--connections={WORKING}")]);
    let statuses: Mutex<Vec<u16>> = Mutex::default();
    let send = || {
        let answer = setup.client().send("POST", "/", &NDJSON, MIRROR.as_bytes());
        statuses.lock().unwrap().push(answer.map_or(0, |answer| answer.status()));
    };
    let arrived = || setup.downstream.got.lock().unwrap().len();
    let queued = || setup.metric("tapsieve_bodies_queued").unwrap() as usize;
    // Twelve at once, and a crowd of silent ones: all twelve are answered.
    setup.downstream.holds.store(true, Ordering::SeqCst);
    thread::scope(|scope| {
        (0..WORKING).for_each(|_| drop(scope.spawn(send)));
        assert!(until(PATIENCE, || arrived() == WORKING));
        (0..4).for_each(|_| drop(scope.spawn(send)));
        assert!(until(PATIENCE, || queued() == 4));
        let silent: Vec<TcpStream> = (0..100).map(|_| Slow::SendsNothing.open(setup.address)).collect();
        probes_answer(setup.address);
        assert_eq!((arrived(), queued()), (WORKING, 4));
        setup.downstream.holds.store(false, Ordering::SeqCst);
        drop(silent);
    });
    assert_eq!(std::mem::take(&mut *statuses.lock().unwrap()), [200; 12]);
    // More and more wait for their turn, until the last of them are told to come again.
    let sent = AtomicUsize::new(WORKING);
    setup.downstream.got.lock().unwrap().clear();
    setup.downstream.holds.store(true, Ordering::SeqCst);
    thread::scope(|scope| {
        (0..WORKING).for_each(|_| drop(scope.spawn(send)));
        assert!(until(PATIENCE, || arrived() == WORKING));
        let one_more = || {
            sent.fetch_add(1, Ordering::SeqCst);
            scope.spawn(send);
            setup.metric(QUEUED) > Some(0.0)
        };
        assert!(until(PATIENCE, one_more));
        probes_answer(setup.address);
        assert_eq!(arrived(), WORKING);
        setup.downstream.holds.store(false, Ordering::SeqCst);
    });
    let statuses = statuses.lock().unwrap();
    let count = |status| statuses.iter().filter(|known| **known == status).count();
    // A connection that was not heard yet may have been closed: 0.
    assert_eq!(count(200) + count(503) + count(0), sent.load(Ordering::SeqCst), "{statuses:?}");
    assert!(count(200) >= WORKING && count(503) > 0, "{statuses:?}");
    assert_eq!(arrived(), count(200), "{statuses:?}");
}

/// Who asks and asks and reads no answer is closed, though nobody needs the room.
#[test]
fn an_answer_that_is_never_read_is_not_kept() {
    let setup = Setup::new(&["--answer-seconds=1"]);
    let mut stream = TcpStream::connect(setup.address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let questions = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10_000);
    // Until the other side reads no more.
    while stream.write_all(questions.as_bytes()).is_ok() {}
    let name = "tapsieve_connections_gave_way_total{reason=\"answer\"}";
    assert!(until(PATIENCE, || setup.metric(name) == Some(1.0)), "{}", setup.get("/metrics").1);
    probes_answer(setup.address);
}
