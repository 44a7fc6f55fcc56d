//! No tracked file names a folder of the machine it was written on.

use std::fs;
use std::process::Command;

use crate::task::{output, root};

/// Folders that mean something on one machine only.
const FOLDERS: [&str; 3] = ["/home/", "/Users/", "C:\\Users\\"];

/// The files that list such folders in order to find them.
const EXEMPT: [&str; 1] = ["xtask/src/tidy/paths.rs"];

pub(super) fn problems() -> Vec<String> {
    let listed = output(Command::new("git").args(["ls-files", "-z"]).current_dir(root()));
    let listed = match listed {
        Ok(listed) => listed,
        Err(problem) => return vec![problem],
    };
    let mut here = vec![format!("{}/", root().to_string_lossy())];
    here.extend(std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/")));
    here.extend(FOLDERS.map(str::to_owned));
    let mut problems = Vec::new();
    for file in listed.split('\0').filter(|file| !file.is_empty() && !EXEMPT.contains(file)) {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        for (index, line) in text.lines().enumerate() {
            if let Some(folder) = here.iter().find(|folder| line.contains(folder.as_str())) {
                problems.push(format!("{file}:{}: names the folder {folder}", index + 1));
            }
        }
    }
    problems
}
