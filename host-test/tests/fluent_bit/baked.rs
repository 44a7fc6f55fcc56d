//! Modules with a policy baked in, as `tapsieve configure` makes them: every vector with a policy, each policy's module in a
//! filter of its own in one process.

use std::collections::HashMap;
use std::fs;

use libtest_mimic::Failed;
use serde_json::Value;
use tapsieve_host::bake::bake;
use tapsieve_host_test::check::same_values;
use tapsieve_host_test::engines::module_bytes;
use tapsieve_host_test::fluent_bit::{
    CASE, Folder, Process, configuration_of_modules, line_count, numbered, records, take_number,
};
use tapsieve_host_test::vectors::{self, Case, Expectation};

use crate::whole::offset;

pub(crate) fn behaves_as_configured() -> Result<(), Failed> {
    let (files, problems) = vectors::load(&tapsieve_host_test::root().join("tests/vectors"));
    let delivered = |case: &&Case| case.shippers && case.policy.is_some();
    let cases: Vec<&Case> = files.iter().flat_map(|file| &file.cases).filter(delivered).collect();
    if cases.len() < 50 || !problems.is_empty() {
        return Err(format!("{} vectors have a policy, problems: {problems:?}", cases.len()).into());
    }
    let mut policies: Vec<&str> = cases.iter().filter_map(|case| case.policy.as_deref()).collect();
    policies.sort_unstable();
    policies.dedup();

    let folder = Folder::new()?;
    let wasm = module_bytes()?;
    let mut inputs = Vec::new();
    for (at, policy) in policies.iter().enumerate() {
        let module = bake(&wasm, policy.as_bytes()).map_err(|error| format!("{policy}: {error}"))?;
        folder.write(&format!("{at}.wasm"), &module)?;
        let mut lines = Vec::new();
        for (number, case) in
            cases.iter().enumerate().filter(|(_, case)| case.policy.as_deref() == Some(policy))
        {
            lines.extend(numbered(&case.record, number)?);
            lines.push(b'\n');
        }
        inputs.push(folder.write(&format!("{at}.ndjson"), &lines)?);
    }
    let sizes: Vec<u64> =
        inputs.iter().map(|path| Ok(fs::metadata(path)?.len())).collect::<Result<_, Failed>>()?;

    let mut process = Process::start(&folder, &configuration_of_modules(policies.len())?, &[])?;
    let (id, out) = (process.id(), folder.join("out.ndjson"));
    let kept = cases.iter().filter(|case| case.expectation != Expectation::Dropped).count();
    let (mut count, mut rounds) = (0, 0);
    process.wait_until(|| {
        let now = line_count(&out);
        rounds = if now == count { rounds + 1 } else { 0 };
        count = now;
        let all_read = inputs.iter().zip(&sizes).all(|(input, size)| offset(id, input) >= *size);
        // When nothing more comes, what is missing is told below.
        Ok(count >= kept && all_read || rounds > 400)
    })?;
    // Writes what is still under way, so that a record that should have been dropped shows.
    process.terminate()?;
    compare(&cases, records(&out)?)
}

fn compare(cases: &[&Case], records: Vec<Value>) -> Result<(), Failed> {
    let mut found = HashMap::new();
    for mut record in records {
        // An OCSF event has the record in a member.
        let wrapped = record.get(CASE).is_none() && record.get("unmapped").is_some();
        let number = take_number(if wrapped { &mut record["unmapped"] } else { &mut record })?;
        if found.insert(number, record).is_some() {
            return Err(format!("record {number} came out twice").into());
        }
    }
    for (number, case) in cases.iter().enumerate() {
        let expected = match case.expectation {
            Expectation::Dropped => None,
            Expectation::Unchanged => Some(case.record.clone()),
            Expectation::Inserted(_) | Expectation::Written(_) => case.enriched(),
        };
        let expected: Option<Value> = expected.map(|json| serde_json::from_slice(&json)).transpose()?;
        let got = found.remove(&number);
        let same = match (&expected, &got) {
            (Some(expected), Some(got)) => same_values(expected, got),
            (expected, got) => expected.is_none() && got.is_none(),
        };
        if !same {
            let show = |record: Option<Value>| record.map_or("nothing".into(), |record| record.to_string());
            return Err(format!("{}: expected {}\ngot {}", case.name, show(expected), show(got)).into());
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("came out and never went in: {found:?}").into()) }
}
