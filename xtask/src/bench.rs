//! `cargo xtask bench`: what is measured and never tested. One row per benchmark.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench_start;
use crate::build::build_module;
use crate::measured::publish as publish_run;
use crate::setup::TARGET;
use crate::task::{build_programs, cargo, root, run, say, target_dir};
use crate::tidy::between_marks;

/// One benchmark: its name and the function that runs it.
type Bench = (&'static str, fn(&[String]) -> Result<(), String>);

const BENCHES: &[Bench] = &[
    ("peers", peers),
    ("fluent-bit", |arguments| measured(arguments, "fluent-bit", "docs/BENCHMARKS.md", "fluent-bit")),
    ("attack", |arguments| measured(arguments, "attack", "docs/BENCHMARKS.md", "attack")),
    ("ways", |arguments| measured(arguments, "ways", "docs/HEC.md", "ways")),
    ("hec", |arguments| measured(arguments, "hec-cost", "docs/HEC.md", "cost")),
    ("start", bench_start::bench),
    ("instructions", instructions),
    ("lint", lint),
];

/// `cargo xtask bench [NAME]`
pub(crate) fn bench(arguments: &[String]) -> Result<(), String> {
    let Some((name, rest)) = arguments.split_first().filter(|(first, _)| !first.starts_with('-')) else {
        return peers(arguments);
    };
    match BENCHES.iter().find(|(known, _)| known == name) {
        Some((_, run)) => run(rest),
        None => {
            let names: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
            Err(format!("no benchmark `{name}`, there are: {}", names.join(", ")))
        }
    }
}

/// A run with real programs, whose table goes into a page.
fn measured(arguments: &[String], run: &str, page: &str, mark: &str) -> Result<(), String> {
    if arguments.is_empty() { publish_run(&[run], page, mark) } else { Err("takes no arguments".into()) }
}

/// Against what a user would use instead; the results go into docs/. `--quick` measures less and writes nothing there,
/// `modules FILE…` compares builds of the module.
fn peers(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    say("building the command, the peers and their engines (many minutes the first time)");
    let programs = build_programs(&["--bins"])?;
    // A workspace of its own: nothing else compiles the peers.
    let folder = target_dir().join("bench");
    let peer = |arguments: &[&str]| {
        let mut command = cargo(arguments);
        command.env("CARGO_TARGET_DIR", &folder);
        command
    };
    let manifest = ["--manifest-path", "bench/Cargo.toml"];
    let guest = ["build", "--profile", "guest", "--target", TARGET, "-p", "tapsieve-bench-serde-guest"];
    run(&mut peer(&[&guest[..], &manifest].concat()))?;
    let out = folder.join("out");
    let bench = ["run", "--quiet", "--release", "-p", "tapsieve-bench"];
    run(peer(&[&bench[..], &manifest].concat())
        .env("SERDE_GUEST", folder.join(TARGET).join("guest/tapsieve_bench_serde_guest.wasm"))
        .env("OUT", &out)
        .env("TAPSIEVE", programs.join("tapsieve"))
        .arg("--")
        .args(arguments))?;
    if arguments.is_empty() { publish(&out) } else { Ok(()) }
}

/// Puts a run's results into docs/.
fn publish(out: &Path) -> Result<(), String> {
    let read =
        |path: PathBuf| fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
    let write = |name: &str, text: String| {
        fs::write(root().join("docs").join(name), text).map_err(|error| format!("docs/{name}: {error}"))
    };
    let page = read(root().join("docs/BENCHMARKS.md"))?;
    write("BENCHMARKS.md", between_marks(&page, "bench", &read(out.join("report.md"))?)?)?;
    for name in ["benchmarks.csv", "throughput.svg", "growth.svg"] {
        write(name, read(out.join(name))?)?;
    }
    Ok(())
}

/// Lints of the benchmark's own code. Not in CI, because they compile the peers, which takes longer than all tests.
fn lint(_: &[String]) -> Result<(), String> {
    let lints = ["clippy", "--release", "--manifest-path", "bench/Cargo.toml", "--all-targets", "--"];
    run(cargo(&lints).args(["-D", "warnings"]).env("CARGO_TARGET_DIR", target_dir().join("bench")))
}

/// Instruction counts against their baseline, as `cargo xtask test` does it; `--bless` writes the baseline.
fn instructions(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    let mut tests =
        cargo(&["test", "--release", "--workspace", "--test", "conformance", "--", "instructions/"]);
    match arguments {
        [] => run(&mut tests),
        [only] if only == "--bless" => run(tests.env("TAPSIEVE_BLESS", "instructions")),
        _ => Err("takes only --bless".into()),
    }
}
