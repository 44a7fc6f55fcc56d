//! Accessibility: axe-core finds nothing to complain about. The page itself never loads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::Act;
use crate::looks::STATES;
use crate::visit::{Visit, scratch};

pub(crate) const ACTS: &[(&str, Act)] = &[("axe/light", light), ("axe/dark", dark), ("axe/phone", phone)];

fn light(visit: &Visit) -> Result<(), String> {
    visit.page.look(1440, 900, "light")?;
    no_violations(visit)
}

fn dark(visit: &Visit) -> Result<(), String> {
    visit.page.look(1440, 900, "dark")?;
    no_violations(visit)
}

fn phone(visit: &Visit) -> Result<(), String> {
    visit.page.look(390, 844, "light")?;
    no_violations(visit)
}

fn no_violations(visit: &Visit) -> Result<(), String> {
    let script = script()?;
    for (state, reach) in STATES {
        visit.go("")?;
        reach(visit)?;
        visit.page.run(&format!("{script}; 1"))?;
        let found = visit.page.run(
            "axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then((result) => ({ \
               passes: result.passes.length, \
               violations: result.violations.map((rule) => [rule.id, rule.help, \
                 rule.nodes.map((node) => [node.html.slice(0, 200), node.failureSummary])]) }))",
        )?;
        let violations = found["violations"].as_array().ok_or("axe gives no result")?;
        if !violations.is_empty() {
            return Err(format!(
                "{state}: {}",
                serde_json::to_string_pretty(&violations).unwrap_or_default()
            ));
        }
        if found["passes"].as_u64() < Some(10) {
            return Err(format!("{state}: axe looked at next to nothing: {found}"));
        }
    }
    Ok(())
}

/// axe-core's script, fetched by npm as the lock file beside this one pins it, once for all runs.
pub(crate) fn script() -> Result<&'static str, String> {
    static SCRIPT: OnceLock<Result<String, String>> = OnceLock::new();
    SCRIPT.get_or_init(fetch).as_deref().map_err(Clone::clone)
}

fn fetch() -> Result<String, String> {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/axe");
    let lock = fs::read_to_string(pinned.join("package-lock.json")).map_err(|error| error.to_string())?;
    let lock: Value = serde_json::from_str(&lock).map_err(|error| error.to_string())?;
    let version =
        lock["packages"]["node_modules/axe-core"]["version"].as_str().ok_or("axe-core is not pinned")?;
    let folder: PathBuf = scratch(&format!("axe-{version}"))?;
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(pinned.join(file), folder.join(file)).map_err(|error| format!("{file}: {error}"))?;
        }
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
        let npm = Command::new("npm").args(arguments).current_dir(&folder).output();
        let npm = npm.map_err(|error| format!("npm, which fetches axe-core: {error}"))?;
        if !npm.status.success() {
            return Err(format!("npm could not fetch axe-core: {}", String::from_utf8_lossy(&npm.stderr)));
        }
    }
    fs::read_to_string(&script).map_err(|error| format!("axe.min.js: {error}"))
}
