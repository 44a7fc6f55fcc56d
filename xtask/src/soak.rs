//! `cargo xtask soak`: the long runs that no test waits for.

use std::process::Command;

use crate::measured::{publish, show};
use crate::task::{root, run, say, target_dir};

/// `cargo xtask soak module|serve|filter [EVENTS]`, `soak vector [RUN]`, `soak hec`, `soak hec-senders [FILE]`
pub(crate) fn soak(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hec"] => publish(&words, "docs/HEC.md", "faults"),
        ["hec-senders"] => {
            install_senders()?;
            publish(&words, "hec-config/README.md", "senders")
        }
        words => show(words),
    }
}

/// What PyPI and npm have of the senders. Fluent Bit, Vector and rsyslog are run where they are there.
fn install_senders() -> Result<(), String> {
    let folder = target_dir().join("senders");
    let python = folder.join("bin/python");
    let requirements = root().join("hec-config/requirements.txt");
    say("installing senders from PyPI and npm into target/senders (1.1 GB, almost all of it Tenzir)");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-r"];
    run(Command::new(python).args(pip).arg(requirements))?;
    let npm = ["install", "--silent", "--no-audit", "--no-fund", "splunk-logging@0.11.1", "--prefix"];
    run(Command::new("npm").args(npm).arg(folder))
}
