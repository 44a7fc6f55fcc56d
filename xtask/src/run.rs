//! `cargo xtask run`: the whole way once, from sample records to enriched mirror events.

use std::fs;
use std::process::Stdio;

use crate::build::build_module;
use crate::pretty::pretty;
use crate::task::{cargo, output, root, run as run_command, say};

/// `cargo xtask run`
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    build_module()?;
    say("building the command (the engine takes a few minutes the first time)");
    run_command(&mut cargo(&["build", "--release", "-p", "tapsieve-host", "--bin", "tapsieve"]))?;

    let mut arguments = vec![
        "run",
        "--quiet",
        "--release",
        "-p",
        "tapsieve-host",
        "--bin",
        "tapsieve",
        "--",
        "run",
        "--only-mirror",
        "--summary",
        "--module",
        "dist/tapsieve.wasm",
    ];
    let samples = samples()?;
    arguments.extend(samples.iter().map(String::as_str));
    say(&format!("tapsieve {}", arguments[8..].join(" ")));
    let events = output(cargo(&arguments).stdin(Stdio::null()))?;
    if events.is_empty() {
        return Err("the samples hold mirror events, and none was found".into());
    }
    for event in events.lines() {
        println!("{}", pretty(event));
    }
    Ok(())
}

fn samples() -> Result<Vec<String>, String> {
    let folder = root().join("tests/samples");
    let entries = fs::read_dir(&folder).map_err(|error| format!("tests/samples: {error}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut samples: Vec<_> =
        names.filter(|name| name.ends_with(".ndjson")).map(|name| format!("tests/samples/{name}")).collect();
    samples.sort();
    if samples.is_empty() { Err("tests/samples has no .ndjson file".into()) } else { Ok(samples) }
}
