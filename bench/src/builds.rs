//! Builds of the module side by side, for whoever changes how it is built or what it executes.

use std::time::Duration;

use tapsieve_host_test::workload::workloads;

use crate::guest::{Guest, InWasmi};
use crate::measure::{Competitor, Effort, interleaved};

/// Prints size and nanoseconds per event of each build.
pub fn compare(files: &[&str]) -> Result<(), String> {
    let interpreter = wasmi::Engine::default();
    let mut builds = Vec::new();
    for file in files {
        let wasm = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        println!("{file}: {} bytes", wasm.len());
        let compiled = tapsieve_host::Module::new(&wasm).map_err(|error| format!("{file}: {error}"))?;
        // Vector instructions are beyond the interpreter as it is built here.
        builds.push((*file, compiled, wasmi::Module::new(&interpreter, &wasm)));
    }
    let effort = Effort { rounds: 11, sample: Duration::from_millis(40) };
    for workload in workloads(1) {
        println!("{}, ns per event", workload.name);
        let records = &workload.records;
        let mut names = Vec::new();
        let mut competitors = Vec::new();
        for (file, compiled, interpreted) in &builds {
            let mut instance = compiled.instance();
            let pass = move || {
                let mut found = 0;
                for record in records {
                    let outcome = instance.process(record).map_err(|trap| trap.to_string())?;
                    found += usize::from(matches!(outcome, tapsieve_host::Outcome::Enriched(_)));
                }
                Ok(found)
            };
            names.push(*file);
            competitors.push(Competitor {
                name: "wasmtime",
                expected: workload.mirror,
                pass: Box::new(pass),
            });
            let Ok(module) = interpreted else { continue };
            let mut guest = InWasmi::start(module)?;
            let pass = move || {
                let mut found = 0;
                for record in records {
                    found += usize::from(guest.event(record)?);
                }
                Ok(found)
            };
            names.push(*file);
            competitors.push(Competitor { name: "wasmi", expected: workload.mirror, pass: Box::new(pass) });
        }
        let times = interleaved(&mut competitors, effort)?;
        for ((file, competitor), time) in names.iter().zip(&competitors).zip(times) {
            println!("  {:9} {:>12.1}  {file}", competitor.name, time.seconds * 1e9 / records.len() as f64);
        }
    }
    Ok(())
}
