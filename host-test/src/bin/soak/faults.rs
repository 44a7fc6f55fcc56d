//! What goes wrong while events flow, and what arrives all the same.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tapsieve_host_test::load::Ledger;
use tapsieve_host_test::pipeline::{Pipeline, Receiver, Shipped, events, shipped};

use crate::vector_load::send;

/// The runs, by name.
pub(crate) const NAMES: [&str; 7] = [
    "undisturbed",
    "undisturbed-routed",
    "kill",
    "downstream-503",
    "downstream-refused",
    "vector-restart",
    "reload",
];

const EVENTS: usize = 100_000;

/// One run or all of them.
pub(crate) fn run(only: Option<&str>) -> Result<(), String> {
    if only.is_some_and(|only| !NAMES.contains(&only)) {
        return Err(format!("no run of that name; there are {}", NAMES.join(", ")));
    }
    println!(
        "{:20} {:>8} {:>8} {:>8} {:>8} {:>7} {:>8}  sidecar's retries",
        "run", "events", "missing", "doubled", "strange", "resent", "seconds"
    );
    let mut lost = 0;
    for name in NAMES.iter().filter(|name| only.is_none_or(|only| only == **name)) {
        lost += one(name)?;
    }
    if lost == 0 {
        Ok(())
    } else {
        Err(format!("{lost} events were lost, doubled for no reason, or not enriched"))
    }
}

fn one(name: &str) -> Result<usize, String> {
    let undisturbed = name.starts_with("undisturbed");
    let configuration = if name.ends_with("routed") { Shipped::Routed } else { Shipped::All };
    let count = if undisturbed { 2 * EVENTS } else { EVENTS };
    let ledger = Ledger::new(count);
    let take = ledger.clone();
    let receiver =
        Receiver::start(move |body| events(body).for_each(|event| take.take(&event, &Value::Null)));
    let receiver = receiver.map_err(|error| error.to_string())?;
    let mut pipeline = Pipeline::start(&shipped(configuration)?, receiver)?;
    let (sent, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let input = pipeline.input;
    let again = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let again = send(input, count, &sent, tapsieve_host_test::load::line);
            done.store(true, Ordering::SeqCst);
            again
        });
        let reached = |part: usize| {
            while sent.load(Ordering::SeqCst) < count / 10 * part && !done.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
        };
        let result = disturb(name, &mut pipeline, &reached);
        sender.join().map_err(|_| "a sender panicked".to_owned()).and_then(|again| result.map(|()| again))
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let balance = ledger.balance();
    let retries: Vec<String> = pipeline
        .metrics()?
        .lines()
        .filter_map(|line| line.strip_prefix("tapsieve_retries_total").map(str::to_owned))
        .collect();
    println!(
        "{name:20} {count:>8} {:>8} {:>8} {:>8} {again:>7} {seconds:>8.1}  {}",
        balance.missing,
        balance.doubled,
        balance.strange + balance.unenriched,
        retries.join(" ")
    );
    let doubled = if undisturbed { balance.doubled } else { 0 };
    Ok(balance.missing
        + doubled
        + usize::try_from(balance.strange + balance.unenriched).unwrap_or(usize::MAX))
}

fn disturb(name: &str, pipeline: &mut Pipeline, reached: &dyn Fn(usize)) -> Result<(), String> {
    match name {
        "kill" => {
            for part in [1, 3, 5, 7, 9] {
                reached(part);
                if let Some(sidecar) = &pipeline.sidecar {
                    sidecar.signal("KILL");
                }
                thread::sleep(Duration::from_millis(300));
                pipeline.start_sidecar()?;
            }
        }
        "downstream-503" => {
            reached(3);
            pipeline.receiver.answer(503);
            thread::sleep(Duration::from_secs(10));
            pipeline.receiver.answer(200);
        }
        "downstream-refused" => {
            reached(3);
            pipeline.receiver.refuse();
            thread::sleep(Duration::from_secs(10));
            pipeline.receiver.listen().map_err(|error| error.to_string())?;
        }
        "vector-restart" => {
            for part in [3, 6] {
                reached(part);
                if let Some(vector) = &pipeline.vector {
                    vector.signal("TERM");
                    vector.ended(Duration::from_secs(90));
                }
                pipeline.start_vector()?;
            }
        }
        "reload" => {
            for part in 1..9 {
                reached(part);
                if let Some(sidecar) = &pipeline.sidecar {
                    sidecar.signal("HUP");
                }
            }
        }
        _ => {}
    }
    Ok(())
}
