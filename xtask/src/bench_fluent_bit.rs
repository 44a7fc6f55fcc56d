//! `cargo xtask bench fluent-bit`: measures on the real Fluent Bit and puts the table into docs/BENCHMARKS.md.

use std::fs;

use crate::build::build_module;
use crate::task::{build_programs, output, root, say};
use crate::tidy::between_marks;

const PAGE: &str = "docs/BENCHMARKS.md";

/// `cargo xtask bench fluent-bit`
pub(crate) fn bench(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask bench fluent-bit".into());
    }
    build_module()?;
    say("building the runs (the engine takes a few minutes the first time)");
    let program = build_programs(&["--bins"])?.join("soak");
    let table = output(std::process::Command::new(program).arg("fluent-bit").current_dir(root()))?;
    print!("{table}");
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = between_marks(&page, "fluent-bit", &table)?;
    fs::write(&path, page).map_err(|error| format!("{PAGE}: {error}"))
}
