//! The same events round after round through a host that goes on running, `tapsieve serve` or Fluent Bit with the shipped
//! filter: every round comes out as the first did, and memory stays.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use tapsieve_host_test::fluent_bit::{FILE, Folder, Process as FluentBit, Source, Wiring, configuration};
use tapsieve_host_test::hec::Gateway;
use tapsieve_host_test::http::{Client, Server};
use tapsieve_host_test::process::{free_address, usage};

use crate::module::records;

/// Events without an argument.
const EVENTS: u64 = 1_000_000;

/// Bodies are of about so many bytes.
const BODY_BYTES: usize = 1 << 20;

/// After so many rounds everything is started; by how much the process may grow afterwards, in KiB.
const FIRST_ROUNDS: u64 = 5;
const GROWTH_KIB_MAX: u64 = 16 << 10;

/// What came out of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Came {
    lines: u64,
    enriched: u64,
    bytes: u64,
}

impl Came {
    fn add(&mut self, line: &[u8]) {
        self.lines += 1;
        self.bytes += line.len() as u64;
        self.enriched += u64::from(line.windows(20).any(|window| window == b"\"mirror\":{\"schema\":1"));
    }

    fn since(self, before: Came) -> Came {
        Came {
            lines: self.lines - before.lines,
            enriched: self.enriched - before.enriched,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// `soak serve [EVENTS]`
pub(crate) fn serve(events: Option<&str>) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let came = Arc::new(Mutex::new(Came::default()));
    let take = came.clone();
    let sink = Server::start(free_address().map_err(text)?, move |request| {
        let mut came = take.lock().unwrap_or_else(PoisonError::into_inner);
        request.body.split_inclusive(|&byte| byte == b'\n').for_each(|line| came.add(line));
        (200, Vec::new())
    });
    let sink = sink.map_err(text)?;
    let sidecar = Gateway::start_for_lines(sink.address(), "", &[])?;
    let mut bodies = vec![Vec::new()];
    for record in records().iter().filter(|record| !record.contains(&b'\n')) {
        if bodies.last().is_some_and(|body| body.len() > BODY_BYTES) {
            bodies.push(Vec::new());
        }
        let body = bodies.last_mut().ok_or("no body")?;
        body.extend_from_slice(record);
        body.push(b'\n');
    }
    let mut client = Client::new(sidecar.address);
    rounds(events, sidecar.process()?.pid(), || {
        for body in &bodies {
            let answer = client.send("POST", "/", &[("Content-Type", "application/x-ndjson")], body);
            let answer = answer.map_err(text)?;
            if answer.status() != 200 {
                return Err(format!("tapsieve answers {}: {}", answer.status(), answer.text()));
            }
        }
        let lines = bodies.iter().flatten().filter(|&&byte| byte == b'\n').count() as u64;
        Ok((lines, *came.lock().unwrap_or_else(PoisonError::into_inner)))
    })
}

/// `soak filter [EVENTS]`
pub(crate) fn filter(events: Option<&str>) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let folder = Folder::new()?;
    folder.write_lines(&[])?;
    let mut input = OpenOptions::new().append(true).open(folder.file(Source::Other)).map_err(text)?;
    let mut process = FluentBit::start(&folder, &configuration(Wiring::Every, FILE)?, &[])?;
    let is_object = |record: &&Vec<u8>| {
        !record.contains(&b'\n')
            && serde_json::from_slice::<Value>(record).is_ok_and(|value| value.is_object())
    };
    let mut round = Vec::new();
    let mut lines = 0;
    for record in records().iter().filter(is_object) {
        round.extend_from_slice(record);
        round.push(b'\n');
        lines += 1;
    }
    let out = folder.join("out.ndjson");
    let (mut came, mut at) = (Came::default(), 0);
    rounds(events, process.id(), || {
        input.write_all(&round).map_err(text)?;
        let wanted = came.lines + lines;
        process.wait_until(|| {
            sleep(Duration::from_millis(50));
            let Ok(mut file) = File::open(&out) else { return Ok(false) };
            file.seek(SeekFrom::Start(at)).map_err(text)?;
            let (mut file, mut line) = (BufReader::new(file), Vec::new());
            while file.read_until(b'\n', &mut line).map_err(text)? > 0 && line.ends_with(b"\n") {
                at += line.len() as u64;
                came.add(&line);
                line.clear();
            }
            Ok(came.lines >= wanted)
        })?;
        Ok((lines, came))
    })
}

/// Sends rounds until so many events have passed; each one says how many events it sent and what has come so far.
fn rounds(
    events: Option<&str>,
    pid: u32,
    mut round: impl FnMut() -> Result<(u64, Came), String>,
) -> Result<(), String> {
    let events = events
        .map_or(Ok(EVENTS), |events| events.parse().map_err(|_| "the number of events is no number"))?;
    let began = Instant::now();
    let (mut sent, mut number, mut before, mut first, mut memory) = (0, 0, Came::default(), None, 0);
    println!("{:>12} {:>10} {:>10} {:>10}", "events", "enriched", "seconds", "KiB");
    while sent < events {
        let (lines, came) = round()?;
        (sent, number) = (sent + lines, number + 1);
        let own = came.since(before);
        before = came;
        if own.lines != lines {
            return Err(format!("of {lines} events of round {number} {} came", own.lines));
        }
        if *first.get_or_insert(own) != own {
            return Err(format!("round {number} gave {own:?}, the first {first:?}"));
        }
        let kib = usage(pid).ok_or("the host has ended")?.resident_kib;
        if number <= FIRST_ROUNDS {
            memory = memory.max(kib);
        } else if kib > memory + GROWTH_KIB_MAX {
            return Err(format!("after {sent} events {kib} KiB, in the first rounds {memory}"));
        }
        println!("{sent:>12} {:>10} {:>10.1} {kib:>10}", came.enriched, began.elapsed().as_secs_f64());
    }
    Ok(())
}
