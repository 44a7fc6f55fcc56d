//! What each artefact carries that others wrote: the tables of docs/DEPENDENCIES.md, from Cargo.lock.

use std::fs;
use std::path::Path;

use crate::task::{cargo, output};
use crate::tidy::between_marks;

/// What is delivered: name, package, target, and why it has what it has.
const ARTEFACTS: [(&str, &str, &str, &str); 4] = [
    (
        "the module, also in the wheel",
        "tapsieve-plugin",
        "wasm32-unknown-unknown",
        "an allocator a sixth as large as std's; the detector and its reader of JSON have none",
    ),
    (
        "the transform for Redpanda",
        "tapsieve-redpanda",
        "wasm32-wasip1",
        "Redpanda's protocol is read and written here; what the policy's reader takes runs when it is built",
    ),
    (
        "the page",
        "tapsieve-demo",
        "wasm32-unknown-unknown",
        "wasm-bindgen and what it needs; a reader of TOML and one of JSON for the policy editor and the stories",
    ),
    (
        "the command",
        "tapsieve-host",
        "x86_64-unknown-linux-gnu",
        "the engine with its compiler; HTTP and TLS for `serve`; arguments, progress, compression",
    ),
];

/// The page with fresh tables.
pub(crate) fn page(current: &str) -> Result<String, String> {
    let mut table = String::from("| artefact | crates of others | why |\n| --- | ---: | --- |\n");
    for (name, package, target, why) in ARTEFACTS {
        table.push_str(&format!("| {name} | {} | {why} |\n", crates(package, target)?.len()));
    }
    let (_, package, target, _) = ARTEFACTS[0];
    let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let mut unsafes = String::from("| crate | version | `unsafe` in its source |\n| --- | --- | ---: |\n");
    for (name, version) in crates(package, target)? {
        let manifest = format!("/{name}-{version}/Cargo.toml\"");
        let end = metadata.find(&manifest).ok_or_else(|| format!("{name} is not in the metadata"))?;
        let start = metadata[..end].rfind('"').map_or(0, |quote| quote + 1);
        let source = Path::new(&metadata[start..end]).join(format!("{name}-{version}/src"));
        unsafes.push_str(&format!("| `{name}` | {version} | {} |\n", unsafes_in(&source)));
    }
    let page = between_marks(current, "artefacts", &table)?;
    between_marks(&page, "unsafe", &unsafes)
}

/// The crates of others that a package is built with, by name and version.
fn crates(package: &str, target: &str) -> Result<Vec<(String, String)>, String> {
    let tree =
        ["tree", "--locked", "--edges=normal", "--prefix=none", "--package", package, "--target", target];
    let mut found: Vec<(String, String)> = output(&mut cargo(&tree))?
        .lines()
        .filter(|line| !line.contains("(/"))
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name.into(), rest.split(' ').next().unwrap_or_default().into()))
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// How often the word stands in the code below a folder, outside of comments that fill a line.
fn unsafes_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let count = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
            .filter(|word| *word == "unsafe")
            .count()
    };
    entries.map(|path| if path.is_dir() { unsafes_in(&path) } else { count(&path) }).sum()
}
