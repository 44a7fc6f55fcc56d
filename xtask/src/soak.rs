//! `cargo xtask soak`: the long runs that no test waits for.

use std::process::Command;

use crate::build::build_module;
use crate::task::{build_programs, root, run, say};

/// `cargo xtask soak module [EVENTS]`, `cargo xtask soak vector [RUN]`
pub(crate) fn soak(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    say("building the command and the runs (the engine takes a few minutes the first time)");
    let program = build_programs(&["--bins"])?.join("soak");
    run(Command::new(program).args(arguments).current_dir(root()))
}
