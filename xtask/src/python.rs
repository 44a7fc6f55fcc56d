//! `cargo xtask wheel` and `cargo xtask python`: the Python package and its tests. Knows pip, not what is in the package.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::build::build_module;
use crate::ci::in_ci;
use crate::task::{build_programs, output, root, run, say, target_dir};

/// The oldest Python that the package runs on, as in its `requires-python`.
const PYTHON: &str = "import sys; sys.exit(sys.version_info < (3, 11))";

/// `cargo xtask wheel`
pub(crate) fn wheel(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("takes no arguments".into());
    }
    build_module()?;
    say(&format!("wrote dist/{}", build_wheel()?));
    Ok(())
}

/// `cargo xtask python [ARGUMENTS OF PYTEST]`
pub(crate) fn python(arguments: &[String]) -> Result<(), String> {
    build_module()?;
    build_programs(&["--bin", "tapsieve"])?;
    test_package(arguments)
}

/// Whether all tests include the package's: where nobody has asked for what they need, they are absent.
pub(crate) fn is_wanted() -> bool {
    in_ci() || installed().exists()
}

/// Says that the package's tests did not run, and how they would.
pub(crate) fn report_absent() {
    say("ABSENT, not run: the tests of the Python package and of Spark");
    say(
        "`cargo xtask python` installs what they need into target/python (450 MB) and runs them, then with every test",
    );
}

/// Installs the package with all that its tests need, and runs them.
pub(crate) fn test_package(arguments: &[String]) -> Result<(), String> {
    let wheel = build_wheel()?;
    say("installing the wheel, Spark and pytest into target/python (450 MB the first time)");
    let with_extras = format!("{}[test]", root().join("dist").join(&wheel).display());
    run(pip("install").args(["--upgrade", &with_extras]))?;
    // The same version with other contents.
    run(pip("install").args(["--no-deps", "--force-reinstall"]).arg(root().join("dist").join(&wheel)))?;
    fs::write(installed(), "").map_err(|error| format!("{}: {error}", installed().display()))?;
    let folder = root().join("python");
    for check in [
        &["ruff", "check", "--quiet"][..],
        &["ruff", "format", "--check", "--quiet"],
        &["mypy", "--no-error-summary"],
    ] {
        run(tool(&["-m"]).args(check).current_dir(&folder))?;
    }
    run(&mut tool(&["-m", "pytest", "-q", "hec-config/kubernetes"]))?;
    run(tool(&["-m", "pytest", "-q"])
        .args(arguments)
        .env("TAPSIEVE", target_dir().join("release/tapsieve"))
        .current_dir(&folder))
}

/// Builds `dist/tapsieve-VERSION-py3-none-any.whl`; returns its name.
pub(crate) fn build_wheel() -> Result<String, String> {
    make_environment()?;
    let dist = root().join("dist");
    for old in wheels()? {
        fs::remove_file(dist.join(&old)).map_err(|error| format!("dist/{old}: {error}"))?;
    }
    say("building the wheel");
    run(pip("wheel").args(["--no-deps", "--wheel-dir"]).arg(&dist).arg(root().join("python")))?;
    wheels()?.pop().ok_or_else(|| "pip wrote no wheel".into())
}

fn wheels() -> Result<Vec<String>, String> {
    let entries = fs::read_dir(root().join("dist")).map_err(|error| format!("dist: {error}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.starts_with("tapsieve-") && name.ends_with(".whl")).collect())
}

/// A virtual environment of its own: nothing is installed anywhere else.
fn make_environment() -> Result<(), String> {
    if output(&mut tool(&["-m", "pip", "--version"])).is_ok() {
        return Ok(());
    }
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    run(Command::new(&python).args(["-c", PYTHON]))
        .map_err(|why| format!("needs Python 3.11 or newer: {why}"))?;
    run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(environment()))
        .map_err(|why| format!("{why}; on Debian the package python3-venv is missing"))
}

fn environment() -> PathBuf {
    target_dir().join("python")
}

/// There once the tests' requirements were installed.
fn installed() -> PathBuf {
    environment().join("tests-installed")
}

fn tool(arguments: &[&str]) -> Command {
    let program = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let mut command = Command::new(environment().join(program));
    command.args(arguments).current_dir(root());
    command
}

fn pip(command: &str) -> Command {
    tool(&["-m", "pip", "--disable-pip-version-check", command, "--quiet"])
}
