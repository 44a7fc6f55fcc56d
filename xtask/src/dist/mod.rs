//! `cargo xtask dist [check-deb]`: everything that a release hands out, in dist/release.

mod check_deb;
mod deb;
mod sbom;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::build::{build_module, compile_module, path_flags};
use crate::setup::TARGET;
use crate::task::{cargo, output, root, run, say, target_dir};
use crate::{demo, logscale, python};
use tree::Tree;

/// The release's version; the workspace's manifest has it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The time of every file in an archive where `SOURCE_DATE_EPOCH` names none, in seconds: 2020-02-02, as in wheels.
const TIME: u64 = 1_580_601_600;

/// What the documents of a release are, files and folders; an archive has them beside the command.
const DOCUMENTS: [&str; 7] =
    ["README.md", "CHANGELOG.md", "SECURITY.md", "docs", "fluent-bit-config", "vector-config", "hec-config"];

/// `cargo xtask dist`
pub(crate) fn dist(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => make(),
        [only] if only == "check-deb" => check_deb::check(&out().join(deb::name()?)),
        _ => Err("takes nothing, or check-deb to try the Debian package on a fresh Debian".into()),
    }
}

fn make() -> Result<(), String> {
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            text.parse().map_err(|_| format!("SOURCE_DATE_EPOCH: `{text}` is no number of seconds"))?
        }
        Err(_) => TIME,
    };
    // Nothing of an earlier version may stay.
    let _ = fs::remove_dir_all(out());
    fs::create_dir_all(out()).map_err(|error| format!("{}: {error}", out().display()))?;
    build_module()?;
    compile_module()?;
    demo::build_for_tests()?;
    let wheel = python::build_wheel()?;
    logscale::logscale(&[])?;

    let platform = platform()?;
    write("tapsieve.wasm", &read("dist/tapsieve.wasm")?)?;
    write(&format!("tapsieve-{VERSION}.html"), &read("dist/demo/tapsieve.html")?)?;
    write(&wheel, &read(&format!("dist/{wheel}"))?)?;
    let logscale = logscale::name()?;
    write(&logscale, &read(&format!("dist/{logscale}"))?)?;
    say("building the command for this platform (the engine takes a few minutes the first time)");
    archive(&platform, &build_command(&platform, "dist", "")?, time)?;
    if platform.contains("linux-gnu") {
        say("building the static command (the engine takes a few minutes the first time)");
        let command = build_command(&platform, "dist-static", "-Ctarget-feature=+crt-static")?;
        archive(&platform.replace("unknown-linux-gnu", "linux-static"), &command, time)?;
        write(&deb::name()?, &deb::package(&command, time)?)?;
    }
    for (part, package, target) in [
        ("command", "tapsieve-host", platform.as_str()),
        ("module", "tapsieve-plugin", TARGET),
        ("page", "tapsieve-demo", TARGET),
    ] {
        write(&format!("tapsieve-{VERSION}-{part}.cdx.json"), sbom::bill(package, target)?.as_bytes())?;
    }
    let sums = sums(&out())?;
    print!("{sums}");
    write("SHA256SUMS", sums.as_bytes())
}

/// Writes the archive with this command.
fn archive(platform: &str, command: &[u8], time: u64) -> Result<(), String> {
    let name = format!("tapsieve-{VERSION}-{platform}");
    let mut tree = Tree::default();
    tree.add_program("tapsieve", command);
    tree.add("tapsieve.wasm", read("dist/tapsieve.wasm")?);
    tree.add("LICENSE", read("LICENSE")?);
    documents(&mut tree, ".")?;
    let packed = tree.tar_gz(&format!("{name}/"), time).map_err(|error| format!("{name}: {error}"))?;
    write(&format!("{name}.tar.gz"), &packed)
}

/// Adds the documents, with configurations and samples, below a folder of the tree.
fn documents(tree: &mut Tree, folder: &str) -> Result<(), String> {
    let below = |name: &str| if folder == "." { name.to_owned() } else { format!("{folder}/{name}") };
    for name in DOCUMENTS.into_iter().filter(|name| root_file(name).exists()) {
        tree.copy(&root_file(name), &below(name))?;
    }
    tree.copy(&root_file("tests/samples"), &below("samples"))
}

/// The command as a release has it: with its own features only, and without a folder of this machine in it.
fn build_command(platform: &str, folder: &str, flags: &str) -> Result<Vec<u8>, String> {
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", platform.to_uppercase().replace('-', "_"));
    let target = target_dir().join(folder);
    let build =
        ["build", "--release", "--locked", "-p", "tapsieve-host", "--bin", "tapsieve", "--target", platform];
    run(cargo(&build).env(variable, format!("{} {flags}", path_flags())).env("CARGO_TARGET_DIR", &target))?;
    let path = target.join(platform).join("release/tapsieve");
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The name of this platform, as rustc says it.
fn platform() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what platform this is".into())
}

/// The SHA-256 of every file in a folder, as `sha256sum` writes it and GitHub's attestations read it.
fn sums(folder: &Path) -> Result<String, String> {
    let problem = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(problem)?;
    let mut lines = Vec::new();
    for entry in entries {
        let path = entry.map_err(problem)?.path();
        let bytes = fs::read(&path).map_err(problem)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        lines.push((name, format!("{:x}", Sha256::digest(bytes))));
    }
    lines.sort();
    Ok(lines.into_iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect())
}

fn out() -> PathBuf {
    root().join("dist/release")
}

fn write(name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = out().join(name);
    fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    say(&format!("{name}: {} bytes", bytes.len()));
    Ok(())
}

fn root_file(path: &str) -> PathBuf {
    root().join(path)
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(root_file(path)).map_err(|error| format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_the_documents_the_configurations_and_the_samples() {
        let mut tree = Tree::default();
        documents(&mut tree, ".").expect("the documents");
        let files: Vec<&str> = tree.files().map(|(path, _)| path).collect();
        for path in [
            "README.md",
            "docs/POLICY.md",
            "fluent-bit-config/filter.yaml",
            "vector-config/vector.yaml",
            "samples/audit.ndjson",
        ] {
            assert!(files.contains(&path), "{path} is not in {files:?}");
        }
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("b"), "abc").expect("a file");
        fs::write(folder.path().join("a"), "").expect("a file");
        assert_eq!(
            sums(folder.path()).as_deref(),
            Ok("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
                ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n")
        );
    }
}
