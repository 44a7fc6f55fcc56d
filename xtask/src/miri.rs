//! `cargo xtask miri`: what the module does with addresses, and what it reads records with, in an interpreter that sees
//! every access to memory that Rust does not allow.

use std::process::{Command, Stdio};

use crate::task::{cargo_nightly, run, say, target_dir};

/// Those with unsafe code, and those that every record goes through.
const PACKAGES: [&str; 3] = ["tapsieve-json", "tapsieve-plugin", "tapsieve-records"];

/// `cargo xtask miri [PACKAGE…]`: the tests of these packages, or of [`PACKAGES`].
pub(crate) fn miri(arguments: &[String]) -> Result<(), String> {
    let is_there = cargo_miri(&["--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        return Err(
            "no Miri: `rustup toolchain install nightly --component miri --component rust-src`".into()
        );
    }
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    for package in if named.is_empty() { &PACKAGES[..] } else { &named } {
        say(&format!("{package} under Miri"));
        run(&mut cargo_miri(&["test", "-p", package]))?;
    }
    Ok(())
}

/// Tests may read their files.
fn cargo_miri(arguments: &[&str]) -> Command {
    let mut command = cargo_nightly(&["miri"]);
    command.args(arguments);
    command.env("CARGO_TARGET_DIR", target_dir().join("miri")).env("MIRIFLAGS", "-Zmiri-disable-isolation");
    command
}
