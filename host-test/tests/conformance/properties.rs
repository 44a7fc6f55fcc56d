//! Laws over random and mutated records. Seeds are fixed, so a run is repeatable; a failing record is printed and
//! becomes a named vector.

use std::panic::{self, AssertUnwindSafe};

use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::Value;
use tapsieve_host_test::check::{enrichment_laws, short_verdict, show, show_bytes};
use tapsieve_host_test::engines::{Answer, Engine, Native, Wasmi};
use tapsieve_host_test::spell::spell;
use tapsieve_host_test::vectors::{Expectation, VectorFile};

use crate::absent;

/// Longer vectors say nothing more and make every case slow.
const SEED_BYTES_MAX: usize = 8 * 1024;

pub(crate) fn trials(files: &[VectorFile]) -> Vec<Trial> {
    let short = |expected: fn(&Expectation) -> bool| -> Vec<Vec<u8>> {
        let cases = files.iter().flat_map(|file| &file.cases);
        cases
            .filter(|case| expected(&case.expectation) && case.record.len() <= SEED_BYTES_MAX)
            .map(|case| case.record.clone())
            .collect()
    };
    let every = short(|_| true);
    let mirror = short(|expectation| matches!(expectation, Expectation::Inserted(_)));
    let as_objects: Vec<Value> = mirror
        .iter()
        .filter_map(|record| serde_json::from_slice(record).ok())
        .filter(|value: &Value| value.is_object())
        .collect();
    if every.is_empty() || as_objects.is_empty() {
        return vec![Trial::test("properties", || Err("no vectors to mutate".into()))];
    }

    // White space between the numbers of bytes hides their anchors: such lists are found as the journal writes them.
    let as_objects: Vec<Value> = as_objects.into_iter().filter(|value| !is_in_numbers(value)).collect();
    let to_nest = as_objects.clone();
    let to_head: Vec<Vec<u8>> = mirror.into_iter().filter(|record| record.starts_with(b"{")).collect();
    let (for_scan, for_wasmi) = (every.clone(), every.clone());
    let mut trials = vec![
        Trial::test("properties/mutated-records-keep-the-laws", move || {
            run(4000, mutated(every.clone()), |record| enrichment_laws(&record, None).map(drop))
        }),
        Trial::test("properties/random-json-keeps-the-laws", || {
            run(2000, random_record(), |record| enrichment_laws(&record, None).map(drop))
        }),
        Trial::test("properties/spelling-does-not-change-the-verdict", move || {
            run(2000, respelled(as_objects.clone()), |(value, seed)| same_verdict(&value, seed))
        }),
        Trial::test("properties/texts-in-texts-do-not-change-the-verdict", move || {
            run(1000, respelled(to_nest.clone()), |(value, seed)| same_verdict_nested(&value, seed))
        }),
        Trial::test("properties/records-behind-headers-keep-the-laws", move || headed(&to_head)),
        Trial::test("properties/scan-loses-nothing", move || {
            run(500, prop::collection::vec(mutated(for_scan.clone()), 1..12), |records| scan_walk(&records))
        }),
    ];
    let name = "properties/native-and-wasmi-agree";
    match Wasmi::new() {
        Ok(_) => trials.push(Trial::test(name, move || {
            let mut wasmi = Wasmi::new()?;
            run(1500, mutated(for_wasmi.clone()), |record| same_answer(&mut wasmi, &record))
        })),
        Err(reason) => trials.push(absent(name.into(), true, reason)),
    }
    trials
}

/// Puts headers before records, and writes them in every schema.
fn headed(records: &[Vec<u8>]) -> Result<(), Failed> {
    for record in records {
        for header in [
            &b"Mar  4 09:00:07 h1 app: "[..],
            b"2026-03-07T12:00:01.123456789Z stdout F ",
            b"<13>1 - - - - - - @cee: ",
            b"\0\0\x01\xbc",
        ] {
            let record = [header, record].concat();
            for policy in [None, Some(r#"{"schema":"ecs"}"#), Some(r#"{"schema":"ocsf"}"#)] {
                enrichment_laws(&record, policy).map_err(|why| format!("{why}: {}", show_bytes(&record)))?;
            }
        }
    }
    Ok(())
}

/// Runs a property over `cases` values with a fixed seed.
fn run<S: Strategy>(
    cases: u32,
    strategy: S,
    mut law: impl FnMut(S::Value) -> Result<(), String>,
) -> Result<(), Failed> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let law = std::cell::RefCell::new(&mut law);
    let outcome = runner.run(&strategy, |value| {
        let checked = panic::catch_unwind(AssertUnwindSafe(|| (law.borrow_mut())(value)));
        match checked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(problem)) => Err(TestCaseError::fail(problem)),
            Err(_) => Err(TestCaseError::fail("a panic")),
        }
    });
    outcome.map_err(|failure| Failed::from(failure.to_string()))
}

