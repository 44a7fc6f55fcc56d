//! `cargo xtask bench`: tapsieve against what a user would use instead, in one run, as ratios.
//!
//! Writes `report.md`, `benchmarks.csv` and charts into the folder named by `OUT`.

mod builds;
mod catalog;
mod chart;
mod command;
mod engines;
mod growth;
mod guest;
mod instructions;
mod machine;
mod measure;
mod peers;
mod report;
mod start;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tapsieve_host_test::workload::{noise, workloads};

use crate::measure::{Effort, interleaved};
use crate::report::{Engines, Report};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => bench(false),
        ["--quick"] => bench(true),
        ["native", workload] => instructions::one_pass(workload),
        ["modules", files @ ..] => builds::compare(files),
        _ => Err("takes `--quick`, or `modules` and the files of modules to compare".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn folder(name: &str) -> Result<PathBuf, String> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{name} is not set; run `cargo xtask bench`"))
}

fn bench(quick: bool) -> Result<(), String> {
    let out = folder("OUT")?;
    std::fs::create_dir_all(&out).map_err(|error| error.to_string())?;
    let (rounds, sample) = if quick { (3, 5) } else { (11, 40) };
    let effort = Effort { rounds, sample: Duration::from_millis(sample) };
    let modules = engines::Modules::load(&folder("SERDE_GUEST")?)?;

    let mut tables = Vec::new();
    for workload in workloads(1) {
        eprintln!("bench: {}", workload.name);
        let mut competitors = engines::competitors(&modules, &workload)?;
        let times = interleaved(&mut competitors, effort)?;
        let rows = competitors.iter().zip(times).map(|(competitor, time)| (competitor.name, time)).collect();
        drop(competitors);
        tables.push(Engines {
            workload: workload.name,
            about: workload.about,
            records: workload.records.len(),
            bytes: workload.bytes(),
            rows,
        });
    }

    eprintln!("bench: growth");
    let some_noise = noise(2_000);
    let event_size = growth::event_size(&modules, effort)?;
    let catalog_size = growth::catalog_size(&some_noise, effort)?;
    let policy_size = growth::policy_size(&modules, &some_noise, effort);

    eprintln!("bench: instructions");
    let instructions = instructions::count();

    eprintln!("bench: start-up");
    let start = start::times(&modules, rounds)?;

    eprintln!("bench: the command line (this takes minutes)");
    let data = command::Data::make(&out, if quick { 250 << 20 } else { 1 << 30 })?;
    let commands = command::run(&data, if quick { 1 } else { 5 })?;
    let memory = (command::memory(&data.small)?, command::memory(&data.large)?);
    let command_start = command::start(&out, rounds)?;
    let memcpy = machine::memcpy_bytes_per_second(&data.small, rounds)?;

    let report = Report {
        tables,
        event_size,
        catalog_size,
        policy_size,
        instructions,
        start,
        about_data: data.about.clone(),
        commands,
        memory,
        command_start,
        memcpy,
    };
    for file in [&data.small, &data.large] {
        let _ = std::fs::remove_file(file);
    }
    report.write(&out)
}
