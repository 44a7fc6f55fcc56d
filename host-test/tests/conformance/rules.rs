//! The rules law over every vector and every real line: what a public rule alerts on, tapsieve enriches, except where
//! the table of exceptions says why not. Keeps the table of coverage in docs/CATALOG.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use libtest_mimic::Trial;
use serde_json::Value;
use tapsieve_detector::catalog::TABLES;
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::oracle::is_described;
use tapsieve_host_test::root;
use tapsieve_host_test::rules::{EXCEPTIONS, RULES, RuleSet, alerts, events};
use tapsieve_host_test::vectors::{Expectation, VectorFile};

use crate::corpus;

const PAGE: &str = "docs/CATALOG.md";
const MARK: &str = "<!-- generated: coverage -->\n";
const END: &str = "<!-- end -->";

pub(crate) fn trials(files: &'static [VectorFile], scenarios: &'static [VectorFile]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = files
        .iter()
        .chain(scenarios)
        .map(|file| {
            Trial::test(format!("rules/{}", file.name), move || {
                for case in &file.cases {
                    law(&case.record).map_err(|problem| format!("case {}: {problem}", case.name))?;
                }
                Ok(())
            })
        })
        .collect();
    for (name, lines) in corpus::files().unwrap_or_default() {
        trials.push(Trial::test(format!("rules/corpus/{name}"), move || {
            for (number, line) in lines.iter().enumerate() {
                law(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
            }
            Ok(())
        }));
    }
    trials.push(Trial::test("rules/every-rule-alerts", move || {
        let alerting: BTreeSet<&str> = records(files)
            .flat_map(|record| alerts(&events(&record)).map(|(_, rule, _)| rule.id).collect::<Vec<_>>())
            .collect();
        let all = RULES.iter().flat_map(|set| set.rules).map(|rule| rule.id);
        let idle: Vec<_> = all.filter(|id| !alerting.contains(id)).collect();
        if idle.is_empty() { Ok(()) } else { Err(format!("no vector for {idle:?}").into()) }
    }));
    trials.push(Trial::test("rules/every-exception-has-a-vector", move || {
        let mut needed = BTreeSet::new();
        for record in records(files) {
            needed.extend(law(record.to_string().as_bytes())?);
        }
        let idle: Vec<_> = EXCEPTIONS.iter().map(|it| it.why).filter(|why| !needed.contains(why)).collect();
        if idle.is_empty() { Ok(()) } else { Err(format!("no vector needs {idle:?}").into()) }
    }));
    trials.push(Trial::test("rules/coverage-is-fresh", move || {
        let (current, fresh) = page(files)?;
        if current == fresh {
            Ok(())
        } else {
            Err(format!("the table of coverage in {PAGE} is stale; TAPSIEVE_BLESS=1 writes it anew").into())
        }
    }));
    trials
}

/// Writes the table of coverage anew.
///
/// # Errors
/// The page has no marks, or cannot be read or written.
pub(crate) fn bless(files: &[VectorFile]) -> Result<(), String> {
    let (current, fresh) = page(files)?;
    if current != fresh {
        fs::write(root().join(PAGE), fresh).map_err(|error| format!("{PAGE}: {error}"))?;
        println!("{PAGE}: the table of coverage is rewritten");
    }
    Ok(())
}

fn records(files: &[VectorFile]) -> impl Iterator<Item = Value> {
    let cases = files.iter().flat_map(|file| &file.cases);
    cases.filter_map(|case| serde_json::from_slice(&case.record).ok())
}

/// The exceptions that this record needs.
fn law(record: &[u8]) -> Result<Vec<&'static str>, String> {
    // A record is one object; anything else passes unread.
    let Ok(value @ Value::Object(_)) = serde_json::from_slice(record) else { return Ok(Vec::new()) };
    let events = events(&value);
    let alerts: Vec<_> = alerts(&events).collect();
    if alerts.is_empty()
        || is_described(&value)
        || matches!(Native::new().process(record)?, Answer::Enriched(_))
    {
        return Ok(Vec::new());
    }
    let mut needed = Vec::new();
    for (set, rule, event) in alerts {
        match EXCEPTIONS.iter().find(|exception| (exception.explains)(rule, event)) {
            Some(exception) => needed.push(exception.why),
            None => return Err(format!("{} alerts ({}), tapsieve does not", set.name, rule.name)),
        }
    }
    Ok(needed)
}

/// The page as it is, and as it should be.
fn page(files: &[VectorFile]) -> Result<(String, String), String> {
    let current = fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let (head, rest) =
        current.split_once(MARK).ok_or_else(|| format!("{PAGE}: no mark {}", MARK.trim_end()))?;
    let (_, tail) = rest.split_once(END).ok_or_else(|| format!("{PAGE}: no mark {END}"))?;
    let fresh = format!("{head}{MARK}{}{END}{tail}", coverage(files));
    Ok((current, fresh))
}

/// One line per set of rules: how many rows of its provider have a vector that it alerts on.
fn coverage(files: &[VectorFile]) -> String {
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut hit: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in files.iter().flat_map(|file| &file.cases) {
        let Some((provider, row)) = row_of(&case.expectation) else { continue };
        let Ok(record) = serde_json::from_slice::<Value>(&case.record) else { continue };
        for (set, _, _) in alerts(&events(&record)) {
            if set.provider == provider {
                seen.entry(set.name).or_default().insert(row.clone());
            }
        }
        hit.entry(provider).or_default().insert(row);
    }
    let mut out = String::from(
        "| rules | provider | rows | tapsieve | what they lack |\n| --- | --- | ---: | ---: | --- |\n",
    );
    for RuleSet { name, provider, lacks, .. } in RULES {
        let rows = seen.get(name).map_or(0, BTreeSet::len);
        let ours = hit.get(*provider).map_or(0, BTreeSet::len);
        out.push_str(&format!("| {name} | {provider} | {rows} | {ours} | {lacks} |\n"));
    }
    out
}

/// Provider and row of a case that describes one event under the default rows.
fn row_of(expectation: &Expectation) -> Option<(String, String)> {
    let Expectation::Inserted(inserted) = expectation else { return None };
    let members: Value = serde_json::from_str(&format!("{{{inserted}}}")).ok()?;
    let mirror = members.get("mirror").or_else(|| members.get("tapsieve"))?;
    let (provider, row) = (mirror["provider"].as_str()?, mirror["operation"].as_str()?);
    let known = TABLES.iter().flat_map(|(rows, _)| rows.iter());
    let is_row = known.into_iter().any(|known| known.provider.name() == provider && known.name == row);
    // Of several events only the gravest is described.
    (is_row && mirror.get("matches").is_none()).then(|| (provider.to_owned(), row.to_owned()))
}
