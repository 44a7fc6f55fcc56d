//! Long runs with real programs whose tables go into a page: what `soak` of `host-test` prints.

use std::fs;
use std::process::Command;

use crate::build::build_module;
use crate::task::{build_programs, output, root, run, say};
use crate::tidy::between_marks;

/// Runs and puts the table between two marks of a page.
pub(crate) fn publish(run: &[&str], page: &str, mark: &str) -> Result<(), String> {
    let table = output(&mut program(run)?)?;
    print!("{table}");
    let path = root().join(page);
    let text = fs::read_to_string(&path).map_err(|error| format!("{page}: {error}"))?;
    let text = between_marks(&text, mark, &table).map_err(|problem| format!("{page}: {problem}"))?;
    fs::write(&path, text).map_err(|error| format!("{page}: {error}"))
}

/// Runs and only prints.
pub(crate) fn show(arguments: &[&str]) -> Result<(), String> {
    run(&mut program(arguments)?)
}

fn program(arguments: &[&str]) -> Result<Command, String> {
    build_module()?;
    say("building the command and the runs (the engine takes a few minutes the first time)");
    let mut program = Command::new(build_programs(&["--bins"])?.join("soak"));
    program.args(arguments).current_dir(root());
    Ok(program)
}
