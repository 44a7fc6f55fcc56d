//! `cargo xtask deny`: what the dependencies may be, as deny.toml says.

use crate::task::{cargo, run};

/// `cargo xtask deny [CHECKS]`: all checks, or those named; `advisories` needs the internet.
pub(crate) fn deny(arguments: &[String]) -> Result<(), String> {
    if !cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success()) {
        return Err(
            "cargo-deny is not installed; `cargo install --locked cargo-deny` compiles it in some minutes"
                .into(),
        );
    }
    run(cargo(&["deny", "check"]).args(arguments))
}
