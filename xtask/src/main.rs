//! The project's own tasks: `cargo xtask help`. A light program; nothing here links the engine.

mod abi;
mod bench;
mod bench_start;
mod build;
mod catalog;
mod ci;
mod demo;
mod deny;
mod dependencies;
mod dist;
mod fuzz;
mod logscale;
mod measured;
mod members;
mod miri;
mod mutants;
mod order;
mod policy;
mod python;
mod redpanda;
mod routes;
mod run;
mod setup;
mod slim;
mod soak;
mod task;
mod tidy;
mod vector_route;

use std::process::ExitCode;

/// One task: its name, what it does in one line, and the function that does it.
struct Task {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const TASKS: &[Task] = &[
    Task {
        name: "run",
        help: "show the mirror events among the sample records, enriched, and a summary",
        run: run::run,
    },
    Task {
        name: "test",
        help: "build the module and run every test; arguments go to `cargo test`",
        run: ci::test,
    },
    Task {
        name: "build",
        help: "build dist/tapsieve.wasm and print its size per section",
        run: build::build,
    },
    Task {
        name: "compile",
        help: "build the module and its machine code, dist/tapsieve.cwasm, which the command then carries",
        run: build::compile,
    },
    Task {
        name: "demo",
        help: "build the browser demo and serve it on loopback; --out DIR writes a folder for any static host, and tapsieve.html, the page as one file",
        run: demo::demo,
    },
    Task {
        name: "dist",
        help: "build what a release hands out, in dist/release; check-deb tries the package on a fresh Debian",
        run: dist::dist,
    },
    Task { name: "setup", help: "add the WebAssembly target to the Rust toolchain", run: setup::setup },
    Task {
        name: "tidy",
        help: "check layers, sorted tables, generated files (--bless rewrites them) and paths",
        run: tidy::tidy,
    },
    Task { name: "ci", help: "formatting, lints, tidy and tests: what every change must pass", run: ci::ci },
    Task {
        name: "deny",
        help: "check licences, sources, versions and advisories of the dependencies with cargo-deny",
        run: deny::deny,
    },
    Task {
        name: "fuzz",
        help: "run the fuzz targets under libFuzzer and keep what they learn: SECONDS [TARGET…]; needs nightly and cargo-fuzz",
        run: fuzz::fuzz,
    },
    Task {
        name: "miri",
        help: "run tests in an interpreter that sees undefined behaviour: [PACKAGE…]; needs nightly with Miri",
        run: miri::miri,
    },
    Task {
        name: "mutants",
        help: "change the sources in small ways and see that a test fails for each: [PACKAGE…]; needs cargo-mutants",
        run: mutants::mutants,
    },
    Task {
        name: "soak",
        help: "long runs that count what is lost and doubled: vector, hec, hec-senders; `soak module`, `serve` and `filter` look for drift",
        run: soak::soak,
    },
    Task {
        name: "bench",
        help: "run benchmarks: peers, fluent-bit, hec, ways, attack, start, instructions (--bless keeps the counts); lint checks their code",
        run: bench::bench,
    },
    Task {
        name: "logscale",
        help: "build the package that LogScale imports: dist/tapsieve--traffic-mirroring--VERSION.zip",
        run: logscale::logscale,
    },
    Task {
        name: "month",
        help: "join a month of a million records into stories and print what was joined rightly; [RECORDS [MONTHS [FILE]]]",
        run: month,
    },
    Task {
        name: "redpanda",
        help: "build dist/tapsieve-redpanda.wasm, a data transform; --policy FILE puts a policy into it",
        run: redpanda::redpanda,
    },
    Task {
        name: "wheel",
        help: "build the Python package: dist/tapsieve-VERSION-py3-none-any.whl",
        run: python::wheel,
    },
    Task {
        name: "python",
        help: "install the wheel with Spark into target/python and run its tests; arguments go to pytest",
        run: python::python,
    },
    Task { name: "help", help: "print this list", run: help },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".into());
    let rest: Vec<String> = arguments.collect();
    let name = if matches!(name.as_str(), "-h" | "--help") { "help" } else { &name };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("xtask: no task `{name}`; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    match (task.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask {name}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn month(arguments: &[String]) -> Result<(), String> {
    let month = ["run", "--quiet", "--release", "-p", "tapsieve-stories", "--example", "month", "--"];
    task::run(task::cargo(&month).args(arguments))
}

fn help(_: &[String]) -> Result<(), String> {
    println!("usage: cargo xtask <task>\n");
    for task in TASKS {
        println!("  {:<6} {}", task.name, task.help);
    }
    Ok(())
}
