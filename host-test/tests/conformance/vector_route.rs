//! Vector's generated route holds back no event that the module enriches.

use libtest_mimic::{Failed, Trial};
use regex::Regex;
use serde_json::Value;
use tapsieve_host_test::pipeline::{Shipped, shipped};
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile};

pub(crate) fn trials(files: impl Iterator<Item = &'static VectorFile>) -> Vec<Trial> {
    let cases: Vec<&'static Case> = files.flat_map(|file| &file.cases).collect();
    vec![Trial::test("vector-route/every-enriched-vector-is-a-candidate", move || every_vector(&cases))]
}

/// The condition as Vector runs it: the pattern on the event that Vector writes anew as JSON.
fn every_vector(cases: &[&Case]) -> Result<(), Failed> {
    let text = shipped(Shipped::Routed)?;
    let pattern = text.split_once("match(encode_json(.), r'").and_then(|(_, rest)| rest.split_once("')"));
    let pattern = Regex::new(pattern.ok_or("the route has no condition")?.0)?;
    let (mut candidates, mut others) = (0, 0);
    for case in cases {
        let Ok(event) = serde_json::from_slice::<Value>(&case.record) else { continue };
        let found = pattern.is_match(&event.to_string());
        match case.expectation {
            Expectation::Inserted(_) if !found => {
                return Err(format!("{} is enriched and the route holds it back", case.name).into());
            }
            Expectation::Inserted(_) => candidates += 1,
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
