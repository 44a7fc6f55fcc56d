//! Who may use whom: modules within the detector, and packages among each other.

use std::fs;

use super::rust_files;
use crate::task::root;

/// The detector's layers, lowest first; a module may use only modules of lower layers.
const LAYERS: &[&[&str]] = &[
    &["json", "catalog"],
    &["prefilter", "envelope"],
    &["fields"],
    &["classify"],
    &["policy"],
    &["enrich", "gather"],
    &["detector"],
];

/// Which packages of this workspace a package may depend on. Development dependencies count too.
const PACKAGES: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("detector", &["tapsieve-json"]),
    ("plugin", &["tapsieve-detector"]),
    ("demo", &["tapsieve-detector", "tapsieve-policy", "tapsieve-records", "tapsieve-stories"]),
    ("demo/build", &["tapsieve-policy"]),
    ("demo/serve", &[]),
    ("demo/test", &["tapsieve-detector", "tapsieve-demo-serve"]),
    ("host", &["tapsieve-policy", "tapsieve-records", "tapsieve-stories"]),
    (
        "host-test",
        &["tapsieve-detector", "tapsieve-plugin", "tapsieve-host", "tapsieve-records", "tapsieve-demo-test"],
    ),
    ("bench", &["tapsieve-detector", "tapsieve-host", "tapsieve-host-test"]),
    ("policy", &[]),
    ("redpanda", &["tapsieve-detector", "tapsieve-policy"]),
    ("stories", &["tapsieve-detector", "tapsieve-policy"]),
    ("xtask", &["tapsieve-detector", "tapsieve-demo-serve"]),
];

pub(super) fn problems() -> Vec<String> {
    let mut problems = Vec::new();
    for (file, text) in rust_files("detector/src") {
        problems.extend(module_problems(&file, &text));
    }
    for (package, allowed) in PACKAGES {
        let manifest = format!("{package}/Cargo.toml");
        let Ok(text) = fs::read_to_string(root().join(&manifest)) else { continue };
        let used = text.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for other in used.filter(|name| name.starts_with("tapsieve-") && !allowed.contains(name)) {
            problems.push(format!("{manifest}: {package} may not use {other}"));
        }
    }
    problems
}

/// Every `crate::…` in a file that its layer may not use. lib.rs only lists modules and is exempt.
fn module_problems(file: &str, text: &str) -> Vec<String> {
    let inner = file.trim_start_matches("detector/src/").trim_end_matches(".rs");
    let module = inner.split('/').next().unwrap_or(inner);
    if module == "lib" {
        return Vec::new();
    }
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let Some(own) = layer(module) else { return vec![format!("{file}: `{module}` has no layer")] };
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for used in crate_paths(code) {
            if used != module && layer(&used).is_none_or(|layer| layer >= own) {
                problems.push(format!("{file}:{}: `{module}` may not use `crate::{used}`", index + 1));
            }
        }
    }
    problems
}

/// The first names after `crate::`, those in braces included.
fn crate_paths(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect()
    };
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(name(rest)),
            Some(list) => {
                let (mut depth, mut start) = (0, true);
                for (at, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        space if space.is_whitespace() => {}
                        _ if start => {
                            names.push(name(&list[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_layer_is_named_with_its_line() {
        let text = "use crate::json;\nuse crate::{json::Raw, policy::{Policy, Keep}};\n// crate::detector\n";
        let problems = module_problems("detector/src/fields/aws.rs", text);
        assert_eq!(problems, ["detector/src/fields/aws.rs:2: `fields` may not use `crate::policy`"]);
    }

    #[test]
    fn neighbours_and_unknown_names_are_no_lower_layer() {
        assert_eq!(module_problems("detector/src/catalog/mod.rs", "use crate::policy::Policy;").len(), 1);
        assert_eq!(module_problems("detector/src/enrich.rs", "use crate::Outcome;").len(), 1);
        assert_eq!(module_problems("detector/src/helper.rs", "").len(), 1);
        assert_eq!(module_problems("detector/src/fields/aws.rs", "use crate::json::Raw;").len(), 0);
    }
}
