//! Every row, law and test that docs/ATTACKS.md names is there.

use std::fs;

use crate::task::root;

const PAGE: &str = "docs/ATTACKS.md";

pub(super) fn problems() -> Vec<String> {
    let Ok(page) = fs::read_to_string(root().join(PAGE)) else { return vec![format!("{PAGE}: not there")] };
    let rows = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| {
        let mut cells = line.trim_end_matches('|').split(" | ");
        Some((cells.next()?, cells.last()?))
            .filter(|(first, _)| !first.contains("---") && *first != "| attack")
    });
    let mut problems = Vec::new();
    for (attack, held_by) in rows {
        let names: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            problems.push(format!("{PAGE}: held by nothing: {attack}"));
        }
        problems.extend(
            names.iter().filter(|name| !exists(name)).map(|name| format!("{PAGE}: there is no {name}")),
        );
    }
    problems
}

/// Whether a case, a law, a test or a file of that name is there.
fn exists(name: &str) -> bool {
    let contains = |path: String, text: &str| {
        fs::read_to_string(root().join(path)).is_ok_and(|found| found.contains(text))
    };
    if let Some((path, test)) = name.split_once("::") {
        return contains(path.into(), &format!("fn {test}("));
    }
    match name.split('/').collect::<Vec<_>>()[..] {
        [folder, file, case] if !name.ends_with(".rs") => {
            contains(format!("tests/vectors/{folder}/{file}.toml"), &format!("name = \"{case}\"\n"))
        }
        [group, law] => {
            let path = format!("host-test/tests/conformance/{group}.rs");
            contains(path.clone(), &format!("\"{name}\"")) || contains(path, &format!("(\"{law}\""))
        }
        _ => root().join(name).is_file(),
    }
}
