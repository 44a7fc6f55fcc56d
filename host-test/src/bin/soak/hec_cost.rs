//! What the gateway costs: processor time per event, memory, and the time that it adds to a body. Prints Markdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use tapsieve_host_test::hec::{EVENT, Gateway, TOKEN};
use tapsieve_host_test::http::{Client, Server};
use tapsieve_host_test::process::{Usage, free_address};
use tapsieve_host_test::workload::{mirror, noise};

/// A body of this many events has about 1 MB.
const LARGE_BODY_EVENTS: usize = 800;
const SMALL_BODY_EVENTS: usize = 80;
/// So many different bodies are sent in turn.
const BODIES: usize = 25;
/// Events that are measured, after a tenth of that.
const EVENTS: usize = 400_000;
/// Where a workload has mirror events, one event in so many is one.
const MIRROR_EVERY: usize = 1000;

/// In LogScale's place, and as cheap as it can be: reads a body, waits and says that it is taken.
struct Sink {
    server: Server,
    wait_millis: Arc<AtomicU64>,
}

impl Sink {
    fn start() -> Result<Sink, String> {
        let wait_millis = Arc::new(AtomicU64::new(0));
        let wait = wait_millis.clone();
        let address = free_address().map_err(|error| error.to_string())?;
        let server = Server::start(address, move |_| {
            sleep(Duration::from_millis(wait.load(Ordering::SeqCst)));
            (200, br#"{"text":"Success","code":0}"#.to_vec())
        });
        Ok(Sink { server: server.map_err(|error| error.to_string())?, wait_millis })
    }
}

/// Bodies of one kind.
struct Load {
    name: &'static str,
    encoding: Option<&'static str>,
    body_events: usize,
    bodies: Vec<Vec<u8>>,
}

impl Load {
    fn new(
        name: &'static str,
        encoding: Option<&'static str>,
        body_events: usize,
        mirror_every: Option<usize>,
    ) -> Load {
        let mut records = noise(BODIES * body_events).records;
        if let Some(every) = mirror_every {
            let mirrors = mirror(records.len() / every).records;
            for (record, mirror) in records.iter_mut().skip(every / 2).step_by(every).zip(mirrors) {
                *record = mirror;
            }
        }
        let envelope = |record: &Vec<u8>| [b"{\"event\":", &record[..], b"}\n"].concat();
        let plain =
            records.chunks(body_events).map(|body| body.iter().flat_map(envelope).collect::<Vec<u8>>());
        let bodies = plain.map(|body| if encoding.is_some() { gzip(&body) } else { body }).collect();
        Load { name, encoding, body_events, bodies }
    }

    /// Sends bodies, each until it is taken; how long that took for each.
    fn send(&self, to: SocketAddr, count: usize, connections: usize) -> Result<Vec<Duration>, String> {
        let next = AtomicUsize::new(0);
        let authorization = format!("Splunk {TOKEN}");
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(self.encoding.map(|encoding| ("Content-Encoding", encoding)));
        thread::scope(|scope| {
            let send = || {
                let mut client = Client::new(to);
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return Ok(times);
                    }
                    let body = &self.bodies[number % self.bodies.len()];
                    let began = Instant::now();
                    loop {
                        let answer =
                            client.send("POST", EVENT, &headers, body).map_err(|error| error.to_string())?;
                        match answer.status() {
                            200 => break,
                            // More bodies at once than there is memory for.
                            503 => sleep(Duration::from_millis(100)),
                            status => return Err(format!("{status}: {}", answer.text())),
                        }
                    }
                    times.push(began.elapsed());
                }
            };
            let senders: Vec<_> = (0..connections).map(|_| scope.spawn(send)).collect();
            let mut all = Vec::new();
            for sender in senders {
                all.extend(sender.join().map_err(|_| "a sender panicked")??);
            }
            Ok(all)
        })
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into memory cannot fail.
    let _ = std::io::Write::write_all(&mut gzip, plain);
    gzip.finish().unwrap_or_default()
}

/// Prints the three tables.
pub(crate) fn run() -> Result<(), String> {
    processor()?;
    latency()?;
    memory()
}

fn usage(gateway: &Gateway) -> Result<Usage, String> {
    gateway.process()?.usage().ok_or_else(|| "the gateway has ended".into())
}

