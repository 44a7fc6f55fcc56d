//! From a file to the collector, with Fluent Bit ended in between: everything that was written arrives.

use std::fs;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

use libtest_mimic::Failed;
use tapsieve_host_test::fluent_bit::{Folder, Process, Source, Wiring, configuration};

use crate::collector::{TOKEN, listen};

/// How often Fluent Bit is ended.
const ENDS: usize = 6;
/// Lines written before each end.
const LINES: usize = 4000;

const COLLECTOR: &str = "    - name: splunk
      match: '*'
      host: 127.0.0.1
      port: ${PORT}
      splunk_token: ${TOKEN}
      retry_limit: no_limits
";

/// Killed without warning.
pub(crate) fn kill(wiring: Wiring) -> Result<(), Failed> {
    run(wiring, |process| {
        process.kill();
        Ok(())
    })
}

/// Ended as a service manager does.
pub(crate) fn stop(wiring: Wiring) -> Result<(), Failed> {
    run(wiring, |mut process| process.terminate())
}

fn run(wiring: Wiring, end: fn(Process) -> Result<(), String>) -> Result<(), Failed> {
    let (server, arrived) = listen()?;
    let env = [("PORT", server.address().port().to_string()), ("TOKEN", TOKEN.to_owned())];
    let folder = Folder::new()?;
    folder.write_lines(&[])?;
    let configuration = configuration(wiring, COLLECTOR)?;
    let mut file = fs::OpenOptions::new().append(true).open(folder.file(Source::Aws))?;
    let mut number = 0;
    for round in 0..ENDS {
        let process = Process::start(&folder, &configuration, &env)?;
        for _ in 0..LINES / 100 {
            let mut lines = String::new();
            for _ in 0..100 {
                lines.push_str(&event(number));
                number += 1;
            }
            file.write_all(lines.as_bytes())?;
            sleep(Duration::from_millis(10 + 5 * round as u64));
        }
        end(process)?;
    }
    let mut process = Process::start(&folder, &configuration, &env)?;
    let known = || arrived.events.lock().map_or(0, |events| events.len());
    let (mut last, mut quiet) = (0, 0);
    process.wait_until(|| {
        let now = known();
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
        Ok(now == number || quiet > 600)
    })?;
    process.terminate()?;

    let events = arrived.events.lock().map_err(|_| "the collector broke")?;
    let lost: Vec<_> = (0..number).filter(|number| !events.contains_key(number)).collect();
    let again: usize = events.values().map(|(count, _)| count - 1).sum();
    let busy = arrived.busy.load(Ordering::Relaxed);
    eprintln!(
        "{}: {number} sent, {} lost, {again} arrived again, {busy} times 503",
        wiring.name(),
        lost.len()
    );
    if !lost.is_empty() {
        return Err(format!(
            "{} of {number} events are lost: {:?} …",
            lost.len(),
            &lost[..lost.len().min(20)]
        )
        .into());
    }
    if let Some(wrong) = (0..number).find(|number| events[number].1 != is_mirror(*number)) {
        return Err(format!("event {wrong} is enriched and should not be, or the other way round").into());
    }
    match (busy, arrived.refused.load(Ordering::Relaxed)) {
        (0, _) => Err("the collector was never busy".into()),
        (_, 0) => Ok(()),
        (_, refused) => Err(format!("{refused} requests without the token").into()),
    }
}

fn is_mirror(number: usize) -> bool {
    number.is_multiple_of(10)
}

fn event(number: usize) -> String {
    let name = if is_mirror(number) { "CreateTrafficMirrorSession" } else { "RunInstances" };
    format!("{{\"n\":{number},\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"{name}\"}}\n")
}
