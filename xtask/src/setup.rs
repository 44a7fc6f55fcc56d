//! Gives the Rust toolchain what the module needs: the standard library for `wasm32-unknown-unknown`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::task::{output, run, say};

/// The target of the module.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// `cargo xtask setup`
pub(crate) fn setup(_: &[String]) -> Result<(), String> {
    ensure_target()?;
    say("the toolchain has all that the module needs");
    Ok(())
}

/// Adds the target where it is missing.
///
/// # Errors
/// It cannot be added; the message says what to do by hand.
pub(crate) fn ensure_target() -> Result<(), String> {
    ensure(TARGET)
}

/// The same for any target.
pub(crate) fn ensure(target: &str) -> Result<(), String> {
    if has(target)? {
        return Ok(());
    }
    say(&format!("adding {target} to the Rust toolchain"));
    let by_rustup = run(Command::new("rustup").args(["target", "add", target]));
    if by_rustup.is_ok() && has(target)? {
        return Ok(());
    }
    let extras = std::env::var_os("TAPSIEVE_EXTRAS").map(PathBuf::from);
    if let Some(program) = extras
        .map(|extras| extras.join("tools/add-wasm32-target"))
        .filter(|it| target == TARGET && it.exists())
    {
        say("rustup could not; trying tools/add-wasm32-target of TAPSIEVE_EXTRAS");
        run(&mut Command::new(&program))?;
        if has(target)? {
            return Ok(());
        }
    }
    let why = by_rustup.err().unwrap_or_else(|| "rustup added it to another toolchain".into());
    Err(format!(
        "the Rust toolchain has no {target} and it could not be added: {why}\n\
         install Rust with rustup and run `rustup target add {target}`"
    ))
}

fn has(target: &str) -> Result<bool, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = output(Command::new(rustc).args(["--print", "target-libdir", "--target", target]))?;
    let files = fs::read_dir(folder.trim()).into_iter().flatten();
    Ok(files.filter_map(Result::ok).any(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
}
