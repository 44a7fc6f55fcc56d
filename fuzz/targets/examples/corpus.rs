//! `corpus unpack|pack FOLDER [TARGET…]`: the inputs that are kept, as the folders of files that libFuzzer reads, and
//! back. See docs/FUZZING.md.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use tapsieve_fuzz_targets::{TARGETS, Target, keep, kept, vector_records};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, folder, names @ ..] = arguments.as_slice() else {
        eprintln!("usage: corpus unpack|pack FOLDER [TARGET…]");
        return ExitCode::from(2);
    };
    let chosen = |target: &&Target| names.is_empty() || names.iter().any(|name| name == target.name);
    for target in TARGETS.iter().filter(chosen) {
        let folder = Path::new(folder).join(target.name);
        let done = if task == "pack" { pack(target, &folder) } else { unpack(target, &folder) };
        if let Err(problem) = done {
            eprintln!("corpus: {}: {problem}", target.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Writes what is kept, and the records of the vectors where the target takes records.
fn unpack(target: &Target, folder: &Path) -> Result<(), String> {
    let mut inputs = kept(target.name).unwrap_or_default();
    if target.takes_records {
        inputs.extend(vector_records().map(<[u8]>::to_vec));
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("{number:05}")), input).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Keeps what lies in the folder.
fn pack(target: &Target, folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let files = entries.filter_map(|entry| fs::read(entry.ok()?.path()).ok());
    println!("{}: {} kept", target.name, keep(target.name, files.collect())?);
    Ok(())
}
