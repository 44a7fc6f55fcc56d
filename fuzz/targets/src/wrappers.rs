//! A mirror event in wrappers, each in any spelling: the verdict is that of the event alone.

use std::cell::RefCell;

use arbitrary::{Error, Result, Unstructured};
use serde_json::{Value, json};
use tapsieve_host_test::check::{laws_on, short_verdict};
use tapsieve_host_test::engines::{Answer, Engine, Native};
use tapsieve_host_test::spell::spell;

use crate::common::{MIRROR_EVENTS, MirrorEvent, hold, is_short, with_native};

/// Deeper ones are given up, and kept.
const DEPTH_MAX: usize = 3;

/// Wrappers do not hide an event, and what is wrapped deeper than tapsieve looks is kept.
pub fn wrappers(bytes: &[u8]) {
    let mut from = Unstructured::new(bytes);
    let Ok((event, depth, wrapped)) = wrapped(&mut from) else { return };
    let shown = String::from_utf8_lossy(&wrapped);
    with_native(|native| {
        let alone = verdict(native, event.record.to_string().as_bytes());
        let found = verdict(native, &wrapped);
        assert!(depth > DEPTH_MAX || found == alone, "{alone} became {found} in {shown}");
        hold(laws_on(native, &wrapped, false));
    });
    thread_local!(static KEEPING: RefCell<Native> = RefCell::new(keeping()));
    let answer = KEEPING.with_borrow_mut(|native| hold(native.process(&wrapped)));
    assert_ne!(answer, Answer::Dropped, "dropped in doubt: {shown}");
}

/// A detector that drops what is not about mirroring.
fn keeping() -> Native {
    let mut native = Native::new();
    hold(native.configure(r#"{"keep":"mirror"}"#));
    native
}

fn verdict(native: &mut Native, record: &[u8]) -> String {
    hold(native.process(record));
    hold(short_verdict(hold(native.verdict()).as_deref()))
}

/// An event, how deep it is wrapped, and the record around it.
fn wrapped(from: &mut Unstructured<'_>) -> Result<(&'static MirrorEvent, usize, Vec<u8>)> {
    let event = from.choose(&MIRROR_EVENTS)?;
    if is_short(&event.record.to_string()) {
        return Err(Error::IncorrectFormat);
    }
    let depth = from.int_in_range(1..=DEPTH_MAX + 1)?;
    let mut value = event.record.clone();
    for _ in 0..depth {
        value = wrap(from, value, event.is_apart)?;
    }
    let seed = from.arbitrary()?;
    Ok((event, depth, spelled(&value, seed, event.is_apart)))
}

/// A value in any spelling, or in those that programs choose.
fn spelled(value: &Value, seed: u64, as_programs_do: bool) -> Vec<u8> {
    match (as_programs_do, seed % 2) {
        (true, 0) => value.to_string().into_bytes(),
        (true, _) => with_blanks(value).into_bytes(),
        (false, _) => spell(value, seed),
    }
}

/// A blank behind every comma and colon.
fn with_blanks(value: &Value) -> String {
    let key = |key: &str| Value::from(key).to_string();
    match value {
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| [&key(name), ": ", &with_blanks(value)].concat());
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(with_blanks).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

/// One of the ways that services and shippers put an event into another.
fn wrap(from: &mut Unstructured<'_>, inner: Value, as_programs_do: bool) -> Result<Value> {
    let seed = from.arbitrary()?;
    let text = String::from_utf8(spelled(&inner, seed, as_programs_do)).unwrap_or_default();
    Ok(match from.int_in_range(0..=11)? {
        0 => json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": inner}),
        1 => json!({"Records": [inner]}),
        2 => json!({"Records": [{"a": 1}, inner, null]}),
        3 => json!({"log": text, "stream": "stdout"}),
        4 => json!({"message": text}),
        5 => json!({"EventId": "1", "CloudTrailEvent": text}),
        6 => json!({"event": inner}),
        7 => json!({"message": format!("<13>Mar  7 12:00:01 relay1 audit: {text}")}),
        8 => json!({"message": format!("\u{feff}{text}")}),
        9 => json!({"body": {"stringValue": text}}),
        10 => json!({"logEvents": [{"id": "1", "message": text}]}),
        _ => json!({"_raw": text, "host": "h1", "pad": "x".repeat(from.int_in_range(0..=300)?)}),
    })
}
