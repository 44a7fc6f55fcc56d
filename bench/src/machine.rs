//! What the numbers were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::measure::middle;

/// Facts for the report, one a line.
pub fn facts() -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let family = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name) && line.contains(':'));
        line.and_then(|line| line.split_once(": ")).map_or("?", |(_, value)| value).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    let system = [first_line("uname", &["-sr"]), first_line("rustc", &["-V"])];
    let peers = ["wasmtime", "wasmi", "vrl", "serde_json", "sonic-rs", "aho-corasick", "memchr", "mlua"];
    let crates: Vec<_> = peers.iter().map(|name| format!("{name} {}", version(name))).collect();
    let mut commands = vec![
        first_line("jq", &["--version"]),
        first_line("rg", &["--version"]),
        first_line("grep", &["--version"]),
    ];
    if let Some(vector) = std::env::var_os("VECTOR") {
        commands.push(first_line(&vector.to_string_lossy(), &["--version"]));
    }
    commands.retain(|line| !line.is_empty());
    // What else the machine does takes from the commands, which are timed by the clock.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    vec![
        format!(
            "{} (family {}, model {}), {cores} cores",
            model.map_or("unknown processor", |(_, name)| name),
            family("cpu family"),
            family("model\t")
        ),
        format!("{}, load {load} at the end", system.join(", ")),
        crates.join(", "),
        commands.join(", "),
    ]
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The version of a crate that this was built with.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map_or("", |(_, rest)| rest);
    entry.split('"').next().unwrap_or_default()
}

/// How fast this machine copies a file's bytes in blocks of a mebibyte, as reading a cached file does.
pub fn memcpy_bytes_per_second(file: &Path, rounds: usize) -> Result<f64, String> {
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    let mut block = vec![0u8; 1 << 20];
    let samples = (0..rounds).map(|_| {
        let begin = Instant::now();
        for piece in bytes.chunks(block.len()) {
            block[..piece.len()].copy_from_slice(piece);
            std::hint::black_box(&mut block);
        }
        begin.elapsed().as_secs_f64()
    });
    Ok(bytes.len() as f64 / middle(samples.collect()).seconds)
}
