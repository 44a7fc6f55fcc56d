//! Policies in TOML and JSON: what is refused changes nothing; what is taken is JSON and drops nothing that it does not
//! name.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value};
use tapsieve_detector::policy::members::{Member, POLICY, Takes};
use tapsieve_host_test::check::{laws_on, short_verdict};
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_policy::Policy;

use crate::common::{MIRROR_EVENTS, hold};

/// The first byte says what the others are: TOML, JSON, or choices among what a policy may say.
pub fn policies(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let text = std::str::from_utf8(rest);
    match (kind % 3, text) {
        (0, Ok(text)) => toml(text),
        (1, Ok(text)) => drop(json(text)),
        (2, _) => {
            let mut from = Unstructured::new(rest);
            if let Ok(policy) = table(&mut from, &[POLICY]) {
                drop(json(&policy.to_string()));
            }
        }
        _ => {}
    }
}

/// A message leads back to a place in the text.
fn toml(text: &str) {
    let error = match Policy::parse(text) {
        Err(error) => error,
        Ok(policy) => match json(policy.json()) {
            Ok(()) => return,
            Err(message) => policy.refused(&message),
        },
    };
    assert!(
        error.span.is_none_or(|span| text.get(span).is_some()),
        "a place outside the text: {}",
        error.message
    );
    assert!(error.place.is_none_or(|(line, column)| line >= 1 && column >= 1));
}

/// Puts a policy in force and has mirror events judged under it.
fn json(policy: &str) -> std::result::Result<(), String> {
    thread_local!(static NATIVE: RefCell<Native> = RefCell::new(Native::new()));
    NATIVE.with_borrow_mut(|native| {
        hold(native.configure("{}"));
        if let Err(message) = native.configure(policy) {
            let before = native.process(b"{}");
            assert_eq!(before, Ok(Answer::Unchanged), "a refused policy is in force");
            return Err(message);
        }
        let read: Value = hold(serde_json::from_str(policy));
        let drops =
            |reason: &str| read["drop"].as_array().is_some_and(|drop| drop.iter().any(|one| one == reason));
        let place = policy.len() % MIRROR_EVENTS.len();
        for event in MIRROR_EVENTS.iter().cycle().skip(place).take(3) {
            let record = event.record.to_string();
            let answer = hold(laws_on(native, record.as_bytes(), read["schema"] == "ocsf"));
            if answer == Answer::Dropped {
                hold(native.process(record.as_bytes()));
                let verdict = hold(native.verdict());
                let says: Value =
                    verdict.as_deref().map_or(Value::Null, |says| hold(serde_json::from_slice(says)));
                let named = (drops("read") && says["action"] == "read")
                    || (drops("approved") && says.get("approved").is_some())
                    || (drops("failure") && says["outcome"] == "failure")
                    || (drops("started") && says["outcome"] == "started");
                assert!(named, "{policy} drops {:?} {record}", short_verdict(verdict.as_deref()));
            }
        }
        Ok(())
    })
}

/// A table with some of these members.
fn table(from: &mut Unstructured<'_>, of: &[&[Member]]) -> Result<Value> {
    let mut table = Map::new();
    for member in of.iter().copied().flatten() {
        if from.ratio(if member.required { 15 } else { 6 }, 16)? {
            table.insert(member.name.into(), value(from, member.takes)?);
        }
    }
    Ok(table.into())
}

/// What a member takes, or nearly.
fn value(from: &mut Unstructured<'_>, takes: Takes) -> Result<Value> {
    Ok(match takes {
        _ if from.ratio(1, 64)? => {
            from.choose(&[Value::Null, 1.into(), "".into(), Value::Array(vec![])])?.clone()
        }
        Takes::Word(words) => (*from.choose(words)?).into(),
        Takes::Words(words, _) => list(from, |from| Ok((*from.choose(words)?).into()))?,
        Takes::Text | Takes::Glob => text(from)?,
        Takes::Patterns(_) => list(from, text)?,
        Takes::Time => {
            (*from.choose(&["2026-03-04T09:00:00Z", "2026-03-04", "2030-01-01T00:00:00+02:00", "x"])?).into()
        }
        Takes::Entries(members, _) => list(from, |from| table(from, members))?,
    })
}

fn list(from: &mut Unstructured<'_>, each: impl Fn(&mut Unstructured<'_>) -> Result<Value>) -> Result<Value> {
    (0..from.int_in_range(0..=3)?).map(|_| each(from)).collect()
}

/// Patterns, addresses and names that occur in events, and pieces of them.
fn text(from: &mut Unstructured<'_>) -> Result<Value> {
    const PIECES: &[&str] = &[
        "*",
        "?",
        "re:",
        "arn:aws:",
        "tmt-",
        "target=",
        "destination=",
        "198.51.100.0/24",
        "198.51.100.23",
        "::/0",
        "2001:db8::/32",
        "config.amazonaws.com",
        "111122223333",
        "eventName",
        "methodName",
        "CreateTrafficMirrorSession",
        "(a|b)+",
        "[a-z]{2,5}",
        ".*",
        "dana",
        "/",
        "\\",
        "\"",
        "\u{e9}",
        ".",
        "x",
    ];
    let mut text = String::new();
    for _ in 0..from.int_in_range(1..=4)? {
        text.push_str(from.choose(PIECES)?);
    }
    Ok(text.into())
}
