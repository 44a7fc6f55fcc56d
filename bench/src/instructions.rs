//! Instructions executed: natively as callgrind counts them, in the engines as the checked-in baseline has them.

use std::process::Command;

use tapsieve_detector::{Detector, Outcome};
use tapsieve_host_test::workload::{Workload, workloads};

/// Instructions per event of one workload.
pub struct Count {
    /// The workload's name.
    pub workload: &'static str,
    /// Of the detector compiled natively, or why it was not counted.
    pub native: Result<f64, String>,
    /// Fuel, per engine of `tests/instructions.toml`.
    pub fuel: [Option<f64>; 2],
}

/// The engines in the baseline.
pub const ENGINES: [&str; 2] = ["wasmtime", "wasmi"];

/// What `--toggle-collect` names.
#[inline(never)]
fn counted_pass(detector: &mut Detector, workload: &Workload) -> usize {
    let enriched = |record: &&Vec<u8>| matches!(detector.process(record), Outcome::Enriched(_));
    workload.records.iter().filter(enriched).count()
}

/// Runs natively over one workload, to be counted from outside.
pub fn one_pass(name: &str) -> Result<(), String> {
    let workload =
        workloads(1).into_iter().find(|workload| workload.name == name).ok_or("no such workload")?;
    let mut detector = Detector::new();
    detector.process(b"");
    match counted_pass(&mut detector, &workload) == workload.mirror {
        true => Ok(()),
        false => Err(format!("{name}: another number of records was enriched")),
    }
}

/// All workloads.
pub fn count() -> Vec<Count> {
    let path = tapsieve_host_test::root().join("tests/instructions.toml");
    let baseline = std::fs::read_to_string(path).unwrap_or_default();
    workloads(1)
        .iter()
        .map(|workload| {
            let per_event = |count: f64| count / workload.records.len() as f64;
            Count {
                workload: workload.name,
                native: callgrind(workload.name).map(per_event),
                fuel: ENGINES.map(|engine| fuel(&baseline, engine, workload.name).map(per_event)),
            }
        })
        .collect()
}

fn fuel(baseline: &str, engine: &str, workload: &str) -> Option<f64> {
    let (_, table) = baseline.split_once(&format!("[{engine}]"))?;
    let table = table.split('[').next()?;
    let value = table.lines().find_map(|line| line.strip_prefix(workload)?.trim().strip_prefix('='))?;
    value.trim().parse().ok()
}

fn callgrind(workload: &str) -> Result<f64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    command.arg("--toggle-collect=*counted_pass*").arg(own).args(["native", workload]);
    let output = command.output().map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.ok_or_else(|| format!("valgrind: {}", text.lines().last().unwrap_or("no count")))
}
