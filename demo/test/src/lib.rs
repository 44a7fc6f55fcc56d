//! Drives the demo's page in headless Chromium. Links no WebAssembly engine, so that its tests build in seconds.

mod browser;

use std::path::PathBuf;
use std::thread;

use libtest_mimic::Trial;
use tapsieve_demo_serve::Server;

pub use browser::{Browser, Page};

/// The folder of the built page.
pub fn demo() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../dist/demo")
}

/// Serves the built page on a free port of loopback for as long as the process lives; returns its address.
///
/// # Errors
/// It is not built.
pub fn serve_demo() -> Result<String, String> {
    let folder = demo();
    if !folder.join("index.html").exists() {
        return Err("dist/demo is not built; run `cargo xtask demo --out dist/demo`".into());
    }
    let server = Server::new(folder, 0).map_err(|error| error.to_string())?;
    let address = server.address().map_err(|error| error.to_string())?;
    thread::spawn(|| server.run());
    Ok(format!("http://{address}/"))
}

/// The address of the page that is one file on disk.
///
/// # Errors
/// It is not built.
pub fn single_file() -> Result<String, String> {
    let file = demo().join("tapsieve.html");
    let file = file.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(format!("file://{}", file.display()))
}

/// A trial that says why it cannot run here; in a CI run it fails.
pub fn absent(name: &str, reason: String) -> Trial {
    if std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1") {
        return Trial::test(name, move || Err(format!("required when CI=true: {reason}").into()));
    }
    eprintln!("{name}: absent: {reason}");
    Trial::test(format!("{name} (absent: {reason})"), || Ok(())).with_ignored_flag(true)
}
