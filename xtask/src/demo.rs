//! `cargo xtask demo [--out DIR] [--port PORT] [--debug]`: the browser demo as a folder, or served on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tapsieve_demo_serve::Server;

use crate::build::path_flags;
use crate::setup::{TARGET, ensure_target};
use crate::task::{build_programs, cargo, root, run, say, target_dir};

/// Where the folder goes when no other is named; the page's tests look there.
const OUT: &str = "dist/demo";
const PORT: u16 = 8017;

/// `cargo xtask demo`
pub(crate) fn demo(arguments: &[String]) -> Result<(), String> {
    let mut out = None;
    let mut port = PORT;
    let mut profile = "page";
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--port" => {
                let text = value()?;
                port = text.parse().map_err(|_| format!("`{text}` is no port"))?;
            }
            "--debug" => profile = "dev",
            _ => return Err("takes --out DIR, --port PORT and --debug".into()),
        }
    }
    if let Some(out) = out {
        build_demo(&out, profile)?;
        say(&format!("any static host can serve {}", out.display()));
        return Ok(());
    }
    let out = root().join(OUT);
    build_demo(&out, profile)?;
    let server = Server::new(out, port).map_err(|error| format!("127.0.0.1:{port}: {error}"))?;
    let address = server.address().map_err(|error| error.to_string())?;
    println!("http://{address}/  (Ctrl-C ends it)");
    server.run();
    Ok(())
}

/// Builds the folder where the tests look for it.
pub(crate) fn build_for_tests() -> Result<(), String> {
    build_demo(&root().join(OUT), "page")
}

fn build_demo(out: &Path, profile: &str) -> Result<(), String> {
    ensure_target()?;
    say("building the demo");
    let arguments = ["build", "--profile", profile, "--target", TARGET, "-p", "tapsieve-demo", "--lib"];
    run(cargo(&arguments).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", path_flags()))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let wasm = target_dir().join(TARGET).join(folder).join("tapsieve_demo.wasm");
    let out = std::path::absolute(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let program = build_programs(&["--bin", "tapsieve-demo-build"])?.join("tapsieve-demo-build");
    run(Command::new(program).args([&wasm, &out]).current_dir(root()))?;
    let mut total = 0;
    for entry in fs::read_dir(&out).map_err(|error| format!("{}: {error}", out.display()))? {
        total += entry.and_then(|entry| entry.metadata()).map_err(|error| error.to_string())?.len();
    }
    say(&format!("the page is {total} bytes in all, uncompressed"));
    Ok(())
}
