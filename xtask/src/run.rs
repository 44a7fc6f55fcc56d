//! `cargo xtask run`: the whole way once, from sample records to enriched mirror events.

use std::fs;
use std::process::{Command, Stdio};

use crate::build::{build_module, compile_module};
use crate::task::{build_programs, output, root, say};

/// `cargo xtask run`
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    build_module()?;
    compile_module()?;
    say("building the command");
    let program = build_programs(&["--bin", "tapsieve"])?.join("tapsieve");

    let mut arguments =
        ["run", "--only-mirror", "--summary", "--module", "dist/tapsieve.wasm"].map(str::to_owned).to_vec();
    arguments.extend(samples()?);
    say(&format!("tapsieve {}", arguments.join(" ")));
    let events = output(Command::new(program).args(&arguments).current_dir(root()).stdin(Stdio::null()))?;
    if events.is_empty() {
        return Err("the samples hold mirror events, and none was found".into());
    }
    for event in events.lines() {
        println!("{}", pretty(event).map_err(|error| format!("the command wrote no JSON: {error}"))?);
    }
    Ok(())
}

/// The same JSON over several lines.
fn pretty(json: &str) -> Result<String, serde_json::Error> {
    let mut out = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_transcode::transcode(&mut reader, &mut serde_json::Serializer::pretty(&mut out))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn samples() -> Result<Vec<String>, String> {
    let folder = root().join("tests/samples");
    let entries = fs::read_dir(&folder).map_err(|error| format!("tests/samples: {error}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut samples: Vec<_> =
        names.filter(|name| name.ends_with(".ndjson")).map(|name| format!("tests/samples/{name}")).collect();
    samples.sort();
    if samples.is_empty() { Err("tests/samples has no .ndjson file".into()) } else { Ok(samples) }
}
