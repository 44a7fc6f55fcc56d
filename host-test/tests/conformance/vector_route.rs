//! Vector's generated route holds back no event that the module enriches, and Vector takes what is shipped.

use std::fs;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use regex::Regex;
use serde_json::Value;
use tapsieve_host_test::pipeline::{Shipped, shipped};
use tapsieve_host_test::process::{folder, program};
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile};

pub(crate) fn trials(files: impl Iterator<Item = &'static VectorFile>) -> Vec<Trial> {
    let cases: Vec<&'static Case> = files.flat_map(|file| &file.cases).collect();
    let mut trials =
        vec![Trial::test("vector-route/every-enriched-vector-is-a-candidate", move || every_vector(&cases))];
    for arguments in ACCEPTED {
        let name = format!("vector-config/{}", arguments.join("-"));
        trials.push(match program("VECTOR", "vector") {
            Ok(_) => Trial::test(name, move || accepts(arguments)),
            Err(reason) => crate::absent(name, false, reason),
        });
    }
    trials
}

/// What Vector is asked about the shipped files.
const ACCEPTED: [&[&str]; 5] = [
    &["validate", "--no-environment", "vector.yaml"],
    &["validate", "--no-environment", "vector-routed.yaml"],
    &["validate", "--no-environment", "vector.yaml", "exec.yaml"],
    &["validate", "--no-environment", "vector-routed.yaml", "exec.yaml"],
    &["test", "vector-routed.yaml", "tests.yaml"],
];

/// Vector runs on copies, which differ in where the token is.
fn accepts(arguments: &[&str]) -> Result<(), Failed> {
    let folder = folder("vector-config")?;
    fs::write(folder.path().join("token"), "test\n")?;
    for file in ["vector.yaml", "vector-routed.yaml", "exec.yaml", "tests.yaml"] {
        let text = fs::read_to_string(tapsieve_host_test::root().join("vector-config").join(file))?;
        fs::write(
            folder.path().join(file),
            text.replace("/etc/vector/secrets", &folder.path().to_string_lossy()),
        )?;
    }
    let output =
        Command::new(program("VECTOR", "vector")?).args(arguments).current_dir(folder.path()).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() { Ok(()) } else { Err(said.into_owned().into()) }
}

/// The condition as Vector runs it: the pattern on the event that Vector writes anew as JSON.
fn every_vector(cases: &[&Case]) -> Result<(), Failed> {
    let text = shipped(Shipped::Routed)?;
    let pattern = text.split_once("match(encode_json(.), r'").and_then(|(_, rest)| rest.split_once("')"));
    let pattern = Regex::new(pattern.ok_or("the route has no condition")?.0)?;
    let (mut candidates, mut others) = (0, 0);
    for case in cases {
        // The route is made from the catalog: docs/POLICY.md says so of added operations.
        if case.policy.as_ref().is_some_and(|policy| policy.contains("\"operation\"")) {
            continue;
        }
        let Ok(event) = serde_json::from_slice::<Value>(&case.record) else { continue };
        let found = pattern.is_match(&event.to_string());
        match case.expectation {
            Expectation::Inserted(_) | Expectation::Written(_) if !found => {
                return Err(format!("{} is enriched and the route holds it back", case.name).into());
            }
            Expectation::Inserted(_) | Expectation::Written(_) => candidates += 1,
            _ if !found => others += 1,
            _ => {}
        }
    }
    // A pattern that finds everything would hold back nothing, too.
    if candidates > 20 && others > 5 {
        Ok(())
    } else {
        Err(format!("{candidates} candidates and {others} other events prove nothing").into())
    }
}
