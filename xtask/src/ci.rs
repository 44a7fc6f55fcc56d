//! `cargo xtask test` and `cargo xtask ci`: what every change must pass.

use crate::build::{build_module, compile_module};
use crate::demo;
use crate::python;
use crate::redpanda;
use crate::task::{build_programs, cargo, run, say};
use crate::tidy::tidy;

/// `cargo xtask test`: the module and the page first, because the tests run them.
pub(crate) fn test(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    compile_module()?;
    demo::build_for_tests()?;
    if let Err(why) = redpanda::build_for_tests() {
        if in_ci() {
            return Err(why);
        }
        say(&format!("ABSENT, not run: the tests of the transform for Redpanda: {why}"));
    }
    // Arguments choose trials of the suite.
    let with_python = arguments.is_empty() && python::is_wanted();
    if with_python {
        build_programs(&["--bins"])?;
        python::test_package(&[])?;
    }
    say("building and running every test (the engine takes a few minutes the first time)");
    run(cargo(&["test", "--release", "--workspace"]).args(arguments))?;
    if !with_python {
        python::report_absent();
    }
    Ok(())
}

/// `cargo xtask ci`
pub(crate) fn ci(_: &[String]) -> Result<(), String> {
    say("cargo fmt --check");
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    // A workspace of its own; `cargo xtask bench lint` has its lints.
    run(&mut cargo(&["fmt", "--manifest-path", "bench/Cargo.toml", "--all", "--check"]))?;
    run(&mut cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--all", "--check"]))?;
    say("tidy");
    tidy(&[])?;
    say("cargo clippy");
    let lints = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run(&mut cargo(&lints))?;
    // Last, so that the test runner's own summary ends the output.
    test(&[])
}

/// Whether this is a CI run, where what is absent is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}
