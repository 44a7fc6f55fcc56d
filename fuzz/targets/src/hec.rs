//! Bodies of HTTP Event Collectors: what is not about mirroring stays as it came, what is keeps its bytes, and JSON stays
//! JSON.

use std::cell::RefCell;

use serde_json::Value;
use tapsieve_detector::Detector;
use tapsieve_host_test::engines::{Answer, Engine};
use tapsieve_records::{Change, Framer, Framing, Sieve, SieveOptions, Sifted};

use crate::common::{Deciding, hold, is_short, with_native};

// Part of the command, which exports no such thing.
#[path = "../../../host/src/serve/hec/inside.rs"]
#[allow(dead_code, reason = "some of it is for the sidecar only")]
mod inside;

use inside::{Form, Inside};

/// Any bytes as a body; a record as the event of an envelope; and its text as the event.
pub fn hec(bytes: &[u8]) {
    body(bytes);
    let Ok(record) = serde_json::from_slice::<Value>(bytes) else { return };
    let fields = [r#","fields":{"a":"b"}"#, "", r#","fields":{}"#][bytes.len() % 3];
    // As it is sent: of equal keys one is left.
    let whole = record.to_string();
    let text = Value::from(whole.as_str());
    let envelope = |event: &str| format!(r#"{{"time":1,"host":"h","event":{event}{fields}}}"#);
    let alone = |record: &str| {
        with_native(|native| matches!(hold(native.process(record.as_bytes())), Answer::Enriched(_)))
    };
    let claims = ["mirror", "tapsieve"].iter().any(|name| record.get(name).is_some());
    let (as_object, as_text) =
        (body(envelope(&whole).as_bytes()), body(envelope(&text.to_string()).as_bytes()));
    if !record.is_object() || claims || !alone(&whole) {
        return;
    }
    assert!(as_object == 1, "an event is passed over in {}", envelope(&whole));
    // What is a wrapper deeper than tapsieve looks may be passed over.
    let is_due = !is_short(&whole) && alone(&format!(r#"{{"detail":{whole}}}"#));
    assert!(as_text == 1 || !is_due, "an event is passed over in {}", envelope(&text.to_string()));
}

/// Has a body decided; returns how many of its envelopes are about mirroring.
fn body(bytes: &[u8]) -> usize {
    thread_local!(static SIEVE: RefCell<Sieve<Inside<Deciding>>> =
        RefCell::new(Sieve::new(Inside::new(Deciding(Detector::new())), SieveOptions::default())));
    let (mut bytes, mut frames, mut sifted) = (bytes.to_vec(), Vec::new(), Sifted::default());
    Framer::new(Framing::default()).frame(&mut bytes, true, &mut frames);
    SIEVE.with_borrow_mut(|sieve| {
        sieve.decider().begin(Form::Envelopes, Box::new(|_| true));
        sieve.sift(&bytes, &frames, &mut sifted, |_| ());
        sieve.decider().end();
    });
    assert_eq!(sifted.counts.failures, 0, "{:?}", sifted.first_failure);
    for (number, change) in &sifted.changes {
        let Change::Enriched(range) = change else { panic!("dropped without a policy") };
        let frame = &frames[*number as usize];
        let (before, after) =
            (&bytes[frame.start as usize..frame.end as usize], &sifted.enriched[range.clone()]);
        assert!(after.len() > before.len());
        let Ok(before) = serde_json::from_slice::<Value>(before) else { continue };
        let after: Value = serde_json::from_slice(after).expect("an envelope stays JSON");
        kept(&before, &after);
    }
    sifted.changes.len()
}

/// Every member of the envelope is as it was, but for what is added to `event` or `fields`.
fn kept(before: &Value, after: &Value) {
    let members = before.as_object().into_iter().flatten();
    for (name, value) in members {
        match (value, &after[name]) {
            (Value::Object(value), Value::Object(now)) if matches!(name.as_str(), "event" | "fields") => {
                assert!(
                    value.iter().all(|(name, value)| now.get(name) == Some(value)),
                    "`{name}` lost a member"
                );
            }
            (value, now) => assert_eq!(value, now, "`{name}` changed"),
        }
    }
    let fields = after.get("fields").filter(|fields| before.get("fields") != Some(fields));
    let is_flat = |value: &Value| {
        value.is_string() || value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
    };
    assert!(
        fields.and_then(Value::as_object).is_none_or(|fields| {
            fields.iter().all(|(name, value)| before["fields"].get(name).is_some() || is_flat(value))
        }),
        "HEC does not take such fields"
    );
}