/// One change to a record's bytes; positions are taken modulo the length.
#[derive(Debug, Clone)]
enum Mutation {
    Truncate(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    Wrap(&'static str, usize, &'static str),
    Pad(usize),
    AppendMember(String),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>().prop_map(|index| index.index(SEED_BYTES_MAX));
    let structure = prop::sample::select(vec![
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u0000", "\\ud800", "\\u", "null", "-", "1e999", " ",
        "\n", "\0",
    ]);
    let wrapping = prop::sample::select(vec![
        ("[", "]"),
        ("{\"a\":", "}"),
        ("{\"detail\":", "}"),
        ("{\"Records\":[", "]}"),
        ("{\"records\":[", "]}"),
        ("{\"event\":", "}"),
        ("{\"data\":", "}"),
        ("{\"items\":[", "]}"),
        ("{\"log\":", "}"),
        ("\u{feff}", ""),
    ]);
    prop_oneof![
        at.clone().prop_map(Mutation::Truncate),
        (at.clone(), any::<u8>()).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        (at.clone(), structure).prop_map(|(at, text)| Mutation::Insert(at, text.as_bytes().to_vec())),
        (at.clone(), prop::collection::vec(any::<u8>(), 1..5))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (at.clone(), 1..40_usize).prop_map(|(at, len)| Mutation::Remove(at, len)),
        (at, 1..200_usize).prop_map(|(at, len)| Mutation::Repeat(at, len)),
        (wrapping, prop_oneof![Just(1_usize), Just(3), Just(70), Just(3000)])
            .prop_map(|((head, tail), depth)| Mutation::Wrap(head, depth, tail)),
        (1..100_000_usize).prop_map(Mutation::Pad),
        r#"[a-zA-Z]{1,12}"#.prop_map(Mutation::AppendMember),
        prop::sample::select(vec![
            "eventName",
            "eventSource",
            "mirror",
            "ActorIdentity",
            "operationName",
            "log"
        ])
        .prop_map(|key| Mutation::AppendMember(key.into())),
    ]
}

fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(seeds), prop::collection::vec(mutation(), 0..4)).prop_map(
        |(mut record, mutations)| {
            for mutation in mutations {
                mutate(&mut record, &mutation);
            }
            record
        },
    )
}

fn mutate(record: &mut Vec<u8>, mutation: &Mutation) {
    let len = record.len();
    let place = |at: usize| if len == 0 { 0 } else { at % len };
    match mutation {
        Mutation::Truncate(at) => record.truncate(place(*at)),
        Mutation::Flip(at, mask) => {
            if let Some(byte) = record.get_mut(place(*at)) {
                *byte ^= mask;
            }
        }
        Mutation::Insert(at, bytes) => drop(record.splice(place(*at)..place(*at), bytes.iter().copied())),
        Mutation::Remove(at, run) => drop(record.drain(place(*at)..(place(*at) + run).min(len))),
        Mutation::Repeat(at, run) => {
            let piece = record[place(*at)..(place(*at) + run).min(len)].to_vec();
            record.splice(place(*at)..place(*at), piece);
        }
        Mutation::Wrap(head, depth, tail) => {
            *record = [head.repeat(*depth).as_bytes(), record, tail.repeat(*depth).as_bytes()].concat();
        }
        Mutation::Pad(count) => append_member(record, "pad", &format!("\"{}\"", "x".repeat(*count))),
        Mutation::AppendMember(key) => append_member(record, key, "\"CreateTrafficMirrorSession\""),
    }
}

fn append_member(record: &mut Vec<u8>, key: &str, value: &str) {
    if let Some(brace) = record.iter().rposition(|&byte| byte == b'}') {
        record.splice(brace..brace, format!(",\"{key}\":{value}").into_bytes());
    }
}

