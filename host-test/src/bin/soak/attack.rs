//! What an honest sender of `tapsieve serve` feels of others that mean harm, and how much memory these get. Prints Markdown.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use tapsieve_host_test::hec::Gateway;
use tapsieve_host_test::http::{Client, Server};
use tapsieve_host_test::process::free_address;
use tapsieve_host_test::workload::noise;

/// The honest sender: bodies of 100 events of 1.3 KB, and how long it pauses between them.
const BODIES: usize = 500;
const BODY_EVENTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);
/// Asked for beside it, over new connections.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// The smallest mirror event there is, and how often it fits into a body of 32 MiB.
const MIRROR: &[u8] = b"{\"eventName\":\"CreateTrafficMirrorSession\"}\n";
const BOMB_EVENTS: usize = 756_000;
const BOMBERS: usize = 4;
/// The downstream never answers bodies that are larger.
const ANSWERED_BYTES_MAX: usize = 1 << 20;
/// The memory that bodies and answers may take.
const IN_FLIGHT: &str = "--in-flight-mib=128";

/// What others do meanwhile.
#[derive(Clone, Copy)]
enum Others {
    Nothing,
    /// So many connections, a fifth each: nothing sent, half a head, one byte of a body, a byte a second, no answer read.
    Slow(usize),
    /// Small compressed bodies of which very much is to be said, one after the other over four connections.
    Bomb,
}

/// Prints a table.
pub(crate) fn run() -> Result<(), String> {
    println!(
        "{BODIES} bodies of {BODY_EVENTS} events of 1.3 KB over one connection, {} ms apart, `{IN_FLIGHT}`; milliseconds.\n",
        PAUSE.as_millis()
    );
    println!("| others meanwhile | median | 99 % | max | sent again | slowest probe | peak MiB |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, others) in [
        ("nothing", Others::Nothing),
        ("300 slow connections", Others::Slow(300)),
        ("1,000 slow connections", Others::Slow(1000)),
        ("four senders of bodies of 95 KB that hold 756,000 mirror events", Others::Bomb),
    ] {
        let row = measure(others).map_err(|why| format!("{name}: {why}"))?;
        let at = |part: usize| row.times[(row.times.len() * part / 100).min(row.times.len() - 1)] * 1e3;
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {} | {:.1} | {} |",
            at(50),
            at(99),
            at(100),
            row.again,
            row.probe * 1e3,
            row.peak_kib / 1024
        );
    }
    Ok(())
}

/// Seconds, in order.
struct Row {
    times: Vec<f64>,
    again: usize,
    probe: f64,
    peak_kib: u64,
}

fn measure(others: Others) -> Result<Row, String> {
    let text = |error: std::io::Error| error.to_string();
    let over = Arc::new(AtomicBool::new(false));
    let hangs = over.clone();
    let sink = Server::start(free_address().map_err(text)?, move |request| {
        while request.body.len() > ANSWERED_BYTES_MAX && !hangs.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(100));
        }
        (200, Vec::new())
    });
    let sink = sink.map_err(text)?;
    let sidecar = Gateway::start_for_lines(sink.address(), "schema = \"ocsf\"\n", &[IN_FLIGHT])?;
    let address = sidecar.address;
    let under_way = AtomicUsize::new(0);
    let (times, again, probe) = thread::scope(|scope| {
        let harm = scope.spawn(|| harm(others, address, &over, &under_way));
        while under_way.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(10));
        }
        let probe = scope.spawn(|| probe(address, &over));
        let honest = honest(address);
        over.store(true, Ordering::SeqCst);
        harm.join().map_err(|_| "an attacker panicked")?;
        let probe = probe.join().map_err(|_| "the probe panicked")??;
        let (times, again) = honest?;
        Ok::<_, String>((times, again, probe))
    })?;
    let peak_kib = sidecar.process()?.usage().ok_or("the sidecar has ended")?.peak_kib;
    Ok(Row { times, again, probe, peak_kib })
}

/// Sends each body until it is taken; how long that took, and how often it was told to come again.
fn honest(to: SocketAddr) -> Result<(Vec<f64>, usize), String> {
    let records = noise(BODY_EVENTS * 10).records;
    let bodies: Vec<Vec<u8>> = records.chunks(BODY_EVENTS).map(|body| body.join(&b'\n')).collect();
    let mut client = Client::new(to);
    let (mut times, mut again) = (Vec::new(), 0);
    for number in 0..BODIES {
        let began = Instant::now();
        while !client
            .send("POST", "/", &[("Content-Type", "application/x-ndjson")], &bodies[number % bodies.len()])
            .is_ok_and(|answer| answer.status() == 200)
        {
            again += 1;
            sleep(Duration::from_millis(100));
        }
        times.push(began.elapsed().as_secs_f64());
        sleep(PAUSE);
    }
    times.sort_by(f64::total_cmp);
    Ok((times, again))
}

/// The slowest answer in seconds.
fn probe(to: SocketAddr, over: &AtomicBool) -> Result<f64, String> {
    let mut slowest: f64 = 0.0;
    while !over.load(Ordering::SeqCst) {
        for path in PROBES {
            let began = Instant::now();
            let answer = Client::new(to).send("GET", path, &[], b"");
            let status = answer.map_err(|error| format!("{path}: {error}"))?.status();
            if status != 200 {
                return Err(format!("{path}: {status}"));
            }
            slowest = slowest.max(began.elapsed().as_secs_f64());
        }
        sleep(PAUSE);
    }
    Ok(slowest)
}

fn harm(others: Others, to: SocketAddr, over: &AtomicBool, under_way: &AtomicUsize) {
    match others {
        Others::Nothing => under_way.store(1, Ordering::SeqCst),
        Others::Slow(count) => {
            let mut streams: Vec<Option<TcpStream>> = (0..count).map(|number| slow(number, to)).collect();
            under_way.store(1, Ordering::SeqCst);
            while !over.load(Ordering::SeqCst) {
                for (number, stream) in streams.iter_mut().enumerate() {
                    let trickles = number % 5 == 3;
                    if stream.as_mut().is_none_or(|stream| !stands(stream, trickles)) {
                        *stream = slow(number, to);
                    }
                }
                sleep(Duration::from_secs(1));
            }
        }
        Others::Bomb => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            // Writing into memory cannot fail.
            let _ = gzip.write_all(&MIRROR.repeat(BOMB_EVENTS));
            let bomb = gzip.finish().unwrap_or_default();
            thread::scope(|scope| {
                for _ in 0..BOMBERS {
                    scope.spawn(|| {
                        let headers =
                            [("Content-Type", "application/x-ndjson"), ("Content-Encoding", "gzip")];
                        while !over.load(Ordering::SeqCst) {
                            under_way.fetch_add(1, Ordering::SeqCst);
                            // Whatever is answered.
                            let _ = Client::new(to).send("POST", "/", &headers, &bomb);
                        }
                    });
                }
            });
        }
    }
}

/// A slow connection; what does not come about will be tried again.
fn slow(number: usize, to: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(to).ok()?;
    let text = match number % 5 {
        0 => "",
        1 => "POST / HTTP/1.1\r\nHos",
        2 | 3 => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
        _ => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    };
    stream.write_all(text.as_bytes()).ok()?;
    stream.set_nonblocking(true).ok()?;
    Some(stream)
}

/// Whether it was not closed; one more byte of its body is sent.
fn stands(stream: &mut TcpStream, trickles: bool) -> bool {
    if trickles && stream.write_all(b"x").is_err() {
        return false;
    }
    match stream.peek(&mut [0]) {
        Ok(bytes) => bytes > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}
