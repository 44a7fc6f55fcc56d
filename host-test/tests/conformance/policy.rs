//! Laws of policies over every vector: what may be dropped, and that a module with a policy baked in behaves like one
//! that is configured at run time.

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tapsieve_host::bake::bake;
use tapsieve_host::{Module, Outcome};
use tapsieve_host_test::check::show;
use tapsieve_host_test::engines::{Answer, Engine, Native, Wasmi, WasmiFluentBit, module_bytes};
use tapsieve_host_test::oracle::is_described;
use tapsieve_host_test::root;
use tapsieve_host_test::vectors::{Case, VectorFile};
use tapsieve_policy::Policy;
use toml_edit::DocumentMut;

use crate::absent;

/// A word that `drop` takes, and whether a verdict is what it names.
type Reason = (&'static str, fn(&Value) -> bool);

const REASONS: [Reason; 4] = [
    ("read", |verdict| verdict["action"] == "read"),
    ("approved", |verdict| verdict.get("approved").is_some()),
    ("failure", |verdict| verdict["outcome"] == "failure"),
    ("started", |verdict| verdict["outcome"] == "started"),
];

/// Approves what creates, so that `approved` names something.
const APPROVED: &str = r#""approved":[{"name":"x","actions":["create"]}]"#;

pub(crate) fn trials(files: &'static [VectorFile]) -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("policy/keep-mirror-drops-exactly-what-is-unchanged", move || keep_mirror(files)),
        Trial::test("policy/drop-drops-only-what-it-names", move || drop_names(files)),
    ];
    trials.push(Trial::test("policy/what-is-accepted-is-json", accepted_is_json));
    trials.push(Trial::test("policy/what-is-refused-says-where-and-why", refused_says_why));
    match module_bytes() {
        Err(reason) => trials.push(absent("policy/baked".into(), true, reason)),
        Ok(_) => {
            trials.push(Trial::test("policy/baked-behaves-as-configured", move || baked(files)));
            trials.push(Trial::test("policy/entries-cost-nothing-on-other-records", cost_of_entries));
            trials.push(Trial::test("policy/globs-cost-in-proportion-to-the-text", cost_of_globs));
        }
    }
    trials
}

fn cases(files: &[VectorFile]) -> impl Iterator<Item = &Case> {
    files.iter().flat_map(|file| &file.cases)
}

/// A record that the detector may leave alone although it is about mirroring: enriched before, or no JSON object.
fn is_in_doubt(record: &[u8]) -> bool {
    match serde_json::from_slice::<Value>(record) {
        Ok(value @ Value::Object(_)) => is_described(&value) || value.get("enrichments").is_some(),
        _ => true,
    }
}

