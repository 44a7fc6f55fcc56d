//! Every mirror event of the vectors, written in the other schemas that a policy can ask for, holds against those
//! schemas' own definitions.

use std::fs;
use std::net::IpAddr;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tapsieve_host_test::check::show_bytes;
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::vectors::{Case, VectorFile};
use tapsieve_host_test::{ocsf, root};

pub(crate) fn trials(files: &'static [VectorFile]) -> Vec<Trial> {
    vec![
        Trial::test("schemas/every-ocsf-event-is-valid", move || {
            each(files, r#"{"schema":"ocsf"}"#, ocsf::wrapped)
        }),
        Trial::test("schemas/every-ecs-field-is-valid", move || {
            let definitions = fs::read_to_string(root().join("tests/schemas/ecs-fields.json"))?;
            let definitions: Value = serde_json::from_str(&definitions)?;
            each(files, r#"{"schema":"ecs"}"#, |record, written| fields(&definitions, record, written))
        }),
    ]
}

type Check<'c> = &'c dyn Fn(&[u8], &[u8]) -> Result<(), String>;

fn each(
    files: &[VectorFile],
    policy: &str,
    check: impl Fn(&[u8], &[u8]) -> Result<(), String>,
) -> Result<(), Failed> {
    let check: Check<'_> = &check;
    let mut engine = Native::new();
    engine.configure(policy)?;
    let mut count = 0;
    for Case { name, record, .. } in files.iter().flat_map(|file| &file.cases) {
        let Answer::Enriched(written) = engine.process(record)? else { continue };
        check(record, &written).map_err(|why| format!("{name}: {why}\n{}", show_bytes(&written)))?;
        if engine.process(&written)? != Answer::Unchanged {
            return Err(format!("{name}: the second hop changes it").into());
        }
        count += 1;
    }
    if count > 300 { Ok(()) } else { Err(format!("only {count} vectors are mirror events").into()) }
}

fn fields(definitions: &Value, record: &[u8], written: &[u8]) -> Result<(), String> {
    let (Ok(record), Ok(written)) =
        (serde_json::from_slice::<Value>(record), serde_json::from_slice::<Value>(written))
    else {
        return Ok(());
    };
    let added = |name: &&String| record.get(name.as_str()).is_none();
    let members = || written.as_object().into_iter().flatten();
    for (name, value) in members().filter(|(name, _)| added(name)) {
        if matches!(name.trim_end_matches('_'), "mirror" | "tapsieve") {
            continue;
        }
        let field = definitions["fields"].get(name).ok_or_else(|| format!("{name} is no field"))?;
        let values = match value {
            Value::Array(values) if field["is_array"] == true => values.as_slice(),
            value if field["is_array"].is_null() => std::slice::from_ref(value),
            _ => return Err(format!("{name}: {value} is no list")),
        };
        for value in values {
            let fits = match field["type"].as_str() {
                Some("long") => value.is_i64(),
                Some("ip") => value.as_str().is_some_and(|text| text.parse::<IpAddr>().is_ok()),
                _ => value.is_string(),
            };
            let allowed =
                if name == "event.type" { &definitions["configuration_types"] } else { &field["allowed"] };
            if !fits || allowed.as_array().is_some_and(|allowed| !allowed.contains(value)) {
                return Err(format!("{name}: {value}"));
            }
        }
    }
    // What every event of the schema has.
    for name in ["ecs.version", "event.kind", "event.category", "event.type", "event.action", "event.outcome"]
    {
        if written.get(name).is_none() {
            return Err(format!("{name} is missing"));
        }
    }
    Ok(())
}
