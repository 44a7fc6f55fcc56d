//! The conformance suite. A trial is named `engine/file/case`, or after the law it holds; a filter on the command line
//! picks trials by name: `cargo test --release -p tapsieve-host-test -- wasmi/aws`. An engine whose trials are left out,
//! as by `--skip=wasmtime/`, is not started.
//!
//! `TAPSIEVE_BLESS=1` writes the bytes that the native engine inserts into the vectors instead, and the table of coverage
//! into docs/CATALOG.md; review them by diff.
//! `TAPSIEVE_BLESS=instructions` writes the baseline of instruction counts.

mod bless;
mod corpus;
mod cost;
mod fluent_bit_route;
mod instructions;
mod module;
mod policy;
mod properties;
mod rows;
mod rules;
mod schemas;
mod seed;
mod starved;
mod vector_route;
mod vectors;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use tapsieve_host_test::engines::close_browser;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests = tapsieve_host_test::root().join("tests");
    let (files, mut problems) = tapsieve_host_test::vectors::load(&tests.join("vectors"));
    let (scenarios, more) = tapsieve_host_test::vectors::load(&tests.join("scenarios"));
    problems.extend(more);

    if std::env::var_os("TAPSIEVE_BLESS").is_some_and(|value| value == "1") {
        let code = bless::bless(files.iter().chain(&scenarios), &problems);
        let (files, _) = tapsieve_host_test::vectors::load(&tests.join("vectors"));
        return match rules::bless(&files) {
            Ok(()) => code,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        };
    }

    if std::env::var_os("TAPSIEVE_BLESS").is_some_and(|value| value == "instructions") {
        return match instructions::bless() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        };
    }

    let mut trials: Vec<Trial> = problems
        .into_iter()
        .map(|problem| Trial::test(format!("format/{problem}"), move || Err(problem.into())))
        .collect();
    // The trials live as long as the process, and so do their vectors.
    let (files, scenarios) =
        (&*Box::leak(files.into_boxed_slice()), &*Box::leak(scenarios.into_boxed_slice()));
    let is_wanted = |engine: &str| !arguments.skip.iter().any(|skip| *skip == format!("{engine}/"));
    trials.extend(vectors::trials(files, scenarios, is_wanted));
    trials.extend(seed::trials(files, scenarios));
    trials.extend(fluent_bit_route::trials(files.iter().chain(scenarios)));
    trials.extend(vector_route::trials(files.iter().chain(scenarios)));
    trials.extend(corpus::trials());
    trials.extend(cost::trials());
    trials.extend(rows::trials(files));
    trials.extend(schemas::trials(files));
    trials.extend(instructions::trials());
    trials.extend(rules::trials(files, scenarios));
    trials.extend(module::trials());
    trials.extend(starved::trials());
    trials.extend(policy::trials(files));
    trials.extend(properties::trials(files));
    let conclusion = libtest_mimic::run(&arguments, trials);
    close_browser();
    conclusion.exit_code()
}

/// A trial that says why it cannot run here; in a CI run it fails when what it needs is required there.
fn absent(name: String, required_in_ci: bool, reason: String) -> Trial {
    if required_in_ci && tapsieve_host_test::in_ci() {
        return Trial::test(name, move || Err(format!("required when CI=true: {reason}").into()));
    }
    eprintln!("{name}: absent: {reason}");
    Trial::test(format!("{name} (absent: {reason})"), || Ok(())).with_ignored_flag(true)
}
