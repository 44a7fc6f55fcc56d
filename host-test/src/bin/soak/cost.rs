//! What the loop costs: processor time per event in four pipelines that differ in nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tapsieve_host_test::hec::Gateway;
use tapsieve_host_test::load;
use tapsieve_host_test::oracle::SEED_VRL;
use tapsieve_host_test::pipeline::{Pipeline, Receiver, Shipped, replace, shipped};
use tapsieve_host_test::process::{Usage, until};

use crate::vector_load::send;

const EVENTS: usize = 100_000;
/// Not counted: connections, caches, and the senders' first rounds.
const WARM_UP_EVENTS: usize = 20_000;

/// A transform that does what the seed's rule does, before the others.
fn seed_rule() -> String {
    let program: String = SEED_VRL.lines().map(|line| format!("      {line}\n")).collect();
    format!("transforms:\n  seed:\n    type: remap\n    inputs: [audit]\n    source: |\n{program}\n")
}

/// vector.yaml without the way through the sidecar.
pub(crate) fn direct() -> Result<String, String> {
    let text = shipped(Shipped::All)?;
    let text = replace(&text, "inputs: [audit]", "inputs: [from_tapsieve]")?;
    replace(&text, "    inputs: [from_tapsieve]\n    source", "    inputs: [audit]\n    source")
}

fn with_seed_rule() -> Result<String, String> {
    let text = replace(&direct()?, "    inputs: [audit]\n    source", "    inputs: [seed]\n    source")?;
    replace(&text, "transforms:\n", &seed_rule())
}

/// Prints a table.
pub(crate) fn run() -> Result<(), String> {
    let pipelines = [
        ("no loop", direct()?),
        ("VRL seed rule", with_seed_rule()?),
        ("vector.yaml", shipped(Shipped::All)?),
        ("vector-routed.yaml", shipped(Shipped::Routed)?),
    ];
    println!("{EVENTS} events of {} bytes, one in 100 about mirroring", load::line(1).len());
    println!(
        "{:20} {:>9} {:>12} {:>12} {:>12} {:>12} {:>10} {:>10}",
        "pipeline",
        "events/s",
        "vector us",
        "sidecar us",
        "over none",
        "module us",
        "vector MB",
        "sidecar MB"
    );
    let mut floor = None;
    for (name, text) in pipelines {
        let row = measure(&text, load::line, Before::LogScale)?;
        let all = row.vector + row.sidecar;
        let floor = *floor.get_or_insert(all);
        println!(
            "{name:20} {:>9.0} {:>12.1} {:>12.2} {:>12.1} {:>12.2} {:>10.0} {:>10.0}",
            row.rate,
            row.vector,
            row.sidecar,
            all - floor,
            row.module,
            row.vector_mib,
            row.sidecar_mib
        );
    }
    Ok(())
}

/// Where Vector sends to in the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    LogScale,
    /// `tapsieve serve --hec`.
    Gateway,
}

/// Microseconds per event, events per second, MiB.
pub(crate) struct Row {
    rate: f64,
    pub(crate) vector: f64,
    /// Or the gateway.
    pub(crate) sidecar: f64,
    module: f64,
    vector_mib: f64,
    sidecar_mib: f64,
}

pub(crate) fn measure(
    text: &str,
    line: impl Fn(usize) -> String + Sync + Copy,
    before: Before,
) -> Result<Row, String> {
    let arrived = Arc::new(AtomicUsize::new(0));
    let counter = arrived.clone();
    // Counts without reading, so that the receiver costs little beside what is measured.
    let receiver = Receiver::start(move |body| {
        let events = body.windows(9).filter(|window| window == b"{\"event\":").count();
        counter.fetch_add(events, Ordering::SeqCst);
    });
    let receiver = receiver.map_err(|error| error.to_string())?;
    let gateway =
        (before == Before::Gateway).then(|| Gateway::start(receiver.address(), "", &[])).transpose()?;
    let logscale = gateway.as_ref().map_or(receiver.address(), |gateway| gateway.address);
    let pipeline = Pipeline::start_before(text, receiver, logscale)?;
    let sent = AtomicUsize::new(0);
    send(pipeline.input, WARM_UP_EVENTS, &sent, line);
    let usage = || -> Result<_, String> {
        let vector =
            pipeline.vector.as_ref().and_then(|process| process.usage()).ok_or("Vector has ended")?;
        let sidecar = match &gateway {
            Some(gateway) => Some(gateway.process()?),
            None => pipeline.sidecar.as_ref(),
        };
        let sidecar = sidecar.and_then(|process| process.usage()).ok_or("tapsieve has ended")?;
        let module = pipeline.metrics()?.lines().find_map(|line| {
            line.strip_prefix("tapsieve_module_seconds_total ").and_then(|value| value.parse::<f64>().ok())
        });
        Ok((vector, sidecar, module.unwrap_or_default()))
    };
    let before = usage()?;
    let began = Instant::now();
    let again = send(pipeline.input, EVENTS, &sent, line);
    let seconds = began.elapsed().as_secs_f64();
    let after = usage()?;
    let all = WARM_UP_EVENTS + EVENTS;
    if again != 0 || !until(Duration::from_secs(5), || arrived.load(Ordering::SeqCst) >= all) {
        return Err(format!(
            "{} of {all} events arrived, {again} batches resent",
            arrived.load(Ordering::SeqCst)
        ));
    }
    if arrived.load(Ordering::SeqCst) != all {
        return Err("more events arrived than were sent".into());
    }
    let events = EVENTS as f64;
    let micros =
        |before: Usage, after: Usage| (after.processor - before.processor).as_secs_f64() * 1e6 / events;
    Ok(Row {
        rate: events / seconds,
        vector: micros(before.0, after.0),
        sidecar: micros(before.1, after.1),
        module: (after.2 - before.2) * 1e6 / events,
        vector_mib: after.0.peak_kib as f64 / 1024.0,
        sidecar_mib: after.1.peak_kib as f64 / 1024.0,
    })
}
