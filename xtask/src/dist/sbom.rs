//! What a part of the release is made of, as a CycloneDX bill of materials. Knows cargo's metadata, not what is done with
//! a bill.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::VERSION;
use crate::task::{cargo, output};

/// The bill of one package of the workspace, built for `target`: every crate that it may link, with who needs whom.
///
/// # Errors
/// cargo does not know the package or the target.
pub(super) fn bill(package: &str, target: &str) -> Result<String, String> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", target];
    let metadata = output(&mut cargo(&arguments))?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let bill = of_metadata(&metadata, package).ok_or_else(|| format!("cargo knows no package {package}"))?;
    serde_json::to_string_pretty(&bill).map_err(|error| format!("{package}: {error}"))
}

fn of_metadata(metadata: &Value, package: &str) -> Option<Value> {
    let packages = metadata["packages"].as_array()?;
    let packages: BTreeMap<&str, &Value> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array()?;
    let needs: BTreeMap<&str, Vec<&str>> =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?, linked(node)))).collect();
    let (root, _) = packages.iter().find(|(_, known)| known["name"] == package)?;
    let mut reached = BTreeSet::new();
    let mut waiting = vec![*root];
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            waiting.extend(needs.get(id).into_iter().flatten());
        }
    }
    let reference = |id: &str| Some(reference(packages.get(id)?));
    let dependencies: Option<Vec<Value>> = reached
        .iter()
        .map(|id| {
            let needed: BTreeSet<String> = needs[id].iter().filter_map(|id| reference(id)).collect();
            Some(json!({ "ref": reference(id)?, "dependsOn": needed }))
        })
        .collect();
    let components: Vec<Value> =
        reached.iter().filter(|id| *id != root).map(|id| component(packages[id], "library")).collect();
    Some(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "tools": { "components": [{ "type": "application", "name": "cargo xtask dist", "version": VERSION }] },
            "component": component(packages[root], "application"),
        },
        "components": components,
        "dependencies": dependencies?,
    }))
}

/// The packages that a package links: neither those of its build nor those of its tests.
fn linked(node: &Value) -> Vec<&str> {
    let normal = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    };
    let dependencies = node["deps"].as_array().into_iter().flatten();
    dependencies.filter(normal).filter_map(|dependency| dependency["pkg"].as_str()).collect()
}

fn component(package: &Value, kind: &str) -> Value {
    let mut component = Map::new();
    component.insert("type".into(), kind.into());
    component.insert("bom-ref".into(), reference(package).into());
    component.insert("name".into(), package["name"].clone());
    component.insert("version".into(), package["version"].clone());
    if let Some(license) = package["license"].as_str() {
        // A slash is how crates once wrote `OR`.
        let expression = license.replace('/', " OR ");
        component.insert("licenses".into(), json!([{ "expression": expression }]));
    }
    // What is of this workspace is in no registry.
    if !package["source"].is_null() {
        component.insert("purl".into(), reference(package).into());
    }
    component.into()
}

fn reference(package: &Value) -> String {
    let text = |member: &str| package[member].as_str().unwrap_or_default().replace('+', "%2B");
    format!("pkg:cargo/{}@{}", text("name"), text("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_lists_what_is_linked_and_nothing_else() {
        let package = |name: &str, source: Value| json!({ "id": name, "name": name, "version": "1.0.0+x", "license": "MIT/Apache-2.0", "source": source });
        let dependency = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let node = |name: &str, deps: Value| json!({ "id": name, "deps": deps });
        let metadata = json!({
            "packages": [package("root", Value::Null), package("a", "registry".into()), package("b", "registry".into()), package("c", "registry".into())],
            "resolve": { "nodes": [
                node("root", json!([dependency("a", Value::Null), dependency("b", "dev".into())])),
                node("a", json!([dependency("c", "build".into())])),
                node("b", json!([])),
                node("c", json!([])),
            ] },
        });
        let bill = of_metadata(&metadata, "root").expect("a bill");
        let a = json!({
            "type": "library", "bom-ref": "pkg:cargo/a@1.0.0%2Bx", "name": "a", "version": "1.0.0+x",
            "licenses": [{ "expression": "MIT OR Apache-2.0" }], "purl": "pkg:cargo/a@1.0.0%2Bx",
        });
        assert_eq!(bill["components"], json!([a]));
        assert_eq!(bill["metadata"]["component"].get("purl"), None);
        assert_eq!(
            bill["dependencies"],
            json!([
                { "ref": "pkg:cargo/a@1.0.0%2Bx", "dependsOn": [] },
                { "ref": "pkg:cargo/root@1.0.0%2Bx", "dependsOn": ["pkg:cargo/a@1.0.0%2Bx"] },
            ])
        );
        assert!(of_metadata(&metadata, "other").is_none());
    }
}