fn keep_mirror(files: &[VectorFile]) -> Result<(), Failed> {
    let (mut plain, mut keeping) = (Native::new(), Native::new());
    keeping.configure(r#"{"keep":"mirror"}"#)?;
    for case in cases(files) {
        let (before, after) = (plain.process(&case.record)?, keeping.process(&case.record)?);
        let holds = match (&before, &after) {
            (Answer::Dropped, _) => return Err(format!("{}: dropped without a policy", case.name).into()),
            (Answer::Unchanged, Answer::Dropped) => true,
            // An anchor that belongs to no event that was read.
            (Answer::Unchanged, Answer::Unchanged) => {
                is_in_doubt(&case.record) || keeping.scan(&case.record)? < case.record.len()
            }
            (before, after) => before == after,
        };
        if !holds {
            return Err(format!("{}: {} became {}", case.name, show(&before), show(&after)).into());
        }
    }
    Ok(())
}

/// Whether a record may hold several events, or what is no event beside one.
fn holds_list(record: &[u8]) -> bool {
    [&b"ecords"[..], b"[{\\\"", b"\"sessionData\": [", b"},{", b"}, {"]
        .iter()
        .any(|part| record.windows(part.len()).any(|window| window == *part))
}

fn drop_names(files: &[VectorFile]) -> Result<(), Failed> {
    let mut plain = Native::new();
    plain.configure(&format!("{{{APPROVED}}}"))?;
    let mut dropped = 0;
    for choice in 0..1u32 << REASONS.len() {
        let chosen: Vec<_> =
            (0..REASONS.len()).filter(|at| choice >> at & 1 == 1).map(|at| REASONS[at]).collect();
        let words: Vec<_> = chosen.iter().map(|(word, _)| *word).collect();
        let mut engine = Native::new();
        engine.configure(&format!(r#"{{"drop":{},{APPROVED}}}"#, Value::from(words.clone())))?;
        for case in cases(files) {
            let (before, after) = (plain.process(&case.record)?, engine.process(&case.record)?);
            let verdict: Value = match plain.verdict()? {
                Some(verdict) => serde_json::from_slice(&verdict)?,
                None => Value::Null,
            };
            let named = chosen.iter().any(|(_, names)| names(&verdict));
            // A record with several events goes only when all of them would.
            let in_text = case.record.windows(3).any(|window| matches!(window, b"\"{\\" | b"\"[\\"));
            let several = holds_list(&case.record) || in_text || verdict["matches"].is_u64();
            // What was not read might be graver.
            let unread = verdict["unread"] == true;
            let holds = match &after {
                Answer::Dropped => named && !unread,
                _ => before == after && (!named || several || unread || before == Answer::Unchanged),
            };
            if !holds {
                return Err(format!(
                    "{} with {words:?}: {} became {}",
                    case.name,
                    show(&before),
                    show(&after)
                )
                .into());
            }
            dropped += usize::from(after == Answer::Dropped);
        }
    }
    if dropped > 100 { Ok(()) } else { Err(format!("only {dropped} records were dropped").into()) }
}

/// Every broken policy of tests/policies, as the detector itself refuses it; a policy that was in force stays.
fn refused_says_why() -> Result<(), Failed> {
    let path = root().join("tests/policies/broken.toml");
    let document: DocumentMut = std::fs::read_to_string(path)?.parse()?;
    let cases = document["case"].as_array_of_tables().ok_or("no cases")?;
    for case in cases {
        let (text, expected) = (case["policy"].as_str(), case["message"].as_str());
        let (text, expected) = text.zip(expected).ok_or("a case without a policy or a message")?;
        let mut engine = Native::new();
        engine.configure(r#"{"keep":"mirror"}"#)?;
        let refused = Policy::parse(text).and_then(|policy| match engine.configure(policy.json()) {
            Ok(()) => Ok(()),
            Err(message) => Err(policy.refused(&message)),
        });
        let message = refused.err().ok_or_else(|| format!("taken: {text}"))?.to_string();
        if message != expected {
            return Err(format!("{text}\nexpected {expected}\ngot      {message}").into());
        }
        if engine.process(b"{}")? != Answer::Dropped {
            return Err(format!("the policy before is not in force any more: {text}").into());
        }
    }
    Ok(())
}

/// Every vector with a policy, on a module that has it in its memory image.
fn baked(files: &[VectorFile]) -> Result<(), Failed> {
    let wasm = module_bytes()?;
    let mut count = 0;
    // Cases with the same policy share a module.
    let mut last = (String::new(), Vec::new());
    for case in cases(files) {
        let Some(policy) = &case.policy else { continue };
        count += 1;
        if last.0 != *policy {
            let module = bake(&wasm, policy.as_bytes()).map_err(|error| format!("{}: {error}", case.name))?;
            last = (policy.clone(), module);
        }
        let module = &last.1;
        let mut at_run_time = Native::new();
        at_run_time.configure(policy)?;
        let expected = at_run_time.process(&case.record)?;
        let mut instance = Module::new(module).map_err(|error| error.to_string())?.instance();
        let wasmtime = match instance.process(&case.record).map_err(|trap| trap.to_string())? {
            Outcome::Unchanged => Answer::Unchanged,
            Outcome::Dropped => Answer::Dropped,
            Outcome::Enriched(record) => Answer::Enriched(record.to_vec()),
        };
        let wasmi = Wasmi::of(module)?.process(&case.record)?;
        let fluent_bit = WasmiFluentBit::of(module)?.process(&case.record)?;
        for (engine, answer) in [("wasmtime", wasmtime), ("wasmi", wasmi), ("wasmi-fluent-bit", fluent_bit)] {
            if answer != expected {
                let (got, expected) = (show(&answer), show(&expected));
                return Err(format!("{}: {engine}: expected {expected}, got {got}", case.name).into());
            }
        }
    }
    if count > 50 { Ok(()) } else { Err(format!("only {count} vectors have a policy").into()) }
}

/// Two hundred entries, counted in instructions: nothing on records about something else.
fn cost_of_entries() -> Result<(), Failed> {
    let entries: Vec<String> = (0..200)
        .map(|at| {
            format!(
                r#"{{"name":"e{at}","accounts":["{at:012}"],"actors":["arn:aws:sts::{at:012}:assumed-role/Team{at}/*"],"source_ips":["10.{at}.0.0/16"]}}"#
            )
        })
        .collect();
    let policy = format!(r#"{{"approved":[{}]}}"#, entries.join(","));
    let noise = br#"{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","userIdentity":{"arn":"arn:aws:sts::000000000199:assumed-role/Team199/x"},"requestParameters":{"instancesSet":{}},"sourceIPAddress":"10.199.0.1","recipientAccountId":"000000000199"}"#;
    let mirror = br#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","userIdentity":{"arn":"arn:aws:sts::000000000199:assumed-role/Team199/x"},"sourceIPAddress":"10.199.0.1","recipientAccountId":"000000000199"}"#;
    let mut fuel = Vec::new();
    for policy in [None, Some(policy.as_str())] {
        let mut engine = Wasmi::with_fuel(&module_bytes()?)?;
        if let Some(policy) = policy {
            engine.configure(policy)?;
        }
        // The first record fills the prefilter's table.
        engine.process(noise)?;
        fuel.push([engine.fuel_of(noise)?, engine.fuel_of(mirror)?]);
    }
    let [[noise_without, mirror_without], [noise_with, mirror_with]] = fuel[..] else {
        return Err("no fuel".into());
    };
    println!(
        "fuel without and with 200 entries: noise {noise_without} {noise_with}, mirror {mirror_without} {mirror_with}"
    );
    match noise_without == noise_with && mirror_with > mirror_without {
        true => Ok(()),
        false => {
            Err(format!("noise took {noise_without} without the entries and {noise_with} with them").into())
        }
    }
}

/// Four hundred globs of which every part nearly fits, against a text of the actor's of n and of 2n bytes.
fn cost_of_globs() -> Result<(), Failed> {
    const FUEL_MAX: u64 = 2_500_000_000;
    for glob in
        [format!("*{}b", "a".repeat(500)), format!("{}b", "*aaaaaaaaaa?".repeat(40)), "*a".repeat(250)]
    {
        let globs = vec![format!("{glob:?}"); 200].join(",");
        let entry = |name| format!(r#"{{"name":"{name}","actors":[{globs}]}}"#);
        let policy = format!(r#"{{"approved":[{},{}]}}"#, entry("x"), entry("y"));
        let mut engine = Wasmi::with_fuel(&module_bytes()?)?;
        engine.configure(&policy)?;
        let mut fuel = |len: usize| {
            let actor = "a".repeat(len);
            let record = format!(
                r#"{{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession","userIdentity":{{"arn":"{actor}-"}}}}"#
            );
            engine.fuel_of(record.as_bytes())
        };
        let (half, whole) = (fuel(2047)?, fuel(4095)?);
        println!("fuel for 2 KiB and 4 KiB: {half} {whole}");
        if whole * 10 > half * 22 || whole > FUEL_MAX {
            return Err(format!("{}…: fuel {half} became {whole}", &glob[..12]).into());
        }
    }
    Ok(())
}

/// A policy of which one byte was changed is refused wherever it is no longer JSON.
fn accepted_is_json() -> Result<(), Failed> {
    let policy = r#"{ "keep" : "all", "drop":["read" , "failure"],"approved":[{"name":"x\u0041\n","actors":["a*","re:[a-c]{2,3}"],"until":"2026-03-04"}] }"#;
    let mut engine = Native::new();
    engine.configure(policy)?;
    let (mut accepted, mut refused) = (0, 0);
    for at in 0..policy.len() {
        for byte in 0..=255 {
            let mut changed = policy.as_bytes().to_vec();
            changed[at] = byte;
            let Ok(text) = std::str::from_utf8(&changed) else { continue };
            match engine.configure(text) {
                Err(_) => refused += 1,
                Ok(()) if serde_json::from_str::<Value>(text).is_ok() => accepted += 1,
                Ok(()) => return Err(format!("taken, and no JSON: {text:?}").into()),
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    if accepted > 500 && refused > 5000 { Ok(()) } else { Err("too few of either".into()) }
}
