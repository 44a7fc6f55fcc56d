//! Writes what the native engine inserts into the vector files. Only `inserted` and `written` values change.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use tapsieve_host_test::check::show;
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::vectors::{self, Case, Expectation, VectorFile};

pub(crate) fn bless<'a>(files: impl Iterator<Item = &'a VectorFile>, problems: &[String]) -> ExitCode {
    let mut refused = problems.to_vec();
    let mut blessed = 0;
    for file in files {
        let mut changes = BTreeMap::new();
        for case in &file.cases {
            match inserted_now(case) {
                Ok(Some(inserted)) => drop(changes.insert(case.name.clone(), inserted)),
                Ok(None) => {}
                Err(problem) => refused.push(format!("{}: case {}: {problem}", file.name, case.name)),
            }
        }
        if changes.is_empty() {
            continue;
        }
        blessed += changes.len();
        let changes: Vec<_> = changes.into_iter().collect();
        let rewritten = fs::read_to_string(&file.path)
            .map_err(|error| error.to_string())
            .and_then(|text| vectors::bless(&text, &changes))
            .and_then(|text| fs::write(&file.path, text).map_err(|error| error.to_string()));
        match rewritten {
            Ok(()) => println!("{}: {} cases rewritten", file.name, changes.len()),
            Err(problem) => refused.push(format!("{}: {problem}", file.name)),
        }
    }
    println!("{blessed} cases rewritten, {} refused; review them with `git diff tests`", refused.len());
    for problem in &refused {
        println!("  {problem}");
    }
    if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The new value of `inserted` where it differs from the one in the file.
fn inserted_now(case: &Case) -> Result<Option<String>, String> {
    let mut native = Native::new();
    if let Some(policy) = &case.policy {
        native.configure(policy)?;
    }
    match (&case.expectation, native.process(&case.record)?) {
        (Expectation::Inserted(old), Answer::Enriched(enriched)) => {
            let inserted = case.inserted_in(&enriched)?;
            Ok((*old != inserted).then_some(inserted))
        }
        (Expectation::Written(old), Answer::Enriched(enriched)) => {
            let written =
                String::from_utf8(enriched).map_err(|_| "what is written is not UTF-8".to_owned())?;
            Ok((*old != written).then_some(written))
        }
        (Expectation::Unchanged, Answer::Unchanged) | (Expectation::Dropped, Answer::Dropped) => Ok(None),
        (expectation, answer) => {
            let expected = match expectation {
                Expectation::Inserted(_) | Expectation::Written(_) => "an enriched record",
                Expectation::Unchanged => "unchanged",
                Expectation::Dropped => "dropped",
            };
            Err(format!("expected {expected}, got {}", show(&answer)))
        }
    }
}
