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
        Trial::test("schemas/stripped-ocsf-is-recognised-again", move || {
            recognised_again(files, r#"{"schema":"ocsf"}"#)
        }),
        Trial::test("schemas/stripped-ecs-is-recognised-again", move || {
            recognised_again(files, r#"{"schema":"ecs"}"#)
        }),
    ]
}

/// What an event says after its description was taken away is what it said before.
fn recognised_again(files: &[VectorFile], policy: &str) -> Result<(), Failed> {
    let (mut writer, mut reader) = (Native::new(), Native::new());
    writer.configure(policy)?;
    let mut count = 0;
    for (file, Case { name, record, .. }) in
        files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)))
    {
        let Answer::Enriched(written) = writer.process(record)? else { continue };
        // Of equal keys serde keeps one, and a line of a file may have a header: neither can be stripped here.
        let Ok(mut stripped) = serde_json::from_slice::<Value>(&written) else { continue };
        if EXCEPTIONS.iter().any(|(row, _)| format!("{}/{name}", file.name).starts_with(row)) {
            continue;
        }
        let Some(said) = description(&mut stripped) else {
            return Err(format!("{name}: no description\n{}", show_bytes(&written)).into());
        };
        let again = match reader.process(stripped.to_string().as_bytes())? {
            Answer::Enriched(again) => serde_json::from_slice(&again).ok(),
            _ => None,
        };
        let said_again = again.and_then(|mut again: Value| description(&mut again)).unwrap_or_default();
        if let Some(member) = VERDICT.iter().find(|member| said[**member] != said_again[**member]) {
            return Err(format!("{}/{name}: another {member}: {said}\nis {said_again}", file.name).into());
        }
        count += 1;
    }
    if count > 300 { Ok(()) } else { Err(format!("only {count} vectors are mirror events").into()) }
}

/// Rows that are not held, each with the reason.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("bad/duplicate-keys/", "of equal keys this test's own parser keeps one"),
    ("bad/limits/lists-in-lists-3", "the event around it wraps the lists once more than is read"),
    ("bad/existing-members/", "a description that is not ours stands in the record and stays"),
    ("kubernetes/requests/action-twice", "of equal keys this test's own parser keeps one"),
    ("kubernetes/requests/object-twice", "of equal keys this test's own parser keeps one"),
];

/// What a verdict is; a device's name beside it is not looked for below OCSF's own members.
const VERDICT: [&str; 11] = [
    "provider",
    "operation",
    "kind",
    "technique",
    "action",
    "outcome",
    "severity",
    "actor",
    "actor_type",
    "source_ip",
    "account",
];

/// Takes the description out of an event in any schema.
fn description(event: &mut Value) -> Option<Value> {
    let members = event.as_object_mut()?;
    let is_ours = |value: &Value| value["schema"] == 1 && value["operation"].is_string();
    let name = members.iter().find(|(_, value)| is_ours(value)).map(|(name, _)| name.clone());
    match name {
        Some(name) => members.remove(&name),
        None => members.remove("enrichments")?.get_mut(0)?.get_mut("data").map(Value::take),
    }
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
        if let Answer::Enriched(again) = engine.process(&written)? {
            let both = [show_bytes(&written), show_bytes(&again)].join("\nis\n");
            return Err(format!("{name}: the second hop changes it\n{both}").into());
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
