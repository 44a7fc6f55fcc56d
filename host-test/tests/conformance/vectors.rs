//! Every vector on every engine, and the laws of enrichment over every vector.

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tapsieve_host_test::check::{enrichment_laws, same_values, short_verdict, show, show_bytes};
use tapsieve_host_test::engines::{Answer, Compare, ENGINES, EngineKind};
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile};

use crate::absent;
use crate::fluent_bit_route::is_for_rules;

pub(crate) fn trials(
    files: &'static [VectorFile],
    scenarios: &'static [VectorFile],
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for kind in ENGINES.iter().filter(|kind| is_wanted(kind.name)) {
        if let Err(reason) = (kind.open)() {
            trials.push(absent(kind.name.to_owned(), kind.required_in_ci, reason));
            continue;
        }
        for file in files {
            for case in file.cases.iter().filter(|case| delivered(kind, file, case)) {
                let name = format!("{}/{}/{}", kind.name, file.name, case.name);
                trials.push(Trial::test(name, move || one_case(kind, case)));
            }
        }
        for scenario in scenarios {
            let name = format!("{}/scenario/{}", kind.name, scenario.name);
            trials.push(Trial::test(name, move || whole_scenario(kind, scenario)));
        }
        let name = format!("{}/one-instance/every-case-twice", kind.name);
        trials.push(Trial::test(name, move || every_case_twice(kind, files)));
    }
    for file in files.iter().chain(scenarios) {
        for case in &file.cases {
            let name = format!("laws/{}/{}", file.name, case.name);
            trials.push(Trial::test(name, move || {
                enrichment_laws(&case.record, case.policy.as_deref()).map(drop).map_err(Failed::from)
            }));
        }
    }
    trials
}

/// Whether the engine is given the case: a shipper has one policy for all cases, and Fluent Bit's rules are for what
/// providers write.
fn delivered(kind: &EngineKind, file: &VectorFile, case: &Case) -> bool {
    let is_picked = kind.name != "fluent-bit-routed" || is_for_rules(file, case);
    kind.compare == Compare::Bytes || (case.shippers && case.policy.is_none() && is_picked)
}

fn one_case(kind: &EngineKind, case: &Case) -> Result<(), Failed> {
    let mut engine = (kind.open)()?;
    if let Some(policy) = &case.policy {
        engine.configure(policy)?;
    }
    as_expected(kind.compare, case, &engine.process(&case.record)?)?;
    if kind.compare == Compare::Bytes && case.expectation != Expectation::Unchanged {
        let offset = engine.scan(&case.record)?;
        if offset >= case.record.len() && case.policy.is_none() {
            return Err("scan rules the record out".into());
        }
    }
    Ok(())
}

/// The cases of a scenario in order on one instance, then the list of verdicts as a whole.
fn whole_scenario(kind: &EngineKind, scenario: &VectorFile) -> Result<(), Failed> {
    let mut engine = (kind.open)()?;
    let mut verdicts = Vec::new();
    for case in &scenario.cases {
        let answer = engine.process(&case.record)?;
        as_expected(kind.compare, case, &answer)
            .map_err(|problem| format!("case {}: {problem}", case.name))?;
        verdicts.push(short_verdict(engine.verdict()?.as_deref())?);
    }
    if verdicts != scenario.verdicts {
        return Err(format!("expected verdicts {:#?}\ngot {verdicts:#?}", scenario.verdicts).into());
    }
    Ok(())
}

/// No record leaves anything behind that changes the answer to another.
fn every_case_twice(kind: &EngineKind, files: &[VectorFile]) -> Result<(), Failed> {
    let mut engine = (kind.open)()?;
    for _ in 0..2 {
        for file in files {
            for case in file.cases.iter().filter(|case| case.policy.is_none() && delivered(kind, file, case))
            {
                let answer = engine.process(&case.record)?;
                as_expected(kind.compare, case, &answer)
                    .map_err(|problem| format!("{}: case {}: {problem}", file.name, case.name))?;
            }
        }
    }
    Ok(())
}

fn as_expected(compare: Compare, case: &Case, answer: &Answer) -> Result<(), String> {
    match (&case.expectation, answer) {
        (Expectation::Unchanged, Answer::Unchanged) | (Expectation::Dropped, Answer::Dropped) => Ok(()),
        (Expectation::Inserted(text) | Expectation::Written(text), _) if text.is_empty() => Err(format!(
            "the expectation is empty: run with TAPSIEVE_BLESS=1 and review the diff\ngot {}",
            show(answer)
        )),
        (Expectation::Inserted(_) | Expectation::Written(_), Answer::Enriched(got)) => {
            let expected = case.enriched().ok_or("the record has no brace to insert before")?;
            let same = match compare {
                Compare::Bytes => *got == expected,
                Compare::JsonValues => same_values(&json(got)?, &json(&expected)?),
            };
            if same {
                Ok(())
            } else {
                Err(format!("expected {}\ngot      {}", show_bytes(&expected), show_bytes(got)))
            }
        }
        (Expectation::Inserted(_) | Expectation::Written(_), _) => {
            Err(format!("expected an enriched record, got {}", show(answer)))
        }
        (Expectation::Unchanged, _) => Err(format!("expected unchanged, got {}", show(answer))),
        (Expectation::Dropped, _) => Err(format!("expected dropped, got {}", show(answer))),
    }
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}: {}", show_bytes(bytes)))
}
