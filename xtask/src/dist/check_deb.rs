//! `cargo xtask dist check-deb`: the Debian package on a fresh Debian: installed, tried, removed, purged.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::read;
use crate::task::{output, run, say};

/// The oldest release that is tried.
const SUITE: &str = "bookworm";

/// What dpkg and the tools for users write for themselves: lists, logs, and the copies that they keep of what was before.
const NOT_COMPARED: [&str; 5] = ["var/lib/dpkg", "var/log", "var/cache", "proc", "tmp"];

/// What removing leaves until purging.
const CONFIGURATION: [&str; 3] = ["etc/tapsieve", "etc/tapsieve/policy.toml", "etc/tapsieve/serve.env"];

/// What lists the system's users.
const USERS: [&str; 4] = ["etc/group", "etc/gshadow", "etc/passwd", "etc/shadow"];

/// Installs the package in a scratch Debian that debootstrap makes; needs root.
///
/// # Errors
/// The README's example does not run, or something is left that should not be.
pub(super) fn check(package: &Path) -> Result<(), String> {
    let debian = tempfile::tempdir().map_err(|error| format!("a scratch folder: {error}"))?;
    let debian = debian.path();
    say("making a fresh Debian");
    run(Command::new("debootstrap").args(["--variant=minbase", SUITE]).arg(debian))?;
    fs::copy(package, debian.join("tmp/tapsieve.deb"))
        .map_err(|error| format!("{}: {error}", package.display()))?;
    let fresh = files(debian)?;

    run(inside(debian).args(["dpkg", "--install", "/tmp/tapsieve.deb"]))?;
    let example = example(&String::from_utf8_lossy(&read("README.md")?))?;
    say(&format!("installed; running `{example}`"));
    let shown = output(inside(debian).args(["sh", "-c", &example]))?;
    let found = shown.lines().filter(|line| line.contains("\"mirror\":{")).count();
    if found == 0 {
        return Err(format!("the example shows no mirror event: {shown}"));
    }
    say(&format!("it shows {found} mirror events"));

    run(inside(debian).args(["dpkg", "--remove", "tapsieve"]))?;
    let removed: Vec<_> = differences(&fresh, &files(debian)?);
    let unexpected =
        removed.iter().find(|path| ![&CONFIGURATION[..], &USERS].concat().contains(&path.as_str()));
    if let Some(path) = unexpected {
        return Err(format!("/{path} differs after removing"));
    }
    say(&format!("removed; configuration is left: {}", removed.join(", ")));
    run(inside(debian).args(["dpkg", "--purge", "tapsieve"]))?;
    match differences(&fresh, &files(debian)?).first() {
        Some(path) => Err(format!("/{path} differs after purging")),
        None => {
            say("purged; nothing is left");
            Ok(())
        }
    }
}

fn inside(debian: &Path) -> Command {
    let mut command = Command::new("chroot");
    command.arg(debian).env("DEBIAN_FRONTEND", "noninteractive").env("HOME", "/root");
    command
}

/// The first example of the README that an installed command runs.
fn example(readme: &str) -> Result<String, String> {
    let line = readme.lines().find(|line| line.starts_with("tapsieve run "));
    line.map(str::to_owned).ok_or_else(|| "the README has no example".into())
}

/// Every path with what stands there: mode, owner, and the hash of a file or the target of a link.
fn files(debian: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    walk(debian, debian, &mut found).map_err(|error| format!("{}: {error}", debian.display()))?;
    Ok(found)
}

fn walk(debian: &Path, folder: &Path, found: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(debian).unwrap_or(&path).to_string_lossy().into_owned();
        // `passwd-` is what useradd keeps of `passwd`.
        if NOT_COMPARED.contains(&name.as_str()) || name.ends_with('-') {
            continue;
        }
        let metadata = path.symlink_metadata()?;
        let what = match metadata.file_type() {
            kind if kind.is_symlink() => fs::read_link(&path)?.to_string_lossy().into_owned(),
            kind if kind.is_file() => format!("{:x}", Sha256::digest(fs::read(&path)?)),
            _ => String::new(),
        };
        found.insert(name, format!("{:o} {} {} {what}", metadata.mode(), metadata.uid(), metadata.gid()));
        if metadata.is_dir() {
            walk(debian, &path, found)?;
        }
    }
    Ok(())
}

/// The paths that are in one and not, or otherwise, in the other.
fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_what_an_installed_command_runs() {
        let example = example(include_str!("../../../README.md")).expect("an example");
        assert_eq!(
            example,
            "tapsieve run --only-mirror --summary /usr/share/doc/tapsieve/samples/audit.ndjson"
        );
    }
}
