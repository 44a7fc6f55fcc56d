//! What the products that run rules make of a record: its events, each a list of fields or a line of text.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::oracle::log_scale_fields;

/// One event as a product has parsed it.
#[derive(Debug, Default)]
pub struct Event {
    fields: BTreeMap<String, String>,
    /// The line, where the event is no object.
    pub line: String,
}

impl Event {
    /// The text of a field; nested names are joined by dots. Null is no value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|text| *text != "null")
    }

    /// Whether a field has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}

/// Members in which services and shippers wrap an event.
const WRAPPERS: [&str; 12] = [
    "CloudTrailEvent",
    "MESSAGE",
    "Records",
    "_raw",
    "detail",
    "event",
    "event.original",
    "log",
    "message",
    "msg",
    "record",
    "records",
];

/// The events of a record: itself, and those in its wrappers, which products take off when they read a source.
pub fn events(record: &Value) -> Vec<Event> {
    let mut found = Vec::new();
    collect(record, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<Event>) {
    match value {
        Value::Object(members) => {
            found.push(Event { fields: log_scale_fields(value), line: String::new() });
            for wrapper in WRAPPERS {
                if let Some(inner) = members.get(wrapper) {
                    collect(inner, found);
                }
            }
        }
        Value::Array(items) => {
            items.iter().filter(|item| item.is_object()).for_each(|item| collect(item, found));
        }
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => collect(&inner, found),
            _ => found.push(Event { line: text.clone(), ..Event::default() }),
        },
        _ => {}
    }
}
