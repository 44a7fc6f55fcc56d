//! What every task needs: the repository's root, commands that say what they do, progress lines.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// A progress line on standard error.
pub(crate) fn say(step: &str) {
    eprintln!("xtask: {step}");
}

/// `cargo` itself, in the repository's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// `cargo` of a nightly toolchain, whichever this task was started with.
pub(crate) fn cargo_nightly(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").args(arguments).current_dir(root()).env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Builds programs of the workspace and returns the folder they are in.
///
/// Always with the features of the whole workspace, as the tests are built: a package chosen by `-p` would have features
/// of its own, and cargo would compile the engines once more for it.
///
/// # Errors
/// The build fails.
pub(crate) fn build_programs(which: &[&str]) -> Result<PathBuf, String> {
    run(cargo(&["build", "--release", "--workspace"]).args(which))?;
    Ok(target_dir().join("release"))
}

/// Where cargo builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Runs a command to its end.
///
/// # Errors
/// It could not be started or failed; the message has the command line.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{}: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", line(command))) }
}

/// Runs a command to its end and returns its standard output; its standard error is shown.
///
/// # Errors
/// As [`run`], or the output is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{}: {error}", line(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", line(command), output.status));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| format!("`{}` printed text that is not UTF-8", line(command)))
}

fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}