/// JSON of any shape whose texts and keys are often those of mirror events.
fn random_record() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "eventName",
        "eventSource",
        "ec2.amazonaws.com",
        "CreateTrafficMirrorSession",
        "operationName",
        "protoPayload",
        "methodName",
        "v1.compute.packetMirrorings.insert",
        "Microsoft.Network/virtualNetworkTaps/write",
        "detail",
        "Records",
        "records",
        "log",
        "message",
        "mirror",
        "schema",
        "value",
        "userIdentity",
        "arn",
        "errorCode",
        "%SPAN-5-SESSION_UP: x",
        "requestParameters",
        "CreateTrafficMirrorSessionRequest",
        "awsRegion",
    ]);
    let text = prop_oneof![3 => words.prop_map(str::to_owned), 1 => any::<String>()];
    let scalar = prop_oneof![
        4 => text.clone().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let tree = scalar.prop_recursive(5, 40, 6, move |inner| {
        let members = prop::collection::vec((text.clone(), inner.clone()), 0..6);
        prop_oneof![
            3 => members.prop_map(|members| Value::Object(members.into_iter().collect())),
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            1 => inner.prop_map(|inner| Value::from(inner.to_string())),
        ]
    });
    tree.prop_map(|value| value.to_string().into_bytes())
}

/// Whether the journal wrote its message as the numbers of its bytes.
fn is_in_numbers(value: &Value) -> bool {
    value["MESSAGE"].as_array().is_some_and(|list| list.iter().all(Value::is_number))
}

fn respelled(seeds: Vec<Value>) -> impl Strategy<Value = (Value, u64)> {
    (prop::sample::select(seeds), any::<u64>())
}

/// The same JSON value with other whitespace, order of members and escapes has the same verdict.
fn same_verdict(value: &Value, seed: u64) -> Result<(), String> {
    let (plain, other) = (value.to_string().into_bytes(), spell(value, seed));
    let verdict = |record: &[u8]| -> Result<String, String> {
        let mut native = Native::new();
        enrichment_laws(record, None)?;
        native.process(record)?;
        short_verdict(native.verdict()?.as_deref())
    };
    let (expected, got) = (verdict(&plain)?, verdict(&other)?);
    if expected == got {
        Ok(())
    } else {
        Err(format!("`{expected}` became `{got}` for {}", show_bytes(&other)))
    }
}

/// A record in a text has the same verdict, and one in a text in a text, in any spelling: that each letter is escaped at
/// every depth too.
fn same_verdict_nested(value: &Value, seed: u64) -> Result<(), String> {
    let mut nested = spell(value, seed);
    for depth in 0..=seed % 3 {
        let text = String::from_utf8(nested).map_err(|error| error.to_string())?;
        nested = spell(&serde_json::json!({ "message": text }), seed.rotate_left(depth as u32));
    }
    let verdict = |record: &[u8]| -> Result<String, String> {
        let mut native = Native::new();
        enrichment_laws(record, None)?;
        native.process(record)?;
        short_verdict(native.verdict()?.as_deref())
    };
    let (expected, got) = (verdict(value.to_string().as_bytes())?, verdict(&nested)?);
    if expected == got {
        Ok(())
    } else {
        Err(format!("`{expected}` became `{got}` for {}", show_bytes(&nested)))
    }
}

/// A host that skips what a scan rules out sees every record that `process` would enrich.
fn scan_walk(records: &[Vec<u8>]) -> Result<(), String> {
    let lines: Vec<Vec<u8>> =
        records.iter().map(|record| record.iter().copied().filter(|&byte| byte != b'\n').collect()).collect();
    let block: Vec<u8> = lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
    let mut native = Native::new();
    let (mut start, mut ruled_out_until) = (0, 0);
    for line in &lines {
        let end = start + line.len();
        if ruled_out_until <= start {
            ruled_out_until = start + native.scan(&block[start..])?;
        }
        if end < ruled_out_until && native.process(line)? != Answer::Unchanged {
            return Err(format!("a scan rules out {}", show_bytes(line)));
        }
        if ruled_out_until <= end {
            ruled_out_until = 0;
        }
        start = end + 1;
    }
    Ok(())
}

fn same_answer(wasmi: &mut Wasmi, record: &[u8]) -> Result<(), String> {
    let mut native = Native::new();
    let (expected, got) = (native.process(record)?, wasmi.process(record)?);
    if expected != got {
        return Err(format!("native {}\nwasmi  {}", show(&expected), show(&got)));
    }
    if native.verdict()? != wasmi.verdict()? {
        return Err("the verdicts differ".into());
    }
    Ok(())
}