fn processor() -> Result<(), String> {
    let loads = [
        Load::new("1 MB, plain", None, LARGE_BODY_EVENTS, None),
        Load::new(
            "1 MB, plain, one event in 1,000 about mirroring",
            None,
            LARGE_BODY_EVENTS,
            Some(MIRROR_EVERY),
        ),
        Load::new("1 MB before gzip", Some("gzip"), LARGE_BODY_EVENTS, None),
        Load::new(
            "1 MB before gzip, one event in 1,000 about mirroring",
            Some("gzip"),
            LARGE_BODY_EVENTS,
            Some(MIRROR_EVERY),
        ),
        Load::new("100 KB, plain", None, SMALL_BODY_EVENTS, None),
    ];
    println!("{EVENTS} events of 1.3 KB for each line, over 4 connections.\n");
    println!("| body | CPU µs an event | of that in the module | events a second for one core |");
    println!("| --- | ---: | ---: | ---: |");
    for load in loads {
        let sink = Sink::start()?;
        let gateway = Gateway::start(sink.server.address(), "", &[])?;
        let count = EVENTS / load.body_events;
        load.send(gateway.address, count / 10, 4)?;
        let module = || -> Result<f64, String> {
            let metrics = gateway.metrics()?;
            let seconds =
                metrics.lines().find_map(|line| line.strip_prefix("tapsieve_module_seconds_total "));
            seconds.and_then(|seconds| seconds.parse().ok()).ok_or_else(|| "no module seconds".into())
        };
        let before = (usage(&gateway)?, module()?);
        load.send(gateway.address, count, 4)?;
        let micros = |seconds: f64| seconds * 1e6 / (count * load.body_events) as f64;
        let all = micros((usage(&gateway)?.processor - before.0.processor).as_secs_f64());
        println!("| {} | {all:.2} | {:.2} | {:.0},000 |", load.name, micros(module()? - before.1), 1e3 / all);
    }
    Ok(())
}

/// How often a body is sent each way.
const ROUNDS: usize = 1000;

fn latency() -> Result<(), String> {
    println!(
        "\nMilliseconds from a body's first byte to the answer, one sender, {ROUNDS} bodies each way in turn.\n"
    );
    println!("| body | direct, median | 99 % | through tapsieve, median | 99 % | added, median | 99 % |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for load in [
        Load::new("1 MB, plain", None, LARGE_BODY_EVENTS, None),
        Load::new("1 MB before gzip", Some("gzip"), LARGE_BODY_EVENTS, None),
        Load::new("100 KB, plain", None, SMALL_BODY_EVENTS, None),
    ] {
        let sink = Sink::start()?;
        let gateway = Gateway::start(sink.server.address(), "", &[])?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS / 50 {
            for (to, times) in [sink.server.address(), gateway.address].into_iter().zip(&mut times) {
                times.extend(load.send(to, 50, 1)?);
            }
        }
        let at = |times: &mut Vec<Duration>, part: usize| {
            times.sort_unstable();
            times[times.len() * part / 100].as_secs_f64() * 1e3
        };
        let [direct, through] = &mut times;
        let (a, b, c, d) = (at(direct, 50), at(direct, 99), at(through, 50), at(through, 99));
        println!("| {} | {a:.2} | {b:.2} | {c:.2} | {d:.2} | {:.2} | {:.2} |", load.name, c - a, d - b);
    }
    Ok(())
}

fn memory() -> Result<(), String> {
    let load = Load::new("1 MB, plain", None, LARGE_BODY_EVENTS, None);
    println!("\nMemory at most, bodies of 1 MB, with the default limits.\n\n| load | MiB |\n| --- | ---: |");
    let slow = Duration::from_secs(2);
    let runs: [(&str, usize, usize, Duration); 4] = [
        ("idle, after one body", 1, 1, Duration::ZERO),
        ("8 connections", 800, 8, Duration::ZERO),
        ("64 connections, downstream takes 2 s for an answer", 256, 64, slow),
        ("256 connections, downstream takes 2 s for an answer", 768, 256, slow),
    ];
    for (name, bodies, connections, wait) in runs {
        let sink = Sink::start()?;
        let gateway = Gateway::start(sink.server.address(), "", &[])?;
        sink.wait_millis.store(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
        load.send(gateway.address, bodies, connections)?;
        println!("| {name} | {} |", usage(&gateway)?.peak_kib / 1024);
    }
    Ok(())
}
