//! `cargo xtask fuzz`: the fuzz targets under libFuzzer, and what they learn into `fuzz/corpus`. Needs a nightly toolchain
//! and cargo-fuzz.

use std::fs;
use std::process::Command;

use crate::build::build_module;
use crate::task::{cargo, cargo_nightly, root, run, say, target_dir};

/// Inputs longer than this find nothing that shorter ones do not.
const BYTES_MAX: u32 = 2048;

/// `cargo xtask fuzz SECONDS [TARGET…]`: each target for so long, one after the other.
pub(crate) fn fuzz(arguments: &[String]) -> Result<(), String> {
    let usage = "usage: cargo xtask fuzz SECONDS [TARGET…]";
    let (seconds, names) = arguments.split_first().ok_or(usage)?;
    let seconds: u32 = seconds.parse().map_err(|_| usage)?;
    let known = targets()?;
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(format!("no target `{name}`; there are {}", known.join(", ")));
    }
    build_module()?;
    let folder = target_dir().join("corpus");
    for target in if names.is_empty() { &known } else { names } {
        let seeds = folder.join(target);
        let learned = folder.join(format!("{target}-minimised")).join(target);
        corpus("unpack", &folder, target)?;
        fs::create_dir_all(&learned).map_err(|error| format!("{}: {error}", learned.display()))?;
        say(&format!("{target} for {seconds} s"));
        let limits = [
            format!("-max_total_time={seconds}"),
            format!("-max_len={BYTES_MAX}"),
            "-print_final_stats=1".into(),
        ];
        run(cargo_fuzz("run").arg(target).arg(&seeds).arg("--").args(limits))?;
        run(cargo_fuzz("run").arg(target).args([&learned, &seeds]).args(["--", "-merge=1"]))?;
        corpus("pack", learned.parent().unwrap_or(&folder), target)?;
    }
    Ok(())
}

/// The names of the programs in fuzz/fuzz_targets.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<_> = files
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Unpacks or packs what is kept for a target.
fn corpus(task: &str, folder: &std::path::Path, target: &str) -> Result<(), String> {
    let program =
        ["run", "--quiet", "--release", "-p", "tapsieve-fuzz-targets", "--example", "corpus", "--", task];
    run(cargo(&program).arg(folder).arg(target))
}

/// There is no unsafe code in the targets, so no sanitizer.
fn cargo_fuzz(task: &str) -> Command {
    let mut command = cargo_nightly(&["fuzz", task, "--release", "--sanitizer=none", "--target-dir"]);
    command.arg(target_dir().join("fuzz"));
    command.env("RUSTC_WRAPPER", root().join("fuzz/rustc.sh"));
    command
}
