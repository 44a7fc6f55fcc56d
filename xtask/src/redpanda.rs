//! `cargo xtask redpanda [--policy FILE] [-o FILE]`: the transform for Redpanda, with a policy inside.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::path_flags;
use crate::setup::ensure;
use crate::task::{cargo, root, run, say, target_dir};

/// What the SDK's crate is made for.
const TARGET: &str = "wasm32-wasip1";

/// `cargo xtask redpanda`
pub(crate) fn redpanda(arguments: &[String]) -> Result<(), String> {
    let (mut policy, mut out) = (None, root().join("dist/tapsieve-redpanda.wasm"));
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        let path = std::path::absolute(value).map_err(|error| format!("{value}: {error}"))?;
        match argument.as_str() {
            "--policy" => policy = Some(path),
            "-o" | "--output" => out = path,
            _ => return Err("takes --policy FILE and -o FILE".into()),
        }
    }
    build_transform(policy.as_deref(), &out)
}

/// Builds what the tests run: the transform without a policy, and one with.
pub(crate) fn build_for_tests() -> Result<(), String> {
    let folder = root().join("dist/test");
    fs::create_dir_all(&folder).map_err(|error| format!("dist/test: {error}"))?;
    let policy = folder.join("keep.toml");
    fs::write(&policy, "keep = \"mirror\"\n").map_err(|error| format!("dist/test: {error}"))?;
    build_transform(Some(&policy), &folder.join("tapsieve-redpanda-keep.wasm"))?;
    build_transform(None, &root().join("dist/tapsieve-redpanda.wasm"))
}

fn build_transform(policy: Option<&Path>, out: &PathBuf) -> Result<(), String> {
    ensure(TARGET)?;
    say("building the transform for Redpanda");
    let mut build = cargo(&[
        "build",
        "--profile",
        "module",
        "--target",
        TARGET,
        "-p",
        "tapsieve-redpanda",
        "--bin",
        "tapsieve-redpanda",
    ]);
    build.env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", path_flags());
    match policy {
        Some(policy) => build.env("TAPSIEVE_POLICY", policy),
        None => build.env_remove("TAPSIEVE_POLICY"),
    };
    run(&mut build)?;
    let built = target_dir().join(TARGET).join("module/tapsieve-redpanda.wasm");
    let bytes = fs::copy(&built, out).map_err(|error| format!("{}: {error}", out.display()))?;
    say(&format!("{}: {bytes} bytes", out.display()));
    Ok(())
}
