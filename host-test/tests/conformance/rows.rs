//! Every row of the catalog has a case that it names and a case that comes close to it. Prints how many there are.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Trial;
use tapsieve_detector::catalog::TABLES;
use tapsieve_host_test::vectors::{Case, Expectation, VectorFile};

pub(crate) fn trials(files: &'static [VectorFile]) -> Vec<Trial> {
    vec![
        Trial::test("rows/every-row-has-a-hit", || missing(hits(files)).map_err(Into::into)),
        Trial::test("rows/every-row-has-a-near-miss", || missing(near(files)).map_err(Into::into)),
        Trial::test("rows/near-misses-name-rows", || {
            let rows: BTreeSet<String> = rows().into_iter().map(|(_, name)| name).collect();
            let strange: Vec<_> = near(files).into_iter().filter(|(_, name)| !rows.contains(name)).collect();
            if strange.is_empty() { Ok(()) } else { Err(format!("no such row: {strange:?}").into()) }
        }),
    ]
}

/// Provider and name of every row; a near miss names only the row, so there the provider is that of the folder.
fn rows() -> Vec<(String, String)> {
    TABLES
        .iter()
        .flat_map(|(rows, _)| rows.iter())
        .map(|row| (row.provider.name().to_owned(), row.name.to_string()))
        .collect()
}

fn cases(files: &[VectorFile]) -> impl Iterator<Item = (&VectorFile, &Case)> {
    files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)))
}

fn hits(files: &[VectorFile]) -> BTreeSet<(String, String)> {
    cases(files)
        .filter_map(|(_, case)| {
            let Expectation::Inserted(inserted) = &case.expectation else { return None };
            let members: serde_json::Value = serde_json::from_str(&format!("{{{inserted}}}")).ok()?;
            let mirror = members.get("mirror")?;
            Some((mirror["provider"].as_str()?.to_owned(), mirror["operation"].as_str()?.to_owned()))
        })
        .collect()
}

fn near(files: &[VectorFile]) -> BTreeSet<(String, String)> {
    cases(files)
        .filter_map(|(file, case)| {
            let provider = file.name.split('/').next().unwrap_or_default();
            Some((provider.to_owned(), case.near.clone()?))
        })
        .collect()
}

fn missing(covered: BTreeSet<(String, String)>) -> Result<(), String> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut missing = Vec::new();
    for row in rows() {
        let (all, with) = counts.entry(row.0.clone()).or_default();
        *all += 1;
        if covered.contains(&row) {
            *with += 1;
        } else {
            missing.push(row);
        }
    }
    for (provider, (all, with)) in counts {
        println!("{provider}: {with} of {all} rows");
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("no case for {missing:?}")) }
}
