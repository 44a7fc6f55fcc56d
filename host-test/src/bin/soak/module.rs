//! One instance of the module in wasmtime over ordinary and hostile records, round after round: every round has the same
//! outcomes, no call fails, and memory stays.

use std::time::Instant;

use tapsieve_host::{Module, Outcome};
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::process::usage;
use tapsieve_host_test::root;
use tapsieve_host_test::spell::Draw;
use tapsieve_host_test::vectors::load;
use tapsieve_host_test::workload::{mirror, mix, syslog};

/// Events without an argument.
const EVENTS: u64 = 1_000_000;

/// So many ordinary records are in a round, beside those of the vectors, which are mirror events or hostile.
const ORDINARY: usize = 20_000;

/// By how much the process may grow after the first round, in KiB.
const GROWTH_KIB_MAX: u64 = 2048;

/// What became of the records of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcomes {
    unchanged: u64,
    enriched: u64,
    bytes: u64,
}

pub(crate) fn run(events: Option<&str>) -> Result<(), String> {
    let events = events
        .map_or(Ok(EVENTS), |events| events.parse().map_err(|_| "the number of events is no number"))?;
    let module = Module::new(&module_bytes()?).map_err(|error| error.to_string())?;
    let mut instance = module.instance();
    let records = records();
    let began = Instant::now();
    let (mut done, mut first, mut memory) = (0, None, 0);
    println!("{} records in a round", records.len());
    println!("{:>12} {:>10} {:>10} {:>10}", "events", "enriched", "seconds", "KiB");
    while done < events {
        let mut outcomes = Outcomes::default();
        for record in &records {
            match instance.process(record).map_err(|trap| format!("event {done}: {trap}"))? {
                Outcome::Unchanged => outcomes.unchanged += 1,
                Outcome::Enriched(enriched) => {
                    outcomes.enriched += 1;
                    outcomes.bytes += enriched.len() as u64;
                }
                Outcome::Dropped => return Err(format!("event {done} was dropped")),
            }
            done += 1;
        }
        let kib = usage(std::process::id()).ok_or("no /proc on this system")?.resident_kib;
        if first.is_none() {
            memory = kib;
        }
        if *first.get_or_insert(outcomes) != outcomes {
            return Err(format!("after {done} events a round has {outcomes:?}, the first had {first:?}"));
        }
        if kib > memory + GROWTH_KIB_MAX {
            return Err(format!("after {done} events {kib} KiB, after the first round {memory}"));
        }
        println!("{done:>12} {:>10} {:>10.1} {kib:>10}", outcomes.enriched, began.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Ordinary and mirror events, the vectors' records, and damaged ones, in an order that is the same in every run.
pub(crate) fn records() -> Vec<Vec<u8>> {
    let mut records =
        [mix(ORDINARY).records, mirror(ORDINARY / 20).records, syslog(ORDINARY / 4).records].concat();
    let (files, _) = load(&root().join("tests/vectors"));
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    for case in files.iter().flat_map(|file| &file.cases).filter(|case| case.record.len() > 1) {
        let mut damaged = case.record.clone();
        let at = draw.below(damaged.len());
        damaged[at] ^= 1 << draw.below(8);
        records.extend([case.record.clone(), damaged]);
    }
    for at in (1..records.len()).rev() {
        records.swap(at, draw.below(at + 1));
    }
    records
}
