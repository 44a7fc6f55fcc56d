//! `cargo xtask tidy`: rules of the house that no compiler checks.

mod attacks;
mod generated;
mod layers;
mod paths;
mod sorted;

pub(crate) use generated::between_marks;

use std::fs;
use std::path::{Path, PathBuf};

use crate::task::{root, say};

/// `cargo xtask tidy [--bless]`
pub(crate) fn tidy(arguments: &[String]) -> Result<(), String> {
    let bless = match arguments {
        [] => false,
        [only] if only == "--bless" => true,
        _ => return Err("takes only --bless".into()),
    };
    let checks: [(&str, Vec<String>); 5] = [
        ("layers", layers::problems()),
        ("sorted tables", sorted::problems()),
        ("generated files", generated::problems(bless)),
        ("paths", paths::problems()),
        ("attacks", attacks::problems()),
    ];
    let mut count = 0;
    for (name, problems) in checks {
        say(&format!("tidy: {name}: {}", if problems.is_empty() { "ok" } else { "not ok" }));
        for problem in &problems {
            eprintln!("  {problem}");
        }
        count += problems.len();
    }
    if count == 0 { Ok(()) } else { Err(format!("{count} problems")) }
}

/// Every `.rs` file below a folder, with its path from the repository's root.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned();
    paths.iter().filter_map(|path| Some((name(path), fs::read_to_string(path).ok()?))).collect()
}
