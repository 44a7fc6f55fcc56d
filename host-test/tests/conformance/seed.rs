//! The seed law over every vector and every real line that the seed selects: what the seed selects, tapsieve detects, with the seed's columns.
//! The differences allowed are those of docs/SEED.md, no more and no fewer.

use std::collections::BTreeSet;
use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::oracle::{Columns, Comparison, DIFFERENCES, check_seed_law, is_described, seed_row};
use tapsieve_host_test::root;
use tapsieve_host_test::vectors::VectorFile;

use crate::corpus;

pub(crate) fn trials(files: &'static [VectorFile], scenarios: &'static [VectorFile]) -> Vec<Trial> {
    let all = move || {
        files.iter().chain(scenarios).flat_map(|file| file.cases.iter().map(move |case| (file, case)))
    };
    let mut trials: Vec<Trial> = all()
        .filter(|(_, case)| is_selected(&case.record))
        .map(|(file, case)| {
            let name = format!("seed/{}/{}", file.name, case.name);
            Trial::test(name, move || seed_law(&case.record).map(drop).map_err(Failed::from))
        })
        .collect();
    trials.push(Trial::test("seed/differences-are-those-of-the-page", || {
        differences_match_the_page().map_err(Failed::from)
    }));
    trials.push(Trial::test("seed/every-difference-has-a-vector", move || {
        let mut needed = BTreeSet::new();
        for (_, case) in all() {
            needed.extend(seed_law(&case.record)?);
        }
        let idle: Vec<_> = DIFFERENCES.iter().map(|it| it.id).filter(|id| !needed.contains(id)).collect();
        if idle.is_empty() { Ok(()) } else { Err(format!("no vector needs {idle:?}").into()) }
    }));
    for (name, lines) in corpus::files().unwrap_or_default() {
        trials.push(Trial::test(format!("seed/corpus/{name}"), move || {
            for (number, line) in lines.iter().enumerate() {
                seed_law(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
            }
            Ok(())
        }));
    }
    trials
}

/// Whether the seed's query selects the record. Where it does not, the law says nothing, and a trial would test nothing.
fn is_selected(record: &[u8]) -> bool {
    serde_json::from_slice::<Value>(record).is_ok_and(|value| value.is_object() && seed_row(&value).is_some())
}

/// The ids of the differences that this record needs; empty where the seed does not select it.
fn seed_law(record: &[u8]) -> Result<Vec<&'static str>, String> {
    let Ok(value @ Value::Object(_)) = serde_json::from_slice(record) else { return Ok(Vec::new()) };
    let Some(seed) = seed_row(&value) else { return Ok(Vec::new()) };
    let after = match Native::new().process(record)? {
        Answer::Enriched(enriched) => Some(enriched),
        // A record that an earlier hop enriched passes unchanged.
        Answer::Unchanged if is_described(&value) => Some(record.to_vec()),
        Answer::Unchanged => None,
        Answer::Dropped => return Err("dropped without a policy".into()),
    };
    let ours = match &after {
        Some(after) => {
            Columns::at_top_level(&serde_json::from_slice(after).map_err(|error| error.to_string())?)
        }
        None => Columns::default(),
    };
    check_seed_law(&Comparison { record: &value, seed: &seed, detected: after.is_some(), ours: &ours })
}

fn differences_match_the_page() -> Result<(), String> {
    let page =
        fs::read_to_string(root().join("docs/SEED.md")).map_err(|error| format!("docs/SEED.md: {error}"))?;
    let on_page: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(id, _)| id)).collect();
    let in_code: BTreeSet<&str> = DIFFERENCES.iter().map(|difference| difference.id).collect();
    if on_page == in_code {
        Ok(())
    } else {
        Err(format!("docs/SEED.md lists {on_page:?}, the oracle knows {in_code:?}"))
    }
}
