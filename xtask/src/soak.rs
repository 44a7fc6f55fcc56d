//! `cargo xtask soak`: the long runs that no test waits for.

use crate::build::build_module;
use crate::task::{cargo, run, say};

/// `cargo xtask soak vector [RUN]`
pub(crate) fn soak(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    say("building the command and the runs (the engine takes a few minutes the first time)");
    run(&mut cargo(&["build", "--release", "--workspace", "--bins"]))?;
    run(cargo(&["run", "--quiet", "--release", "-p", "tapsieve-host-test", "--bin", "soak", "--"])
        .args(arguments))
}
