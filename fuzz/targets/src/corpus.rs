//! The inputs that are kept for each target: one file a target, one input a line, in hexadecimal.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use tapsieve_host_test::root;

/// Longer inputs are not kept.
const KEPT_BYTES_MAX: usize = 2048;

/// More are not kept of one target.
const KEPT_MAX: usize = 400;

fn file(target: &str) -> PathBuf {
    root().join("fuzz/corpus").join(target).with_extension("hex")
}

/// What is kept for a target.
///
/// # Errors
/// Its file is not there or is not hexadecimal.
pub fn kept(target: &str) -> Result<Vec<Vec<u8>>, String> {
    let file = file(target);
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap_or_default(), 16);
    let inputs = text.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect());
    inputs.collect::<Result<_, _>>().map_err(|error| format!("{}: {error}", file.display()))
}

/// Keeps the shortest of these inputs for a target, in place of those before.
///
/// # Errors
/// Its file cannot be written.
pub fn keep(target: &str, mut inputs: Vec<Vec<u8>>) -> Result<usize, String> {
    inputs.retain(|input| (1..=KEPT_BYTES_MAX).contains(&input.len()));
    inputs.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    inputs.dedup();
    inputs.truncate(KEPT_MAX);
    let mut text = String::new();
    for input in &inputs {
        input.iter().for_each(|byte| _ = write!(text, "{byte:02x}"));
        text.push('\n');
    }
    let file = file(target);
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(inputs.len())
}
